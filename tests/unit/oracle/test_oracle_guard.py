"""Advice that moves money needs proof: possible copies, and what bears the numbers of a line.

Names and rows as in test_oracle.py.
"""

from typing import Any

import pytest

from tests.oracle.reference_ledger import ReferenceLedger, profile
from tests.support.ledger import at, bare_line, line, txn
from tests.unit.oracle.test_oracle import CARD, new_ledger
from tests.unit.oracle.test_oracle_windows import window_ledger

# ---- 12 possible copies ----------------------------------------------------------------------

TAIL = {"account_tail": "1"}
F, G = {"file_id": "f"}, {"file_id": "g"}


def test_equal_line_of_another_file_is_a_possible_copy() -> None:
    """On one day or on two. It names the first line, and waits, then is to be reviewed."""
    for first, second in (([bare_line("L", **F), bare_line("M", **G)], []),
                          ([bare_line("L", **F)], [bare_line("M", **G)])):  # fmt: skip
        ledger = window_ledger(1).run(*first).run(*second)
        copies = {item["line_id"]: item["copy_of"] for item in ledger.open_items}
        assert copies == {"L": None, "M": "L"}
        ledger.run().run()
        row = next(row for row in ledger.history[::-1] if row["line_id"] == "M")
        assert (row["outcome"], row["action"]) == ("BREAK", "REVIEW")
        assert row["reasons"] == ["STATEMENT_ONLY", "POSSIBLE_DUPLICATE"]
        assert row["duplicate_of"] == "L"
        assert row["related"] == []
    ledger = new_ledger().run(bare_line("L", **F), bare_line("M", **G))
    assert ledger.row_texts == [
        "L SUSPENSE STATEMENT_ONLY WAIT",
        "M SUSPENSE STATEMENT_ONLY+POSSIBLE_DUPLICATE WAIT of L",
    ]


def test_what_is_no_possible_copy() -> None:
    """The same file; a reference of either; no time; any other value; before the look-back."""
    for first, second in (
        ({}, F),
        ({}, {"our_ref": "A", **G}),
        ({}, {"channel_ref": "C1", **G}),
        ({"channel_ref": "C1"}, G),
        ({"traded_at": None}, {"traded_at": None, **G}),
        ({}, {"traded_at": at("12:00:01"), **G}),
        ({}, {"amount": 1001, **G}),
        ({}, {"amount": -1000, **G}),
        ({}, {"currency": "JPY", **G}),
        ({}, {"kind": "TOP_UP", **G}),
        ({}, {"account_tail": "1", **G}),
        ({}, {"payer_name": "Li", **G}),
        ({}, {"order_ref": "O1", **G}),
        ({}, {"batch_ref": "B1", **G}),
    ):
        values = [{"our_ref": None} | other for other in (first, second)]
        ledger = new_ledger().run(bare_line("L", **values[0]))
        ledger.run(bare_line("M", **values[1]))
        assert [item["copy_of"] for item in ledger.open_items] == [None, None], (first, second)
    old = (
        window_ledger(5, lookback=1).run(bare_line("L")).run_empty_days(1).run(bare_line("M", **G))
    )
    assert {item["copy_of"] for item in old.open_items} == {None}
    empty = {"our_ref": "'", "order_ref": "o 1"}
    ledger = new_ledger().run(bare_line("L", order_ref="O1")).run(bare_line("M", **empty, **G))
    assert ledger.open_items[1]["copy_of"] == "L"


def test_copies_name_the_first_line() -> None:
    """Of three equal lines of three files each later one names the first."""
    ledger = new_ledger().run(bare_line("L"), bare_line("M", **G), bare_line("N", file_id="h"))
    assert [item["copy_of"] for item in ledger.open_items] == [None, "L", "L"]


def test_possible_copy_leaves_the_first_line_its_transaction() -> None:
    """One transaction, two equal lines: the first one pairs. When a second transaction comes, the
    copy pairs, too, for its original is gone."""
    ledger = new_ledger("our_ref", CARD).run(
        bare_line("L", **TAIL), bare_line("M", **TAIL, **G), txn("X", **TAIL)
    )
    assert ledger.row_texts == [
        "M SUSPENSE STATEMENT_ONLY+POSSIBLE_DUPLICATE WAIT of L",
        "X=L MATCHED NONE by card",
    ]
    assert ledger.run(txn("Y", **TAIL)).row_texts == ["Y=M MATCHED NONE by card"]


def test_possible_copy_of_an_ambiguous_line() -> None:
    """The original has two candidates; the copy has none while it is there. Where the original is
    gone from an earlier pass on, the copy may be ambiguous itself: then it is no possible copy."""
    ledger = new_ledger("our_ref", CARD).run(
        bare_line("L", **TAIL), bare_line("M", **TAIL, **G), txn("X", **TAIL), txn("Y", **TAIL)
    )
    assert ledger.row_texts == [
        "L SUSPENSE AMBIGUOUS WAIT",
        "M SUSPENSE STATEMENT_ONLY+POSSIBLE_DUPLICATE WAIT of L",
        "X SUSPENSE AMBIGUOUS WAIT",
        "Y SUSPENSE AMBIGUOUS WAIT",
    ]
    ledger = new_ledger("our_ref", CARD).run(bare_line("L", **TAIL), txn("W", **TAIL))
    ledger.run(bare_line("M", **TAIL, **G), txn("X", **TAIL), txn("Y", **TAIL))
    assert ledger.row_texts == [f"{name} SUSPENSE AMBIGUOUS WAIT" for name in "MXY"]


def test_possible_copy_that_is_marked_meets_its_group() -> None:
    """Groups know no copies: both lines of the batch count."""
    batch = {"batch_ref": "B1"}
    ledger = new_ledger(groups=["batch_ref"]).run(
        txn("X", 2000, **batch), bare_line("L", **batch), bare_line("M", **batch, **G)
    )
    assert ledger.row_texts == [f"{name} MATCHED NONE by batch_ref" for name in "LMX"]


# ---- 16 guard --------------------------------------------------------------------------------


def break_of(line_record: dict[str, Any], *records: dict[str, Any], **match: Any) -> tuple:
    """Action and `related` of a line that breaks on T+1 beside some records of T."""
    ledger = guard_ledger(**match).run(*records).run(line_record)
    row = next(row for row in ledger.rows if row["line_id"] == line_record["line_id"])
    assert row["outcome"] == "BREAK"
    assert "STATEMENT_ONLY" in row["reasons"]
    return row["action"], row["related"]


def guard_ledger(**match: Any) -> ReferenceLedger:
    """Lines break at once, transactions wait for long."""
    return ReferenceLedger(profile("our_ref", window={"internal": 9, "statement": 0}, **match))


def test_line_that_nothing_of_ours_knows_is_refunded() -> None:
    assert break_of(bare_line("L", "A"), txn("X"), bare_line("M", "A1")) == ("REFUND", [])
    payout = bare_line("L", "A", -1000, kind="PAYOUT")
    assert break_of(payout, txn("X")) == ("RECOVER", [])
    assert break_of(bare_line("L", None), txn("X", our_ref="'")) == ("REFUND", [])


@pytest.mark.parametrize("status", ["SUCCEEDED", "PENDING", "REVERSED", "FAILED", "CLOSED"])
def test_transaction_of_another_kind_or_direction_speaks_against_it(status: str) -> None:
    """By our_ref or channel_ref. A failed or closed one is named, and does not speak against it."""
    action = "REFUND" if status in ("FAILED", "CLOSED") else "REVIEW"
    for ours in (
        txn("X", -1000, our_ref="A", kind="PAYOUT", status=status),
        txn("X", -1000, our_ref="A", status=status),
        txn("X", channel_ref="c1", kind="TOP_UP", status=status),
    ):
        failed = txn("Y", -1, our_ref="A", kind="REFUND", status="FAILED")
        sale = line("L", "A", channel_ref="C1")
        assert break_of(sale, failed, ours) == (action, ["X", "Y"]), ours


def test_transaction_counts_in_its_latest_state() -> None:
    """X was pending and failed since. A state after the run does not count, nor one of long ago."""
    ledger = guard_ledger().run(txn("X", -1, our_ref="A", status="PENDING"))
    ledger.run(txn("X", -1, our_ref="A", status="FAILED")).run(bare_line("L", "A"))
    assert ledger.column("action")["L"] == "REFUND"
    assert ledger.column("related")["L"] == ["X"]


def test_dates_around_the_line() -> None:
    """lookback 2: a matched transaction of T counts for a line of T+2, and no more for one of T+3.
    A line that waited counts from its first day on."""
    pair = [bare_line("K", "A", -1000), txn("X", -1000, our_ref="A")]
    for empty_days, related in ((1, ["X"]), (2, [])):
        ledger = guard_ledger(lookback=2).run(*pair).run_empty_days(empty_days)
        assert ledger.run(bare_line("L", "A")).column("related") == {"L": related}
    waiting = ReferenceLedger(profile(window={"internal": 9, "statement": 2}, lookback=2))
    waiting.run(*pair).run_empty_days(1).run(bare_line("L", "A")).run_empty_days(2)
    assert waiting.column("related") == {"L": ["X"]}
    assert waiting.column("action") == {"L": "REVIEW"}


def test_open_transaction_counts_whatever_its_date() -> None:
    """lookback 1: X waits since T, and the line comes on T+4."""
    ledger = guard_ledger(lookback=1).run(txn("X", -1, our_ref="A")).run_empty_days(3)
    ledger.run(bare_line("L", "A"))
    assert ledger.column("related") == {"L": ["X"], "X": None}


def test_paid_line_of_the_other_direction_speaks_against_it() -> None:
    """A sale and its refund, both unknown to our books: by our_ref or channel_ref, of the same run
    or of one before. A failed line, one of the same direction and one in a pair do not count."""
    refund = {"kind": "REFUND", "amount": -1000}
    for other, found in (
        (bare_line("M", "A", **refund), True),
        (line("M", None, channel_ref="C1", **refund), True),
        (bare_line("M", "A", status="FAILED", **refund), False),
        (bare_line("M", "A", kind="TOP_UP"), False),
    ):
        expected = ("REVIEW", ["M"]) if found else ("REFUND", [])
        sale = line("L", "A", channel_ref="C1")
        assert break_of(sale, other) == expected, other
        both = guard_ledger().run(sale, other)
        row = next(row for row in both.rows if row["line_id"] == "L")
        assert (row["action"], row["related"]) == expected
    pair = bare_line("M", "A", **refund), txn("R", our_ref="A", **refund)
    assert break_of(bare_line("L", "A"), *pair) == ("REVIEW", ["R"])


def test_paid_line_of_the_other_direction_counts_within_the_look_back() -> None:
    """lookback 1. M broke on T and is a late candidate on T+3: open, so it still counts. With late
    0 it is gone."""
    for late, related in ((30, ["M"]), (0, [])):
        ledger = guard_ledger(lookback=1, late=late).run(bare_line("M", "A", -1000, kind="REFUND"))
        ledger.run_empty_days(2).run(bare_line("L", "A"))
        assert ledger.column("related") == {"L": related}


def test_line_in_a_unit_has_met_something() -> None:
    """M is in a group that broke, so it is not named; its transaction bears another number."""
    batch = {"batch_ref": "B1"}
    match = {"groups": ["batch_ref"], "window": {"internal": 0, "statement": 0}}
    ledger = ReferenceLedger(profile(**match)).run(
        bare_line("M", "A", -1000, kind="REFUND", **batch), txn("X", -900, **batch)
    )
    assert set(ledger.column("outcome").values()) == {"BREAK"}
    assert ledger.run(bare_line("L", "A")).column("related") == {"L": []}


def test_five_are_named_and_all_count() -> None:
    """Seven transactions; the last in order succeeded."""
    ours = [txn(f"X{i}", -i, our_ref="A", kind="PAYOUT", status="FAILED") for i in range(1, 7)]
    ours = [row | {"kind": kind} for row, kind in zip(ours, KINDS, strict=True)]
    action, related = break_of(bare_line("L", "A"), *ours)
    assert (action, related) == ("REFUND", ["X1", "X2", "X3", "X4", "X5"])
    action, related = break_of(bare_line("L", "A"), *ours, txn("X7", -7, our_ref="A"))
    assert (action, related) == ("REVIEW", ["X1", "X2", "X3", "X4", "X5"])


KINDS = ("PAYOUT", "REFUND", "CHARGEBACK", "FEE", "ADJUSTMENT", "TOP_UP")


def test_related_stands_on_every_one_sided_break_of_a_line() -> None:
    """Also where the action is REVIEW anyway, and nowhere else."""
    ledger = guard_ledger().run(
        bare_line("L", "A", -5, kind="REFUND"), txn("X", our_ref="A"), bare_line("M", "B"),
        txn("Y", our_ref="B"),
    )  # fmt: skip
    assert ledger.column("related") == {"L": ["X"], "X": None, "Y": None}


def test_second_payment_beside_a_second_transaction() -> None:
    """Two transactions and two lines of one our_ref: nothing is to be given back. On one day, or on
    two; without the second transaction it is."""
    paid = [line("L", "X", channel_ref="C1"), txn("X")]
    second = [line("M", "X", channel_ref="C2"), txn("Y", our_ref="X", occurred_at=at("12:01"))]
    review = ["M BREAK DUPLICATE_PAYMENT REVIEW of L", "Y BREAK DUPLICATE_TRANSACTION REVIEW of X"]
    assert new_ledger().run(*paid, *second).row_texts[:1] == review[:1]
    assert new_ledger().run(*paid).run(*second).row_texts == review
    assert new_ledger().run(*paid).run(second[1]).run(second[0]).row_texts == review[:1]
    assert new_ledger().run(*paid).run(second[0]).row_texts == [
        "M BREAK DUPLICATE_PAYMENT REFUND of L"
    ]
    late = new_ledger(lookback=2).run(*paid, second[1]).run(line("K", "X", channel_ref="C3"))
    assert late.row_texts == ["K BREAK DUPLICATE_PAYMENT REVIEW of L"]
    assert late.run_empty_days(1).run(second[0]).row_texts == [
        "M BREAK DUPLICATE_PAYMENT REFUND of K"
    ]
