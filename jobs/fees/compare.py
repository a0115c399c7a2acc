"""Fees charged against fees due, line by line and per entry of the rate card."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.fees.due import fee_due
from jobs.fees.schedule import entry_of
from schemas.fee_schedule import FeeEntry, FeeSchedule
from schemas.money import summed
from schemas.tables import FEE_CHECKS, FEE_TOTALS
from schemas.vocabulary import FeeResult, Kind, Status

_READ = ("business_date", "channel", "line_id", "kind", "status", "our_ref", "channel_ref",
         "currency", "amount", "fee")  # fmt: skip
#: What a refund owes, as a multiple of the fee of its amount.
REFUND_SIGN = {"return": -1, "keep": 0, "charge": 1}


def checked(
    lines: DataFrame,
    originals: DataFrame | None,
    schedule: FeeSchedule,
    zone: ZoneInfo,
    keep: Callable[[DataFrame, str], DataFrame] = lambda frame, _: frame,
) -> DataFrame:
    """Every line with what is due and the result: the columns of `fee_checks`, one row per line.

    `lines` are a channel's statement lines of one day; `originals` the entries of the payments that
    refunds give back (`originals.original_entries`), or None where they cannot matter.
    `keep` holds a frame that is computed once: of several entries the choice would else be written
    out again in every column that hangs on it.
    """
    columns = [F.col(name) for name in _READ]
    judged = lines.select(*columns, entry_of(schedule, zone).alias("own"))
    if len(schedule.entries) > 1:
        judged = keep(judged, "fee_entries")
    return _results(_with_originals(judged, originals), schedule)


def wrong(checks: DataFrame) -> DataFrame:
    """The rows of `fee_checks`: those whose result is not OK."""
    return checks.where(F.col("result") != F.lit(FeeResult.OK.value))


def totals(checks: DataFrame) -> DataFrame:
    """The rows of `fee_totals`: one per entry and currency, every line of the day counted once.

    `due` and `difference` are null where a line has no schedule.
    """
    known = F.count("due") == F.count(F.lit(1))
    sums = {name: _total(name) for name in ("amount", "charged", "due", "difference")}
    return (
        checks.groupBy("business_date", "channel", "schedule", "currency")
        .agg(
            F.count(F.lit(1)).alias("lines"),
            sums["amount"].alias("amount"),
            sums["charged"].alias("charged"),
            F.when(known, sums["due"]).alias("due"),
            F.when(known, sums["difference"]).alias("difference"),
        )
        .select(*FEE_TOTALS.columns)
    )


def _with_originals(judged: DataFrame, originals: DataFrame | None) -> DataFrame:
    """Lines with `original`, the number of the entry of a refund's payment; else null."""
    unknown = F.lit(None).cast("int").alias("original")
    if originals is None:
        return judged.select("*", unknown)
    refund = F.col("kind") == F.lit(Kind.REFUND.value)
    found = judged.where(refund).join(originals, on="line_id", how="left")
    # Only the refunds are joined; all other lines stay where they are.
    return judged.where(~refund).select("*", unknown).unionByName(found)


def _results(judged: DataFrame, schedule: FeeSchedule) -> DataFrame:
    entries, refund = schedule.entries, F.col("kind") == F.lit(Kind.REFUND.value)
    # The refund's own entry says what becomes of its fee; where none fits, its payment's does.
    ruled = judged.withColumn("rule", F.coalesce(F.col("own"), F.col("original"))).withColumn(
        "sign", F.when(refund, _pick("rule", entries, _sign)).otherwise(F.lit(1))
    )
    returned = refund & (F.col("sign") == F.lit(REFUND_SIGN["return"]))
    priced = ruled.withColumn(
        "entry",
        F.when(returned, F.coalesce(F.col("original"), F.col("rule"))).otherwise(F.col("rule")),
    )
    owes = F.col("status") == F.lit(Status.SUCCEEDED.value)
    fee = _pick("entry", entries, lambda entry: fee_due(F.col("amount"), entry))
    owed = priced.select(
        "business_date", "channel", "line_id", "kind", "our_ref", "channel_ref", "currency",
        "amount", "fee",
        F.coalesce(F.col("fee"), F.lit(0).cast("bigint")).alias("charged"),
        F.when(owes, fee * F.col("sign")).otherwise(F.lit(0).cast("bigint")).alias("due"),
        _pick("entry", entries, lambda entry: F.lit(entry.name)).alias("schedule"),
        _pick("entry", entries, lambda entry: F.lit(entry.tolerance)).alias("tolerance"),
    ).withColumn("difference", F.col("charged") - F.col("due"))  # fmt: skip
    return owed.withColumn("result", _result()).select(*FEE_CHECKS.columns)


def _result() -> Column:
    difference = F.col("difference")
    within = F.abs(difference) <= F.coalesce(F.col("tolerance"), F.lit(0))
    return (
        F.when(F.col("due").isNull(), F.lit(FeeResult.NO_SCHEDULE.value))
        .when(within, F.lit(FeeResult.OK.value))
        .when(F.col("fee").isNull(), F.lit(FeeResult.FEE_MISSING.value))
        .when(difference > F.lit(0), F.lit(FeeResult.OVERCHARGED.value))
        .when(difference < F.lit(0), F.lit(FeeResult.UNDERCHARGED.value))
    )


def _pick(number: str, entries: tuple[FeeEntry, ...], value: Callable[[FeeEntry], Any]) -> Column:
    """The value of the entry whose number a column holds; null where it holds none."""
    chain = F.when(F.col(number) == F.lit(0), value(entries[0]))
    for place in range(1, len(entries)):
        chain = chain.when(F.col(number) == F.lit(place), value(entries[place]))
    return chain


def _sign(entry: FeeEntry) -> Column:
    return F.lit(REFUND_SIGN[entry.refund])


def _total(name: str) -> Column:
    return summed(F.col(name)).cast("bigint")
