"""Step 4: a pass may let amounts differ by a few minor units. The window is 0.

Columns of a row: id, outcome, reasons, action, difference.
"""

import pytest
from pyspark.sql import SparkSession

from tests.support.first_by_day import first_by_day
from tests.support.ledger import line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "action", "difference")
MATCH = {
    "passes": [{"name": "number", "on": ["our_ref"], "tolerance": {"CNY": 3}}, "channel_ref"],
    "window": {"internal": 0, "statement": 0},
}


@pytest.mark.parametrize("exact_pairs_min_items", first_by_day(0, 10**6))
def test_small_difference_is_matched(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, exact_pairs_min_items: int
) -> None:
    """0.03 CNY either way, also late; no more, no other currency, pass or status."""
    folder = tmp_path_factory.mktemp("tolerance")
    ledger = Ledger(spark, folder, MATCH, exact_pairs_min_items)
    lines = [
        line("more.1", "more", 1003),
        line("less.1", "less", 997),
        line("over.1", "over", 1004),
        line("usd.1", "usd", 1001, currency="USD"),
        line("pending.1", "pending", 1001),
        line("second.1", None, 1001),
    ]
    transactions = [
        txn("more"),
        txn("less"),
        txn("over"),
        txn("usd", currency="USD"),
        txn("pending", status="PENDING"),
        txn("second", channel_ref="C-second.1"),
        txn("late"),
    ]
    ledger.run(0, lines, transactions).run(1, [line("late.1", "late", 999)])
    review = ("BREAK", "AMOUNT_MISMATCH", "REVIEW")
    assert ledger.rows(0, *ROW) == [
        ("late", "BREAK", "INTERNAL_ONLY", "QUERY", None),
        ("less+less.1", "MATCHED", "WITHIN_TOLERANCE", "NONE", -3),
        ("more+more.1", "MATCHED", "WITHIN_TOLERANCE", "NONE", 3),
        ("over+over.1", *review, 4),
        ("pending+pending.1", "BREAK", "AMOUNT_MISMATCH+STATUS_MISMATCH", "REVIEW", 1),
        ("second+second.1", *review, 1),
        ("usd+usd.1", *review, 1),
    ]
    assert ledger.rows(1, *ROW) == [("late+late.1", "MATCHED", "WITHIN_TOLERANCE+LATE", "NONE", -1)]


def test_groups_know_no_tolerance(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A pair within tolerance is matched, and joins no group; a group 0.01 short breaks."""
    ledger = Ledger(spark, tmp_path_factory.mktemp("groups"), MATCH | {"groups": ["batch_ref"]})
    lines = [
        line("pair.1", "pair", 997, batch_ref="A"),
        line("pair.2", None, 3, batch_ref="A"),
        line("group.1", None, 999, batch_ref="B"),
    ]
    ledger.run(0, lines, [txn("pair", batch_ref="A"), txn("group", batch_ref="B")])
    assert ledger.rows(0, *ROW) == [
        ("group", "BREAK", "AMOUNT_MISMATCH", "REVIEW", -1),
        ("group.1", "BREAK", "AMOUNT_MISMATCH", "REVIEW", None),
        ("pair+pair.1", "MATCHED", "WITHIN_TOLERANCE", "NONE", -3),
        ("pair.2", "BREAK", "STATEMENT_ONLY", "REFUND", None),
    ]
