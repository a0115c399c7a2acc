"""Decisions change the result of a run, on small ledgers. Amounts in minor units."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.matching.steps.manual_decisions import Decision
from tests.support.first_by_day import first_by_day
from tests.support.ledger import day, line, txn
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
@pytest.mark.parametrize("exact_pairs_min_items", first_by_day(0, 100_000))
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


@pytest.mark.sail_only
def test_accepted_status_says_what_is_left_to_do(spark: SparkSession, tmp_path: Path) -> None:
    """Theirs stands: ours is to follow it. Ours stands: what was paid without a payment goes back.

    Each pair has our status, theirs, and the action by either; A also differs in amount.
    """
    cases = {
        "A": ("FAILED", "SUCCEEDED", 999, "CONFIRM", "REFUND"),
        "B": ("PENDING", "SUCCEEDED", 1000, "CONFIRM", "NONE"),
        "C": ("SUCCEEDED", "FAILED", 1000, "REVERSE", "NONE"),
        "D": ("SUCCEEDED", "REVERSED", 1000, "REVERSE", "NONE"),
        "E": ("CLOSED", "SUCCEEDED", -1000, "CONFIRM", "RECOVER"),
    }
    transactions, lines = [], []
    for name, (ours, theirs, amount, *_) in cases.items():
        kind = {"kind": "PAYOUT" if amount < 0 else "PAYMENT"}
        own = -1000 if amount < 0 else 1000
        transactions.append(txn(name, own, status=ours, **kind))
        lines.append(line(f"L{name}", name, amount, status=theirs, **kind))

    def decide(status_of: str) -> list[Decision]:
        return [
            Decision(
                f"d-{name}", "ACCEPT", name, f"L{name}",
                f"{ours}|{-1000 if amount < 0 else 1000}|CNY", f"{theirs}|{amount}|CNY",
                "AMOUNT_MISMATCH+STATUS_MISMATCH" if name == "A" else "STATUS_MISMATCH",
                status_of=status_of,
            )
            for name, (ours, theirs, amount, *_) in cases.items()
        ]  # fmt: skip

    for status_of, column in (("THEIRS", 3), ("OURS", 4)):
        ledger = Ledger(spark, tmp_path).run(0, lines, transactions, decisions=decide(status_of))
        assert ledger.rows(0, "outcome", "action") == [
            (f"{name}+L{name}", "MATCHED", case[column]) for name, case in cases.items()
        ]


@pytest.mark.sail_only
def test_later_state_is_accepted(spark: SparkSession, tmp_path: Path) -> None:
    """The channel reverses A a day after it was matched. People accept that; it is told once."""
    reversed_line = line("L2", "A", channel_ref="C-L1", status="REVERSED")
    accept = Decision("d-1", "ACCEPT", None, "L2", None, "REVERSED|1000|CNY", "STATUS_MISMATCH",
                      status_of="THEIRS")  # fmt: skip
    ledger = Ledger(spark, tmp_path).run(0, [line("L1", "A")], [txn("A")])
    ledger.run(1, [reversed_line], decisions=[accept])
    assert ledger.rows(1, "outcome", "reasons", "action", "duplicate_of") == [
        ("L2", "MATCHED", "STATUS_MISMATCH", "REVERSE", "L1")
    ]
    ledger.run(2, [], [txn("A", status="REVERSED")])
    assert ledger.rows(2, *ROW) == [("A", "EXCLUDED", "ALREADY_RECONCILED", None)]


def group_decision(effect: str, *members: tuple[str, int]) -> list[Decision]:
    """A decision about the group of order O: T is our transaction, the others are lines."""
    return [
        Decision(
            "d-1", effect, name if name == "T" else None, None if name == "T" else name,
            f"SUCCEEDED|{amount}|CNY" if name == "T" else None,
            None if name == "T" else f"SUCCEEDED|{amount}|CNY", "AMOUNT_MISMATCH", "order_ref:O",
        )
        for name, amount in members
    ]  # fmt: skip


@pytest.mark.nightly
@pytest.mark.sail_only
def test_whole_group_is_accepted_or_none_of_it(spark: SparkSession, tmp_path: Path) -> None:
    """T of 10.00 was paid by two lines of 4.00 and 5.99. If a member is not the one that people
    saw, the group breaks as before.
    """
    order = {"order_ref": "O"}
    lines = [line("K", None, 400, **order), line("L", None, 599, **order)]
    match = {"groups": ["order_ref"], "window": {"internal": 0, "statement": 0}}
    members = ("T", 1000), ("K", 400), ("L", 599)
    expected = {
        "whole": ("MATCHED", "decision:d-1", members),
        "another amount": ("BREAK", "order_ref", (*members[:2], ("L", 598))),
        "one member less": ("BREAK", "order_ref", members[:2]),
    }
    for outcome, matched_by, decided in expected.values():
        ledger = Ledger(spark, tmp_path, match)
        ledger.run(0, lines, [txn("T", **order)], decisions=group_decision("ACCEPT", *decided))
        assert ledger.rows(0, *ROW, "difference") == [
            ("K", outcome, "AMOUNT_MISMATCH", matched_by, None),
            ("L", outcome, "AMOUNT_MISMATCH", matched_by, None),
            ("T", outcome, "AMOUNT_MISMATCH", matched_by, -1),
        ]


@pytest.mark.nightly
@pytest.mark.sail_only
def test_written_off_group_can_heal(spark: SparkSession, tmp_path: Path) -> None:
    """T of 10.00 was paid by 4.00 and 5.99, and the group is written off. T is sent again as it was
    on T+1. On T+2 a line of 0.01 completes the group; one of 0.05 breaks it anew, for all.
    """
    order = {"order_ref": "O"}
    lines = [line("K", None, 400, **order), line("L", None, 599, **order)]
    match = {"groups": ["order_ref"], "window": {"internal": 0, "statement": 0}}
    write_off = group_decision("WRITE_OFF", ("T", 1000), ("K", 400), ("L", 599))
    ledger = Ledger(spark, tmp_path, match).run(0, lines, [txn("T", **order)], decisions=write_off)
    assert ledger.rows(0, *ROW) == [
        (name, "EXCLUDED", "AMOUNT_MISMATCH", "decision:d-1") for name in ("K", "L", "T")
    ]
    held = [(name, "order_ref:O", "d-1") for name in ("K", "L", "T")]
    assert ledger.open_rows(0, "group_id", "written_off") == held
    ledger.run(1, [], [txn("T", **order)])
    assert ledger.rows(1, *ROW, "unit_id") == [("T", "EXCLUDED", "ALREADY_RECONCILED", None, "T")]
    assert ledger.open_rows(1, "group_id", "written_off") == held
    ledger.run(2, [line("M", None, 1, **order)])
    assert {row[1:] for row in ledger.rows(2, *ROW)} == {("MATCHED", "LATE", "order_ref")}
    assert ledger.open_rows(2) == []
    ledger.run(2, [line("M", None, 5, **order)])
    assert {row[1:] for row in ledger.rows(2, *ROW)} == {
        ("BREAK", "AMOUNT_MISMATCH+LATE", "order_ref")
    }
    assert ledger.open_rows(2, "written_off") == [(name, None) for name in ("K", "L", "M", "T")]


@pytest.mark.sail_only
@pytest.mark.parametrize("exact_pairs_min_items", first_by_day(0, 100_000))
def test_several_items_are_paired_as_a_unit(
    spark: SparkSession, tmp_path: Path, exact_pairs_min_items: int
) -> None:
    """T of 10.00 and lines of 4.00 and 6.00 without a common reference. If a line has changed, all
    wait as without the decision.
    """
    decided = [
        Decision("d-1", "PAIR", "T", None, "SUCCEEDED|1000|CNY", None, "", "decision:d-1"),
        Decision("d-1", "PAIR", None, "K", None, "SUCCEEDED|400|CNY", "", "decision:d-1"),
        Decision("d-1", "PAIR", None, "L", None, "SUCCEEDED|600|CNY", "", "decision:d-1"),
    ]
    expected = {
        600: [
            ("K", "MATCHED", "", "decision:d-1", "decision:d-1", None),
            ("L", "MATCHED", "", "decision:d-1", "decision:d-1", None),
            ("T", "MATCHED", "", "decision:d-1", "decision:d-1", 0),
        ],
        601: [
            ("K", "SUSPENSE", "STATEMENT_ONLY", None, "K", None),
            ("L", "SUSPENSE", "STATEMENT_ONLY", None, "L", None),
            ("T", "SUSPENSE", "INTERNAL_ONLY", None, "T", None),
        ],
    }
    for amount, rows in expected.items():
        ledger = Ledger(spark, tmp_path, exact_pairs_min_items=exact_pairs_min_items)
        lines = [line("K", None, 400), line("L", None, amount)]
        ledger.run(0, lines, [txn("T")], decisions=decided)
        assert ledger.rows(0, *ROW, "unit_id", "difference") == rows
        assert len(ledger.open_rows(0)) == (0 if amount == 600 else 3)
        ledger.run(1, [], [txn("T")])
    assert ledger.rows(1, "outcome")[-1] == ("T", "SUSPENSE")


AT_ONCE = {"window": {"internal": 0, "statement": 0}}
STATE = ("broke_on", "written_off")


def write_off_at_once(ledger: Ledger) -> Ledger:
    """A breaks on T, as nothing comes for it, and is written off."""
    write_off = Decision("d-1", "WRITE_OFF", "A", None, "SUCCEEDED|1000|CNY", None, "INTERNAL_ONLY")
    ledger.run(0, [], [txn("A")], decisions=[write_off])
    assert ledger.rows(0, *ROW) == [("A", "EXCLUDED", "INTERNAL_ONLY", "decision:d-1")]
    assert ledger.open_rows(0, *STATE) == [("A", day(0), "d-1")]
    return ledger


@pytest.mark.sail_only
@pytest.mark.parametrize("exact_pairs_min_items", first_by_day(0, 100_000))
def test_written_off_item_still_matches(
    spark: SparkSession, tmp_path: Path, exact_pairs_min_items: int
) -> None:
    """Without anything new A is out of sight. Sent again as it was on T+1 it is reconciled; its
    line comes on T+2, late. What repeats that line is a copy from then on.
    """
    ledger = write_off_at_once(Ledger(spark, tmp_path, AT_ONCE, exact_pairs_min_items))
    ledger.run(1)
    assert ledger.rows(1, *ROW) == []
    ledger.run(1, [], [txn("A")])
    assert ledger.rows(1, *ROW) == [("A", "EXCLUDED", "ALREADY_RECONCILED", None)]
    assert ledger.open_rows(1, *STATE) == [("A", day(0), "d-1")]
    ledger.run(2, [line("LA", "A", 999)])
    assert ledger.rows(2, *ROW) == [("A+LA", "BREAK", "AMOUNT_MISMATCH+LATE", "our_ref")]
    ledger.run(3, [line("LB", "A", 999, channel_ref="C-LA")], [txn("A")])
    assert ledger.rows(3, *ROW) == [
        ("A", "EXCLUDED", "ALREADY_RECONCILED", None),
        ("LB", "BREAK", "DUPLICATE_LINE", None),
    ]


@pytest.mark.sail_only
def test_changed_item_is_not_written_off_any_more(spark: SparkSession, tmp_path: Path) -> None:
    """A comes as 9.00: the break stands, with the dates that it has. After `late` days a write-off
    that held closes its item.
    """
    ledger = write_off_at_once(Ledger(spark, tmp_path, {**AT_ONCE, "late": 1}))
    ledger.run(1, [], [txn("A", 900)])
    assert ledger.rows(1, *ROW, "first_run_date") == [("A", "BREAK", "INTERNAL_ONLY", None, day(0))]
    ledger.run(1)
    assert ledger.open_rows(1) == []
    ledger.run(2, [], [txn("A")])
    assert ledger.rows(2, *ROW) == [("A", "EXCLUDED", "ALREADY_RECONCILED", None)]
    ledger.run(2, [], [txn("A", 900)])
    assert ledger.rows(2, *ROW) == [("A", "BREAK", "CHANGED_AFTER_MATCH", None)]


@pytest.mark.sail_only
def test_written_off_line_is_no_closed_line(spark: SparkSession, tmp_path: Path) -> None:
    """L broke on T and is written off. On T+1 it is listed again, a copy of an open line; on T+2
    its transaction comes.
    """
    write_off = Decision("d-1", "WRITE_OFF", None, "L", None, "SUCCEEDED|1000|CNY",
                         "STATEMENT_ONLY")  # fmt: skip
    ledger = Ledger(spark, tmp_path, AT_ONCE).run(0, [line("L", "A")], decisions=[write_off])
    ledger.run(1, [line("M", "A", channel_ref="C-L")]).run(2, [], [txn("A")])
    assert ledger.rows(1, *ROW, "duplicate_of") == [("M", "BREAK", "DUPLICATE_LINE", None, "L")]
    assert ledger.rows(2, *ROW) == [("A+L", "MATCHED", "LATE", "our_ref")]
