"""Transactions of which the channel says PENDING: they do not age. The window is 1, late 3.

Columns of a row: id, outcome, reasons, action, chances.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.first_by_day import first_by_day
from tests.support.ledger import line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "action", "chances")
NOT_FINAL = ("SUSPENSE", "NOT_FINAL", "WAIT")
MATCH = {"window": {"internal": 1, "statement": 1}, "late": 3}


def pending(number: int, our_ref: str | None, **other: Any) -> Any:
    """A PENDING line of a day's statement."""
    return line(f"p{number}.{our_ref}", our_ref, status="PENDING", **other)


@pytest.fixture(scope="module", params=first_by_day(0, 10**6, ids=("exact_pairs", "all_steps")))
def ledger(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    """Five days; `slow` is pending on the statement on all of them."""
    new_ledger = Ledger(spark, tmp_path_factory.mktemp("pending"), MATCH, request.param)
    days: list[tuple[list[Any], list[Any]]] = [
        (
            [
                pending(0, "slow"),
                pending(0, None, channel_ref="N-7"),
                pending(0, "refund", kind="REFUND", amount=-1000),
                pending(0, "failed"),
                pending(0, "paid"),
                line("paid.1", "paid"),
                line("settled.1", "settled"),
                pending(0, "other", channel_ref="N-8"),
            ],
            [
                txn("slow"),
                txn("number", channel_ref="N-7"),
                txn("refund"),
                txn("failed", status="FAILED"),
                txn("paid"),
                txn("settled", channel_ref="N-8"),
            ],
        ),
        ([pending(1, "slow"), pending(1, "refund")], []),
        ([pending(2, "slow")], []),
        ([pending(3, "slow")], []),
        ([line("slow.4", "slow")], []),
    ]
    for offset, (lines, transactions) in enumerate(days):
        new_ledger.run(offset, lines, transactions)
    return new_ledger


def rows_of(ledger: Ledger, offset: int, name: str) -> list[tuple[Any, ...]]:
    """A day's rows of the transaction `name`."""
    return [row for row in ledger.rows(offset, *ROW) if row[0].split("+")[0] == name]


def test_transaction_that_is_pending_there_does_not_age(ledger: Ledger) -> None:
    """By our_ref on T and T+1, by channel_ref on T: no attempt counts; whatever its status."""
    for name in ("slow", "number", "failed"):
        assert rows_of(ledger, 0, name) == [(name, *NOT_FINAL, 0)]
    assert rows_of(ledger, 1, "slow") == [("slow", *NOT_FINAL, 0)]
    assert rows_of(ledger, 1, "number") == [("number", "SUSPENSE", "INTERNAL_ONLY", "WAIT", 1)]
    assert rows_of(ledger, 1, "failed") == [("failed", "EXCLUDED", "NOT_EXPECTED", "NONE", 1)]


def test_line_of_another_kind_does_not_count(ledger: Ledger) -> None:
    """A pending refund under our number; on T+1 the payment itself is pending, in its window."""
    assert rows_of(ledger, 0, "refund") == [("refund", "SUSPENSE", "INTERNAL_ONLY", "WAIT", 1)]
    assert rows_of(ledger, 1, "refund") == [("refund", *NOT_FINAL, 1)]


def test_what_settles_it_counts(ledger: Ledger) -> None:
    """The final line stands on the same statement; or the line pairs by our_ref."""
    assert rows_of(ledger, 0, "paid") == [("paid+paid.1", "MATCHED", "", "NONE", 1)]
    assert rows_of(ledger, 0, "settled") == [("settled+settled.1", "MATCHED", "", "NONE", 1)]


def test_it_waits_for_late_days_at_most(ledger: Ledger) -> None:
    """Three days, of which T is the first; then its attempts count, and the line still comes."""
    assert rows_of(ledger, 2, "slow") == [("slow", *NOT_FINAL, 0)]
    assert rows_of(ledger, 3, "slow") == [("slow", "SUSPENSE", "INTERNAL_ONLY", "WAIT", 1)]
    assert rows_of(ledger, 4, "slow") == [("slow+slow.4", "MATCHED", "", "NONE", 2)]
