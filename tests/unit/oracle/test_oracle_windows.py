"""The rules of the match, continued: groups, leftovers and their windows, late clearing."""

from tests.oracle.book import Book, at, day, line, profile, txn
from tests.unit.oracle.test_oracle import CARD, book

BATCH = {"groups": [{"name": "batch", "on": "batch_ref"}]}
B1 = {"batch_ref": "B1"}


def window(chances: int, **match: object) -> Book:
    return Book(profile(window={"internal": chances, "statement": chances}, **match))


# ---- 5 groups --------------------------------------------------------------------------------


def test_a_batch_of_many() -> None:
    """One payout order of ours of -30.00 = lines of -20.00, -15.00 and a return of 5.00."""
    run = book(**BATCH).run(
        txn("X", -3000, kind="PAYOUT", **B1),
        line("L", None, -2000, kind="PAYOUT", traded_at=at(0, 9), **B1),
        line("M", None, -1500, kind="PAYOUT", **B1),
        line("N", None, 500, kind="PAYOUT_RETURN", traded_at=None, **B1),
    )
    assert run.said == [f"{each} MATCHED NONE by batch" for each in "LMNX"]
    assert run.column("difference") == {"X": 0, "M": None, "L": None, "N": None}
    assert set(run.column("unit_id").values()) == {"batch:B1"}


def test_a_batch_of_many_on_both_sides_and_two_currencies() -> None:
    """CNY 10.00 + 5.00 = 15.00; JPY 300 = 300: the difference stands on each currency's first."""
    run = book(**BATCH).run(
        txn("X", 1000, **B1), txn("Y", 500, **B1), txn("Z", 300, currency="JPY", **B1),
        line("L", None, 1500, **B1), line("M", None, 300, currency="JPY", **B1),
    )  # fmt: skip
    assert [row.split()[1] for row in run.said] == ["MATCHED"] * 5
    assert run.column("difference") == {"X": 0, "Y": None, "Z": 0, "L": None, "M": None}


def test_only_what_succeeded_is_of_a_group() -> None:
    """A failed line of the batch does not count, and is not expected."""
    run = book(**BATCH).run(
        txn("X", **B1), line("L", None, **B1), line("M", None, 700, status="FAILED", **B1)
    )
    assert run.said == [
        "L MATCHED NONE by batch",
        "M EXCLUDED NOT_EXPECTED NONE",
        "X MATCHED NONE by batch",
    ]


def test_an_incomplete_batch_waits_and_is_completed() -> None:
    """15.00 of ours, 10.00 of theirs on T, the other 5.00 on T+1; each keeps its own first
    date."""
    run = book(**BATCH).run(txn("X", 1500, **B1), line("L", None, 1000, **B1))
    assert run.said == ["L SUSPENSE GROUP_INCOMPLETE WAIT", "X SUSPENSE GROUP_INCOMPLETE WAIT"]
    assert set(run.column("difference").values()) == {None}
    run.run(line("M", None, 500, **B1))
    assert run.said == [f"{each} MATCHED NONE by batch" for each in "LMX"]
    assert run.column("first_run_date") == {"X": day(0), "L": day(0), "M": day(1)}
    assert run.column("chances") == {"X": 2, "L": 2, "M": 1}


def test_a_batch_that_is_never_complete() -> None:
    """Window 1: as long as one member in sight has a chance all wait, then all break. M came on
    T+1, so the batch breaks on T+2, 1.00 short."""
    run = window(1, **BATCH).run(txn("X", 1500, **B1), line("L", None, 1000, **B1))
    run.run(line("M", None, 400, **B1))
    assert [row.split()[1] for row in run.said] == ["SUSPENSE"] * 3
    run.run()
    assert run.said == [f"{each} BREAK AMOUNT_MISMATCH REVIEW by batch" for each in "LMX"]
    assert run.column("difference") == {"X": -100, "L": None, "M": None}
    assert run.rest(1).said == []


def test_a_key_on_one_side_is_no_group() -> None:
    """Two lines of a batch that we do not know: each is theirs only."""
    run = book(**BATCH).run(line("L", None, **B1), line("M", None, **B1))
    assert run.said == ["L SUSPENSE STATEMENT_ONLY WAIT", "M SUSPENSE STATEMENT_ONLY WAIT"]


def test_a_late_member_of_a_batch() -> None:
    """X broke alone on T; its lines come on T+1 and T+2. While the batch waits X has no row; when
    it is complete, X's row says LATE."""
    run = window(0, **BATCH).run(txn("X", 1500, **B1), snapshot=True)
    assert run.said == ["X BREAK INTERNAL_ONLY QUERY"]
    run.run(line("L", None, 1000, **B1), snapshot=False)
    assert run.said == ["L SUSPENSE GROUP_INCOMPLETE WAIT"]
    run.run(line("M", None, 500, **B1))
    assert run.said == [
        "L MATCHED NONE by batch",
        "M MATCHED NONE by batch",
        "X MATCHED LATE NONE by batch",
    ]


def test_a_line_of_a_batch_reversed_later() -> None:
    """The batch is closed; a later state of one line is compared with nothing."""
    run = book(**BATCH).run(txn("X", **B1), line("L", None, channel_ref="C1", **B1))
    run.run(line("M", None, channel_ref="C1", status="REVERSED", **B1))
    assert run.said == ["M BREAK STATUS_MISMATCH QUERY of L"]


# ---- 6 leftovers -----------------------------------------------------------------------------


def test_windows_by_side() -> None:
    """Ours waits two chances and breaks on T+2; theirs has one, and breaks on T+1."""
    run = Book(profile(window={"internal": 2, "statement": 1})).run(txn("X"), line("L", "Q"))
    assert run.said == ["L SUSPENSE STATEMENT_ONLY WAIT", "X SUSPENSE INTERNAL_ONLY WAIT"]
    assert run.rest(1).said == [
        "L BREAK STATEMENT_ONLY REFUND",
        "X SUSPENSE INTERNAL_ONLY WAIT",
    ]
    assert run.rest(1).said == ["X BREAK INTERNAL_ONLY QUERY"]
    assert run.late == ["L", "X"]


def test_what_a_lonely_line_asks_for() -> None:
    """By kind, status and amount."""
    run = window(0).run(
        line("A", "A"),
        line("B", "B", kind="TOP_UP"),
        line("C", "C", -100, kind="PAYOUT"),
        line("D", "D", -100, kind="REFUND"),
        line("E", "E", status="REVERSED"),
        line("F", "F", 0),
    )
    assert run.column("action") == {
        "A": "REFUND", "B": "REFUND", "C": "RECOVER", "D": "REVIEW", "E": "REVIEW", "F": "REVIEW",
    }  # fmt: skip


def test_nobody_ages_while_the_other_side_is_missing() -> None:
    """No whole statement: ours stands still. No snapshot: theirs does."""
    run = window(1).run(txn("X"), line("L", "Q"), whole=False, snapshot=False)
    assert run.column("chances") == {"X": 0, "L": 0}
    assert run.run(whole=False).column("chances") == {"X": 0, "L": 1}
    assert run.run(snapshot=False).column("chances") == {"X": 1, "L": 1}
    assert run.run().column("outcome") == {"X": "BREAK", "L": "BREAK"}


def test_failed_stays_open_until_its_window_closes() -> None:
    """Ours failed: not expected on T and T+1, gone after T+1; theirs says paid on T+1: refund."""
    run = window(1).run(txn("X", status="FAILED"), txn("Y", status="FAILED"))
    assert run.said == ["X EXCLUDED NOT_EXPECTED NONE", "Y EXCLUDED NOT_EXPECTED NONE"]
    run.run(line("L", "Y"))
    assert run.said == [
        "X EXCLUDED NOT_EXPECTED NONE",
        "Y=L BREAK STATUS_MISMATCH REFUND by our_ref",
    ]
    assert run.open_items == []
    assert run.run(line("M", "X")).said == ["M SUSPENSE STATEMENT_ONLY WAIT"]


def test_a_later_state_of_an_open_transaction() -> None:
    """Pending on T, paid on T+1: it keeps its first date and its chances."""
    run = book().run(txn("X", status="PENDING")).run(txn("X"))
    assert run.column("internal_status") == {"X": "SUCCEEDED"}
    assert (run.column("first_run_date"), run.column("chances")) == ({"X": day(0)}, {"X": 2})


def test_ambiguous_breaks_as_ambiguous() -> None:
    """Two look-alikes of ours for one line, window 0: all break, to be looked at."""
    run = Book(profile("our_ref", CARD, window={"internal": 0, "statement": 0})).run(
        line("L", account_tail="1"), txn("X", account_tail="1"), txn("Y", account_tail="1")
    )
    assert run.said == [f"{each} BREAK AMBIGUOUS REVIEW" for each in "LXY"]
    assert run.late == ["L", "X", "Y"]


# ---- 7 late clearing -------------------------------------------------------------------------


def test_late_clearing() -> None:
    """X broke on T; its line comes on T+2: matched late, seen since T, three chances. Of another
    amount, it is a break with LATE."""
    for amount, said in (
        (1000, "X=L MATCHED LATE NONE by our_ref"),
        (900, "X=L BREAK AMOUNT_MISMATCH+LATE REVIEW by our_ref"),
    ):
        run = window(0).run(txn("X")).rest(1)
        assert (run.said, run.late) == ([], ["X"])
        run.run(line("L", "X", amount))
        assert run.said == [said]
        assert (run.column("first_run_date"), run.column("chances")) == ({"X": day(0)}, {"X": 3})


def test_late_has_an_end() -> None:
    """late 2: broken on T, a member of T+1 and T+2, and no more on T+3."""
    assert window(0, late=2).run(txn("X")).rest(1).run(line("L", "X")).said == [
        "X=L MATCHED LATE NONE by our_ref"
    ]
    run = window(0, late=2).run(txn("X")).rest(2)
    assert run.late == []
    assert run.run(line("L", "X")).said == ["L BREAK STATEMENT_ONLY REFUND"]


def test_late_and_sent_again() -> None:
    """It keeps its dates and has a row; as failed it is not expected, and gone; as failed on the
    run on which its line comes it still meets it."""
    run = window(0).run(txn("X")).run(txn("X"))
    assert run.said == ["X BREAK INTERNAL_ONLY QUERY"]
    assert (run.column("first_run_date"), run.column("chances")) == ({"X": day(0)}, {"X": 2})
    assert [item["broke_on"] for item in run.open_items] == [day(0)]
    run.run(txn("X", status="FAILED"))
    assert (run.said, run.open_items) == (["X EXCLUDED NOT_EXPECTED NONE"], [])
    met = window(0).run(txn("X")).run(txn("X", status="FAILED"), line("L", "X"))
    assert met.said == ["X=L BREAK STATUS_MISMATCH+LATE REFUND by our_ref"]


def test_late_and_put_away_by_step_3() -> None:
    """C1 paid broke on T; failed on T+1, its last word: the paid one is overruled, late. A second
    transaction under a number that broke is a duplicate of it, and X has no row."""
    run = window(0).run(line("L", "Q", channel_ref="C1"), txn("X"))
    run.run(
        line("M", "Q", channel_ref="C1", status="FAILED", traded_at=at(1)),
        txn("Y", our_ref="X", occurred_at=at(1)),
    )
    assert run.said == [
        "L EXCLUDED NOT_EXPECTED+LATE NONE of M",
        "M EXCLUDED NOT_EXPECTED NONE",
        "Y BREAK DUPLICATE_TRANSACTION REVIEW of X",
    ]


def test_late_rivals_are_ambiguous_out_of_sight() -> None:
    """X and Y broke; a line that could be either is ambiguous, they have no row."""
    run = Book(profile("our_ref", CARD, window={"internal": 0, "statement": 0}))
    run.run(txn("X", account_tail="1"), txn("Y", account_tail="1"))
    assert run.run(line("L", account_tail="1")).said == ["L BREAK AMBIGUOUS REVIEW"]
