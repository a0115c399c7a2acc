"""Step 2 of the match, one small ledger a rule: what an earlier run closed, and comes again.

Names and rows as in test_oracle.py.
"""

from tests.oracle.book import Book, at, day, line, txn
from tests.unit.oracle.test_oracle import book


def paid(**match: object) -> Book:
    """X = L, 10.00 under C1, closed on T."""
    return book(**match).run(line("L", "X", channel_ref="C1"), txn("X"))


def test_a_closed_line_listed_again() -> None:
    """C1 paid, listed again twice: both are claimed, and name the first."""
    run = paid().run(line("M", "X", channel_ref="C1")).run(line("N", "X", channel_ref="C1"))
    assert run.said == ["N BREAK DUPLICATE_LINE CLAIM of L"]


def test_the_look_back_ends() -> None:
    """lookback 2: a copy is known on T+1 and T+2, on T+3 the line is new."""
    copy = line("M", "X", channel_ref="C1")
    assert paid(lookback=2).rest(1).run(copy).said == ["M BREAK DUPLICATE_LINE CLAIM of L"]
    assert paid(lookback=2).rest(2).run(copy).said == ["M SUSPENSE STATEMENT_ONLY WAIT"]


def test_a_later_state_that_ours_knows() -> None:
    """C1 is reversed, and so is ours as sent today: both are reconciled, the line takes L's place;
    listed again it is a copy of itself."""
    run = paid().run(
        line("M", "X", channel_ref="C1", status="REVERSED"), txn("X", status="REVERSED")
    )
    assert run.said == [
        "M EXCLUDED ALREADY_RECONCILED NONE of L",
        "X EXCLUDED ALREADY_RECONCILED NONE",
    ]
    again = run.run(line("N", "X", channel_ref="C1", status="REVERSED"))
    assert again.said == ["N BREAK DUPLICATE_LINE CLAIM of M"]


def test_a_later_state_that_ours_does_not_know() -> None:
    """C1 is reversed, ours still paid as last closed: reverse it. A third state names
    the second."""
    run = paid().run(line("M", "X", channel_ref="C1", status="REVERSED"))
    assert run.said == ["M BREAK STATUS_MISMATCH REVERSE of L"]
    assert run.column("internal_status") == {"M": "SUCCEEDED"}
    run.run(line("N", "X", channel_ref="C1", status="FAILED"))
    assert run.said == ["N BREAK STATUS_MISMATCH REVERSE of M"]


def test_several_later_states_of_one_run() -> None:
    """Reversed and failed on one day: each is held against L, which an earlier run closed."""
    run = paid().run(
        line("M", "X", channel_ref="C1", status="REVERSED"),
        line("N", "X", channel_ref="C1", status="FAILED"),
    )
    assert run.said == [
        "M BREAK STATUS_MISMATCH REVERSE of L",
        "N BREAK STATUS_MISMATCH REVERSE of L",
    ]


def test_a_later_state_of_a_line_without_a_pair() -> None:
    """N under C2 paid X a second time and was sent back; when C2 is reversed there is nothing to
    compare it with."""
    run = paid().run(line("N", "X", channel_ref="C2"))
    assert run.said == ["N BREAK DUPLICATE_PAYMENT REFUND of L"]
    run.run(line("O", "X", channel_ref="C2", status="REVERSED"))
    assert run.said == ["O BREAK STATUS_MISMATCH QUERY of N"]


def test_another_number_for_what_is_paid() -> None:
    """X is paid under C1. Under other numbers, or none: paid again goes back (money that left is
    recovered), reversed is compared with ours, failed is nothing; copies of these are known."""
    run = paid().run(
        line("A", "X", channel_ref="C2"),
        line("B", "X", channel_ref="C3", status="REVERSED"),
        line("C", "X", channel_ref="C4", status="FAILED"),
        line("D", "X"),
        line("E", "X", -5),
        line("F", "X", 0),
    )
    assert run.said == [
        "A BREAK DUPLICATE_PAYMENT REFUND of L",
        "B BREAK STATUS_MISMATCH REVERSE of L",
        "C EXCLUDED NOT_EXPECTED NONE of L",
        "D BREAK DUPLICATE_PAYMENT REFUND of L",
        "E BREAK DUPLICATE_PAYMENT RECOVER of L",
        "F BREAK DUPLICATE_PAYMENT REVIEW of L",
    ]
    assert run.waiting == []
    copy = run.run(line("G", "X", channel_ref="C4", status="FAILED"))
    assert copy.said == ["G BREAK DUPLICATE_LINE CLAIM of C"]


def test_kinds_do_not_meet_in_the_look_back() -> None:
    """A refund under the payment's numbers is not a copy of it."""
    run = paid().run(line("M", "X", -1000, channel_ref="C1", kind="REFUND"))
    assert run.said == ["M SUSPENSE STATEMENT_ONLY WAIT"]


def test_paid_after_it_failed_under_its_own_number() -> None:
    """X is paid under C2; C1 failed before. C1 now says paid as well: a second payment."""
    run = book().run(
        line("L", "X", channel_ref="C1", status="FAILED"), line("M", "X", channel_ref="C2"),
        txn("X"),
    )  # fmt: skip
    assert run.said == ["L EXCLUDED NOT_EXPECTED NONE of M", "X=M MATCHED NONE by our_ref"]
    run.run(line("N", "X", channel_ref="C1"))
    assert run.said == ["N BREAK DUPLICATE_PAYMENT REFUND of M"]


def test_paid_reversed_and_paid_anew() -> None:
    """C1 is reversed; a payment under C2 is a new one, a member."""
    run = paid().run(line("M", "X", channel_ref="C1", status="REVERSED"))
    assert run.run(line("N", "X", channel_ref="C2")).said == ["N SUSPENSE STATEMENT_ONLY WAIT"]


def test_ours_sent_again() -> None:
    """Unchanged: nothing. Another amount: look at it. Then the same amount again: it was last seen
    so."""
    run = paid().run(txn("X"))
    assert run.said == ["X EXCLUDED ALREADY_RECONCILED NONE"]
    assert (run.column("first_run_date"), run.column("chances")) == ({"X": day(1)}, {"X": 1})
    assert run.run(txn("X", 900)).said == ["X BREAK CHANGED_AFTER_MATCH REVIEW of X"]
    assert run.run(txn("X", 900)).said == ["X EXCLUDED ALREADY_RECONCILED NONE"]


def test_ours_put_right() -> None:
    """Ours 10.00, theirs 9.00; ours sent again with 9.00 agrees with the line of its pair."""
    run = book().run(line("L", "X", 900), txn("X"))
    assert run.said == ["X=L BREAK AMOUNT_MISMATCH REVIEW by our_ref"]
    assert run.run(txn("X", 900)).said == ["X EXCLUDED ALREADY_RECONCILED NONE"]


def test_ours_looks_back_to_the_day_before_it_occurred() -> None:
    """lookback 1: X closed on T. On T+3 it occurred on T by the channel's clock, and is known;
    said to have occurred on T+2, it is new."""
    assert paid(lookback=1).rest(2).run(txn("X")).said == ["X EXCLUDED ALREADY_RECONCILED NONE"]
    later = txn("X", occurred_at=at(2))
    assert paid(lookback=1).rest(2).run(later).said == ["X SUSPENSE INTERNAL_ONLY WAIT"]
    night = txn("X", occurred_at=at(1, 13 * 3600))  # 01:00 of T+2 in Shanghai
    assert paid(lookback=1).rest(2).run(night).said == ["X SUSPENSE INTERNAL_ONLY WAIT"]


def test_failed_on_both_sides_comes_back() -> None:
    """X and C1 failed. A good attempt of C1 comes on T+1 and waits, ours unchanged stays
    reconciled; ours as paid on T+2 meets it."""
    run = book().run(line("L", "X", channel_ref="C1", status="FAILED"), txn("X", status="CLOSED"))
    assert run.said == ["X=L MATCHED NONE by our_ref"]
    run.run(line("M", "X", channel_ref="C1"), txn("X", status="CLOSED"))
    assert run.said == ["M SUSPENSE STATEMENT_ONLY WAIT", "X EXCLUDED ALREADY_RECONCILED NONE"]
    assert run.run(txn("X")).said == ["X=M MATCHED NONE by our_ref"]


def test_failed_on_both_sides_comes_back_under_another_number() -> None:
    """The good attempt has C2."""
    run = book().run(line("L", "X", channel_ref="C1", status="FAILED"), txn("X", status="FAILED"))
    run.run(line("M", "X", channel_ref="C2"), txn("X"))
    assert run.said == ["X=M MATCHED NONE by our_ref"]


def test_what_step_3_closed_as_failed_comes_back() -> None:
    """Y failed beside X under one number, and was put away. As failed it is known; as paid it is a
    member again."""
    run = book().run(txn("X"), txn("Y", our_ref="X", status="FAILED"))
    assert run.said == ["X SUSPENSE INTERNAL_ONLY WAIT", "Y EXCLUDED NOT_EXPECTED NONE of X"]
    run = book().run(line("L", "X"), txn("X"), txn("Y", our_ref="X", status="FAILED"))
    run.run(txn("Y", our_ref="X", status="FAILED"))
    assert run.said == ["Y EXCLUDED ALREADY_RECONCILED NONE"]
    assert run.run(txn("Y", our_ref="X")).said == ["Y SUSPENSE INTERNAL_ONLY WAIT"]
