"""Step 3, among the members: what stands twice. Transactions first, then lines, then payments."""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import is_line, is_transaction, line_order, partition_by_key
from schemas.vocabulary import Outcome, Reason, Status

_PUT_AWAY = (Outcome.EXCLUDED, Reason.NOT_EXPECTED)
_TWINS: dict[str, case_tables.Result] = {
    "line": (Outcome.BREAK, Reason.DUPLICATE_LINE),
    "paid": (Outcome.BREAK, Reason.DUPLICATE_TRANSACTION),
    "unpaid": _PUT_AWAY,
}
_LAST_WORDS: dict[str, case_tables.Result] = {"overruled": _PUT_AWAY}
_PAYMENTS: dict[str, case_tables.Result] = {
    "paid": (Outcome.BREAK, Reason.DUPLICATE_PAYMENT),
    "reversed": (Outcome.BREAK, Reason.STATUS_MISMATCH),
    "unpaid": _PUT_AWAY,
}


def resolve_duplicates(members: DataFrame, columns: Sequence[str]) -> DataFrame:
    """Members (`columns`) with what is found, in the columns of `verdicts`.

    What is settled already is nobody's twin.
    """
    crowded = _crowded(members)
    once = _found(_duplicate_rows(crowded), columns, _TWINS)
    last = _found(_superseded_states(once), columns, _LAST_WORDS)
    return _found(_payments(last), columns, _PAYMENTS)


def _is(status: Status) -> Column:
    return F.col("status") == F.lit(status.value)


def _crowded(frame: DataFrame) -> DataFrame:
    """Adds `number` and `payment`: channel_ref of lines, and our_ref, where others share it."""
    number, payment = F.when(is_line(), F.col("channel_ref_norm")), F.col("our_ref_norm")
    of_number = Window.partitionBy(*partition_by_key(F.col("kind"), number))
    of_payment = Window.partitionBy(*partition_by_key(F.col("kind"), payment))
    counted = frame.withColumns(
        {
            "numbers": F.count("id").over(of_number),
            "lines": F.count(F.when(is_line(), F.lit(1))).over(of_payment),
            "txns": F.count(F.when(is_transaction(), F.lit(1))).over(of_payment),
        }
    )
    several = (F.col("lines") > F.lit(1)) | (F.col("txns") > F.lit(1))
    return counted.withColumns(
        {
            "number": F.when(F.col("numbers") > F.lit(1), number),
            "payment": F.when(several, payment),
        }
    )


def _apart(shared: Column, *more: Column) -> WindowSpec:
    """Unsettled items of one side and kind that share a reference."""
    return Window.partitionBy(*more, *partition_by_key(F.col("side"), F.col("kind"), shared))


def _found(
    ranked: DataFrame, columns: Sequence[str], cases: Mapping[str, case_tables.Result]
) -> DataFrame:
    """Settles the items of a `case`; `stays` is the id of the one that stays, `held_against` the
    status of the transaction that a line is compared with.
    """
    settled, why = case_tables.result_of_case("case", cases)
    is_case = F.col("case").isNotNull()
    return ranked.select(
        *columns,
        F.coalesce("settled", settled).alias("settled"),
        F.coalesce("why", why).alias("why"),
        F.coalesce("duplicate_of", F.when(is_case, F.col("stays"))).alias("duplicate_of"),
        F.coalesce("against", "held_against").alias("against"),
        "number",
        "payment",
    )


def _with_first(frame: DataFrame, order: WindowSpec) -> DataFrame:
    """Adds id and status of the first (`stays`, `staying`), and whether an item is another one."""
    first = F.col("first")
    return frame.withColumn(
        "first", F.first_value(F.struct("id", "status")).over(order)
    ).withColumns(
        {"stays": first["id"], "staying": first["status"], "is_other": F.col("id") != first["id"]}
    )


def _free(reference: str) -> Column:
    return F.when(F.col("settled").isNull(), F.col(reference))


def _duplicate_rows(frame: DataFrame) -> DataFrame:
    """Of transactions with one kind and our_ref the first stays: succeeded, earliest, by id.

    Of lines with one kind, channel_ref and status the first stays.
    """
    shared = F.when(is_transaction(), _free("payment")).when(is_line(), _free("number"))
    order = _apart(shared, F.when(is_line(), F.col("status"))).orderBy(
        F.when(is_transaction(), ~_is(Status.SUCCEEDED)).asc(),
        F.when(is_line(), F.col("item_date")).asc(),
        F.col("at").asc_nulls_last(),
        F.col("id").asc(),
    )
    beside = shared.isNotNull() & F.col("is_other")
    case = case_tables.first_true_case(
        [
            ("line", beside & is_line()),
            ("paid", beside & _is(Status.SUCCEEDED)),
            ("unpaid", beside),
        ]
    )
    return _with_first(frame, order).withColumns({"case": case, "held_against": _no_status()})


def _superseded_states(frame: DataFrame) -> DataFrame:
    """Of lines with one kind and channel_ref the last stays: it is the channel's word."""
    backwards = _apart(_free("number")).orderBy(
        F.col("item_date").desc(), F.col("at").desc_nulls_first(), F.col("id").desc()
    )
    overruled = _free("number").isNotNull() & F.col("is_other")
    case = case_tables.first_true_case([("overruled", overruled)])
    return _with_first(frame, backwards).withColumns({"case": case, "held_against": _no_status()})


def _payments(frame: DataFrame) -> DataFrame:
    """Of lines with one kind and our_ref the first stays: succeeded, of our amount, in order."""
    both = Window.partitionBy(*partition_by_key(F.col("kind"), _free("payment")))
    with_ours = frame.withColumns(
        {
            f"our_{name}": F.max(F.when(is_transaction(), F.col(name))).over(both)
            for name in ("amount", "currency", "status")
        }
    )
    same = (F.col("amount") == F.col("our_amount")) & (F.col("currency") == F.col("our_currency"))
    order = _apart(_free("payment")).orderBy(
        _is(Status.SUCCEEDED).desc(), F.coalesce(same, F.lit(False)).desc(), *line_order()
    )
    beside = is_line() & _free("payment").isNotNull() & F.col("is_other")
    beside_paid = beside & (F.col("staying") == F.lit(Status.SUCCEEDED.value))
    case = case_tables.first_true_case(
        [
            ("paid", beside & _is(Status.SUCCEEDED)),
            ("reversed", beside_paid & _is(Status.REVERSED)),
            ("unpaid", beside),
        ]
    )
    ranked = _with_first(with_ours, order).withColumn("case", case)
    reversed_ = F.col("case") == F.lit("reversed")
    return ranked.withColumn("held_against", F.when(reversed_, F.col("our_status")))


def _no_status() -> Column:
    return F.lit(None).cast("string")
