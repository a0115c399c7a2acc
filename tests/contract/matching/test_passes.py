"""Step 4: pairs only where each is the other's only candidate, by key and by time.

Columns of a row: id, outcome, reasons, matched_by.
"""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.match_ledger import Ledger, Row, at, line, txn

#: On Spark the drawn scenarios say the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "matched_by")
NEAR = {"name": "near", "on": ["amount", "currency"], "within_seconds": 60}
ANY_TIME = {"name": "facts", "on": ["amount", "currency", "account_tail"]}


def bare(line_id: str, amount: int, **other: Any) -> Row:
    """A line without references."""
    return line(line_id, None, amount, **{"channel_ref": None, **other})


@pytest.fixture
def ledger(spark: SparkSession, tmp_path: Any) -> Any:
    """Makes a ledger with some passes."""
    return lambda *passes, **other: Ledger(spark, tmp_path, {"passes": list(passes), **other})


def test_the_limit_is_included(ledger: Any) -> None:
    """60 s apart, either way: pairs. A microsecond more: none. Equal amounts far apart: pairs."""
    hour = [at(f"{h}:00") for h in range(10)]
    more = timedelta(microseconds=1)
    told = ledger(NEAR).run(
        0,
        [
            bare("after", 1, traded_at=at("12:01")),
            bare("before", 2, traded_at=at("11:59")),
            bare("over", 3, traded_at=at("12:01") + more),
            bare("under", 4, traded_at=at("11:59") - more),
            bare("untimed", 5, traded_at=None),
            *[bare(f"h{h}", 7, traded_at=when) for h, when in enumerate(hour)],
        ],
        [
            *[txn(f"t{n}", n, occurred_at=at("12:00")) for n in (1, 2, 3, 4, 5)],
            *[txn(f"th{h}", 7, occurred_at=when) for h, when in enumerate(hour)],
        ],
    )
    pairs = [row[0] for row in told.rows(0, *ROW) if row[1:] == ("MATCHED", "", "near")]
    assert pairs == ["t1+after", "t2+before", *[f"th{h}+h{h}" for h in range(10)]]
    assert {row[1:] for row in told.rows(0, *ROW)[2:] if "+" not in row[0]} == {
        ("SUSPENSE", "INTERNAL_ONLY", None),
        ("SUSPENSE", "STATEMENT_ONLY", None),
    }


def test_no_distance_at_all(ledger: Any) -> None:
    """Within 0 seconds the same microsecond pairs, the next does not, and two are ambiguous."""
    noon, next_ = at("12:00"), at("12:00") + timedelta(microseconds=1)
    told = ledger({**NEAR, "within_seconds": 0}).run(
        0,
        [
            bare("same", 1, traded_at=noon),
            bare("over", 2, traded_at=next_),
            bare("one", 3, traded_at=noon),
            bare("two", 3, traded_at=noon),
        ],
        [txn(f"t{n}", n, occurred_at=noon) for n in (1, 2, 3)],
    )
    assert told.rows(0, *ROW) == [
        ("one", "SUSPENSE", "AMBIGUOUS", None),
        ("over", "SUSPENSE", "STATEMENT_ONLY", None),
        ("t1+same", "MATCHED", "", "near"),
        ("t2", "SUSPENSE", "INTERNAL_ONLY", None),
        ("t3", "SUSPENSE", "AMBIGUOUS", None),
        ("two", "SUSPENSE", "AMBIGUOUS", None),
    ]


def test_chains_are_not_untied(ledger: Any) -> None:
    """Line a could be t1 only, but t1 could be a or b: nobody is paired, all are ambiguous.

    c and t3, and d and t4 before them all, stand too far from the others, and are each other's only
    ones.
    """
    told = ledger(NEAR).run(
        0,
        [
            bare("d", 1, traded_at=at("11:00:00")),
            bare("a", 1, traded_at=at("12:00:00")),
            bare("b", 1, traded_at=at("12:01:30")),
            bare("c", 1, traded_at=at("13:00:00")),
        ],
        [
            txn("t1", 1, occurred_at=at("12:00:45")),
            txn("t2", 1, occurred_at=at("12:02:30")),
            txn("t3", 1, occurred_at=at("13:01:00")),
            txn("t4", 1, occurred_at=at("11:00:01")),
        ],
    )
    pairs = [(pair, "MATCHED", "", "near") for pair in ("t3+c", "t4+d")]
    waits = [(name, "SUSPENSE", "AMBIGUOUS", None) for name in ("a", "b", "t1", "t2")]
    assert told.rows(0, *ROW) == [*waits, *pairs]


def test_when_the_rival_is_gone_the_rest_pairs(ledger: Any) -> None:
    """Two lines of 5.00 for one transaction on T; on T+1 one finds its own by reference."""
    told = ledger("channel_ref", ANY_TIME)
    told.run(
        0,
        [bare("a", 500, account_tail="1"), bare("b", 500, account_tail="1", channel_ref="B")],
        [txn("t", 500, account_tail="1")],
    )
    assert {row[2] for row in told.rows(0, *ROW)} == {"AMBIGUOUS"}
    told.run(1, [], [txn("u", 900, channel_ref="B")])
    assert told.rows(1, *ROW) == [
        ("t+a", "MATCHED", "", "facts"),
        ("u+b", "BREAK", "AMOUNT_MISMATCH", "channel_ref"),
    ]


def test_a_pass_without_a_reference(ledger: Any) -> None:
    """Lines without our_ref, paid lines, paid or pending transactions, and complete keys only."""
    told = ledger(ANY_TIME).run(
        0,
        [
            line("referred", "X", 1, account_tail="1"),
            bare("failed", 2, account_tail="1", status="FAILED"),
            bare("pending", 3, account_tail="1"),
            bare("unpaid", 4, account_tail="1"),
            bare("incomplete", 5),
            bare("currency", 6, account_tail="1"),
            bare("kind", 7, account_tail="1"),
        ],
        [
            txn("t1", 1, account_tail="1"),
            txn("t2", 2, account_tail="1"),
            txn("t3", 3, account_tail="1", status="PENDING"),
            txn("t4", 4, account_tail="1", status="CLOSED"),
            txn("t5", 5),
            txn("t6", 6, account_tail="1", currency="USD"),
            txn("t7", 7, account_tail="1", kind="TOP_UP"),
        ],
    )
    assert [row for row in told.rows(0, *ROW) if "+" in row[0]] == [
        ("t3+pending", "BREAK", "STATUS_MISMATCH", "facts")
    ]


def test_what_is_not_there_meets_nothing(ledger: Any) -> None:
    """40 lines and 40 transactions of 10.00, all without channel_ref and account: no candidates."""
    told = ledger("channel_ref", ANY_TIME).run(
        0,
        [bare(f"l{n}", 1000) for n in range(40)],
        [txn(f"t{n}") for n in range(40)],
    )
    alone = [("SUSPENSE", "INTERNAL_ONLY", None), ("SUSPENSE", "STATEMENT_ONLY", None)]
    assert [row[1:] for row in told.rows(0, *ROW)] == [alone[1]] * 40 + [alone[0]] * 40


def test_every_pass_is_over_what_the_earlier_left(ledger: Any) -> None:
    """By our_ref, then by channel_ref; two transactions claim number C: nobody has it."""
    told = ledger("our_ref", "channel_ref", NEAR).run(
        0,
        [line("a", "A"), line("b", channel_ref="B"), line("c", channel_ref="C", amount=7)],
        [
            txn("A", 900, channel_ref="B"),
            txn("x", channel_ref="B"),
            txn("y", 7, channel_ref="C"),
            txn("z", 8, channel_ref="C"),
        ],
    )
    assert told.rows(0, *ROW) == [
        ("A+a", "BREAK", "AMOUNT_MISMATCH", "our_ref"),
        ("x+b", "MATCHED", "", "channel_ref"),
        ("y+c", "MATCHED", "", "near"),
        ("z", "SUSPENSE", "AMBIGUOUS", None),
    ]


def test_against_every_pair_compared(ledger: Any) -> None:
    """600 items of few amounts within two hours: what counting finds is what comparing each with
    each finds, and the candidates that are listed are the nearest, by seconds and id.
    """
    lot = random.Random(7)

    def when() -> datetime | None:
        return at("12") + timedelta(seconds=lot.randrange(7200), microseconds=lot.randrange(2))

    lines = [bare(f"l{n:03}", lot.randrange(1, 9), traded_at=when()) for n in range(300)]
    ours = [txn(f"t{n:03}", lot.randrange(1, 9), occurred_at=when()) for n in range(300)]
    told = ledger(NEAR).run(0, lines, ours)
    of_line = {one["line_id"]: _near(one, "traded_at", ours, "occurred_at") for one in lines}
    of_txn = {one["txn_id"]: _near(one, "occurred_at", lines, "traded_at") for one in ours}
    pairs = {
        f"{found[0][1]}+{name}"
        for name, found in of_line.items()
        if len(found) == 1 and len(of_txn[found[0][1]]) == 1
    }
    rows = told.rows(0, "reasons")
    assert {row[0] for row in rows if "+" in row[0]} == pairs
    assert len(pairs) > 20
    met = {name for name, found in (of_line | of_txn).items() if found}
    paired = {name for pair in pairs for name in pair.split("+")}
    assert {row[0] for row in rows if row[1] == "AMBIGUOUS"} == met - paired
    listed: dict[str, list[tuple[int, str, int]]] = {}
    for item, other, apart, count in told.listed(
        0, "unit_id", "candidate_id", "seconds_apart", "candidate_count"
    ):
        listed.setdefault(item, []).append((apart, other, count))
    assert listed == {
        name: [(micros // 10**6, other, len(found)) for micros, other in sorted(found)[:5]]
        for name, found in (of_line | of_txn).items()
        if name in met - paired
    }


def _near(one: Row, time: str, others: Iterable[Row], their_time: str) -> list[tuple[int, str]]:
    """Microseconds apart and id of all within 60 s with the same amount."""
    micro = timedelta(microseconds=1)
    found = [
        (abs(one[time] - other[their_time]) // micro, other.get("line_id") or other["txn_id"])
        for other in others
        if one["amount"] == other["amount"]
    ]
    return [each for each in found if each[0] <= 60 * 10**6]
