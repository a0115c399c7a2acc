"""Decisions change the result of a run, on small ledgers. Amounts in minor units."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.matching.steps.manual_decisions import Decision
from tests.support.ledger import line, txn
from tests.support.match_ledger import Ledger

ROW = ("outcome", "reasons", "matched_by")


def decision_on_pair(effect: str, txn_amount: int = 1000, line_amount: int = 999) -> Decision:
    """A decision about A and its line L1, which differ in amount."""
    snapshots = f"SUCCEEDED|{txn_amount}|CNY", f"SUCCEEDED|{line_amount}|CNY"
    return Decision("d-1", effect, "A", "L1", *snapshots, "AMOUNT_MISMATCH")


@pytest.mark.parametrize(
    "exact_pairs_min_items", [0, pytest.param(100_000, marks=pytest.mark.sail_only)]
)
def test_exact_pair_is_accepted(
    spark: SparkSession, tmp_path: Path, exact_pairs_min_items: int
) -> None:
    """A 10.00 against 9.99 is accepted; B agrees, on a large day and on a small one."""
    ledger = Ledger(spark, tmp_path, exact_pairs_min_items=exact_pairs_min_items)
    items = [line("L1", "A", 999), line("L2", "B")], [txn("A"), txn("B")]
    ledger.run(0, *items, decisions=[decision_on_pair("ACCEPT")])
    assert ledger.rows(0, *ROW) == [
        ("A+L1", "MATCHED", "AMOUNT_MISMATCH", "decision:d-1"),
        ("B+L2", "MATCHED", "", "our_ref"),
    ]


@pytest.mark.sail_only
def test_changed_amount_is_not_accepted(spark: SparkSession, tmp_path: Path) -> None:
    """The decision is about 9.99, the line has 9.98 now."""
    ledger = Ledger(spark, tmp_path)
    ledger.run(0, [line("L1", "A", 998)], [txn("A")], decisions=[decision_on_pair("ACCEPT")])
    assert ledger.rows(0, *ROW) == [("A+L1", "BREAK", "AMOUNT_MISMATCH", "our_ref")]


@pytest.mark.sail_only
def test_written_off_pair_stays_closed(spark: SparkSession, tmp_path: Path) -> None:
    """A and L1 are written off; A, sent again unchanged, is closed already."""
    ledger = Ledger(spark, tmp_path)
    ledger.run(0, [line("L1", "A", 999)], [txn("A")], decisions=[decision_on_pair("WRITE_OFF")])
    ledger.run(1, [], [txn("A")])
    assert ledger.rows(0, *ROW) == [("A+L1", "EXCLUDED", "AMOUNT_MISMATCH", "decision:d-1")]
    assert ledger.rows(1, *ROW) == [("A", "EXCLUDED", "ALREADY_RECONCILED", None)]


@pytest.mark.sail_only
@pytest.mark.parametrize("exact_pairs_min_items", [0, 100_000])
def test_decision_pairs_a_late_transaction(
    spark: SparkSession, tmp_path: Path, exact_pairs_min_items: int
) -> None:
    """A broke on T+2. On T+3 a line without references comes; a decision pairs it with A.

    The result is the same on a large day and on a small one.
    """
    ledger = Ledger(spark, tmp_path, exact_pairs_min_items=exact_pairs_min_items)
    ledger.run(0, [line("L0", "Z")], [txn("A"), txn("Z")])
    for offset in (1, 2):
        ledger.run(offset, [line(f"L{offset}", f"Z{offset}")], [txn(f"Z{offset}")])
    late = line("L9", None, channel_ref=None)
    snapshots = "SUCCEEDED|1000|CNY", "SUCCEEDED|1000|CNY"
    pair = Decision("d-2", "PAIR", "A", "L9", *snapshots, "")
    ledger.run(3, [late], [txn("Z3")], decisions=[pair])
    assert ("A+L9", "MATCHED", "LATE", "decision:d-2") in ledger.rows(3, *ROW)
    assert [row[0] for row in ledger.open_rows(3)] == ["Z3"]


@pytest.mark.sail_only
def test_decision_on_a_missing_line_does_nothing(spark: SparkSession, tmp_path: Path) -> None:
    """The line of the decision is not there any more: A waits as without the decision."""
    ledger = Ledger(spark, tmp_path)
    snapshots = "SUCCEEDED|1000|CNY", "SUCCEEDED|1000|CNY"
    ledger.run(0, [], [txn("A")], decisions=[Decision("d-3", "PAIR", "A", "L9", *snapshots, "")])
    assert ledger.rows(0, *ROW) == [("A", "SUSPENSE", "INTERNAL_ONLY", None)]


@pytest.mark.sail_only
def test_duplicate_line_is_written_off(spark: SparkSession, tmp_path: Path) -> None:
    """L2 is a copy of L1 that nobody claims: it is excluded, and still names its original."""
    ledger = Ledger(spark, tmp_path)
    copy = Decision("d-4", "WRITE_OFF", None, "L2", None, "SUCCEEDED|1000|CNY", "DUPLICATE_LINE")
    lines = [line("L1", "A", channel_ref="C"), line("L2", "A", channel_ref="C")]
    ledger.run(0, lines, [txn("A")], decisions=[copy])
    assert ledger.rows(0, *ROW, "duplicate_of") == [
        ("A+L1", "MATCHED", "", "our_ref", None),
        ("L2", "EXCLUDED", "DUPLICATE_LINE", "decision:d-4", "L1"),
    ]
