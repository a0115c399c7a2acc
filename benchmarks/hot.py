"""A hot amount: payments without a reference, all of one amount within an hour."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from benchmarks.rest import NOON, match_and_write, profile, with_all_columns
from jobs.engine.session import tune_session
from jobs.lake.tables import Lake
from schemas.table import Table
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_LINES


def match_hot_amount(lake: Lake, size: int) -> float:
    """Seconds of a match of `size` lines and `size` transactions that only times tell apart.

    Raises:
        ValueError: not every item has its row.
    """
    tune_session(lake.spark, 2 * size)
    lines, ours = (
        _equal_rows(lake, each, size) for each in (STATEMENT_LINES, INTERNAL_TRANSACTIONS)
    )
    rows, _, seconds = match_and_write(lake, lines, ours, profile(), 2 * size)
    if rows != 2 * size:
        raise ValueError(f"{rows} rows of {2 * size} items")
    return seconds


def _equal_rows(lake: Lake, table: Table, size: int) -> DataFrame:
    """Rows of one side that only their ids and times tell apart."""
    own_id = table.columns[0]
    micros = F.lit(NOON) + F.pmod(F.xxhash64("id", F.lit(own_id)), F.lit(3_600_000_000))
    rows = lake.spark.range(size).select(
        F.concat(F.lit(own_id[0]), F.col("id").cast("string")).alias(own_id),
        F.lit(1000).alias("amount"),
        F.timestamp_micros(micros).alias(
            "traded_at" if table is STATEMENT_LINES else "occurred_at"
        ),
    )
    return lake.stage(with_all_columns(rows, table), own_id)
