"""Step 4: equal items of a pass without a reference are one unit. The window is 0.

Columns of a row: id, unit_id, outcome, reasons, matched_by, difference.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.ledger import at, bare_line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("unit_id", "outcome", "reasons", "matched_by", "difference")
MONEY = ["amount", "currency"]
NEAR = {"name": "near", "on": MONEY, "within_seconds": 60, "interchangeable": True}
CARD = {"name": "card", "on": [*MONEY, "account_tail"], "interchangeable": True}
MATCH = {"passes": ["our_ref", NEAR, CARD], "window": {"internal": 0, "statement": 0}}


def lines_of(name: str, amount: int, *clocks: str, **other: Any) -> list[Any]:
    """Lines `name.1`, `name.2` ... of one amount at some clock times."""
    return [
        bare_line(f"{name}.{n}", None, amount, traded_at=at(clock), **other)
        for n, clock in enumerate(clocks, 1)
    ]


def txns_of(name: str, amount: int, *clocks: str, **other: Any) -> list[Any]:
    """Transactions `name.a`, `name.b` ... of one amount at some clock times."""
    return [
        txn(f"{name}.{letter}", amount, occurred_at=at(clock), **other)
        for letter, clock in zip("abc", clocks, strict=False)
    ]


@pytest.fixture(scope="module")
def ledger(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Two days; the transactions of `late` break on the first."""
    lines = [
        *lines_of("even", 100, "12:00", "12:00:30"),
        *lines_of("sets", 200, "12:00", "12:00", "15:00", "15:00:01"),
        *lines_of("chain", 300, "13:00", "13:01:30"),
        *lines_of("pending", 400, "12:00", "12:00"),
        *lines_of("more", 500, "12:00", "12:00"),
        *lines_of("card", 600, "01:00", "02:00", account_tail="1234"),
    ]
    transactions = [
        *txns_of("even", 100, "12:00:15", "12:01"),
        *txns_of("sets", 200, "12:00:10", "12:00:20"),
        *txns_of("later", 200, "15:01", "15:00:30"),
        *txns_of("chain", 300, "13:00:45", "13:02:15"),
        *txns_of("pending", 400, "12:00"),
        *txns_of("pend", 400, "12:00", status="PENDING"),
        *txns_of("more", 500, "12:00", "12:00", "12:00"),
        *txns_of("card", 600, "10:00", "11:00", account_tail="1234"),
        *txns_of("late", 700, "12:00", "12:00"),
    ]
    new_ledger = Ledger(spark, tmp_path_factory.mktemp("interchangeable"), MATCH)
    new_ledger.run(0, lines, transactions)
    return new_ledger.run(1, lines_of("late", 700, "12:00", "12:00"))


def rows_of(ledger: Ledger, offset: int, *names: str) -> list[tuple[Any, ...]]:
    """A day's rows of the items that are called `name.something`."""
    return [row for row in ledger.rows(offset, *ROW) if row[0].split(".")[0] in names]


def test_equal_items_are_one_unit(ledger: Ledger) -> None:
    """Two lines and two transactions, each within a minute of each."""
    unit = ("near:even.a", "MATCHED", "", "near")
    assert rows_of(ledger, 0, "even") == [
        ("even.1", *unit, None),
        ("even.2", *unit, None),
        ("even.a", *unit, 0),
        ("even.b", *unit, None),
    ]
    card = ("card:card.a", "MATCHED", "", "card")
    assert [row[1:5] for row in rows_of(ledger, 0, "card")] == [card] * 4


def test_sets_far_apart_are_units_of_their_own(ledger: Ledger) -> None:
    """One amount at noon and at three o'clock; the smallest transaction names the unit."""
    assert [row[:2] for row in rows_of(ledger, 0, "sets", "later")] == [
        ("later.a", "near:later.a"),
        ("later.b", "near:later.a"),
        ("sets.1", "near:sets.a"),
        ("sets.2", "near:sets.a"),
        ("sets.3", "near:later.a"),
        ("sets.4", "near:later.a"),
        ("sets.a", "near:sets.a"),
        ("sets.b", "near:sets.a"),
    ]


@pytest.mark.parametrize("name", ["chain", "pending", "more"])
def test_other_candidates_are_ambiguous(ledger: Ledger, name: str) -> None:
    """Not each is a candidate of each; one is PENDING; one side has more."""
    rows = rows_of(ledger, 0, name, "pend")
    assert {row[2:4] for row in rows} == {("BREAK", "AMBIGUOUS")}
    assert len(rows) >= 4


def test_late_member_makes_the_whole_unit_late(ledger: Ledger) -> None:
    """The transactions broke on T, the lines come on T+1."""
    unit = ("near:late.a", "MATCHED", "LATE", "near")
    assert [row[1:5] for row in rows_of(ledger, 1, "late")] == [unit] * 4
    assert not [row for row in ledger.open_rows(1) if row[0].startswith("late")]
