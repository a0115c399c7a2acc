"""Items without a reference: a channel of one in a hundred of the day's items, and two groups.

The items of the channel have only an amount and a time. Each group is one transaction of ours and
as many lines as the channel has, with the same batch reference.
"""

import time
from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from benchmarks.formula import DAY
from jobs.engine.session import tune_session
from jobs.lake.tables import Lake
from jobs.matching import conservation
from jobs.matching.match_day import RunContext, match_day
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.reconcile.fast_path import keeper_of
from jobs.reconcile.totals import total_columns
from schemas.profile.channel import Profile
from schemas.table import Table
from schemas.tables import (
    CANDIDATES,
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_LINES,
)

CHANNEL = "bank"
ONE_IN, GROUPS = 100, 2
#: Minor units: of a group's line, and the least of what pairs by its amount.
EACH, LEAST = 100, 10_000
NOON = int(datetime(2026, 11, 16, 4, tzinfo=UTC).timestamp()) * 1_000_000


def profile(*groups: str) -> Profile:
    """The page of a channel that pairs by amount within a minute, and by groups where named."""
    page = {"channel": CHANNEL, "zone": "Asia/Shanghai", "first_date": str(DAY), "dialect": "bai2",
            "files": {"pattern": "{business_date:%Y-%m-%d}"},
            "match": {"passes": [{"name": "near", "on": ["amount", "currency"],
                                  "within_seconds": 60}], "groups": list(groups)}}  # fmt: skip
    return Profile.model_validate(page)


def add_items(lake: Lake, size: int) -> None:
    """Writes the channel's lines and transactions for a day of `size` trades."""
    count = size // ONE_IN
    number = F.col("id")
    group, of_group = F.floor((number - count) / count), number >= F.lit(count)
    amount = F.lit(LEAST) + number * F.lit(7_919) % F.lit(500_000)
    lines = lake.spark.range((1 + GROUPS) * count).select(
        _text("L", number).alias("line_id"),
        F.when(of_group, F.lit(EACH)).otherwise(amount).alias("amount"),
        F.when(of_group, _text("BATCH", group)).alias("batch_ref"),
        _time(number % F.lit(count), count).alias("traded_at"),
    )
    ours = lake.spark.range(count + GROUPS).select(
        _text("T", number).alias("txn_id"),
        F.when(of_group, F.lit(EACH * count)).otherwise(amount).alias("amount"),
        F.when(of_group, _text("BATCH", number - F.lit(count))).alias("batch_ref"),
        _time(number % F.lit(count), count).alias("occurred_at"),
    )
    for table, frame in ((STATEMENT_LINES, lines), (INTERNAL_TRANSACTIONS, ours)):
        normalized = frame.withColumn("batch_ref_norm", F.col("batch_ref"))
        lake.replace_day(table, with_all_columns(normalized, table), DAY, CHANNEL)


def _text(tag: str, number: Column) -> Column:
    return F.concat(F.lit(tag), number.cast("string"))


def _time(place: Column, count: int) -> Column:
    micros = F.lit(NOON) + place * F.lit(36_000_000_000 // max(count, 1))
    return F.timestamp_micros(micros.cast("bigint"))


def with_all_columns(frame: DataFrame, table: Table) -> DataFrame:
    """The frame with all columns of a table; columns that it lacks are null."""
    known = {
        "channel": F.lit(CHANNEL),
        "kind": F.lit("PAYMENT"),
        "status": F.lit("SUCCEEDED"),
        "currency": F.lit("CNY"),
        "business_date": F.lit(DAY),
        **{name: F.col(name) for name in frame.columns},
    }
    return frame.select(
        *[
            known.get(field.name, F.lit(None)).cast(field.dataType).alias(field.name)
            for field in table.schema
        ]
    )


def match_without_references(lake: Lake, size: int) -> float:
    """Seconds of the channel's match, read and written.

    Raises:
        ValueError: not every item has its row, or one is not matched.
    """
    count = size // ONE_IN
    items = (2 + GROUPS) * count + GROUPS
    lines, ours = (
        lake.read_day(table, DAY, CHANNEL) for table in (STATEMENT_LINES, INTERNAL_TRANSACTIONS)
    )
    rows, still_open, seconds = match_and_write(lake, lines, ours, profile("batch_ref"), items)
    if (rows, still_open) != (count + GROUPS * (count + 1), 0):
        raise ValueError(f"{rows} rows, {still_open} open, of {items} items")
    return seconds


def match_and_write(
    lake: Lake, lines: DataFrame, ours: DataFrame, page: Profile, items: int
) -> tuple[int, int, float]:
    """Matches, writes and checks a day on which nothing is open or closed, as a run does: rows of
    outcomes and of open items, and the seconds it took.
    """
    tune_session(lake.spark, items)
    begun = time.monotonic()
    opened, closed = [
        lake.read_day(table, DAY, CHANNEL).limit(0) for table in (OPEN_ITEMS, OUTCOMES)
    ]
    facts = RunContext(DAY, True, True, items)
    result = match_day(lines, ours, opened, ClosedOutcomes(closed, 0), facts, page, keeper_of(lake))
    written = lake.replace_day(OUTCOMES, result.outcomes, DAY, CHANNEL)
    left = lake.replace_day(OPEN_ITEMS, result.open_items, DAY, CHANNEL)
    sums = conservation.sum_outcomes(
        lake.read_day(OUTCOMES, DAY, CHANNEL), *total_columns(())
    ).collect()
    went_in = conservation.input_totals(result.input_sums.collect())
    if faults := conservation.find_differences(went_in, conservation.outcome_totals(sums)):
        raise ValueError("; ".join(faults))
    if any(row["ambiguous"] for row in sums):
        lake.replace_day(CANDIDATES, result.candidates, DAY, CHANNEL)
    return written.rows, left.rows, time.monotonic() - begun
