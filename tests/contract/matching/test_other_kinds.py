"""Step 6: a line and a transaction of one our_ref that differ in kind. The window is 1.

Columns of a row: id, outcome, reasons, action, matched_by, difference.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.ledger import line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "action", "matched_by", "difference")
MATCH = {"window": {"internal": 1, "statement": 1}}
TOP_UP = {"kind": "TOP_UP"}
DAYS: dict[int, tuple[list[Any], list[Any]]] = {
    0: (
        [
            line("pair.1", "pair", **TOP_UP),
            line("less.1", "less", 900, currency="USD", **TOP_UP),
            line("back.1", "back", -1000, **TOP_UP),
            line("two.1", "two", **TOP_UP),
            line("two.2", "two", kind="ADJUSTMENT"),
            line("failed.1", "failed", status="FAILED", **TOP_UP),
            line("saved.1", "saved", **TOP_UP),
            line("late.1", "late", **TOP_UP),
        ],
        [
            txn("pair"),
            txn("less", status="PENDING"),
            txn("back"),
            txn("two"),
            txn("failed"),
            txn("saved"),
        ],
    ),
    1: ([line("saved.2", "saved")], []),
    2: ([], [txn("late")]),
}


@pytest.fixture(scope="module", params=[0, 10**6], ids=["large", "all_steps"])
def ledger(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    """The ledger with all days run."""
    new_ledger = Ledger(spark, tmp_path_factory.mktemp("kinds"), MATCH, request.param)
    for offset, (lines, transactions) in DAYS.items():
        new_ledger.run(offset, lines, transactions)
    return new_ledger


def rows_of(ledger: Ledger, offset: int, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """A day's rows of the items that are called `name` or `name.something`."""
    rows = ledger.rows(offset, *(columns or ROW))
    return [row for row in rows if row[0].split("+")[0].split(".")[0] == name]


def test_other_kind_pairs_when_one_of_them_would_break(ledger: Ledger) -> None:
    """A top-up on the statement, a payment of ours: both wait on T, and are a pair on T+1."""
    assert [row[1:4] for row in rows_of(ledger, 0, "pair")] == [
        ("SUSPENSE", "INTERNAL_ONLY", "WAIT"),
        ("SUSPENSE", "STATEMENT_ONLY", "WAIT"),
    ]
    pair = ("BREAK", "KIND_MISMATCH", "REVIEW", "kind", 0)
    assert rows_of(ledger, 1, "pair") == [("pair+pair.1", *pair)]
    assert rows_of(ledger, 1, "pair", "kind", "internal_kind") == [
        ("pair+pair.1", "TOP_UP", "PAYMENT")
    ]
    assert not [row for row in ledger.open_rows(1) if row[0].startswith("pair")]


def test_every_other_reason_is_said_too(ledger: Ledger) -> None:
    """9.00 USD against 10.00 CNY, and ours is pending."""
    reasons = "KIND_MISMATCH+CURRENCY_MISMATCH+STATUS_MISMATCH"
    assert rows_of(ledger, 1, "less") == [("less+less.1", "BREAK", reasons, "REVIEW", "kind", None)]


@pytest.mark.parametrize(("name", "items"), [("back", 2), ("two", 3), ("failed", 2)])
def test_no_pair_of_two_kinds(ledger: Ledger, name: str, items: int) -> None:
    """The money goes the other way; a second line has the our_ref; the line failed."""
    assert [row[4] for row in rows_of(ledger, 1, name)] == [None] * items


def test_better_partner_comes_in_time(ledger: Ledger) -> None:
    """On T+1 the payment itself is on the statement: the passes come first.

    Our transaction has the number of the line that is left: no advice to refund.
    """
    assert rows_of(ledger, 1, "saved") == [
        ("saved+saved.2", "MATCHED", "", "NONE", "our_ref", 0),
        ("saved.1", "BREAK", "STATEMENT_ONLY", "REVIEW", None, None),
    ]


def test_line_that_broke_meets_another_kind_late(ledger: Ledger) -> None:
    """The line broke on T+1; the transaction of T+2 need not wait."""
    late = ("BREAK", "KIND_MISMATCH+LATE", "REVIEW", "kind", 0)
    assert rows_of(ledger, 2, "late") == [("late+late.1", *late)]
