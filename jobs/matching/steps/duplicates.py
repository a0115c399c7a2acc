"""Step 3, duplicates among the participants: transactions, then lines, then payment lines."""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import (
    DIRECTED_KIND,
    is_line,
    is_transaction,
    line_order,
    partition_by_key,
)
from jobs.matching.steps.captures import settle_captures
from schemas.vocabulary import Outcome, Reason, Status

_EXCLUDED = (Outcome.EXCLUDED, Reason.NOT_EXPECTED)
_DUPLICATES: dict[str, case_tables.Result] = {
    "line": (Outcome.BREAK, Reason.DUPLICATE_LINE),
    "paid": (Outcome.BREAK, Reason.DUPLICATE_TRANSACTION),
    "unpaid": _EXCLUDED,
}
_SUPERSEDED: dict[str, case_tables.Result] = {"superseded": _EXCLUDED}
_PAYMENTS: dict[str, case_tables.Result] = {
    "paid": (Outcome.BREAK, Reason.DUPLICATE_PAYMENT),
    "reversed": (Outcome.BREAK, Reason.STATUS_MISMATCH),
    "unpaid": _EXCLUDED,
}


def resolve_duplicates(
    participants: DataFrame, columns: Sequence[str], has_captures: bool
) -> DataFrame:
    """Settles all but one of the items that share a reference on one side.

    The result has `columns` and the columns of `case_tables`. Items that step 2 settled take no
    part. `has_captures`: the parts of one payment are no second payments.
    """
    shared = _add_shared_references(participants)
    first = _settle(_duplicate_rows(shared), columns, _DUPLICATES)
    latest = _settle(_superseded_states(first), columns, _SUPERSEDED)
    if has_captures:
        latest = settle_captures(latest, columns, "shared_channel_ref", "shared_our_ref")
    return _settle(_duplicate_payments(latest), columns, _PAYMENTS)


def _is(status: Status) -> Column:
    return F.col("status") == F.lit(status.value)


def _add_shared_references(frame: DataFrame) -> DataFrame:
    """Adds `shared_channel_ref` (of lines) and `shared_our_ref`: null if no other item has it."""
    channel_ref, our_ref = F.when(is_line(), F.col("channel_ref_norm")), F.col("our_ref_norm")
    by_channel_ref = Window.partitionBy(*partition_by_key(F.col(DIRECTED_KIND), channel_ref))
    by_our_ref = Window.partitionBy(*partition_by_key(F.col(DIRECTED_KIND), our_ref))
    counted = frame.withColumns(
        {
            "same_channel_ref": F.count("id").over(by_channel_ref),
            "lines": F.count(F.when(is_line(), F.lit(1))).over(by_our_ref),
            "txns": F.count(F.when(is_transaction(), F.lit(1))).over(by_our_ref),
        }
    )
    several = (F.col("lines") > F.lit(1)) | (F.col("txns") > F.lit(1))
    return counted.withColumns(
        {
            "shared_channel_ref": F.when(F.col("same_channel_ref") > F.lit(1), channel_ref),
            "shared_our_ref": F.when(several, our_ref),
        }
    )


def _by_reference(reference: Column, *more: Column) -> WindowSpec:
    """Items of one side and kind that share a reference."""
    kind = F.col(DIRECTED_KIND)
    return Window.partitionBy(*more, *partition_by_key(F.col("side"), kind, reference))


def _settle(
    ranked: DataFrame, columns: Sequence[str], results: Mapping[str, case_tables.Result]
) -> DataFrame:
    """Settles the items with a `case`.

    `kept_id` is the id of the item that is kept, `new_compared_status` the status of the
    transaction that a line is compared with.
    """
    outcome, reason = case_tables.result_of_case("case", results)
    kept_id = F.when(F.col("case").isNotNull(), F.col("kept_id"))
    new_results = case_tables.update_results(
        step_outcome=outcome,
        step_reason=reason,
        duplicate_of=kept_id,
        compared_status=F.col("new_compared_status"),
        overruled_by=F.when(F.col("case") == F.lit("superseded"), kept_id),
    )
    return ranked.select(*columns, *new_results, "shared_channel_ref", "shared_our_ref")


def _with_first(frame: DataFrame, order: WindowSpec) -> DataFrame:
    """Adds `kept_id` and `kept_status` of the first item, and whether an item `is_duplicate`."""
    first = F.col("first")
    return frame.withColumn(
        "first", F.first_value(F.struct("id", "status")).over(order)
    ).withColumns(
        {
            "kept_id": first["id"],
            "kept_status": first["status"],
            "is_duplicate": F.col("id") != first["id"],
        }
    )


def _if_unsettled(reference: str) -> Column:
    return F.when(F.col("step_outcome").isNull(), F.col(reference))


def _duplicate_rows(frame: DataFrame) -> DataFrame:
    """Of transactions with one kind and our_ref the first is kept: succeeded, earliest, by id.

    Of lines with one kind, channel_ref and status the first is kept.
    """
    shared = F.when(is_transaction(), _if_unsettled("shared_our_ref")).when(
        is_line(), _if_unsettled("shared_channel_ref")
    )
    order = _by_reference(shared, F.when(is_line(), F.col("status"))).orderBy(
        F.when(is_transaction(), ~_is(Status.SUCCEEDED)).asc(),
        F.when(is_line(), F.col("item_date")).asc(),
        F.col("at").asc_nulls_last(),
        F.col("id").asc(),
    )
    is_duplicate = shared.isNotNull() & F.col("is_duplicate")
    case = case_tables.first_true_case(
        [
            ("line", is_duplicate & is_line()),
            ("paid", is_duplicate & _is(Status.SUCCEEDED)),
            ("unpaid", is_duplicate),
        ]
    )
    return _with_first(frame, order).withColumns({"case": case, "new_compared_status": _null()})


def _superseded_states(frame: DataFrame) -> DataFrame:
    """Of lines with one kind and channel_ref the last is kept: it is the latest state."""
    shared = _if_unsettled("shared_channel_ref")
    latest_first = _by_reference(shared).orderBy(
        F.col("item_date").desc(), F.col("at").desc_nulls_first(), F.col("id").desc()
    )
    is_superseded = shared.isNotNull() & F.col("is_duplicate")
    case = case_tables.first_true_case([("superseded", is_superseded)])
    ranked = _with_first(frame, latest_first)
    return ranked.withColumns({"case": case, "new_compared_status": _null()})


def _duplicate_payments(frame: DataFrame) -> DataFrame:
    """Of lines with one kind and our_ref one is kept: succeeded, of our amount, then in order."""
    is_apart = F.coalesce("is_apart", F.lit(False))
    shared = F.when(~is_apart, _if_unsettled("shared_our_ref"))
    both_sides = Window.partitionBy(*partition_by_key(F.col(DIRECTED_KIND), shared))
    with_transaction = frame.withColumns(
        {
            f"txn_{name}": F.max(F.when(is_transaction(), F.col(name))).over(both_sides)
            for name in ("amount", "currency", "status")
        }
    )
    same = (F.col("amount") == F.col("txn_amount")) & (F.col("currency") == F.col("txn_currency"))
    order = _by_reference(shared).orderBy(
        _is(Status.SUCCEEDED).desc(), F.coalesce(same, F.lit(False)).desc(), *line_order()
    )
    is_duplicate = is_line() & shared.isNotNull() & F.col("is_duplicate")
    of_paid = is_duplicate & (F.col("kept_status") == F.lit(Status.SUCCEEDED.value))
    case = case_tables.first_true_case(
        [
            ("paid", is_duplicate & _is(Status.SUCCEEDED)),
            ("reversed", of_paid & _is(Status.REVERSED)),
            ("unpaid", is_duplicate),
        ]
    )
    ranked = _with_first(with_transaction, order).withColumn("case", case)
    is_reversed = F.col("case") == F.lit("reversed")
    return ranked.withColumn("new_compared_status", F.when(is_reversed, F.col("txn_status")))


def _null() -> Column:
    return F.lit(None).cast("string")
