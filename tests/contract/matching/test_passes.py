"""Step 4: pairs only where each is the other's only candidate, by key and by time.

Columns of a row: id, outcome, reasons, matched_by.
"""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.ledger import Row, at, line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "matched_by")
NEAR = {"name": "near", "on": ["amount", "currency"], "within_seconds": 60}
ANY_TIME = {"name": "facts", "on": ["amount", "currency", "account_tail"]}


def bare(line_id: str, amount: int, **other: Any) -> Row:
    """A line without references."""
    return line(line_id, None, amount, **{"channel_ref": None, **other})


@pytest.fixture
def new_ledger(spark: SparkSession, tmp_path: Any) -> Any:
    """A function that makes a ledger with some passes."""
    return lambda *passes, **other: Ledger(spark, tmp_path, {"passes": list(passes), **other})


def test_pending_line_takes_no_part(new_ledger: Any) -> None:
    """It is excluded, and our transaction waits as if the line were not there."""
    ledger = new_ledger("our_ref").run(0, [line("A", "A", 1, status="PENDING")], [txn("A", 1)])
    assert ledger.rows(0, *ROW) == [
        ("A", "EXCLUDED", "NOT_EXPECTED", None),
        ("A", "SUSPENSE", "NOT_FINAL", None),
    ]


def test_scope_leaves_out_other_merchants(spark: SparkSession, tmp_path: Any) -> None:
    """Lines of merchant M1 and a line without a merchant are ours; M2's line is not."""
    ledger = Ledger(spark, tmp_path, scope={"merchants": ["M1"]})
    lines = [line(name, name, 1, merchant_id=name) for name in ("M1", "M2")]
    ledger.run(0, [*lines, line("none", "none", 1)], [txn(name, 1) for name in ("M1", "none")])
    assert ledger.rows(0, *ROW) == [
        ("M1+M1", "MATCHED", "", "our_ref"),
        ("M2", "EXCLUDED", "OUT_OF_SCOPE", None),
        ("none+none", "MATCHED", "", "our_ref"),
    ]


def test_equal_amounts_of_two_currencies_break(new_ledger: Any) -> None:
    """10.00 CNY of ours and 10.00 USD on the line are no match; 9.00 USD are not 1.00 less."""
    lines = [line("a", "A", 1000, currency="USD"), line("b", "B", 900, currency="USD")]
    ledger = new_ledger("our_ref").run(0, lines, [txn("A", 1000), txn("B", 1000)])
    broken = ("BREAK", "CURRENCY_MISMATCH", "our_ref")
    assert ledger.rows(0, *ROW) == [("A+a", *broken), ("B+b", *broken)]


def test_time_limit_is_included(new_ledger: Any) -> None:
    """60 s apart, either way: pairs. A microsecond more: none. Equal amounts far apart: pairs."""
    hour = [at(f"{h}:00") for h in range(10)]
    more = timedelta(microseconds=1)
    ledger = new_ledger(NEAR).run(
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
    pairs = [row[0] for row in ledger.rows(0, *ROW) if row[1:] == ("MATCHED", "", "near")]
    assert pairs == ["t1+after", "t2+before", *[f"th{h}+h{h}" for h in range(10)]]
    assert {row[1:] for row in ledger.rows(0, *ROW)[2:] if "+" not in row[0]} == {
        ("SUSPENSE", "INTERNAL_ONLY", None),
        ("SUSPENSE", "STATEMENT_ONLY", None),
    }


def test_time_limit_of_zero_seconds(new_ledger: Any) -> None:
    """Within 0 seconds the same microsecond pairs, the next does not, and two are ambiguous."""
    noon, next_ = at("12:00"), at("12:00") + timedelta(microseconds=1)
    ledger = new_ledger({**NEAR, "within_seconds": 0}).run(
        0,
        [
            bare("same", 1, traded_at=noon),
            bare("over", 2, traded_at=next_),
            bare("one", 3, traded_at=noon),
            bare("two", 3, traded_at=noon),
        ],
        [txn(f"t{n}", n, occurred_at=noon) for n in (1, 2, 3)],
    )
    assert ledger.rows(0, *ROW) == [
        ("one", "SUSPENSE", "AMBIGUOUS", None),
        ("over", "SUSPENSE", "STATEMENT_ONLY", None),
        ("t1+same", "MATCHED", "", "near"),
        ("t2", "SUSPENSE", "INTERNAL_ONLY", None),
        ("t3", "SUSPENSE", "AMBIGUOUS", None),
        ("two", "SUSPENSE", "AMBIGUOUS", None),
    ]


def test_chain_of_candidates_stays_ambiguous(new_ledger: Any) -> None:
    """Line a could only be t1, but t1 could be a or b: no pair, all are ambiguous.

    c and t3, and d and t4 before them all, are too far from the others, and pair.
    """
    ledger = new_ledger(NEAR).run(
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
    assert ledger.rows(0, *ROW) == [*waits, *pairs]


def test_ambiguous_items_pair_when_one_candidate_is_left(new_ledger: Any) -> None:
    """Two lines of 5.00 for one transaction on T; on T+1 one finds its own by reference."""
    ledger = new_ledger("channel_ref", ANY_TIME)
    ledger.run(
        0,
        [bare("a", 500, account_tail="1"), bare("b", 500, account_tail="1", channel_ref="B")],
        [txn("t", 500, account_tail="1")],
    )
    assert {row[2] for row in ledger.rows(0, *ROW)} == {"AMBIGUOUS"}
    ledger.run(1, [], [txn("u", 900, channel_ref="B")])
    assert ledger.rows(1, *ROW) == [
        ("t+a", "MATCHED", "", "facts"),
        ("u+b", "BREAK", "AMOUNT_MISMATCH", "channel_ref"),
    ]


def test_pass_without_a_reference(new_ledger: Any) -> None:
    """Only paid lines without our_ref, paid or pending transactions, and complete keys."""
    ledger = new_ledger(ANY_TIME).run(
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
    assert [row for row in ledger.rows(0, *ROW) if "+" in row[0]] == [
        ("t3+pending", "BREAK", "STATUS_MISMATCH", "facts")
    ]


def test_null_references_do_not_match(new_ledger: Any) -> None:
    """40 lines and 40 transactions of 10.00, all without channel_ref and account: no candidates."""
    ledger = new_ledger("channel_ref", ANY_TIME).run(
        0,
        [bare(f"l{n}", 1000) for n in range(40)],
        [txn(f"t{n}") for n in range(40)],
    )
    one_sided = [("SUSPENSE", "INTERNAL_ONLY", None), ("SUSPENSE", "STATEMENT_ONLY", None)]
    assert [row[1:] for row in ledger.rows(0, *ROW)] == [one_sided[1]] * 40 + [one_sided[0]] * 40


def test_each_pass_works_on_what_earlier_passes_left(new_ledger: Any) -> None:
    """By our_ref, then by channel_ref; two transactions have channel_ref C: neither pairs by it."""
    ledger = new_ledger("our_ref", "channel_ref", NEAR).run(
        0,
        [line("a", "A"), line("b", channel_ref="B"), line("c", channel_ref="C", amount=7)],
        [
            txn("A", 900, channel_ref="B"),
            txn("x", channel_ref="B"),
            txn("y", 7, channel_ref="C"),
            txn("z", 8, channel_ref="C"),
        ],
    )
    assert ledger.rows(0, *ROW) == [
        ("A+a", "BREAK", "AMOUNT_MISMATCH", "our_ref"),
        ("x+b", "MATCHED", "", "channel_ref"),
        ("y+c", "MATCHED", "", "near"),
        ("z", "SUSPENSE", "AMBIGUOUS", None),
    ]


def test_counts_agree_with_comparing_every_pair(new_ledger: Any) -> None:
    """600 items of few amounts within two hours: counting gives the pairs that comparing every line
    with every transaction gives, and the listed candidates are the nearest, by seconds and id.
    """
    rng = random.Random(7)

    def when() -> datetime | None:
        return at("12") + timedelta(seconds=rng.randrange(7200), microseconds=rng.randrange(2))

    lines = [bare(f"l{n:03}", rng.randrange(1, 9), traded_at=when()) for n in range(300)]
    transactions = [txn(f"t{n:03}", rng.randrange(1, 9), occurred_at=when()) for n in range(300)]
    ledger = new_ledger(NEAR).run(0, lines, transactions)
    of_line = {
        line["line_id"]: _near(line, "traded_at", transactions, "occurred_at") for line in lines
    }
    of_txn = {txn["txn_id"]: _near(txn, "occurred_at", lines, "traded_at") for txn in transactions}
    pairs = {
        f"{near[0][1]}+{name}"
        for name, near in of_line.items()
        if len(near) == 1 and len(of_txn[near[0][1]]) == 1
    }
    rows = ledger.rows(0, "reasons")
    assert {row[0] for row in rows if "+" in row[0]} == pairs
    assert len(pairs) > 20
    with_candidates = {name for name, near in (of_line | of_txn).items() if near}
    paired = {name for pair in pairs for name in pair.split("+")}
    assert {row[0] for row in rows if row[1] == "AMBIGUOUS"} == with_candidates - paired
    listed: dict[str, list[tuple[int, str, int]]] = {}
    for item, other, apart, count in ledger.candidate_rows(
        0, "unit_id", "candidate_id", "seconds_apart", "candidate_count"
    ):
        listed.setdefault(item, []).append((apart, other, count))
    assert listed == {
        name: [(micros // 10**6, other, len(near)) for micros, other in sorted(near)[:5]]
        for name, near in (of_line | of_txn).items()
        if name in with_candidates - paired
    }


def _near(item: Row, time: str, others: Iterable[Row], their_time: str) -> list[tuple[int, str]]:
    """Microseconds apart and id of all within 60 s with the same amount."""
    micro = timedelta(microseconds=1)
    distances = [
        (abs(item[time] - other[their_time]) // micro, other.get("line_id") or other["txn_id"])
        for other in others
        if item["amount"] == other["amount"]
    ]
    return [distance for distance in distances if distance[0] <= 60 * 10**6]
