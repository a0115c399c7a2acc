"""Items that differ in kind, and transactions that the channel has not finished.

Names and rows as in test_oracle.py.
"""

import pytest

from tests.oracle.reference_ledger import ReferenceLedger, profile
from tests.support.ledger import bare_line, day, line, txn
from tests.unit.oracle.test_oracle import CARD, new_ledger
from tests.unit.oracle.test_oracle_windows import BATCH, window_ledger

TOP_UP = {"kind": "TOP_UP"}

# ---- 9 other kind ----------------------------------------------------------------------------


def test_other_kind_under_one_our_ref() -> None:
    """Both wait while neither would break; then they are a pair, to be reviewed."""
    ledger = window_ledger(1).run(bare_line("L", "X"), txn("X", **TOP_UP))
    assert ledger.row_texts == ["L SUSPENSE STATEMENT_ONLY WAIT", "X SUSPENSE INTERNAL_ONLY WAIT"]
    ledger.run()
    assert ledger.row_texts == ["X=L BREAK KIND_MISMATCH REVIEW by kind"]
    assert ledger.column("kind") == {"X": "PAYMENT"}
    assert ledger.column("internal_kind") == {"X": "TOP_UP"}
    assert ledger.open_items == []


def test_other_kind_with_every_reason() -> None:
    ledger = window_ledger(0).run(bare_line("L", "X", 900), txn("X", status="PENDING", **TOP_UP))
    assert ledger.row_texts == [
        "X=L BREAK KIND_MISMATCH+AMOUNT_MISMATCH+STATUS_MISMATCH REVIEW by kind"
    ]
    assert ledger.column("difference") == {"X": -100}
    ledger = window_ledger(0).run(bare_line("L", "X", currency="JPY"), txn("X", **TOP_UP))
    assert ledger.row_texts == ["X=L BREAK KIND_MISMATCH+CURRENCY_MISMATCH REVIEW by kind"]


def test_other_kind_is_due_when_one_side_would_break() -> None:
    """The line has window 3, the transaction window 0."""
    ledger = ReferenceLedger(profile(window={"internal": 0, "statement": 3}))
    ledger.run(bare_line("L", "X"), txn("X", **TOP_UP))
    assert ledger.row_texts == ["X=L BREAK KIND_MISMATCH REVIEW by kind"]


def test_late_item_of_another_kind() -> None:
    """X broke on T; the line comes on T+1, and is paired at once, though it might wait."""
    ledger = ReferenceLedger(profile(window={"internal": 0, "statement": 3}))
    ledger.run(txn("X", **TOP_UP)).run(bare_line("L", "X"))
    assert ledger.row_texts == ["X=L BREAK KIND_MISMATCH+LATE REVIEW by kind"]
    assert ledger.column("first_run_date") == {"X": day(0)}


def test_what_is_no_pair_of_two_kinds() -> None:
    """The other direction; failed or closed; a second line or transaction under that our_ref; no
    our_ref; a candidate in some pass."""
    cases = [
        [bare_line("L", "X", -1000), txn("X", **TOP_UP)],
        [bare_line("L", "X", status="FAILED"), txn("X", **TOP_UP)],
        [bare_line("L", "X"), txn("X", status="CLOSED", **TOP_UP)],
        [bare_line("L", "X"), bare_line("M", "X", kind="PAYOUT_RETURN"), txn("X", **TOP_UP)],
        [bare_line("L", "X"), txn("X", **TOP_UP), txn("Y", our_ref="X", kind="PAYOUT_RETURN")],
        [bare_line("L", None), txn("X", our_ref="'", **TOP_UP)],
    ]
    for records in cases:
        assert "kind" not in window_ledger(0).run(*records).column("matched_by").values(), records
    tail = {"account_tail": "1"}
    number = {"name": "number", "on": ["channel_ref"]}
    window = {"internal": 0, "statement": 0}
    ledger = ReferenceLedger(profile(number, CARD, window=window)).run(
        line("L", "X", channel_ref="C1"),
        txn("Y", channel_ref="C1"),
        txn("Z", channel_ref="C1"),
        txn("X", **TOP_UP, **tail),
    )
    assert ledger.column("outcome") == dict.fromkeys("LXYZ", "BREAK")
    assert "kind" not in ledger.column("matched_by").values()


def test_item_in_a_group_is_no_pair_of_two_kinds() -> None:
    """The group waits for M, and holds X and L."""
    b1 = {"batch_ref": "B1"}
    ledger = ReferenceLedger(profile(window={"internal": 2, "statement": 0}, **BATCH)).run(
        txn("X", **TOP_UP, **b1), bare_line("L", "X", 900, **b1)
    )
    assert ledger.row_texts == [
        "L SUSPENSE GROUP_INCOMPLETE WAIT",
        "X SUSPENSE GROUP_INCOMPLETE WAIT",
    ]


def test_pair_of_two_kinds_in_the_look_back() -> None:
    """A pair like others: a copy of its line, a later state, a second transaction of X's kind."""
    ledger = window_ledger(0).run(line("L", "X", channel_ref="C1"), txn("X", **TOP_UP))
    ledger.run(
        line("M", "X", channel_ref="C1"),
        line("N", "X", channel_ref="C1", status="REVERSED"),
        txn("X", **TOP_UP),
        txn("Y", our_ref="X", **TOP_UP),
    )
    assert ledger.row_texts == [
        "M BREAK DUPLICATE_LINE CLAIM of L",
        "N BREAK STATUS_MISMATCH REVERSE of L",
        "X EXCLUDED ALREADY_RECONCILED NONE",
        "Y BREAK INTERNAL_ONLY QUERY",
    ]
    ledger = window_ledger(0).run(line("L", "X", channel_ref="C1"), txn("X", **TOP_UP))
    assert ledger.run(txn("Y", our_ref="X", **TOP_UP)).row_texts == [
        "Y BREAK DUPLICATE_TRANSACTION REVIEW of X"
    ]


# ---- 11 pending on both sides ----------------------------------------------------------------


def pending(line_id: str, our_ref: str | None = "X", **other: object) -> dict:
    return line(line_id, our_ref, **{"channel_ref": "C1", "status": "PENDING", **other})


@pytest.mark.parametrize("status", ["PENDING", "SUCCEEDED", "FAILED", "CLOSED", "REVERSED"])
def test_pending_line_holds_its_transaction(status: str) -> None:
    """Window 1: X does not age while the channel says pending, and ages afterwards."""
    ledger = window_ledger(1)
    for name in "LMN":
        ledger.run(pending(name), *([txn("X", status=status)] if name == "L" else []))
        assert ledger.row_texts == [
            f"{name} EXCLUDED NOT_EXPECTED NONE",
            "X SUSPENSE NOT_FINAL WAIT",
        ]
        assert ledger.column("chances")["X"] == 0
    ledger.run()
    outcome = "EXCLUDED" if status in ("FAILED", "CLOSED") else "SUSPENSE"
    assert ledger.column("outcome") == {"X": outcome}
    assert ledger.column("chances") == {"X": 1}


def test_pending_line_by_channel_ref_and_out_of_scope() -> None:
    """The line bears no our_ref, or one that is out of scope; it counts all the same."""
    ledger = new_ledger(scope={"our_ref": "^S"}).run(
        pending("L", None), txn("X", channel_ref="c1"), pending("M", "Z", channel_ref=None),
        txn("Y", our_ref="Z"),
    )  # fmt: skip
    assert ledger.row_texts[2:] == ["X SUSPENSE NOT_FINAL WAIT", "Y SUSPENSE NOT_FINAL WAIT"]


def test_pending_line_of_another_kind_or_direction_holds_nothing() -> None:
    for other in ({"kind": "TOP_UP"}, {"amount": -1000}, {"our_ref": "Y", "channel_ref": "C2"}):
        ledger = new_ledger().run(pending("L", **{"our_ref": "X"} | other), txn("X"))
        assert ledger.row_texts[1] == "X SUSPENSE INTERNAL_ONLY WAIT", other


def test_pending_line_holds_for_late_days() -> None:
    """late 2, window 0: T and T+1; on T+2 X breaks. Once broken it is not held any more, even where
    it is sent again."""
    ledger = window_ledger(0, late=2).run(pending("L"), txn("X")).run(pending("M"))
    assert ledger.row_texts[1] == "X SUSPENSE NOT_FINAL WAIT"
    assert ledger.run(pending("N")).row_texts[1] == "X BREAK INTERNAL_ONLY QUERY"
    assert ledger.run(pending("O"), txn("X")).row_texts[1] == "X BREAK INTERNAL_ONLY QUERY"
    ledger = window_ledger(0, late=0).run(pending("L"), txn("X"))
    assert ledger.row_texts[1] == "X BREAK INTERNAL_ONLY QUERY"


def test_final_line_settles_what_was_pending() -> None:
    """In one file, too: the passes come first."""
    ledger = new_ledger().run(pending("L"), txn("X", status="PENDING"))
    ledger.run(pending("M"), line("N", "X", channel_ref="C1"), txn("X"))
    assert ledger.row_texts == ["M EXCLUDED NOT_EXPECTED NONE", "X=N MATCHED NONE by our_ref"]
    assert ledger.column("chances")["X"] == 1


def test_ambiguity_does_not_replace_not_final() -> None:
    tail = {"account_tail": "1"}
    ledger = new_ledger("our_ref", CARD).run(
        bare_line("L", **tail), txn("X", **tail), txn("Y", **tail), pending("M", channel_ref=None)
    )
    assert ledger.row_texts == [
        "L SUSPENSE AMBIGUOUS WAIT",
        "M EXCLUDED NOT_EXPECTED NONE",
        "X SUSPENSE NOT_FINAL WAIT",
        "Y SUSPENSE AMBIGUOUS WAIT",
    ]
