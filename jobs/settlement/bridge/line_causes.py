"""The lines of a date beside our transactions: sums by batch and cause, by the engine.

A line is paired as the match of its own date says; later dates change nothing. Source:
docs/reference/settlement.md, "The bridge".
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.settlement.bridge.causes import BridgeCause, Causes, to_causes
from jobs.settlement.bridge.units import add_units, is_member
from jobs.settlement.lines.reduce import GROUP_COLUMNS
from schemas.vocabulary import Kind, Reason, Status

Materialize = Callable[[DataFrame, str], DataFrame]
_DUPLICATES = (Reason.DUPLICATE_LINE, Reason.DUPLICATE_PAYMENT)
#: Causes of lines and transactions; the others are of batches.
_CAUSES = tuple(
    cause
    for cause in BridgeCause
    if cause not in (BridgeCause.CARRIED, BridgeCause.DECLARED_DIFFERENCE)
)
#: What names the lines of a batch within a date.
_PLACE = tuple(name for name in GROUP_COLUMNS if name != "business_date")


def sum_causes(
    placed: DataFrame, outcomes: DataFrame, ours: DataFrame, materialize: Materialize
) -> DataFrame:
    """Sums by place (`_PLACE`) and cause, a column per cause, as decimals.

    All are of one date: `placed` its lines (`lines.reduce.place_lines`), `outcomes` those of its
    match, `ours` our transactions that SUCCEEDED on it for the first time, with `txn_id`, `per`,
    `currency`, `amount` and `accrued` (0 without an accrual); and with `is_ended` and amount 0 what
    takes an accrual back. What is ours and not in a batch has the place of no batch.
    """
    lines, others = _add_outcomes(placed, outcomes), ours
    members = outcomes.where(is_member()).select(
        "unit_id", "txn_id", "line_id", "internal_date", "internal_status", "run_date"
    )
    if members.head(1):
        lines, others = add_units(materialize(lines, "lines"), ours, members)
    else:
        none = F.lit(None).cast("string")
        lines = lines.withColumn("unit", none)
        others = others.select("*", none.alias("ours_unit"), *_no_place())
    both = _join(lines, others)
    placed_both = both.select(
        *(
            F.when(F.col("has_line"), F.col(name)).otherwise(F.col(f"unit_{name}")).alias(name)
            for name in ("key_kind", "batch")
        ),
        F.when(F.col("has_line"), F.col("per")).otherwise(F.col("ours_per")).alias("per"),
        F.when(F.col("has_line"), F.col("currency"))
        .otherwise(F.col("ours_currency"))
        .alias("currency"),
        F.coalesce("position", "unit_position", F.lit(0)).alias("position"),
        *(amount.alias(cause.value) for cause, amount in _amounts().items()),
    )
    return placed_both.groupBy(*_PLACE).agg(
        *[F.sum(F.col(cause).cast("decimal(28,0)")).alias(cause) for cause in _CAUSES]
    )


def causes_of(row: Mapping[str, Any]) -> Causes:
    """The causes of a row of `sum_causes`."""
    return to_causes({cause: int(row[cause.value] or 0) for cause in _CAUSES})


def _no_place() -> Sequence[Column]:
    return (
        F.lit(None).cast("string").alias("unit_key_kind"),
        F.lit(None).cast("string").alias("unit_batch"),
        F.lit(None).cast("int").alias("unit_position"),
    )


def _add_outcomes(placed: DataFrame, outcomes: DataFrame) -> DataFrame:
    """The lines but SETTLEMENT ones, with what the match of their date says of them."""

    def has(*reasons: Reason) -> Column:
        conditions = [F.array_contains("reasons", reason.value) for reason in reasons]
        return reduce(Column.__or__, conditions)

    of_lines = outcomes.where(F.col("line_id").isNotNull()).select(
        "line_id",
        "txn_id",
        F.when(is_member(), F.col("unit_id")).alias("its_unit"),
        has(Reason.OUT_OF_SCOPE).alias("is_out"),
        has(*_DUPLICATES).alias("is_duplicate"),
        F.lit(True).alias("is_judged"),
    )
    joined = (
        placed.where(~F.col("is_settlement"))
        .select(*_PLACE, "line_id", "kind", "status", "line_net", "line_fee")
        .join(of_lines, on="line_id", how="left")
    )
    # What a line takes back was booked with the line that it takes back.
    stands = (
        (F.col("status") == F.lit(Status.SUCCEEDED.value))
        & ~F.coalesce("is_out", F.lit(False))
        & ~F.coalesce("is_duplicate", F.lit(False))
    )
    return joined.withColumns(
        {
            "pair_txn": F.when(stands, F.col("txn_id")),
            "its_unit": F.when(stands, F.col("its_unit")),
        }
    ).drop("txn_id")


def _join(lines: DataFrame, ours: DataFrame) -> DataFrame:
    """Lines with the transactions of their pairs, lines without, and transactions without."""
    left = lines.withColumn("has_line", F.lit(True))
    right = ours.select(
        F.when(~F.col("is_ended"), F.col("txn_id")).alias("ours_txn"),
        F.col("per").alias("ours_per"),
        F.col("currency").alias("ours_currency"),
        F.col("amount").alias("ours_amount"),
        "accrued", "ours_unit", "unit_key_kind", "unit_batch", "unit_position",
        F.lit(True).alias("has_ours"),
    )  # fmt: skip
    is_pair = (F.col("pair_txn") == F.col("ours_txn")) & (
        F.col("currency") == F.col("ours_currency")
    )
    both = left.join(right, on=is_pair, how="full_outer")
    flags = {name: F.coalesce(name, F.lit(False)) for name in ("has_line", "has_ours")}
    return both.withColumns(flags)


def _amounts() -> dict[BridgeCause, Column]:
    """What a row of `_join` adds to each cause; the causes of a line come to its net."""
    zero = F.lit(0).cast("bigint")
    has_line, has_ours = F.col("has_line"), F.col("has_ours")
    in_unit = F.col("ours_unit").isNotNull()
    is_paired = has_line & (has_ours | F.col("unit").isNotNull())
    is_placed = has_ours & (has_line | in_unit)
    is_out = F.coalesce("is_out", F.lit(False))
    is_duplicate = F.coalesce("is_duplicate", F.lit(False))
    unpaired = has_line & ~is_paired
    judged = unpaired & F.coalesce("is_judged", F.lit(False))
    free = judged & ~is_out & ~is_duplicate
    is_fee = F.col("kind") == F.lit(Kind.FEE.value)
    net, fee = F.col("line_net"), F.col("line_fee")

    def where(condition: Column, amount: Column) -> Column:
        return F.when(condition, amount).otherwise(zero)

    ours, accrued = F.col("ours_amount"), F.col("accrued")
    return {
        BridgeCause.OURS: where(has_ours, ours),
        BridgeCause.FEE_DUE: where(has_ours, -accrued),
        BridgeCause.IN_TRANSIT_OUT: where(has_ours & ~is_placed, accrued - ours),
        BridgeCause.IN_TRANSIT_IN: where(free & ~is_fee, net),
        BridgeCause.AMOUNT_DIFFERENCE: where(is_paired, net + fee) - where(is_placed, ours),
        BridgeCause.OUT_OF_SCOPE: where(judged & is_out, net),
        BridgeCause.DUPLICATE: where(judged & ~is_out & is_duplicate, net),
        BridgeCause.FEE_DIFFERENCE: where(free & is_fee, net)
        - where(is_paired, fee)
        + where(is_placed, accrued),
        BridgeCause.UNEXPLAINED: where(unpaired & ~F.coalesce("is_judged", F.lit(False)), net),
    }
