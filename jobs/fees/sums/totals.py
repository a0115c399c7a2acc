"""Adds up the fees of a date, per entry of the rate card and currency."""

from collections.abc import Collection
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.fees.attributes import needs_transactions
from jobs.fees.batches.rows import Checks
from jobs.fees.components import has_passed
from schemas.fee_schedule import FeeSchedule
from schemas.money import sum_amounts
from schemas.tables import FEE_TOTALS
from schemas.vocabulary import FeeResult

_KEYS = ("business_date", "channel", "schedule", "currency")
#: Columns that are added up, beside the counts.
_AMOUNTS = ("amount", "charged", "due", "difference", "tax", "passed_through", "tolerated",
            "fee_lines")  # fmt: skip
_COUNTS = ("lines", "unpriced", "tolerated_lines", "attribute_differs", "refunds_without_payment")


def sum_fees(
    checks: Checks,
    schedule: FeeSchedule,
    incomplete: Collection[str] = (),
    fee_lines: DataFrame | None = None,
) -> DataFrame:
    """The rows of `fee_totals`: one per entry and currency; every line of the day counts once.

    Amounts due, and what is part of them, are null if a line of the group has no entry. What is due
    on a batch counts under its entry. `incomplete` names the entries for whose volume a date has no
    whole statement; `fee_lines` are the rows of `fee_lines.sum_fee_lines`. `accrued` is null:
    `accruals.price_changes.add_accrued` fills it in.
    """
    parts = [_count_lines(checks, schedule)]
    if checks.batches is not None:
        parts.append(_count_batches(checks.batches))
    if fee_lines is not None:
        parts.append(_complete(fee_lines, {"fee_lines": F.col("fee_lines")}))
    is_priced, zero = F.sum("unpriced") == F.lit(0), F.lit(0).cast("bigint")
    names = [entry.name for entry in schedule.entries if entry.volumes]
    is_complete = ~F.col("schedule").isin(*incomplete) if incomplete else F.lit(True)
    by_volume = F.when(F.col("schedule").isin(names), is_complete)
    sums = {name: F.coalesce(sum_amounts(F.col(name)), zero).cast("bigint") for name in _AMOUNTS}
    for name in ("due", "difference", "tax", "passed_through"):
        sums[name] = F.when(is_priced, sums[name])
    counts = {name: F.sum(name).cast("bigint") for name in _COUNTS if name != "unpriced"}
    return (
        reduce(DataFrame.unionByName, parts)
        .groupBy(*_KEYS)
        .agg(*(value.alias(name) for name, value in (sums | counts).items()))
        .withColumn("volume_complete", by_volume if names else F.lit(None).cast("boolean"))
        .withColumn("accrued", F.lit(None).cast("bigint"))
        .select(*FEE_TOTALS.columns)
    )


def _count_lines(checks: Checks, schedule: FeeSchedule) -> DataFrame:
    is_tolerated = _is_tolerated()
    if checks.batches is not None:
        is_tolerated = is_tolerated & ~F.col("is_of_batch")
    differs = F.lit(None).cast("bigint")
    if needs_transactions(schedule):
        differs = _flag(F.col("differs"))
    return _complete(
        checks.lines,
        {
            "lines": _flag(F.lit(True)),
            "unpriced": _flag(F.col("due").isNull()),
            "amount": F.col("amount"),
            "charged": F.col("charged"),
            "due": F.col("due"),
            "difference": F.col("difference"),
            "tax": F.col("tax"),
            "passed_through": F.col("passed") if has_passed(schedule) else F.lit(0),
            "tolerated_lines": _flag(is_tolerated),
            "tolerated": F.when(is_tolerated, F.col("difference")),
            "attribute_differs": differs,
            "refunds_without_payment": _flag(~F.col("has_payment")),
        },
    )


def _count_batches(batches: DataFrame) -> DataFrame:
    """What batches add to their lines, of which the lines, amounts and charges count already."""
    is_tolerated = _is_tolerated()
    return _complete(
        batches,
        {
            "due": F.col("due"),
            "difference": F.col("difference") - F.col("charged"),
            "tax": F.col("tax"),
            "tolerated_lines": _flag(is_tolerated),
            "tolerated": F.when(is_tolerated, F.col("difference")),
        },
    )


def _complete(frame: DataFrame, values: dict[str, Column]) -> DataFrame:
    """The keys and all columns that are added up; those without a value are 0."""
    defaults = dict.fromkeys((*_COUNTS, *_AMOUNTS), F.lit(0))
    # Null where no entry asks for attributes, which the lines say.
    defaults["attribute_differs"] = F.lit(None)
    columns = [value.cast("bigint").alias(name) for name, value in (defaults | values).items()]
    return frame.select(*_KEYS, *columns)


def _is_tolerated() -> Column:
    is_ok = F.col("result") == F.lit(FeeResult.OK.value)
    return F.coalesce(is_ok & (F.col("difference") != F.lit(0)), F.lit(False))


def _flag(condition: Column) -> Column:
    """1 where a condition holds, else 0."""
    return F.when(condition, F.lit(1)).otherwise(F.lit(0)).cast("bigint")
