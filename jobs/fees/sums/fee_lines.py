"""Which FEE lines bear the fee of which entry: those that `billed` says."""

from datetime import date
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.fees.choice import choose
from jobs.fees.components import value_of_entry
from jobs.fees.schedule import fits_beside_kind_and_amount
from schemas.fee_schedule import FeeSchedule
from schemas.money import sum_amounts
from schemas.vocabulary import Kind, Status


def select_fee_lines(lines: DataFrame) -> DataFrame:
    """The FEE lines that SUCCEEDED."""
    is_fee = F.col("kind") == F.lit(Kind.FEE.value)
    return lines.where(is_fee & (F.col("status") == F.lit(Status.SUCCEEDED.value)))


def sum_fee_lines(
    lines: DataFrame, taken_lines: DataFrame | None, schedule: FeeSchedule, day: date,
    zone: ZoneInfo,
) -> DataFrame:  # fmt: skip
    """What the FEE lines of a date charge, per billed entry and currency: `business_date`,
    `channel`, `schedule`, `currency`, `fee_lines` (minor units, above 0 where it is charged).

    `lines` are those of the date, with the columns of `attributes`. A line belongs to the first
    billed entry whose filters other than kind and amount fit it. `taken_lines` are lines of dates
    before that lines of this date take back: their amount is no longer charged.
    """
    charges = _name_entries(select_fee_lines(lines), F.col("amount"), schedule, day, zone)
    if taken_lines is not None:
        gone = _name_entries(select_fee_lines(taken_lines), -F.col("amount"), schedule, day, zone)
        charges = charges.unionByName(gone)
    keys = ("business_date", "channel", "schedule", "currency")
    return charges.where(F.col("schedule").isNotNull()).groupBy(*keys).agg(
        (-sum_amounts(F.col("charge"))).cast("bigint").alias("fee_lines")
    )  # fmt: skip


def _name_entries(
    lines: DataFrame, charge: Column, schedule: FeeSchedule, day: date, zone: ZoneInfo
) -> DataFrame:
    cases = []
    for number, entry in enumerate(schedule.entries):
        if entry.billed is not None:
            month = entry.billed.month_of(day)
            # A month is billed in the next one: then the entry is one that was in force in it.
            in_force = None if month == day.replace(day=1) else entry.is_in_force(month)
            fits = fits_beside_kind_and_amount(entry, zone, in_force)
            cases.append((fits, F.lit(number)))
    named = lines.withColumn("entry", choose(cases, F.lit(None).cast("int")))
    name = value_of_entry(F.col("entry"), schedule, lambda each: F.lit(each.name))
    return named.select(
        F.lit(day).alias("business_date"), "channel", name.alias("schedule"), "currency",
        charge.alias("charge"),
    )  # fmt: skip
