"""A hot amount: payments without a reference, all of one amount within an hour."""

import time
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from benchmarks.formula import DAY
from jobs.lake import Lake
from jobs.matching.day import Facts, matched
from jobs.session import set_size
from schemas.profile import Profile
from schemas.table import Table
from schemas.tables import (
    CANDIDATES,
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_LINES,
)


def hot(lake: Lake, size: int) -> float:
    """Seconds of a match of `size` lines and `size` transactions that only times tell apart.

    Raises:
        ValueError: not every item has its row.
    """
    page = {"channel": "bank", "zone": "Asia/Shanghai", "first_date": str(DAY), "dialect": "bai2",
            "files": {"pattern": "{business_date:%Y-%m-%d}"},
            "match": {"passes": [{"name": "near", "on": ["amount", "currency"],
                                  "within_seconds": 60}]}}  # fmt: skip
    profile = Profile.model_validate(page)
    set_size(lake.spark, 2 * size)
    lines, ours = (_alike(lake, each, size) for each in (STATEMENT_LINES, INTERNAL_TRANSACTIONS))
    empty = [lake.read(table) for table in (OPEN_ITEMS, OUTCOMES)]
    begun = time.monotonic()
    facts = Facts(DAY, True, True, 2 * size, closed=0)
    made_ = matched(lines, ours, *empty, facts, profile, lake.stage)
    written = lake.replace_day(OUTCOMES, made_.outcomes, DAY, "bank")
    lake.replace_day(OPEN_ITEMS, made_.open_items, DAY, "bank")
    lake.replace_day(CANDIDATES, made_.candidates, DAY, "bank")
    if written.rows != 2 * size:
        raise ValueError(f"{written.rows} rows of {2 * size} items")
    return time.monotonic() - begun


def _alike(lake: Lake, table: Table, size: int) -> DataFrame:
    """Rows of one side that only their ids and times tell apart."""
    own_id = table.columns[0]
    times = F.timestamp_micros(
        F.lit(int(datetime(2026, 11, 16, 4, tzinfo=UTC).timestamp()) * 1_000_000)
        + F.pmod(F.xxhash64("id", F.lit(own_id)), F.lit(3_600_000_000))
    )
    values = {
        own_id: F.concat(F.lit(own_id[0]), F.col("id").cast("string")),
        "kind": F.lit("PAYMENT"),
        "status": F.lit("SUCCEEDED"),
        "amount": F.lit(1000),
        "currency": F.lit("CNY"),
        "business_date": F.lit(DAY),
        "traded_at": times,
        "occurred_at": times,
    }
    columns = [
        values.get(field.name, F.lit(None)).cast(field.dataType).alias(field.name)
        for field in table.schema
    ]
    return lake.stage(lake.spark.range(size).select(*columns), own_id)
