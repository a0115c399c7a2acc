"""The sums of each batch of some dates, by the engine: one row per key, `per` and currency."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.settlement.lines.keys import add_keys_and_sums, select_counting_lines
from schemas.dates import NO_TIME
from schemas.profile.settlement import Settlement

#: Sums of a batch; `line_net` is what they must come to.
SUM_COLUMNS = ("gross", "refunds", "chargebacks", "other", "fees", "settlements", "line_net")
GROUP_COLUMNS = ("business_date", "key_kind", "batch", "per", "currency", "position")


def place_lines(
    lines: DataFrame, takes: DataFrame | None, earlier: DataFrame, rules: Settlement
) -> DataFrame:
    """The lines that count, as `select_counting_lines` and `add_keys_and_sums`, and `position`.

    Where SETTLEMENT lines close batches, `position` counts those of the date before the line, in
    the order `traded_at` (nulls last), `line_id`; else it is 0.
    """
    placed = add_keys_and_sums(select_counting_lines(lines, takes, earlier), rules)
    if rules.batch_by != "settlement":
        return placed.withColumn("position", F.lit(0))
    order = Window.partitionBy("business_date", "per", "currency").orderBy("at", "line_id")
    closes = (F.col("is_settlement") & (F.col("settlements") < F.lit(0))).cast("int")
    up_to = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return (
        placed.withColumn("at", F.coalesce("traded_at", F.lit(NO_TIME)))
        .withColumn("closes", closes)
        .withColumn("position", (F.sum("closes").over(up_to) - F.col("closes")).cast("int"))
        .drop("at", "closes")
    )


def sum_batches(placed: DataFrame) -> DataFrame:
    """One row per key, `per` and currency of a date: `GROUP_COLUMNS`, `lines`, `settlement_lines`
    and `SUM_COLUMNS`, as decimals that no sum of amounts exceeds.
    """
    is_settlement = F.col("is_settlement").cast("bigint")
    one = F.lit(1).cast("bigint")
    return placed.groupBy(*GROUP_COLUMNS).agg(
        F.sum(one - is_settlement).alias("lines"),
        F.sum(is_settlement).alias("settlement_lines"),
        *[F.sum(F.col(name).cast("decimal(28,0)")).alias(name) for name in SUM_COLUMNS],
    )


def select_settlement_lines(placed: DataFrame) -> DataFrame:
    """SETTLEMENT lines, of which a date has a few: place, references and amount."""
    return placed.where(F.col("is_settlement")).select(
        *GROUP_COLUMNS, "line_id", "batch_ref_norm", "channel_ref_norm", "our_ref_norm",
        "original_ref_norm", "settlements",
    )  # fmt: skip
