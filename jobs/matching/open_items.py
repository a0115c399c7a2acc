"""The items that a run leaves open or settles, and those that earlier runs carried forward."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching.item_columns import is_reportable, item_id
from schemas.tables import OPEN_ITEMS, SETTLED_ITEMS, item_types

#: The columns of an item that a run decides, `new_*` in its result.
_DECIDED = ("broke_on", "group_id", "written_off")


def select_open_items(decided: DataFrame, day: date, channel: str) -> DataFrame:
    """Rows of `open_items` of a run, including late candidates."""
    kept = [F.col(name) for name in item_types() if name not in _DECIDED]
    changed = [F.col(f"new_{name}").alias(name) for name in _DECIDED]
    still_open = decided.where(F.col("is_open")).select(*kept, *changed)
    return _add_run(still_open, day, channel).select(*OPEN_ITEMS.columns)


def settled_today(
    participants: DataFrame, decided: DataFrame, day: date, channel: str
) -> DataFrame:
    """Rows of `settled_items` of a run: today's items that are not open after it.

    Lines that took no part are among them.
    """
    excluded = participants.where(F.col("exclusion_reason").isNotNull()).select(*item_types())
    closed = decided.where(~F.col("is_open")).select(*item_types())
    today = excluded.unionByName(closed).where(F.col("item_date") == F.lit(day))
    return _add_run(today, day, channel).select(*SETTLED_ITEMS.columns)


def _add_run(items: DataFrame, day: date, channel: str) -> DataFrame:
    return items.withColumns({"run_date": F.lit(day), "channel": F.lit(channel)})


def carried_forward(participants: DataFrame, decided: DataFrame, day: date) -> DataFrame:
    """Participants of earlier dates that have a row: reportable ones, and settled late
    candidates.
    """
    earlier = participants.where(F.col("item_date") != F.lit(day))
    settled = decided.where(F.col("outcome").isNotNull() | F.col("partner").isNotNull())
    settled_late = settled.where(~is_reportable(day)).select(item_id().alias("id"), "side")
    late = earlier.where(~is_reportable(day)).withColumn("id", item_id())
    late = late.join(settled_late, on=["id", "side"], how="left_semi")
    reportable = earlier.where(is_reportable(day)).select(*item_types())
    return reportable.unionByName(late.select(*item_types()))
