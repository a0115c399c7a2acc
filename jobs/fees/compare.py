"""Compares fees charged with fees due, per line and per entry of the rate card."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.fees.due import fee_due
from jobs.fees.schedule import entry_number
from schemas.fee_schedule import FeeEntry, FeeSchedule
from schemas.money import sum_amounts
from schemas.tables import FEE_CHECKS, FEE_TOTALS
from schemas.vocabulary import FeeResult, Kind, Status

_READ = ("business_date", "channel", "line_id", "kind", "status", "our_ref", "channel_ref",
         "currency", "amount", "fee")  # fmt: skip
#: The fee due on a refund, as a multiple of the fee of its amount.
REFUND_SIGN = {"return": -1, "keep": 0, "charge": 1}


def check_fees(
    lines: DataFrame,
    originals: DataFrame | None,
    schedule: FeeSchedule,
    zone: ZoneInfo,
    materialize: Callable[[DataFrame, str], DataFrame] = lambda frame, _: frame,
) -> DataFrame:
    """Checks the fee of every line: one row per line, the columns of `fee_checks`.

    `lines` are a channel's statement lines of one day. `originals` are the entries of the payments
    that refunds return (`originals.original_entries`), or None if they cannot change a fee.
    `materialize(frame, name)` stores a frame: with several entries, the engine would otherwise
    repeat the choice of the entry in every column that depends on it.
    """
    columns = [F.col(name) for name in _READ]
    with_entries = lines.select(*columns, entry_number(schedule, zone).alias("own"))
    if len(schedule.entries) > 1:
        with_entries = materialize(with_entries, "fee_entries")
    return _compute_results(_add_original_entries(with_entries, originals), schedule)


def wrong_fees(checks: DataFrame) -> DataFrame:
    """The rows of `fee_checks`: lines whose result is not OK."""
    return checks.where(F.col("result") != F.lit(FeeResult.OK.value))


def sum_fees(checks: DataFrame) -> DataFrame:
    """The rows of `fee_totals`: one per entry and currency; every line of the day counts once.

    `due` and `difference` are null if a line of the group has no entry.
    """
    is_complete = F.count("due") == F.count(F.lit(1))
    sums = {name: _sum(name) for name in ("amount", "charged", "due", "difference")}
    return (
        checks.groupBy("business_date", "channel", "schedule", "currency")
        .agg(
            F.count(F.lit(1)).alias("lines"),
            sums["amount"].alias("amount"),
            sums["charged"].alias("charged"),
            F.when(is_complete, sums["due"]).alias("due"),
            F.when(is_complete, sums["difference"]).alias("difference"),
        )
        .select(*FEE_TOTALS.columns)
    )


def _add_original_entries(with_entries: DataFrame, originals: DataFrame | None) -> DataFrame:
    """Adds `original`: for a refund the number of its payment's entry, else null."""
    unknown = F.lit(None).cast("int").alias("original")
    if originals is None:
        return with_entries.select("*", unknown)
    is_refund = F.col("kind") == F.lit(Kind.REFUND.value)
    with_originals = with_entries.where(is_refund).join(originals, on="line_id", how="left")
    # Only the refunds are joined: the engine need not shuffle the other lines.
    return with_entries.where(~is_refund).select("*", unknown).unionByName(with_originals)


def _compute_results(with_entries: DataFrame, schedule: FeeSchedule) -> DataFrame:
    entries, is_refund = schedule.entries, F.col("kind") == F.lit(Kind.REFUND.value)
    # The refund's own entry decides what happens to the fee; without one, its payment's entry does.
    with_rule = with_entries.withColumn(
        "rule", F.coalesce(F.col("own"), F.col("original"))
    ).withColumn(
        "sign",
        F.when(is_refund, _value_of_entry("rule", entries, _refund_sign)).otherwise(F.lit(1)),
    )
    is_returned = is_refund & (F.col("sign") == F.lit(REFUND_SIGN["return"]))
    with_entry = with_rule.withColumn(
        "entry",
        F.when(is_returned, F.coalesce(F.col("original"), F.col("rule"))).otherwise(F.col("rule")),
    )
    is_succeeded = F.col("status") == F.lit(Status.SUCCEEDED.value)
    fee = _value_of_entry("entry", entries, lambda entry: fee_due(F.col("amount"), entry))
    amounts = with_entry.select(
        "business_date", "channel", "line_id", "kind", "our_ref", "channel_ref", "currency",
        "amount", "fee",
        F.coalesce(F.col("fee"), F.lit(0).cast("bigint")).alias("charged"),
        F.when(is_succeeded, fee * F.col("sign")).otherwise(F.lit(0).cast("bigint")).alias("due"),
        _value_of_entry("entry", entries, lambda entry: F.lit(entry.name)).alias("schedule"),
        _value_of_entry("entry", entries, lambda entry: F.lit(entry.tolerance)).alias("tolerance"),
    ).withColumn("difference", F.col("charged") - F.col("due"))  # fmt: skip
    return amounts.withColumn("result", _result()).select(*FEE_CHECKS.columns)


def _result() -> Column:
    difference = F.col("difference")
    is_tolerated = F.abs(difference) <= F.coalesce(F.col("tolerance"), F.lit(0))
    return (
        F.when(F.col("due").isNull(), F.lit(FeeResult.NO_SCHEDULE.value))
        .when(is_tolerated, F.lit(FeeResult.OK.value))
        .when(F.col("fee").isNull(), F.lit(FeeResult.FEE_MISSING.value))
        .when(difference > F.lit(0), F.lit(FeeResult.OVERCHARGED.value))
        .when(difference < F.lit(0), F.lit(FeeResult.UNDERCHARGED.value))
    )


def _value_of_entry(
    number: str, entries: tuple[FeeEntry, ...], value: Callable[[FeeEntry], Any]
) -> Column:
    """The value of the entry whose number is in a column; null for null."""
    cases = F.when(F.col(number) == F.lit(0), value(entries[0]))
    for index in range(1, len(entries)):
        cases = cases.when(F.col(number) == F.lit(index), value(entries[index]))
    return cases


def _refund_sign(entry: FeeEntry) -> Column:
    return F.lit(REFUND_SIGN[entry.refund])


def _sum(name: str) -> Column:
    return sum_amounts(F.col(name)).cast("bigint")
