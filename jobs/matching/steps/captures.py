"""Step 3, captures: the channel lists the parts of one payment, all under our number.

Only in a channel whose profile says so (`match.captures`). The parts and the transaction are one
unit, compared by sums, as a group is. Source: docs/reference/rules.md, "Captures".
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import (
    DIRECTED_KIND,
    NOT_PAID,
    is_line,
    is_transaction,
    partition_by_key,
)
from schemas.vocabulary import MATCHED_BY_CAPTURES, Outcome, Reason, Status

_UNITS: dict[str, case_tables.Result] = {
    "equal": (Outcome.MATCHED, None),
    "waits": (Outcome.SUSPENSE, Reason.GROUP_INCOMPLETE),
    "unequal": (Outcome.BREAK, Reason.AMOUNT_MISMATCH),
    "pending": (Outcome.BREAK, Reason.STATUS_MISMATCH),
}
_OTHER_LINES: dict[str, case_tables.Result] = {
    "paid": (Outcome.BREAK, Reason.DUPLICATE_PAYMENT),
    "reversed": (Outcome.BREAK, Reason.STATUS_MISMATCH),
    "unpaid": (Outcome.EXCLUDED, Reason.NOT_EXPECTED),
}
_DONE = ("equal", "unequal", "pending")


def settle_captures(frame: DataFrame, columns: Sequence[str], *more: str) -> DataFrame:
    """Settles the parts of a payment with their transaction, and the lines beside them.

    Takes and returns `columns`, the result columns, and `more`. Two or more parts without a
    transaction stay apart: they are no duplicates of each other, and take part in no pass.
    """
    classified = _classify(_add_parts(frame))
    unit, other = F.col("unit_case"), F.col("other_case")
    unit_outcome, unit_reason = case_tables.result_of_case("unit_case", _UNITS)
    outcome, reason = case_tables.result_of_case("other_case", _OTHER_LINES)
    is_done = unit.isin(*_DONE)
    transaction = F.col("payment")
    gap = (F.col("total") - transaction["amount"]).cast("bigint")
    is_compared = is_line() & (unit == F.lit("pending"))
    return classified.select(
        *columns,
        *case_tables.update_results(
            step_outcome=F.coalesce(unit_outcome, outcome),
            step_reason=F.coalesce(unit_reason, reason),
            duplicate_of=F.when(other.isNotNull(), F.col("first_part")["id"]),
            compared_status=F.when(is_compared, transaction["status"]),
            matched_by=F.when(is_done, F.lit(MATCHED_BY_CAPTURES)),
            unit_id=F.when(
                unit.isNotNull(), F.concat(F.lit(f"{MATCHED_BY_CAPTURES}:"), transaction["id"])
            ),
            gap=F.when(is_done & is_transaction(), gap),
            is_unit_late=F.when(is_done, F.col("any_broken") == F.lit(1)),
            is_apart=F.when(F.col("is_part") & (F.col("state") == F.lit("apart")), F.lit(True)),
        ),
        *more,
    )


def _add_parts(frame: DataFrame) -> DataFrame:
    """Adds what the items of one kind, direction and our_ref add up to.

    `payment` is the transaction that stayed, if it SUCCEEDED or is PENDING, `first_part` the first
    of the parts in the order of lines, `total` their sum in minor units.
    """
    is_free = F.col("step_outcome").isNull() & F.col("our_ref_norm").isNotNull()
    status = F.col("status")
    is_part = (
        is_free
        & is_line()
        & (status == F.lit(Status.SUCCEEDED.value))
        & F.col("channel_ref_norm").isNotNull()
    )
    may_stand = status.isin(Status.SUCCEEDED.value, Status.PENDING.value)
    is_payment = is_free & is_transaction() & may_stand
    is_member = is_part | is_payment
    key = partition_by_key(F.col(DIRECTED_KIND), F.when(is_free, F.col("our_ref_norm")))
    together = Window.partitionBy(*key)
    in_order = F.struct("item_date", F.col("at").isNull().alias("time_unknown"), "at", "id")
    currency = F.when(is_member, F.col("currency"))
    can_wait = F.col("is_reportable") & F.col("is_within_window")
    return frame.withColumns(
        {
            "is_part": is_part,
            "is_payment": is_payment,
            "is_other_line": is_free & is_line() & ~is_part,
            "parts": F.count(F.when(is_part, F.lit(1))).over(together),
            "total": F.sum(F.when(is_part, F.col("amount").cast("decimal(38,0)"))).over(together),
            "payment": F.max(
                F.when(is_payment, F.struct("id", "amount", "currency", "status"))
            ).over(together),
            "first_part": F.min(F.when(is_part, in_order)).over(together),
            "is_one_currency": F.min(currency).over(together) == F.max(currency).over(together),
            "any_reportable": _any(is_member & F.col("is_reportable"), together),
            "any_can_wait": _any(is_member & can_wait, together),
            "any_broken": _any(is_member & F.col("is_broken"), together),
        }
    ).withColumn(
        "any_alone",
        _any(F.col("is_part") & (F.col("amount") == F.col("payment")["amount"]), together),
    )


def _any(condition: Column, window: WindowSpec) -> Column:
    return F.max(F.coalesce(condition, F.lit(False)).cast("int")).over(window)


def _classify(frame: DataFrame) -> DataFrame:
    """Adds `state` of the payment, `unit_case` of its members, `other_case` of the other lines."""
    payment, parts = F.col("payment"), F.col("parts")
    has_payment = payment.isNotNull() & F.col("is_one_currency")
    paid, due = F.abs("total"), F.abs(payment["amount"]).cast("decimal(38,0)")
    several = parts > F.lit(1)
    is_held = (F.col("any_can_wait") == F.lit(1)) | (F.col("any_reportable") == F.lit(0))
    is_pending = payment["status"] == F.lit(Status.PENDING.value)
    state = case_tables.first_true_case(
        [
            ("none", parts == F.lit(0)),
            ("apart", ~has_payment & several),
            ("none", ~has_payment),
            ("waits", (paid < due) & is_held),
            ("unequal", paid < due),
            ("none", ~several),
            ("equal", (paid == due) & ~is_pending),
            ("waits", (paid == due) & is_held),
            ("pending", paid == due),
            ("none", F.col("any_alone") == F.lit(1)),
            ("waits", F.col("any_reportable") == F.lit(0)),
            ("unequal", F.lit(True)),
        ]
    )
    with_state = frame.withColumn("state", state)
    is_unit = F.col("state").isin(*_UNITS)
    is_member = F.col("is_part") | F.col("is_payment")
    is_other = F.col("is_other_line") & (is_unit | (F.col("state") == F.lit("apart")))
    status = F.col("status")
    other = case_tables.first_true_case(
        [
            ("paid", is_other & (status == F.lit(Status.SUCCEEDED.value))),
            ("reversed", is_other & (status == F.lit(Status.REVERSED.value))),
            ("unpaid", is_other & status.isin(*NOT_PAID)),
        ]
    )
    return with_state.withColumns(
        {"unit_case": F.when(is_unit & is_member, F.col("state")), "other_case": other}
    )
