"""Step 2 of the match, one small ledger a rule: closed items that come again.

Names and rows as in test_oracle.py.
"""

from tests.oracle.reference_ledger import ReferenceLedger
from tests.support.ledger import at, bare_line, day, line, txn
from tests.unit.oracle.test_oracle import new_ledger


def closed_payment(**match: object) -> ReferenceLedger:
    """A ledger in which X = L, 10.00 with channel_ref C1, is matched on T."""
    return new_ledger(**match).run(line("L", "X", channel_ref="C1"), txn("X"))


def test_repeated_line_is_a_duplicate_of_the_closed_one() -> None:
    """C1 is paid, and two later statements repeat it: both repeats name the first line."""
    ledger = (
        closed_payment().run(line("M", "X", channel_ref="C1")).run(line("N", "X", channel_ref="C1"))
    )
    assert ledger.row_texts == ["N BREAK DUPLICATE_LINE CLAIM of L"]


def test_look_back_ends() -> None:
    """lookback 2: on T+2 the repeated line is a copy, on T+3 it is new."""
    copy = line("M", "X", channel_ref="C1")
    assert closed_payment(lookback=2).run_empty_days(1).run(copy).row_texts == [
        "M BREAK DUPLICATE_LINE CLAIM of L"
    ]
    assert closed_payment(lookback=2).run_empty_days(2).run(copy).row_texts == [
        "M SUSPENSE STATEMENT_ONLY WAIT"
    ]


def test_later_state_agrees_with_the_transaction() -> None:
    """C1 is reversed, and so is the transaction sent today: both are reconciled, and the line
    replaces L. A later repeat is a copy of the reversed line."""
    ledger = closed_payment().run(
        line("M", "X", channel_ref="C1", status="REVERSED"), txn("X", status="REVERSED")
    )
    assert ledger.row_texts == [
        "M EXCLUDED ALREADY_RECONCILED NONE of L",
        "X EXCLUDED ALREADY_RECONCILED NONE",
    ]
    again = ledger.run(line("N", "X", channel_ref="C1", status="REVERSED"))
    assert again.row_texts == ["N BREAK DUPLICATE_LINE CLAIM of M"]


def test_later_state_differs_from_the_transaction() -> None:
    """C1 is reversed, the transaction is still paid: reverse it. A third state names the second."""
    ledger = closed_payment().run(line("M", "X", channel_ref="C1", status="REVERSED"))
    assert ledger.row_texts == ["M BREAK STATUS_MISMATCH REVERSE of L"]
    assert ledger.column("internal_status") == {"M": "SUCCEEDED"}
    ledger.run(line("N", "X", channel_ref="C1", status="FAILED"))
    assert ledger.row_texts == ["N BREAK STATUS_MISMATCH REVERSE of M"]


def test_several_later_states_in_one_run() -> None:
    """Reversed and failed on one day: each is compared with L, which an earlier run closed."""
    ledger = closed_payment().run(
        line("M", "X", channel_ref="C1", status="REVERSED"),
        line("N", "X", channel_ref="C1", status="FAILED"),
    )
    assert ledger.row_texts == [
        "M BREAK STATUS_MISMATCH REVERSE of L",
        "N BREAK STATUS_MISMATCH REVERSE of L",
    ]


def test_later_state_of_a_line_without_a_pair() -> None:
    """N with C2 pays X a second time; when C2 is reversed there is no pair to compare it with."""
    ledger = closed_payment().run(line("N", "X", channel_ref="C2"))
    assert ledger.row_texts == ["N BREAK DUPLICATE_PAYMENT REFUND of L"]
    ledger.run(line("O", "X", channel_ref="C2", status="REVERSED"))
    assert ledger.row_texts == ["O BREAK STATUS_MISMATCH QUERY of N"]


def test_other_channel_ref_for_a_paid_our_ref() -> None:
    """X is paid with C1. With another channel_ref or none: a second payment is refunded, a reversal
    is compared with X, a failed line is excluded. Money that leaves is no payment. Later copies of
    these are duplicates."""
    ledger = closed_payment().run(
        line("A", "X", channel_ref="C2"),
        line("B", "X", channel_ref="C3", status="REVERSED"),
        line("C", "X", channel_ref="C4", status="FAILED"),
        bare_line("D", "X"),
        bare_line("E", "X", -5),
        bare_line("F", "X", 0),
    )
    assert ledger.row_texts == [
        "A BREAK DUPLICATE_PAYMENT REFUND of L",
        "B BREAK STATUS_MISMATCH REVERSE of L",
        "C EXCLUDED NOT_EXPECTED NONE of L",
        "D BREAK DUPLICATE_PAYMENT REFUND of L",
        "E SUSPENSE STATEMENT_ONLY WAIT",
        "F BREAK DUPLICATE_PAYMENT REVIEW of L",
    ]
    assert ledger.waiting_ids == ["E"]
    copy = ledger.run(line("G", "X", channel_ref="C4", status="FAILED"))
    assert copy.row_texts == [
        "E SUSPENSE STATEMENT_ONLY WAIT",
        "G BREAK DUPLICATE_LINE CLAIM of C",
    ]
    payout = {"kind": "PAYOUT", "amount": -1000}
    ledger = new_ledger().run(line("L", "X", channel_ref="C1", **payout), txn("X", **payout))
    assert ledger.run(line("M", "X", channel_ref="C2", **payout)).row_texts == [
        "M BREAK DUPLICATE_PAYMENT RECOVER of L"
    ]


def test_look_back_does_not_match_other_kinds() -> None:
    """A refund under the payment's numbers is not a copy of it."""
    ledger = closed_payment().run(line("M", "X", -1000, channel_ref="C1", kind="REFUND"))
    assert ledger.row_texts == ["M SUSPENSE STATEMENT_ONLY WAIT"]


def test_failed_line_paid_later_beside_another_payment() -> None:
    """X is paid with C2; C1 failed before. C1 is paid now as well: a second payment."""
    ledger = new_ledger().run(
        line("L", "X", channel_ref="C1", status="FAILED"), line("M", "X", channel_ref="C2"),
        txn("X"),
    )  # fmt: skip
    assert ledger.row_texts == ["L EXCLUDED NOT_EXPECTED NONE of M", "X=M MATCHED NONE by our_ref"]
    ledger.run(line("N", "X", channel_ref="C1"))
    assert ledger.row_texts == ["N BREAK DUPLICATE_PAYMENT REFUND of M"]


def test_payment_after_a_reversal_is_a_new_item() -> None:
    """C1 is reversed; a payment with C2 is a new item."""
    ledger = closed_payment().run(line("M", "X", channel_ref="C1", status="REVERSED"))
    assert ledger.run(line("N", "X", channel_ref="C2")).row_texts == [
        "N SUSPENSE STATEMENT_ONLY WAIT"
    ]


def test_resent_transaction_is_unchanged_or_changed() -> None:
    """Unchanged: reconciled. Another amount: to be reviewed. The same amount once more:
    unchanged."""
    ledger = closed_payment().run(txn("X"))
    assert ledger.row_texts == ["X EXCLUDED ALREADY_RECONCILED NONE"]
    assert (ledger.column("first_run_date"), ledger.column("chances")) == ({"X": day(1)}, {"X": 1})
    assert ledger.run(txn("X", 900)).row_texts == ["X BREAK CHANGED_AFTER_MATCH REVIEW of X"]
    assert ledger.run(txn("X", 900)).row_texts == ["X EXCLUDED ALREADY_RECONCILED NONE"]


def test_resent_transaction_agrees_with_its_line() -> None:
    """X is 10.00, its line 9.00; X sent again with 9.00 agrees with the line."""
    ledger = new_ledger().run(bare_line("L", "X", 900), txn("X"))
    assert ledger.row_texts == ["X=L BREAK AMOUNT_MISMATCH REVIEW by our_ref"]
    assert ledger.run(txn("X", 900)).row_texts == ["X EXCLUDED ALREADY_RECONCILED NONE"]


def test_look_back_of_a_transaction_reaches_the_day_before_it_occurred() -> None:
    """lookback 1: X is closed on T and sent again on T+3. If it occurred on T in the channel's
    zone, look-back finds it; if it occurred on T+2, it is new."""
    assert closed_payment(lookback=1).run_empty_days(2).run(txn("X")).row_texts == [
        "X EXCLUDED ALREADY_RECONCILED NONE"
    ]
    later = txn("X", occurred_at=at("12", 2))
    assert closed_payment(lookback=1).run_empty_days(2).run(later).row_texts == [
        "X SUSPENSE INTERNAL_ONLY WAIT"
    ]
    night = txn("X", occurred_at=at("01:00", 2))
    assert closed_payment(lookback=1).run_empty_days(2).run(night).row_texts == [
        "X SUSPENSE INTERNAL_ONLY WAIT"
    ]


def test_failed_pair_takes_part_again() -> None:
    """X and C1 failed. On T+1 C1 is paid and waits, X is unchanged and stays reconciled. On T+2 X
    is paid and pairs with it."""
    ledger = new_ledger().run(
        line("L", "X", channel_ref="C1", status="FAILED"), txn("X", status="CLOSED")
    )
    assert ledger.row_texts == ["X=L MATCHED NONE by our_ref"]
    ledger.run(line("M", "X", channel_ref="C1"), txn("X", status="CLOSED"))
    assert ledger.row_texts == [
        "M SUSPENSE STATEMENT_ONLY WAIT",
        "X EXCLUDED ALREADY_RECONCILED NONE",
    ]
    assert ledger.run(txn("X")).row_texts == ["X=M MATCHED NONE by our_ref"]


def test_failed_pair_takes_part_again_with_another_channel_ref() -> None:
    """The paid line has C2."""
    ledger = new_ledger().run(
        line("L", "X", channel_ref="C1", status="FAILED"), txn("X", status="FAILED")
    )
    ledger.run(line("M", "X", channel_ref="C2"), txn("X"))
    assert ledger.row_texts == ["X=M MATCHED NONE by our_ref"]


def test_failed_duplicate_takes_part_again_when_paid() -> None:
    """Y failed, with the our_ref of X, so step 3 excluded it. Sent again as failed it is
    reconciled. As pending it takes part again; as paid, too, where X does not stand."""
    ledger = new_ledger().run(txn("X"), txn("Y", our_ref="X", status="FAILED"))
    assert ledger.row_texts == [
        "X SUSPENSE INTERNAL_ONLY WAIT",
        "Y EXCLUDED NOT_EXPECTED NONE of X",
    ]
    for status in ("PENDING", "REVERSED"):
        ledger = new_ledger().run(
            bare_line("L", "X"), txn("X"), txn("Y", our_ref="X", status="FAILED")
        )
        ledger.run(txn("Y", our_ref="X", status="FAILED"))
        assert ledger.row_texts == ["Y EXCLUDED ALREADY_RECONCILED NONE"]
        ledger.run(txn("Y", our_ref="X", status=status))
        assert ledger.row_texts == ["Y SUSPENSE INTERNAL_ONLY WAIT"]
