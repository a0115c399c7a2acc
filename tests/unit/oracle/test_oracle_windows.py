"""The rules of the match, continued: groups, windows of unmatched items, late clearing."""

from tests.oracle.reference_ledger import ReferenceLedger, profile
from tests.support.ledger import at, bare_line, day, line, txn
from tests.unit.oracle.test_oracle import CARD, new_ledger

BATCH = {"groups": [{"name": "batch", "on": "batch_ref"}]}
B1 = {"batch_ref": "B1"}


def window_ledger(chances: int, **match: object) -> ReferenceLedger:
    return ReferenceLedger(profile(window={"internal": chances, "statement": chances}, **match))


# ---- 5 groups --------------------------------------------------------------------------------


def test_batch_of_several_lines_is_matched() -> None:
    """One payout transaction of -30.00 = lines of -20.00, -15.00 and a return of 5.00."""
    ledger = new_ledger(**BATCH).run(
        txn("X", -3000, kind="PAYOUT", **B1),
        bare_line("L", None, -2000, kind="PAYOUT", traded_at=at("12:00:09"), **B1),
        bare_line("M", None, -1500, kind="PAYOUT", **B1),
        bare_line("N", None, 500, kind="PAYOUT_RETURN", traded_at=None, **B1),
    )
    assert ledger.row_texts == [f"{name} MATCHED NONE by batch" for name in "LMNX"]
    assert ledger.column("difference") == {"X": 0, "M": None, "L": None, "N": None}
    assert set(ledger.column("unit_id").values()) == {"batch:B1"}


def test_batch_of_both_sides_and_two_currencies_is_matched() -> None:
    """CNY 10.00 + 5.00 = 15.00; JPY 300 = 300: the difference stands on each currency's first."""
    ledger = new_ledger(**BATCH).run(
        txn("X", 1000, **B1), txn("Y", 500, **B1), txn("Z", 300, currency="JPY", **B1),
        bare_line("L", None, 1500, **B1), bare_line("M", None, 300, currency="JPY", **B1),
    )  # fmt: skip
    assert [row.split()[1] for row in ledger.row_texts] == ["MATCHED"] * 5
    assert ledger.column("difference") == {"X": 0, "Y": None, "Z": 0, "L": None, "M": None}


def test_only_succeeded_items_join_a_group() -> None:
    """A failed line of the batch does not count, and no transaction is expected for it."""
    ledger = new_ledger(**BATCH).run(
        txn("X", **B1), bare_line("L", None, **B1), bare_line("M", None, 700, status="FAILED", **B1)
    )
    assert ledger.row_texts == [
        "L MATCHED NONE by batch",
        "M EXCLUDED NOT_EXPECTED NONE",
        "X MATCHED NONE by batch",
    ]


def test_incomplete_batch_waits_until_it_is_complete() -> None:
    """A transaction of 15.00 and a line of 10.00 on T, a line of 5.00 on T+1; each keeps its own
    first date."""
    ledger = new_ledger(**BATCH).run(txn("X", 1500, **B1), bare_line("L", None, 1000, **B1))
    assert ledger.row_texts == [
        "L SUSPENSE GROUP_INCOMPLETE WAIT",
        "X SUSPENSE GROUP_INCOMPLETE WAIT",
    ]
    assert set(ledger.column("difference").values()) == {None}
    ledger.run(bare_line("M", None, 500, **B1))
    assert ledger.row_texts == [f"{name} MATCHED NONE by batch" for name in "LMX"]
    assert ledger.column("first_run_date") == {"X": day(0), "L": day(0), "M": day(1)}
    assert ledger.column("chances") == {"X": 2, "L": 2, "M": 1}


def test_batch_that_stays_incomplete_breaks() -> None:
    """Window 1: all wait while one reportable member has a matching attempt left, then all break. M
    came on T+1, so the batch breaks on T+2, 1.00 short."""
    ledger = window_ledger(1, **BATCH).run(txn("X", 1500, **B1), bare_line("L", None, 1000, **B1))
    ledger.run(bare_line("M", None, 400, **B1))
    assert [row.split()[1] for row in ledger.row_texts] == ["SUSPENSE"] * 3
    ledger.run()
    assert ledger.row_texts == [f"{name} BREAK AMOUNT_MISMATCH REVIEW by batch" for name in "LMX"]
    assert ledger.column("difference") == {"X": -100, "L": None, "M": None}
    assert ledger.run_empty_days(1).row_texts == []


def test_reference_on_one_side_is_no_group() -> None:
    """Two lines of a batch without transactions: each is STATEMENT_ONLY."""
    ledger = new_ledger(**BATCH).run(bare_line("L", None, **B1), bare_line("M", None, **B1))
    assert ledger.row_texts == ["L SUSPENSE STATEMENT_ONLY WAIT", "M SUSPENSE STATEMENT_ONLY WAIT"]


def test_late_member_of_a_batch() -> None:
    """X broke one-sided on T; its lines come on T+1 and T+2. While the batch waits X has no row;
    when it is complete, all its rows say LATE."""
    ledger = window_ledger(0, **BATCH).run(txn("X", 1500, **B1), has_snapshot=True)
    assert ledger.row_texts == ["X BREAK INTERNAL_ONLY QUERY"]
    ledger.run(bare_line("L", None, 1000, **B1), has_snapshot=False)
    assert ledger.row_texts == ["L SUSPENSE GROUP_INCOMPLETE WAIT"]
    ledger.run(bare_line("M", None, 500, **B1))
    assert ledger.row_texts == [
        "L MATCHED LATE NONE by batch",
        "M MATCHED LATE NONE by batch",
        "X MATCHED LATE NONE by batch",
    ]


def test_line_of_a_matched_batch_is_reversed_later() -> None:
    """The batch is closed; a later state of one line is compared with nothing."""
    ledger = new_ledger(**BATCH).run(txn("X", **B1), line("L", None, channel_ref="C1", **B1))
    ledger.run(line("M", None, channel_ref="C1", status="REVERSED", **B1))
    assert ledger.row_texts == ["M BREAK STATUS_MISMATCH QUERY of L"]


# ---- 6 unmatched items -----------------------------------------------------------------------


def test_each_side_has_its_window() -> None:
    """The transaction waits two matching attempts and breaks on T+2; the line has one, and breaks
    on T+1."""
    ledger = ReferenceLedger(profile(window={"internal": 2, "statement": 1})).run(
        txn("X"), bare_line("L", "Q")
    )
    assert ledger.row_texts == ["L SUSPENSE STATEMENT_ONLY WAIT", "X SUSPENSE INTERNAL_ONLY WAIT"]
    assert ledger.run_empty_days(1).row_texts == [
        "L BREAK STATEMENT_ONLY REFUND",
        "X SUSPENSE INTERNAL_ONLY WAIT",
    ]
    assert ledger.run_empty_days(1).row_texts == ["X BREAK INTERNAL_ONLY QUERY"]
    assert ledger.late_candidate_ids == ["L", "X"]


def test_action_of_a_one_sided_line() -> None:
    """By kind, status and amount."""
    ledger = window_ledger(0).run(
        bare_line("A", "A"),
        bare_line("B", "B", kind="TOP_UP"),
        bare_line("C", "C", -100, kind="PAYOUT"),
        bare_line("D", "D", -100, kind="REFUND"),
        bare_line("E", "E", status="REVERSED"),
        bare_line("F", "F", 0),
    )
    assert ledger.column("action") == {
        "A": "REFUND", "B": "REFUND", "C": "RECOVER", "D": "REVIEW", "E": "REVIEW", "F": "REVIEW",
    }  # fmt: skip


def test_items_do_not_age_while_the_other_side_is_missing() -> None:
    """Without a complete statement transactions do not age, without a snapshot lines do not."""
    ledger = window_ledger(1).run(
        txn("X"), bare_line("L", "Q"), is_statement_complete=False, has_snapshot=False
    )
    assert ledger.column("chances") == {"X": 0, "L": 0}
    assert ledger.run(is_statement_complete=False).column("chances") == {"X": 0, "L": 1}
    assert ledger.run(has_snapshot=False).column("chances") == {"X": 1, "L": 1}
    assert ledger.run().column("outcome") == {"X": "BREAK", "L": "BREAK"}


def test_failed_transaction_stays_open_until_its_window_closes() -> None:
    """X and Y failed: not expected on T and T+1, closed after T+1. Y's line is paid on T+1:
    refund."""
    ledger = window_ledger(1).run(txn("X", status="FAILED"), txn("Y", status="FAILED"))
    assert ledger.row_texts == ["X EXCLUDED NOT_EXPECTED NONE", "Y EXCLUDED NOT_EXPECTED NONE"]
    ledger.run(bare_line("L", "Y"))
    assert ledger.row_texts == [
        "X EXCLUDED NOT_EXPECTED NONE",
        "Y=L BREAK STATUS_MISMATCH REFUND by our_ref",
    ]
    assert ledger.open_items == []
    assert ledger.run(bare_line("M", "X")).row_texts == ["M SUSPENSE STATEMENT_ONLY WAIT"]


def test_later_state_of_an_open_transaction_keeps_its_dates() -> None:
    """Pending on T, paid on T+1: it keeps its first date and its matching attempts."""
    ledger = new_ledger().run(txn("X", status="PENDING")).run(txn("X"))
    assert ledger.column("internal_status") == {"X": "SUCCEEDED"}
    assert (ledger.column("first_run_date"), ledger.column("chances")) == ({"X": day(0)}, {"X": 2})


def test_ambiguous_items_break_as_ambiguous() -> None:
    """Two transactions could be one line, window 0: all three break, to be reviewed."""
    ledger = ReferenceLedger(profile("our_ref", CARD, window={"internal": 0, "statement": 0})).run(
        bare_line("L", account_tail="1"), txn("X", account_tail="1"), txn("Y", account_tail="1")
    )
    assert ledger.row_texts == [f"{name} BREAK AMBIGUOUS REVIEW" for name in "LXY"]
    assert ledger.late_candidate_ids == ["L", "X", "Y"]


# ---- 7 late clearing -------------------------------------------------------------------------


def test_late_item_is_matched() -> None:
    """X broke on T; its line comes on T+2: matched late, first run date T, three matching attempts.
    With another amount it is a break with LATE."""
    for amount, row_text in (
        (1000, "X=L MATCHED LATE NONE by our_ref"),
        (900, "X=L BREAK AMOUNT_MISMATCH+LATE REVIEW by our_ref"),
    ):
        ledger = window_ledger(0).run(txn("X")).run_empty_days(1)
        assert (ledger.row_texts, ledger.late_candidate_ids) == ([], ["X"])
        ledger.run(bare_line("L", "X", amount))
        assert ledger.row_texts == [row_text]
        assert (ledger.column("first_run_date"), ledger.column("chances")) == (
            {"X": day(0)},
            {"X": 3},
        )


def test_late_candidate_expires() -> None:
    """late 2: X breaks on T, takes part on T+1 and T+2, and no more on T+3; the books still know
    it."""
    assert window_ledger(0, late=2).run(txn("X")).run_empty_days(1).run(
        bare_line("L", "X")
    ).row_texts == ["X=L MATCHED LATE NONE by our_ref"]
    ledger = window_ledger(0, late=2).run(txn("X")).run_empty_days(2)
    assert ledger.late_candidate_ids == []
    assert ledger.run(bare_line("L", "X")).row_texts == ["L BREAK STATEMENT_ONLY REVIEW"]
    assert ledger.column("related") == {"L": ["X"]}


def test_late_transaction_is_sent_again() -> None:
    """X keeps its dates and has a row. Sent as failed it is not expected, and closed; but if its
    line comes on the same run, they still pair."""
    ledger = window_ledger(0).run(txn("X")).run(txn("X"))
    assert ledger.row_texts == ["X BREAK INTERNAL_ONLY QUERY"]
    assert (ledger.column("first_run_date"), ledger.column("chances")) == ({"X": day(0)}, {"X": 2})
    assert [item["broke_on"] for item in ledger.open_items] == [day(0)]
    ledger.run(txn("X", status="FAILED"))
    assert (ledger.row_texts, ledger.open_items) == (["X EXCLUDED NOT_EXPECTED NONE"], [])
    late_ledger = window_ledger(0).run(txn("X")).run(txn("X", status="FAILED"), bare_line("L", "X"))
    assert late_ledger.row_texts == ["X=L BREAK STATUS_MISMATCH+LATE REFUND by our_ref"]


def test_step_3_excludes_late_duplicates() -> None:
    """C1 is paid and breaks on T; on T+1 its latest state is failed, which supersedes the late
    line. Y has the our_ref of X, which broke: it is a duplicate, and X has no row."""
    ledger = window_ledger(0).run(line("L", "Q", channel_ref="C1"), txn("X"))
    ledger.run(
        line("M", "Q", channel_ref="C1", status="FAILED", traded_at=at("12", 1)),
        txn("Y", our_ref="X", occurred_at=at("12", 1)),
    )
    assert ledger.row_texts == [
        "L EXCLUDED NOT_EXPECTED+LATE NONE of M",
        "M EXCLUDED NOT_EXPECTED NONE",
        "Y BREAK DUPLICATE_TRANSACTION REVIEW of X",
    ]


def test_late_candidates_make_a_line_ambiguous() -> None:
    """X and Y broke; a line that could be either is ambiguous, and they have no row."""
    ledger = ReferenceLedger(profile("our_ref", CARD, window={"internal": 0, "statement": 0}))
    ledger.run(txn("X", account_tail="1"), txn("Y", account_tail="1"))
    assert ledger.run(bare_line("L", account_tail="1")).row_texts == ["L BREAK AMBIGUOUS REVIEW"]
