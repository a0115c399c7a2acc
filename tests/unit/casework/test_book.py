"""The life of a break: each docstring is what happens to it, day by day."""

from typing import Any

from tests.support.break_runs import lives_after, take_in
from tests.support.followup_ledger import changed, line_about, pair, reconciled, waiting
from tests.support.ledger import day, internal_only_row, statement_only_row

Row = dict[str, Any]
OURS: Row = {"internal_status": "SUCCEEDED", "internal_currency": "CNY"}


def broken(txn_id: str, on: int = 0, **other: Any) -> Row:
    """A transaction of 10.00 without a line breaks."""
    return internal_only_row(txn_id, 1_000, on=on, **OURS | other)


def broken_line(line_id: str, on: int = 0, **other: Any) -> Row:
    """A line of 10.00 without a transaction breaks."""
    return statement_only_row(line_id, 1_000, on=on, **{"line_id": line_id, **other})


def test_one_sided_breaks() -> None:
    """Day 0: A, B, C, line L break. Day 1: A is paired; B is paired and the amounts differ; C is
    sent again as failed. Day 2: L finds its transaction X, D breaks.
    """
    late: Row = {"on": 1, "first_run_date": day(0)}
    days = [
        [pair("fine"), broken("A"), broken("B"), broken("C"), broken_line("L")],
        [
            pair("A", reasons=["LATE"], **late),
            pair("B", 1_000, 900, **late) | {"reasons": ["AMOUNT_MISMATCH", "LATE"]},
            broken("C", on=1, outcome="EXCLUDED", reasons=["NOT_EXPECTED"]),
        ],
        [pair("X", on=2, line_id="L", reasons=["LATE"]), broken("D", on=2)],
    ]
    assert set(lives_after(days[0]).values()) == {(0, None, None)}
    assert lives_after(*days) == {
        ("ONE_SIDE", "A"): (0, 1, "LATE_MATCH"),
        ("ONE_SIDE", "B"): (0, 1, "LATE_MATCH"),
        ("ONE_SIDE", "C"): (0, 1, "CORRECTED"),
        ("ONE_SIDE", "D"): (2, None, None),
        ("ONE_SIDE", "L"): (0, 2, "LATE_MATCH"),
        ("PAIR", "B"): (1, None, None),
    }


def test_pair_and_change() -> None:
    """Day 0: 10.00 against 9.00. Day 1: ours is sent again, unchanged: the break stays. Day 2: ours
    says 8.00, still wrong: it changed. Day 3: 9.00: both are corrected. Day 4: 7.00: open again.
    """
    days = [
        [pair("A", 1_000, 900, **OURS)],
        [reconciled("A", 1_000, **OURS)],
        [changed("A", 800, **OURS)],
        [reconciled("A", 900, **OURS)],
        [changed("A", 700, **OURS)],
    ]
    assert lives_after(*days[:2]) == {("PAIR", "A"): (0, None, None)}
    assert lives_after(*days[:3])["PAIR", "A"] == (0, None, None)
    assert lives_after(*days[:4]) == {
        ("CHANGE", "A"): (2, 3, "CORRECTED"),
        ("PAIR", "A"): (0, 3, "CORRECTED"),
    }
    assert lives_after(*days)["CHANGE", "A"] == (2, None, None)


def test_what_is_sent_again_unchanged_is_still_wrong() -> None:
    """Day 0: A changed to 8.00. Day 1: sent again as 8.00: reconciled already."""
    days = [[changed("A", 800, **OURS)], [reconciled("A", 800, **OURS)]]
    assert lives_after(*days) == {("CHANGE", "A"): (0, None, None)}


def test_later_states() -> None:
    """Day 0: the channel reverses A and B, which are paid. Day 1: ours of A is reversed, too. Day
    2: the channel takes B's reversal back.
    """
    reversed_ = {"statement_status": "REVERSED", "internal_status": "SUCCEEDED"}
    days = [
        [
            line_about("A1", "f:A", "STATUS_MISMATCH", pair_txn_id="A", **reversed_),
            line_about("B1", "f:B", "STATUS_MISMATCH", pair_txn_id="B", **reversed_),
        ],
        [reconciled("A", **OURS | {"internal_status": "REVERSED"}), reconciled("B", **OURS)],
        [line_about("B2", "B1", "ALREADY_RECONCILED", outcome="EXCLUDED", pair_txn_id="B")],
    ]
    assert lives_after(*days[:2]) == {
        ("LATER_STATE", "A1"): (0, 1, "CORRECTED"),
        ("LATER_STATE", "B1"): (0, None, None),
    }
    assert lives_after(*days)["LATER_STATE", "B1"] == (0, 2, "CORRECTED")


def test_later_state_corrects_a_pair() -> None:
    """Day 0: A and B are paid on our side, failed on theirs. Day 1: the channel says that both are
    paid, of B another amount.
    """
    failed: Row = {"outcome": "BREAK", "reasons": ["STATUS_MISMATCH"], "statement_status": "FAILED"}
    later: Row = {"outcome": "EXCLUDED", "reason": "ALREADY_RECONCILED"}
    days = [
        [pair("A", **OURS, **failed), pair("B", **OURS, **failed)],
        [
            line_about("A1", "f:A", pair_txn_id="A", **later),
            line_about("B1", "f:B", pair_txn_id="B", **later) | {"statement_amount": 900},
        ],
    ]
    assert lives_after(*days) == {
        ("PAIR", "A"): (0, 1, "CORRECTED"),
        ("PAIR", "B"): (0, None, None),
    }


def test_duplicates() -> None:
    """Day 0: line A1 pays A a second time, and B2 is booked twice. Day 1: the channel reverses A1;
    B2 is closed on our side. The reversal is a break of its own.
    """
    days = [
        [
            line_about("A1", "f:A", "DUPLICATE_PAYMENT"),
            waiting("B2", outcome="BREAK", reasons=["DUPLICATE_TRANSACTION"], duplicate_of="B"),
        ],
        [
            line_about("A2", "A1", "STATUS_MISMATCH", statement_status="REVERSED"),
            changed("B2", internal_status="CLOSED"),
        ],
    ]
    assert lives_after(*days) == {
        ("CHANGE", "B2"): (1, None, None),
        ("DUPLICATE", "A1"): (0, 1, "CORRECTED"),
        ("DUPLICATE", "B2"): (0, 1, "CORRECTED"),
        ("LATER_STATE", "A2"): (1, None, None),
    }


def test_groups_heal() -> None:
    """Day 0: batch B1 breaks, each member is a break. Day 1: one more line completes it."""
    mismatch: Row = {"unit_id": "by_batch:B1", "reasons": ["AMOUNT_MISMATCH"]}
    healed: Row = {"unit_id": "by_batch:B1", "reasons": ["LATE"], "outcome": "MATCHED"}
    days = [
        [broken("T1") | mismatch, broken_line("L1") | mismatch],
        [broken("T1") | healed, broken_line("L1") | healed, broken_line("L2") | healed],
    ]
    assert lives_after(*days) == {
        ("PAIR", "L1"): (0, 1, "LATE_MATCH"),
        ("PAIR", "T1"): (0, 1, "LATE_MATCH"),
    }


def test_decisions_close_breaks() -> None:
    """A run with decisions, approved on day 3: A is accepted, B written off, L is not ours. W only
    waited when it was found to be not ours: it never broke. On day 1 X and M are a pair by one.
    """
    not_ours: Row = {"outcome": "EXCLUDED", "reasons": ["OUT_OF_SCOPE"], "matched_by": "decision:d"}
    days = [
        [
            pair("A", 1_000, 999, matched_by="decision:d") | {"outcome": "MATCHED"},
            broken("B", outcome="EXCLUDED", matched_by="decision:d"),
            broken_line("L", chances=3) | not_ours,
            broken_line("W", chances=1) | not_ours,
            broken("X"), broken_line("M"),
        ],
        [pair("X", line_id="M", matched_by="decision:d")],
    ]  # fmt: skip
    by_decision = (0, 3, "DECISION")
    assert lives_after(*days, decided_on={"decision:d": day(3)}) == {
        ("ONE_SIDE", "B"): by_decision,
        ("ONE_SIDE", "L"): by_decision,
        ("ONE_SIDE", "M"): by_decision,
        ("ONE_SIDE", "X"): by_decision,
        ("PAIR", "A"): by_decision,
    }


def test_closed_break_is_left_alone() -> None:
    """Day 1 corrects A; what is said of it on day 2 changes nothing; day 3 breaks it again."""
    days = [
        [broken("A")],
        [broken("A", outcome="EXCLUDED", reasons=["NOT_EXPECTED"])],
        [broken("A", outcome="MATCHED", reasons=["LATE"])],
        [broken("A")],
    ]
    assert lives_after(*days[:3]) == {("ONE_SIDE", "A"): (0, 1, "CORRECTED")}
    assert lives_after(*days) == {("ONE_SIDE", "A"): (0, None, None)}


def test_equal_lines_have_numbers() -> None:
    """Two lines that nothing tells apart, and one that breaks a day later."""
    bare: Row = {"channel_ref": None, "our_ref": None, "statement_date": day(0)}
    book = take_in([broken_line("z", **bare), broken_line("y", **bare)], [broken_line("a", **bare)])
    numbers = {row["line_id"]: row["equal_number"] for row in book.breaks.values()}
    assert numbers == {"y": 1, "z": 2, "a": 3}
    assert len({row["first_id"] for row in book.breaks.values()}) == 1


def test_ids_say_what_is_told_apart() -> None:
    """Lines of the same number are one break whatever else they say; bare lines are not."""

    def id_of(row: Row) -> str:
        (found,) = take_in([row]).breaks
        return found

    named = id_of(broken_line("a", channel_ref="N1"))
    assert named == id_of(broken_line("b", channel_ref="N1", order_ref="O"))
    assert named != id_of(broken_line("a", channel_ref="N1", channel="card"))
    assert named != id_of(broken_line("a", channel_ref="N1", reasons=["DUPLICATE_LINE"]))
    bare = {"channel_ref": None, "our_ref": None}
    assert id_of(broken_line("a", **bare)) == id_of(broken_line("b", **bare))
    assert id_of(broken_line("a", **bare)) != id_of(broken_line("a", **bare, order_ref="O"))
    assert id_of(broken_line("a", **bare)) != id_of(broken_line("a", **bare, order_ref=""))
    assert id_of(broken("a")) != id_of(broken_line("a"))
