"""Lines that take a fee back: they say that a payment which succeeded does not stand.

Source: docs/reference/fees.md, "Reversals".
"""

from datetime import date
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.fees.components import (
    add_up,
    component_dues,
    line_bases,
    passed_through,
    value_of_entry,
)
from jobs.fees.schedule import entry_number
from schemas.dates import NO_TIME
from schemas.fee_schedule import FeeEntry, FeeSchedule
from schemas.fees.price import TAX
from schemas.vocabulary import Kind, Status

_TAKING = (Status.REVERSED.value, Status.FAILED.value, Status.CLOSED.value)


def may_take_back() -> Column:
    """Whether a line may take the place of one that SUCCEEDED."""
    return F.col("status").isin(*_TAKING) & F.col("channel_ref_norm").isNotNull()


def find_reversals(lines: DataFrame, day: date, days: int) -> DataFrame:
    """The lines of a date that take back the SUCCEEDED line before them: `take_id`, `taken_id`.

    The line before is that of the same kind and `channel_ref`, in the order `business_date`,
    `traded_at` (nulls last), `line_id`, at most so many days before; PENDING lines do not count.
    """
    of_day = F.col("business_date") == F.lit(day)
    named = lines.where(of_day & may_take_back()).select("kind", "channel_ref_norm").distinct()
    same = (
        lines.where(F.col("status") != F.lit(Status.PENDING.value))
        .select("line_id", "business_date", "traded_at", "kind", "channel_ref_norm", "status")
        .join(F.broadcast(named), on=["kind", "channel_ref_norm"], how="inner")
        .withColumn("at", F.coalesce("traded_at", F.lit(NO_TIME)))
    )
    return find_taking_lines(same, days).where(of_day).select("take_id", "taken_id")


def find_taking_lines(lines: DataFrame, days: int) -> DataFrame:
    """Of lines with `at` those that take the SUCCEEDED one before them back.

    `take_id`, `taken_id`, and the columns of the line.
    """
    # Few lines do: only those of their references are sorted.
    named = lines.where(may_take_back()).select("kind", "channel_ref_norm").distinct()
    keys = ["kind", "channel_ref_norm"]
    lines = lines.join(F.broadcast(named), on=keys, how="left_semi")
    order = Window.partitionBy("kind", "channel_ref_norm").orderBy("business_date", "at", "line_id")
    before = lines.withColumns(
        {
            "status_before": F.lag("status").over(order),
            "date_before": F.lag("business_date").over(order),
            "taken_id": F.lag("line_id").over(order),
        }
    )
    is_near = F.datediff("business_date", "date_before") <= F.lit(days)
    takes = before.where(
        may_take_back() & is_near & (F.col("status_before") == F.lit(Status.SUCCEEDED.value))
    )
    return takes.withColumn("take_id", F.col("line_id"))


def reverse_fees(
    reversals: DataFrame, taken_lines: DataFrame, schedule: FeeSchedule, zone: ZoneInfo
) -> DataFrame:
    """What lines that take a fee back owe and are charged: one row per row of `reversals`.

    `line_id`, `taken_fee` (null if that field is empty), `taken_passed`; of lines that are no
    refunds also `entry`, `has_payment` (null), `priced_due`, `tax_on_top`, `priced_components` and
    `note`, as `refunds.price_refunds` says them of refunds. `taken_lines` are those that they take
    back, with the columns of `attributes`.
    """
    entry = F.col("entry")

    def negate(value: Column) -> Column:
        return -value

    def due(entry: FeeEntry) -> Column:
        return negate(add_up(component_dues(entry, line_bases()).values()))

    def passed(entry: FeeEntry) -> Column:
        return negate(add_up(passed_through(entry).values()))

    def tax(entry: FeeEntry) -> Column:
        return negate(component_dues(entry, line_bases()).get(TAX, F.lit(0).cast("bigint")))

    def components(entry: FeeEntry) -> Column:
        dues = component_dues(entry, line_bases()) | passed_through(entry)
        parts = [
            (F.lit(name).alias("name"), negate(its).alias("due")) for name, its in dues.items()
        ]
        return F.array(*(F.struct(*part) for part in parts))

    is_refund = F.col("kind") == F.lit(Kind.REFUND.value)
    with_entries = taken_lines.withColumn("entry", entry_number(schedule, zone))
    values = with_entries.select(
        F.col("line_id").alias("taken_id"),
        F.col("kind").alias("taken_kind"),
        F.col("fee").alias("taken_fee"),
        F.coalesce(value_of_entry(entry, schedule, passed), F.lit(0)).alias("taken_passed"),
        F.when(~is_refund, entry).alias("entry"),
        F.lit(None).cast("boolean").alias("has_payment"),
        value_of_entry(entry, schedule, due).cast("bigint").alias("priced_due"),
        value_of_entry(entry, schedule, tax).cast("bigint").alias("tax_on_top"),
        value_of_entry(entry, schedule, components).alias("priced_components"),
        F.concat(F.lit("takes back the fee of "), F.col("channel_ref_norm")).alias("note"),
    )
    return reversals.join(values, on="taken_id", how="inner").withColumnRenamed(
        "take_id", "line_id"
    )
