"""Attempts of one payment over some days: overruled lines, failed attempts, second transactions.

Names and rows as in test_oracle.py.
"""

import pytest

from tests.support.ledger import at, bare_line, day, line, txn
from tests.unit.oracle.test_oracle import new_ledger
from tests.unit.oracle.test_oracle_closed import closed_payment
from tests.unit.oracle.test_oracle_windows import window_ledger

C1, C2 = {"channel_ref": "C1"}, {"channel_ref": "C2"}

# ---- 1 overruled lines -----------------------------------------------------------------------


def test_overruled_line_is_no_payment() -> None:
    """C1 is paid and reversed in one file, and ours is not there yet. The next day C2 pays anew: it
    is the payment, beside which C1 is reversed."""
    ledger = new_ledger().run(
        line("L", "X", **C1), line("M", "X", status="REVERSED", traded_at=at("12:01"), **C1)
    )
    assert ledger.row_texts == [
        "L EXCLUDED NOT_EXPECTED NONE of M",
        "M SUSPENSE STATEMENT_ONLY WAIT",
    ]
    assert ledger.column("overruled_by") == {"L": "M", "M": None}
    ledger.run(line("N", "X", **C2), txn("X"))
    assert ledger.row_texts == [
        "M BREAK STATUS_MISMATCH REVERSE of N",
        "X=N MATCHED NONE by our_ref",
    ]


def test_overruled_line_listed_again_is_a_copy() -> None:
    """Also where the file has a copy of it; neither is a payment."""
    ledger = new_ledger().run(
        line("K", "X", **C1),
        line("L", "X", traded_at=at("12:00:01"), **C1),
        line("M", "X", status="REVERSED", traded_at=at("12:01"), **C1),
    )
    ledger.run(line("N", "X", **C1), line("O", "X", **C2))
    assert ledger.row_texts == [
        "M BREAK STATUS_MISMATCH QUERY of O",
        "N BREAK DUPLICATE_LINE CLAIM of K",
        "O SUSPENSE STATEMENT_ONLY WAIT",
    ]


def test_later_state_of_an_overruled_line_meets_the_open_one() -> None:
    """C1: paid, overruled by reversed, which is open. Failed a day later: it overrules the reversed
    line, and takes nobody's place."""
    ledger = new_ledger().run(
        line("L", "X", **C1), line("M", "X", status="REVERSED", traded_at=at("12:01"), **C1)
    )
    ledger.run(line("N", "X", status="FAILED", traded_at=at("12", 1), **C1))
    assert ledger.row_texts == [
        "M EXCLUDED NOT_EXPECTED NONE of N",
        "N EXCLUDED NOT_EXPECTED NONE",
    ]
    assert ledger.waiting_ids == ["N"]


def test_state_after_copies_alone_meets_the_open_line() -> None:
    """C1 is paid, listed twice, and open: the first line, not its copy, is reversed."""
    ledger = new_ledger().run(line("L", "X", **C1), line("M", "X", traded_at=at("12:01"), **C1))
    ledger.run(line("N", "X", status="REVERSED", traded_at=at("12", 1), **C1))
    assert ledger.row_texts == [
        "L EXCLUDED NOT_EXPECTED NONE of N",
        "N SUSPENSE STATEMENT_ONLY WAIT",
    ]


def test_overruled_line_after_a_failed_pair_is_no_payment() -> None:
    """C1 failed on both sides. On T+1 it is paid and reversed in one file: both take part, and the
    paid line is overruled. C2 pays on T+2."""
    ledger = new_ledger().run(line("L", "X", status="FAILED", **C1), txn("X", status="FAILED"))
    ledger.run(line("M", "X", **C1), line("N", "X", status="REVERSED", traded_at=at("12:01"), **C1))
    assert ledger.row_texts == [
        "M EXCLUDED NOT_EXPECTED NONE of N",
        "N SUSPENSE STATEMENT_ONLY WAIT",
    ]
    ledger.run(line("O", "X", **C2), txn("X"))
    assert ledger.row_texts == [
        "N BREAK STATUS_MISMATCH REVERSE of O",
        "X=O MATCHED NONE by our_ref",
    ]


# ---- 2 two failed attempts -------------------------------------------------------------------


def failed_twice() -> list[dict]:
    return [
        line("L", "X", status="FAILED", **C1),
        line("M", "X", status="FAILED", traded_at=at("12:01"), **C2),
        txn("X", status="FAILED"),
    ]


@pytest.mark.parametrize("number", ["C1", "C2", "C3"])
def test_good_attempt_after_two_failed_ones(number: str) -> None:
    """C1 and C2 failed, C1 in the pair, C2 put away by step 3. Whichever number is paid, it and
    ours take part and match; the line waits where ours is a day late."""
    ledger = new_ledger().run(*failed_twice())
    assert ledger.row_texts == ["M EXCLUDED NOT_EXPECTED NONE of L", "X=L MATCHED NONE by our_ref"]
    ledger.run(line("N", "X", channel_ref=number), txn("X"))
    assert ledger.row_texts == ["X=N MATCHED NONE by our_ref"]
    ledger = new_ledger().run(*failed_twice()).run(line("N", "X", channel_ref=number))
    assert ledger.row_texts == ["N SUSPENSE STATEMENT_ONLY WAIT"]
    assert ledger.run(txn("X")).row_texts == ["X=N MATCHED NONE by our_ref"]


def test_good_attempt_without_our_ref_is_known_by_its_number() -> None:
    """C2 is paid, and the line bears no our_ref: the attempt that failed under C2 does."""
    ledger = new_ledger().run(*failed_twice()).run(line("N", None, **C2), txn("X", **C2))
    assert ledger.row_texts == ["X=N MATCHED NONE by channel_ref"]


def test_failed_line_without_a_pair_stays_closed_while_its_payment_stands() -> None:
    """C1 is paid, C2 failed: C2 paid later is a second payment, reversed later it is compared with
    nothing."""
    paid = [
        line("L", "X", **C1),
        line("M", "X", status="FAILED", traded_at=at("12:01"), **C2),
        txn("X"),
    ]
    ledger = new_ledger().run(*paid).run(line("N", "X", **C2))
    assert ledger.row_texts == ["N BREAK DUPLICATE_PAYMENT REFUND of L"]
    ledger = new_ledger().run(*paid).run(line("N", "X", status="REVERSED", **C2))
    assert ledger.row_texts == ["N BREAK STATUS_MISMATCH QUERY of M"]


def test_failed_line_without_a_pair_fails_again() -> None:
    """Closed instead of failed is a later state that does not succeed: it stays closed."""
    ledger = new_ledger().run(*failed_twice()).run(line("N", "X", status="CLOSED", **C2))
    assert ledger.row_texts == ["N BREAK STATUS_MISMATCH QUERY of M"]


# ---- 6 second transactions -------------------------------------------------------------------


def test_second_transaction_some_days_later() -> None:
    """X is matched on T; Y has its our_ref and comes on T+2: a second transaction. Of another kind,
    direction or our_ref, or if it did not succeed, it takes part."""
    ledger = (
        closed_payment()
        .run_empty_days(1)
        .run(
            txn("Y", our_ref="x "),
            txn("R", -1000, our_ref="X", kind="REFUND"),
            txn("D", -1000, our_ref="X"),
            txn("P", our_ref="X", status="PENDING"),
        )
    )
    assert ledger.row_texts == [
        "D SUSPENSE INTERNAL_ONLY WAIT",
        "P SUSPENSE INTERNAL_ONLY WAIT",
        "R SUSPENSE INTERNAL_ONLY WAIT",
        "Y BREAK DUPLICATE_TRANSACTION REVIEW of X",
    ]
    assert ledger.column("internal_our_ref_norm")["Y"] == "X"


def test_open_transaction_becomes_a_second_one() -> None:
    """Y waits as pending beside the matched X, and succeeds; late if it broke before."""
    ledger = (
        closed_payment().run(txn("Y", our_ref="X", status="PENDING")).run(txn("Y", our_ref="X"))
    )
    assert ledger.row_texts == ["Y BREAK DUPLICATE_TRANSACTION REVIEW of X"]
    assert ledger.open_items == []
    assert ledger.column("first_run_date") == {"Y": day(1)}
    ledger = window_ledger(0).run(line("L", "X", **C1), txn("X"))
    ledger.run(txn("Y", our_ref="X", status="PENDING")).run(txn("Y", our_ref="X"))
    assert ledger.row_texts == ["Y BREAK DUPLICATE_TRANSACTION+LATE REVIEW of X"]


def test_transaction_that_does_not_stand_makes_no_duplicate() -> None:
    """X is matched. Reversed by us, today or before, or reversed by the channel: Y is a new one."""
    for first, second in (
        ([], [txn("X", status="REVERSED")]),
        ([txn("X", status="REVERSED")], []),
        ([line("M", "X", status="REVERSED", **C1)], []),
        ([], [line("M", "X", status="REVERSED", **C1)]),
    ):
        ledger = closed_payment().run(*first).run(*second, txn("Y", our_ref="X"))
        assert ledger.column("outcome")["Y"] == "SUSPENSE"


def test_transaction_stands_in_the_state_last_seen() -> None:
    """X failed with its line. Ours says paid, theirs does not: X takes part again, and step 3 keeps
    one of X and Y."""
    ledger = new_ledger().run(line("L", "X", status="FAILED", **C1), txn("X", status="FAILED"))
    ledger.run(txn("X"), txn("Y", our_ref="X"))
    assert ledger.row_texts == [
        "X SUSPENSE INTERNAL_ONLY WAIT",
        "Y BREAK DUPLICATE_TRANSACTION REVIEW of X",
    ]


def test_pair_that_differs_stands() -> None:
    """X and L differ in amount, both paid: X stands, and Y is a second one."""
    ledger = new_ledger().run(line("L", "X", 900, **C1), txn("X")).run(txn("Y", our_ref="X"))
    assert ledger.row_texts == ["Y BREAK DUPLICATE_TRANSACTION REVIEW of X"]


def test_our_ref_of_the_transaction_counts_not_the_line_s() -> None:
    """X and L are paired by channel_ref; the line says S. Y has X's our_ref, Z the line's."""
    ledger = new_ledger().run(line("L", "S", **C1), txn("X", **C1))
    assert ledger.column("internal_our_ref_norm") == {"X": "X"}
    ledger.run(txn("Y", our_ref="X"), txn("Z", our_ref="S"))
    assert ledger.row_texts == [
        "Y BREAK DUPLICATE_TRANSACTION REVIEW of X",
        "Z SUSPENSE INTERNAL_ONLY WAIT",
    ]


def test_transaction_that_stays_is_named() -> None:
    """W and Y were put away as duplicates of X. Z names X; when the look-back has lost X, Z names
    the earliest of the others."""
    ledger = new_ledger(lookback=2).run(txn("W", our_ref="X", occurred_at=at("12:01")),
                                        txn("X"), line("L", "X", **C1))  # fmt: skip
    ledger.run(txn("Y", our_ref="X", occurred_at=at("12", 1)))
    late = at("12", 3)
    assert ledger.run(txn("Z", our_ref="X", occurred_at=late)).row_texts == [
        "Z BREAK DUPLICATE_TRANSACTION REVIEW of X"
    ]
    ledger = new_ledger(lookback=1).run(txn("X"), line("L", "X", **C1))
    ledger.run(txn("Y", our_ref="X", occurred_at=at("12", 1)))
    ledger.run(txn("Z", our_ref="X", occurred_at=late))
    assert ledger.row_texts == ["Z BREAK DUPLICATE_TRANSACTION REVIEW of Y"]


def test_look_back_for_a_second_transaction_reaches_the_day_before_it_occurred() -> None:
    """lookback 1: X is closed on T. Y occurred on T+1 and comes on T+4: found; on T+2: not."""
    for occurred_on, outcome in ((1, "BREAK"), (2, "SUSPENSE")):
        ledger = closed_payment(lookback=1).run_empty_days(3)
        ledger.run(txn("Y", our_ref="X", occurred_at=at("12", occurred_on)))
        assert ledger.column("outcome") == {"Y": outcome}


def test_duplicate_does_not_put_its_original_away() -> None:
    """X waits, Y was put away as its duplicate. X sent again still waits, and so it does where Z is
    put away beside Y."""
    ledger = new_ledger().run(txn("X"), txn("Y", our_ref="X", occurred_at=at("12:01")))
    ledger.run(txn("X"), txn("Z", our_ref="X", occurred_at=at("12:02")))
    assert ledger.row_texts == [
        "X SUSPENSE INTERNAL_ONLY WAIT",
        "Z BREAK DUPLICATE_TRANSACTION REVIEW of Y",
    ]
    assert ledger.run(txn("X"), bare_line("L", "X")).row_texts == ["X=L MATCHED NONE by our_ref"]
