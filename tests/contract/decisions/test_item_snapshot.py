"""The snapshot of an item is written once as a Column and once in Python: both must be equal."""

from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.decisions.targets import item_snapshot_of_row
from jobs.matching.steps.manual_decisions import item_snapshot
from tests.support.export_ledger import amount_break, outcome_frame

ROWS: list[dict[str, Any]] = [
    amount_break("a", 6_000, 5_900),
    amount_break("b", -1, 0, internal_status="FAILED", statement_status="REVERSED"),
    amount_break("c", 10**15, -(10**15), currency="JPY", internal_currency="KWD"),
]


@pytest.mark.parametrize("side", ["internal", "statement"])
def test_item_snapshot_equals_item_snapshot_of_row(spark: SparkSession, side: str) -> None:
    """`tieout decide` writes `item_snapshot_of_row` of an outcome; the match later compares it with
    `item_snapshot` of the item. If they differed, every decision would be stale.
    """
    currency = "internal_currency" if side == "internal" else "currency"
    text = item_snapshot(F.col(f"{side}_status"), F.col(f"{side}_amount"), F.col(currency))
    by_engine = outcome_frame(spark, *ROWS).select("unit_id", text.alias("snapshot")).collect()
    assert {row["unit_id"]: row["snapshot"] for row in by_engine} == {
        row["unit_id"]: item_snapshot_of_row(row, side, currency) for row in ROWS
    }
