"""What decisions make of a run, on small ledgers. Amounts in minor units."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.matching.steps.manual_decisions import Decision
from tests.support.match_ledger import Ledger, line, txn

ROW = ("outcome", "reasons", "matched_by")


def of_pair(effect: str, ours: int = 1000, theirs: int = 999) -> Decision:
    """About A and its line L1, which differ in amount."""
    was = f"SUCCEEDED|{ours}|CNY", f"SUCCEEDED|{theirs}|CNY"
    return Decision("d-1", effect, "A", "L1", *was, "AMOUNT_MISMATCH")


@pytest.mark.parametrize("bulk_from", [0, 100_000])
def test_a_pair_of_the_bulk_is_accepted(
    spark: SparkSession, tmp_path: Path, bulk_from: int
) -> None:
    """A 10.00 against 9.99 is accepted; B beside it agrees, in the bulk or not."""
    ledger = Ledger(spark, tmp_path, bulk_from=bulk_from)
    items = [line("L1", "A", 999), line("L2", "B")], [txn("A"), txn("B")]
    ledger.run(0, *items, decisions=[of_pair("ACCEPT")])
    assert ledger.rows(0, *ROW) == [
        ("A+L1", "MATCHED", "AMOUNT_MISMATCH", "decision:d-1"),
        ("B+L2", "MATCHED", "", "our_ref"),
    ]


@pytest.mark.sail_only
def test_what_was_another_amount_is_not_accepted(spark: SparkSession, tmp_path: Path) -> None:
    """The decision is about 9.99, the line says 9.98 now."""
    ledger = Ledger(spark, tmp_path)
    ledger.run(0, [line("L1", "A", 998)], [txn("A")], decisions=[of_pair("ACCEPT")])
    assert ledger.rows(0, *ROW) == [("A+L1", "BREAK", "AMOUNT_MISMATCH", "our_ref")]


@pytest.mark.sail_only
def test_a_pair_written_off_stays_closed(spark: SparkSession, tmp_path: Path) -> None:
    """A and L1 are written off; sent again unchanged, A is closed already."""
    ledger = Ledger(spark, tmp_path)
    ledger.run(0, [line("L1", "A", 999)], [txn("A")], decisions=[of_pair("WRITE_OFF")])
    ledger.run(1, [], [txn("A")])
    assert ledger.rows(0, *ROW) == [("A+L1", "EXCLUDED", "AMOUNT_MISMATCH", "decision:d-1")]
    assert ledger.rows(1, *ROW) == [("A", "EXCLUDED", "ALREADY_RECONCILED", None)]


@pytest.mark.sail_only
@pytest.mark.parametrize("bulk_from", [0, 1, 100_000])
def test_a_late_transaction_is_paired_by_a_person(
    spark: SparkSession, tmp_path: Path, bulk_from: int
) -> None:
    """A broke on T+2. On T+3 a line without any number comes; a person says that it is A's.

    So on a large day, a middling one and a small one.
    """
    ledger = Ledger(spark, tmp_path, bulk_from=bulk_from)
    ledger.run(0, [line("L0", "Z")], [txn("A"), txn("Z")])
    for offset in (1, 2):
        ledger.run(offset, [line(f"L{offset}", f"Z{offset}")], [txn(f"Z{offset}")])
    late = line("L9", None, channel_ref=None)
    was = "SUCCEEDED|1000|CNY", "SUCCEEDED|1000|CNY"
    pair = Decision("d-2", "PAIR", "A", "L9", *was, "")
    ledger.run(3, [late], [txn("Z3")], decisions=[pair])
    assert ("A+L9", "MATCHED", "LATE", "decision:d-2") in ledger.rows(3, *ROW)
    assert [row[0] for row in ledger.opened(3)] == ["Z3"]


@pytest.mark.sail_only
def test_one_side_that_is_gone_leaves_the_other_alone(spark: SparkSession, tmp_path: Path) -> None:
    """The line that A was paired with is not there any more: A waits as if nobody had said so."""
    ledger = Ledger(spark, tmp_path)
    was = "SUCCEEDED|1000|CNY", "SUCCEEDED|1000|CNY"
    ledger.run(0, [], [txn("A")], decisions=[Decision("d-3", "PAIR", "A", "L9", *was, "")])
    assert ledger.rows(0, *ROW) == [("A", "SUSPENSE", "INTERNAL_ONLY", None)]


@pytest.mark.sail_only
def test_a_duplicate_line_is_written_off(spark: SparkSession, tmp_path: Path) -> None:
    """L2 is a copy of L1 and nothing to claim: it is put away, and still names what it copies."""
    ledger = Ledger(spark, tmp_path)
    copy = Decision("d-4", "WRITE_OFF", None, "L2", None, "SUCCEEDED|1000|CNY", "DUPLICATE_LINE")
    lines = [line("L1", "A", channel_ref="C"), line("L2", "A", channel_ref="C")]
    ledger.run(0, lines, [txn("A")], decisions=[copy])
    assert ledger.rows(0, *ROW, "duplicate_of") == [
        ("A+L1", "MATCHED", "", "our_ref", None),
        ("L2", "EXCLUDED", "DUPLICATE_LINE", "decision:d-4", "L1"),
    ]
