"""The guard of advice: what speaks against REFUND and RECOVER. Window 0, look-back 3.

Columns of a row: id, reasons, action, related.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.first_by_day import first_by_day
from tests.support.ledger import line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

MATCH = {"window": {"internal": 0, "statement": 0}, "lookback": 3}
REFUND = {"kind": "REFUND", "amount": -1000}
TOP_UP = {"kind": "TOP_UP"}
DAYS: dict[int, tuple[list[Any], list[Any]]] = {
    0: (
        [
            line("free.0", "free"),
            line("out.0", "out", -500, kind="PAYOUT"),
            line("kind.0", "kind"),
            line("failed.0", "failed"),
            line("number.0", "number", channel_ref="N-1"),
            line("many.0", "many", channel_ref="M"),
            line("back.0", "back"),
            line("back.1", "back", **REFUND),
            line("seen.0", "seen", **TOP_UP),
            line("apart.0", "apart", channel_ref="X", **REFUND),
            line("gone.0", "gone", -500, kind="PAYOUT"),
            line("met.0", "met", **REFUND),
            line("dup.0", "dup"),
            line("dup.1", "dup", channel_ref="D-1"),
            line("two.0", "two"),
            line("two.1", "two", channel_ref="D-2"),
        ],
        [
            txn("kind", **REFUND),
            txn("failed", status="FAILED", **TOP_UP),
            txn("n", channel_ref="n-1", **TOP_UP),
            *[txn(f"m{n}", channel_ref="M", **TOP_UP) for n in range(6)],
            txn("seen", **TOP_UP),
            txn("x", channel_ref="X", **REFUND),
            txn("open", **REFUND),
            txn("dup.t", our_ref="dup"),
            txn("dup.u", our_ref="dup"),
            txn("two"),
        ],
    ),
    1: (
        [
            line("seen.1", "seen"),
            line("apart.1", "apart"),
            line("gone.1", "gone", 500),
            line("dup.2", "dup", channel_ref="D-3"),
        ],
        [txn("met", **REFUND)],
    ),
    2: ([line("met.2", "met")], []),
    3: ([], []),
    4: ([line("open.4", "open"), line("out.4", "out", 500), line("again.4", "seen")], []),
}


@pytest.fixture(scope="module", params=first_by_day(0, 10**6, ids=("exact_pairs", "all_steps")))
def ledger(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    """The ledger with all days run."""
    new_ledger = Ledger(spark, tmp_path_factory.mktemp("guard"), MATCH, request.param)
    for offset, (lines, transactions) in DAYS.items():
        new_ledger.run(offset, lines, transactions)
    return new_ledger


def advice(ledger: Ledger, line_id: str) -> tuple[Any, ...]:
    """Reasons, action and related of a line on its day."""
    for offset in DAYS:
        for row in ledger.rows(offset, "reasons", "action", "related"):
            if row[0] == line_id:
                return row[1:]
    raise AssertionError(f"{line_id} has no row")


def test_nothing_of_ours_is_known(ledger: Ledger) -> None:
    """The payment is refunded, the payout recovered; rows without a question have no `related`."""
    assert advice(ledger, "free.0") == ("STATEMENT_ONLY", "REFUND", [])
    assert advice(ledger, "out.0") == ("STATEMENT_ONLY", "RECOVER", [])
    others = [row for row in ledger.rows(0, "reasons", "related") if "STATEMENT" not in row[1]]
    assert {row[2] for row in others} == {None}


def test_transaction_bears_the_number(ledger: Ledger) -> None:
    """In another kind and direction; by channel_ref; at most five are named, in order."""
    assert advice(ledger, "kind.0") == ("STATEMENT_ONLY", "REVIEW", ["kind"])
    assert advice(ledger, "number.0") == ("STATEMENT_ONLY", "REVIEW", ["n"])
    assert advice(ledger, "many.0") == ("STATEMENT_ONLY", "REVIEW", [f"m{n}" for n in range(5)])


def test_transaction_that_failed_does_not_block(ledger: Ledger) -> None:
    """It is named, and the money goes back."""
    assert advice(ledger, "failed.0") == ("STATEMENT_ONLY", "REFUND", ["failed"])


def test_transaction_of_an_earlier_day_is_known(ledger: Ledger) -> None:
    """Within three days of the line's first run; an open one however old."""
    assert advice(ledger, "seen.1") == ("STATEMENT_ONLY", "REVIEW", ["seen"])
    assert advice(ledger, "open.4") == ("STATEMENT_ONLY", "REVIEW", ["open"])


def test_line_takes_the_money_back(ledger: Ledger) -> None:
    """On one statement; on that of the day before; after it met a transaction it does not count."""
    assert advice(ledger, "back.0") == ("STATEMENT_ONLY", "REVIEW", ["back.1"])
    assert advice(ledger, "gone.1") == ("STATEMENT_ONLY", "REVIEW", ["gone.0"])
    assert advice(ledger, "apart.1") == ("STATEMENT_ONLY", "REFUND", [])
    assert advice(ledger, "met.2") == ("STATEMENT_ONLY", "REVIEW", ["met"])


def test_line_that_is_open_counts_however_old(ledger: Ledger) -> None:
    """The payout broke on T, before the look-back of T+4, and is a candidate still."""
    assert advice(ledger, "out.4") == ("STATEMENT_ONLY", "REVIEW", ["out.0"])


def test_second_payment_beside_a_second_transaction(ledger: Ledger) -> None:
    """Two payments of two orders under one number, also on the next day; else it is refunded."""
    assert advice(ledger, "dup.1")[:2] == ("DUPLICATE_PAYMENT", "REVIEW")
    assert advice(ledger, "dup.2")[:2] == ("DUPLICATE_PAYMENT", "REVIEW")
    assert advice(ledger, "two.1")[:2] == ("DUPLICATE_PAYMENT", "REFUND")
