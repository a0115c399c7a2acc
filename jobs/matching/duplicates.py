"""Among the members: what stands twice. Transactions first, then lines, then payments.

Adds to each item `settled` (outcome), `why` (reason), `duplicate_of` and `against` (the status of
the transaction it is compared with); null where the item goes on.
"""

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from schemas.vocabulary import Outcome, Reason, Side, Status

_TEXT = "string"


def told_apart(members: DataFrame) -> DataFrame:
    """Members of both sides with `settled`, `why`, `duplicate_of`, `against`."""
    none = F.lit(None).cast(_TEXT)
    fresh = members.select(
        "*",
        none.alias("settled"),
        none.alias("why"),
        none.alias("duplicate_of"),
        none.alias("against"),
    )
    return _payments(_lines(_transactions(fresh)))


def _is(side: Side) -> Column:
    return F.col("side") == F.lit(side.value)


def _succeeded() -> Column:
    return F.col("status") == F.lit(Status.SUCCEEDED.value)


def _apart(*columns: str) -> WindowSpec:
    return Window.partitionBy("side", "kind", *columns)


def _in_order() -> list[Column]:
    """The order of lines: business date, time with the unknown last, line."""
    return [F.col("item_date").asc(), F.col("at").asc_nulls_last(), F.col("line_id").asc()]


def _settle(frame: DataFrame, rule: Column, outcome: Column, why: Column, of: Column) -> DataFrame:
    """Settles the items that a rule meets and that are not settled yet."""
    now = F.col("settled").isNull() & F.coalesce(rule, F.lit(False))
    kept = [name for name in frame.columns if name not in ("settled", "why", "duplicate_of")]
    return frame.select(
        *kept,
        F.when(now, outcome).otherwise(F.col("settled")).alias("settled"),
        F.when(now, why).otherwise(F.col("why")).alias("why"),
        F.when(now, of).otherwise(F.col("duplicate_of")).alias("duplicate_of"),
    )


def _transactions(frame: DataFrame) -> DataFrame:
    """Of transactions with one kind and our_ref the first stays: succeeded, earliest, by id."""
    order = _apart("our_ref_norm").orderBy(
        _succeeded().desc(), F.col("at").asc_nulls_last(), F.col("txn_id").asc()
    )
    ranked = frame.withColumns(
        {"place": F.row_number().over(order), "stays": F.first_value("txn_id").over(order)}
    )
    rule = _is(Side.INTERNAL) & F.col("our_ref_norm").isNotNull() & (F.col("place") > F.lit(1))
    outcome = F.when(_succeeded(), F.lit(Outcome.BREAK.value)).when(
        ~_succeeded(), F.lit(Outcome.EXCLUDED.value)
    )
    why = F.when(_succeeded(), F.lit(Reason.DUPLICATE_TRANSACTION.value)).when(
        ~_succeeded(), F.lit(Reason.NOT_EXPECTED.value)
    )
    return _settle(ranked, rule, outcome, why, F.col("stays")).drop("place", "stays")


def _lines(frame: DataFrame) -> DataFrame:
    """Of lines with one kind and channel_ref: copies of a status go, then the last status stays."""
    mine = _is(Side.STATEMENT) & F.col("channel_ref_norm").isNotNull()
    alike = _apart("channel_ref_norm", "status").orderBy(*_in_order())
    ranked = frame.withColumns(
        {"place": F.row_number().over(alike), "stays": F.first_value("line_id").over(alike)}
    )
    copies = _settle(
        ranked,
        mine & (F.col("place") > F.lit(1)),
        F.lit(Outcome.BREAK.value),
        F.lit(Reason.DUPLICATE_LINE.value),
        F.col("stays"),
    )
    backwards = [
        F.col("settled").isNull().desc(),
        F.col("item_date").desc(),
        F.col("at").desc_nulls_first(),
        F.col("line_id").desc(),
    ]
    last = _apart("channel_ref_norm").orderBy(*backwards)
    ranked = copies.withColumns(
        {"place": F.row_number().over(last), "stays": F.first_value("line_id").over(last)}
    )
    rule = mine & (F.col("place") > F.lit(1))
    overruled = _settle(
        ranked,
        rule,
        F.lit(Outcome.EXCLUDED.value),
        F.lit(Reason.NOT_EXPECTED.value),
        F.col("stays"),
    )
    return overruled.drop("place", "stays")


def _payments(frame: DataFrame) -> DataFrame:
    """Of lines with one kind and our_ref the first stays: succeeded, of our amount, in order."""
    mine = _is(Side.STATEMENT) & F.col("our_ref_norm").isNotNull() & F.col("settled").isNull()
    ours = _is(Side.INTERNAL) & F.col("our_ref_norm").isNotNull() & F.col("settled").isNull()
    both = Window.partitionBy("kind", "our_ref_norm")
    with_ours = frame.withColumns(
        {
            "our_amount": F.max(F.when(ours, F.col("amount"))).over(both),
            "our_currency": F.max(F.when(ours, F.col("currency"))).over(both),
            "our_status": F.max(F.when(ours, F.col("status"))).over(both),
        }
    )
    same = (F.col("amount") == F.col("our_amount")) & (F.col("currency") == F.col("our_currency"))
    order = _apart("our_ref_norm").orderBy(
        mine.desc(), _succeeded().desc(), F.coalesce(same, F.lit(False)).desc(), *_in_order()
    )
    ranked = with_ours.withColumns(
        {
            "place": F.row_number().over(order),
            "stays": F.first_value("line_id").over(order),
            "staying": F.first_value("status").over(order),
        }
    )
    rule = mine & (F.col("place") > F.lit(1))
    paid = F.col("staying") == F.lit(Status.SUCCEEDED.value)
    reversed_ = (F.col("status") == F.lit(Status.REVERSED.value)) & paid
    broken = _succeeded() | reversed_
    outcome = F.when(broken, F.lit(Outcome.BREAK.value)).when(
        ~broken, F.lit(Outcome.EXCLUDED.value)
    )
    why = (
        F.when(_succeeded(), F.lit(Reason.DUPLICATE_PAYMENT.value))
        .when(reversed_, F.lit(Reason.STATUS_MISMATCH.value))
        .when(~broken, F.lit(Reason.NOT_EXPECTED.value))
    )
    told = _settle(ranked, rule, outcome, why, F.col("stays"))
    against = F.when(F.col("why") == F.lit(Reason.STATUS_MISMATCH.value), F.col("our_status"))
    kept = [name for name in frame.columns if name != "against"]
    return told.select(*kept, against.alias("against"))
