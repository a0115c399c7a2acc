"""What a run leaves beside its outcomes, and what it took over from earlier dates."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching.item_columns import is_reportable, item_id
from schemas.tables import OPEN_ITEMS, SETTLED_ITEMS, item_types


def select_open_items(decided: DataFrame, day: date, channel: str) -> DataFrame:
    """Rows of `open_items` of a run, late candidates among them."""
    kept = [F.col(name) for name in item_types() if name != "broke_on"]
    stay = decided.where(F.col("open")).select(*kept, F.col("breaks_on").alias("broke_on"))
    return _dated(stay, day, channel).select(*OPEN_ITEMS.columns)


def settled_today(members: DataFrame, decided: DataFrame, day: date, channel: str) -> DataFrame:
    """Rows of `settled_items` of a run: today's items that are not open after it, with those that
    took no part.
    """
    aside = members.where(F.col("aside").isNotNull()).select(*item_types())
    done = decided.where(~F.col("open")).select(*item_types())
    own = aside.unionByName(done).where(F.col("item_date") == F.lit(day))
    return _dated(own, day, channel).select(*SETTLED_ITEMS.columns)


def _dated(items: DataFrame, day: date, channel: str) -> DataFrame:
    return items.withColumns({"run_date": F.lit(day), "channel": F.lit(channel)})


def carried_forward(members: DataFrame, decided: DataFrame, day: date) -> DataFrame:
    """Members of earlier dates that have a row: what waits, and late ones that were settled."""
    earlier = members.where(F.col("item_date") != F.lit(day))
    settled = decided.where(F.col("outcome").isNotNull() | F.col("partner").isNotNull())
    met = settled.where(~is_reportable(day)).select(item_id().alias("id"), "side")
    late = earlier.where(~is_reportable(day)).withColumn("id", item_id())
    late = late.join(met, on=["id", "side"], how="left_semi")
    seen = earlier.where(is_reportable(day)).select(*item_types())
    return seen.unionByName(late.select(*item_types()))
