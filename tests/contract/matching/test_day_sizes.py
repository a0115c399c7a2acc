"""On a large day only items that share a key take the steps: the rows are the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.engine.session import LARGE_ROWS, SMALL_ROWS, tune_session
from tests.support.ledger import at, line, txn
from tests.support.match_ledger import Ledger

ROW = ("outcome", "reasons", "duplicate_of", "matched_by")
MATCH = {"passes": ["our_ref", {"name": "near", "on": ["amount", "currency"]}],
         "groups": ["batch_ref"]}  # fmt: skip


@pytest.fixture(
    params=[
        pytest.param((0, LARGE_ROWS), id="large"),
        pytest.param((0, SMALL_ROWS), id="medium", marks=pytest.mark.sail_only),
        pytest.param((10**6, 0), id="small", marks=pytest.mark.sail_only),
    ]
)
def ledger(request: pytest.FixtureRequest, spark: SparkSession, tmp_path: Path) -> Iterator[Ledger]:
    """Items that share a channel_ref, an amount, a batch or an our_ref, and items that share
    nothing.

    Eleven items are a large day if that starts at 0, a small one if it starts at a million. Spark
    uses 24 partitions and adaptive plans, 4 partitions, or 1.
    """
    exact_pairs_min_items, rows = request.param
    ledger = Ledger(spark, tmp_path, MATCH, exact_pairs_min_items)
    lines = [
        line("a", "A", status="FAILED", channel_ref="C", traded_at=at("10")),
        line("b", "B", channel_ref="C", traded_at=at("11")),
        line("near", None, 2000),
        line("sum.1", "S1", 300, batch_ref="G"),
        line("sum.2", "S2", 400, batch_ref="G"),
        line("twice.1", "W", 500, batch_ref="H"),
        line("twice.2", "W", 500, batch_ref="H"),
        line("lone", "L", 600),
    ]
    transactions = [
        txn("near.t", 2000, our_ref=None),
        txn("sum.t", 700, batch_ref="G"),
        txn("alone", 800),
    ]
    tune_session(spark, rows)
    try:
        yield ledger.run(0, lines, transactions)
    finally:
        tune_session(spark, 0)


def test_result_is_the_same_on_every_day_size(ledger: Ledger) -> None:
    """The latest state of a channel_ref, one amount, an equal batch, the first of two payments."""
    rows: list[tuple[Any, ...]] = ledger.rows(0, *ROW)
    assert {row[0]: row[1:] for row in rows} == {
        "a": ("EXCLUDED", "NOT_EXPECTED", "b", None),
        "alone": ("SUSPENSE", "INTERNAL_ONLY", None, None),
        "b": ("SUSPENSE", "STATEMENT_ONLY", None, None),
        "lone": ("SUSPENSE", "STATEMENT_ONLY", None, None),
        "near.t+near": ("MATCHED", "", None, "near"),
        "sum.1": ("MATCHED", "", None, "batch_ref"),
        "sum.2": ("MATCHED", "", None, "batch_ref"),
        "sum.t": ("MATCHED", "", None, "batch_ref"),
        "twice.1": ("SUSPENSE", "STATEMENT_ONLY", None, None),
        "twice.2": ("BREAK", "DUPLICATE_PAYMENT", "twice.1", None),
    }


@pytest.mark.sail_only
@pytest.mark.parametrize("exact_pairs_min_items", [0, 10**6], ids=["large", "small"])
def test_two_passes_on_one_key(
    exact_pairs_min_items: int, spark: SparkSession, tmp_path: Path
) -> None:
    """20.00 without a time cannot pair within a minute, but by its amount alone; 30.00 can."""
    on = ["amount", "currency"]
    timed = {"name": "timed", "on": on, "within_seconds": 60}
    match = {"passes": ["our_ref", timed, {"name": "by_amount", "on": on}]}
    ledger = Ledger(spark, tmp_path, match, exact_pairs_min_items)
    lines = [line("a", None, 2000, traded_at=None), line("b", None, 3000, traded_at=at("10"))]
    transactions = [txn("t", 2000, our_ref=None, occurred_at=at("09")),
            txn("u", 3000, our_ref=None, occurred_at=at("10"))]  # fmt: skip
    ledger.run(0, lines, transactions)
    assert {row[0]: row[-1] for row in ledger.rows(0, *ROW)} == {"t+a": "by_amount", "u+b": "timed"}
