"""The action ADOPT where the statement is final by contract: up to 1.00 CNY. Window 0.

Columns of a row: id, outcome, reasons, action.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.first_by_day import first_by_day
from tests.support.ledger import line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "action")
MATCH = {
    "window": {"internal": 0, "statement": 0},
    "authority": "statement",
    "authority_limit": {"CNY": 100},
    "groups": ["batch_ref"],
}


@pytest.fixture(scope="module", params=first_by_day(0, 10**6, ids=("exact_pairs", "all_steps")))
def ledger(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    """Two days; later states of matched payments come on the second."""
    lines = [
        line("less.0", "less", 900),
        line("more.0", "more", 1101),
        line("state.0", "state"),
        line("both.0", "both", 950),
        line("usd.0", "usd", 999, currency="USD"),
        line("other.0", "other", currency="USD"),
        line("lone.0", "lone"),
        line("group.0", None, 999, batch_ref="B"),
        line("back.0", "back"),
        line("sent.0", "sent"),
        line("void.0", "void"),
    ]
    transactions: list[Any] = [
        txn("less"),
        txn("more"),
        txn("state", status="PENDING"),
        txn("both", status="PENDING"),
        txn("usd", currency="USD"),
        txn("other"),
        txn("group", batch_ref="B"),
        txn("late"),
        txn("back"),
        txn("sent"),
        txn("void"),
    ]
    new_ledger = Ledger(spark, tmp_path_factory.mktemp("authority"), MATCH, request.param)
    new_ledger.run(0, lines, transactions)
    later = [
        line("back.1", "back", channel_ref="C-back.0", status="REVERSED"),
        line("sent.1", "sent", channel_ref="C-sent.0", status="REVERSED"),
        line("void.1", "void", -1000),
        line("late.1", "late", 950),
        line("new.1", "back", channel_ref="C-new", status="REVERSED"),
    ]
    return new_ledger.run(1, later, [txn("sent", 1101), txn("void", status="CLOSED")])


def actions(ledger: Ledger, offset: int, *names: str) -> list[tuple[Any, ...]]:
    """A day's rows of the items that are called `name` or `name.something`."""
    rows = ledger.rows(offset, *ROW)
    return [row[1:] for row in rows if row[0].split("+")[0].split(".")[0] in names]


def test_statement_is_adopted_within_the_limit(ledger: Ledger) -> None:
    """1.00 less; another status; both. 1.01 more is looked at."""
    assert actions(ledger, 0, "less") == [("BREAK", "AMOUNT_MISMATCH", "ADOPT")]
    assert actions(ledger, 0, "state") == [("BREAK", "STATUS_MISMATCH", "ADOPT")]
    assert actions(ledger, 0, "both") == [("BREAK", "AMOUNT_MISMATCH+STATUS_MISMATCH", "ADOPT")]
    assert actions(ledger, 0, "more") == [("BREAK", "AMOUNT_MISMATCH", "REVIEW")]
    assert actions(ledger, 1, "late") == [("BREAK", "AMOUNT_MISMATCH+LATE", "ADOPT")]


def test_nothing_else_is_adopted(ledger: Ledger) -> None:
    """A currency without a limit; another currency; a line alone; a group."""
    assert actions(ledger, 0, "usd") == [("BREAK", "AMOUNT_MISMATCH", "REVIEW")]
    assert actions(ledger, 0, "other") == [("BREAK", "CURRENCY_MISMATCH", "REVIEW")]
    assert actions(ledger, 0, "lone") == [("BREAK", "STATEMENT_ONLY", "REFUND")]
    assert {row[2] for row in actions(ledger, 0, "group")} == {"REVIEW"}


def test_later_state_is_adopted(ledger: Ledger) -> None:
    """Reversed under its number, or taken back by a line: against ours as sent today, or as last
    seen. Ours of 11.01 is too far from 10.00; a reversal under another number is no later state."""
    rows = {row[0]: row[1:] for row in ledger.rows(1, *ROW)}
    assert rows["back.1"] == ("BREAK", "STATUS_MISMATCH", "ADOPT")
    assert rows["void.1"] == ("BREAK", "STATUS_MISMATCH", "ADOPT")
    assert rows["sent.1"] == ("BREAK", "STATUS_MISMATCH", "REVERSE")
    assert rows["new.1"][2] != "ADOPT"
