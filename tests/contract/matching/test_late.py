"""Steps 6 and 7: windows and late clearing. Window 0: an item without a partner on T breaks.

Columns of a row: id, outcome, reasons, action, chances. Of an open item: id, chances, broke_on.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.first_by_day import first_by_day
from tests.support.ledger import at, day, line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "action", "chances")
OPEN = ("chances", "broke_on")
MATCH = {
    "passes": ["our_ref", "channel_ref"],
    "window": {"internal": 0, "statement": 0},
    "late": 3,
    "groups": ["batch_ref"],
}
DAYS: dict[int, tuple[list[Any], list[Any]]] = {
    0: (
        [
            line("dup.0", "dup", status="REVERSED"),
            line("gone.0", "gone"),
            line("group.0", batch_ref="B", amount=600),
            line("held.0", batch_ref="H", amount=600),
        ],
        [
            txn("met"),
            txn("again"),
            txn("failed"),
            txn("meets"),
            txn("second", occurred_at=at("09")),
            txn("rival.a", channel_ref="R"),
            txn("rival.b", channel_ref="R"),
            txn("last"),
        ],
    ),
    1: (
        [
            line("met.1", "met", 900),
            line("meets.1", "meets"),
            line("dup.1", "dup", channel_ref="C-dup.0"),
            line("rival.1", channel_ref="R"),
            line("group.1", batch_ref="B", amount=400),
        ],
        [
            txn("again", status="PENDING"),
            txn("failed", status="FAILED"),
            txn("meets", status="FAILED"),
            txn("second.b", our_ref="second"),
            txn("group", batch_ref="B"),
            txn("held", 700, batch_ref="H"),
        ],
    ),
    2: ([line("again.2", "again"), line("rival.2", "rival.b", channel_ref="X")], []),
    3: ([line("last.3", "last")], []),
    4: ([line("gone.4", "second")], [txn("gone")]),
}


@pytest.fixture(scope="module", params=first_by_day(0, 10**6, ids=("exact_pairs", "all_steps")))
def ledger(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    """The ledger with all days run."""
    new_ledger = Ledger(spark, tmp_path_factory.mktemp("late"), MATCH, request.param)
    for offset, (lines, transactions) in DAYS.items():
        new_ledger.run(offset, lines, transactions)
    return new_ledger


def rows_of(ledger: Ledger, offset: int, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """A day's rows of the items that are called `name` or `name.something`."""
    rows = ledger.rows(offset, *(columns or ROW))
    return [row for row in rows if any(i.split(".")[0] == name for i in row[0].split("+"))]


def open_items_of(ledger: Ledger, offset: int, name: str) -> list[tuple[Any, ...]]:
    """The open items called `name` or `name.something` after a day."""
    return [row for row in ledger.open_rows(offset, *OPEN) if row[0].split(".")[0] == name]


def test_late_item_is_matched(ledger: Ledger) -> None:
    """Broken on T and still open; matched on T+1 with 1.00 less."""
    assert rows_of(ledger, 0, "met") == [("met", "BREAK", "INTERNAL_ONLY", "QUERY", 1)]
    assert open_items_of(ledger, 0, "met") == [("met", 1, day(0))]
    assert rows_of(ledger, 1, "met") == [
        ("met+met.1", "BREAK", "AMOUNT_MISMATCH+LATE", "REVIEW", 2)
    ]
    assert open_items_of(ledger, 1, "met") == []


def test_late_transaction_is_sent_again(ledger: Ledger) -> None:
    """Sent again it has a row, keeps its dates and stays a candidate; its match is late."""
    row = ("again", "BREAK", "INTERNAL_ONLY", "QUERY", 2, day(0), "PENDING")
    assert rows_of(ledger, 1, "again", *ROW, "first_run_date", "internal_status") == [row]
    assert open_items_of(ledger, 1, "again") == [("again", 2, day(0))]
    assert rows_of(ledger, 2, "again") == [
        ("again+again.2", "BREAK", "STATUS_MISMATCH+LATE", "CONFIRM", 3)
    ]


def test_late_transaction_is_sent_as_failed(ledger: Ledger) -> None:
    """Not expected any more, and closed; if its line comes on the same run, they still pair."""
    assert rows_of(ledger, 1, "failed") == [("failed", "EXCLUDED", "NOT_EXPECTED", "NONE", 2)]
    assert open_items_of(ledger, 1, "failed") == []
    assert rows_of(ledger, 1, "meets") == [
        ("meets+meets.1", "BREAK", "STATUS_MISMATCH+LATE", "REFUND", 2)
    ]


def test_late_duplicates_are_resolved(ledger: Ledger) -> None:
    """A later state supersedes a late line; a late transaction is kept, its duplicate is not."""
    assert rows_of(ledger, 1, "dup") == [
        ("dup.0", "EXCLUDED", "NOT_EXPECTED+LATE", "NONE", 2),
        ("dup.1", "BREAK", "STATEMENT_ONLY", "REFUND", 1),
    ]
    assert rows_of(ledger, 1, "second") == [
        ("second.b", "BREAK", "DUPLICATE_TRANSACTION", "REVIEW", 1)
    ]


def test_late_candidates_make_a_line_ambiguous(ledger: Ledger) -> None:
    """Two late candidates for one line: the line breaks as ambiguous, they have no row.

    On T+2 one of them pairs with another line; the other two pair as well, both late.
    """
    assert rows_of(ledger, 1, "rival") == [("rival.1", "BREAK", "AMBIGUOUS", "REVIEW", 1)]
    assert open_items_of(ledger, 1, "rival") == [
        ("rival.1", 1, day(1)),
        ("rival.a", 2, day(0)),
        ("rival.b", 2, day(0)),
    ]
    assert rows_of(ledger, 2, "rival") == [
        ("rival.a+rival.1", "MATCHED", "LATE", "NONE", 3),
        ("rival.b+rival.2", "MATCHED", "LATE", "NONE", 3),
    ]


def test_late_member_of_an_equal_group(ledger: Ledger) -> None:
    """6.00 broke on T; 4.00 and the transaction of 10.00 on T+1: the whole unit is late."""
    assert rows_of(ledger, 0, "group") == [("group.0", "BREAK", "STATEMENT_ONLY", "REFUND", 1)]
    assert rows_of(ledger, 1, "group") == [
        ("group", "MATCHED", "LATE", "NONE", 1),
        ("group.0", "MATCHED", "LATE", "NONE", 2),
        ("group.1", "MATCHED", "LATE", "NONE", 1),
    ]


def test_late_member_of_an_unequal_group(ledger: Ledger) -> None:
    """No reportable member has a matching attempt left: all break."""
    assert rows_of(ledger, 1, "held", *ROW, "difference") == [
        ("held", "BREAK", "AMOUNT_MISMATCH+LATE", "REVIEW", 1, -100),
        ("held.0", "BREAK", "AMOUNT_MISMATCH+LATE", "REVIEW", 2, None),
    ]


def test_late_candidate_expires(ledger: Ledger) -> None:
    """Broken on T with late 3: matched on T+3, closed on T+4.

    The line of T+4 has the number of two transactions of ours: no advice to refund.
    """
    assert rows_of(ledger, 3, "last") == [("last+last.3", "MATCHED", "LATE", "NONE", 4)]
    assert open_items_of(ledger, 2, "gone") == [("gone.0", 3, day(0))]
    assert open_items_of(ledger, 3, "gone") == []
    assert rows_of(ledger, 4, "gone") == [
        ("gone", "BREAK", "INTERNAL_ONLY", "QUERY", 1),
        ("gone.4", "BREAK", "STATEMENT_ONLY", "REVIEW", 1),
    ]


def test_items_wait_while_the_other_side_is_missing(spark: SparkSession, tmp_path: Any) -> None:
    """Without statement and snapshot on T both sides wait, with no matching attempt."""
    ledger = Ledger(spark, tmp_path, {"window": {"internal": 0, "statement": 0}})
    ledger.run(0, [line("l")], [txn("t")], is_statement_complete=False, has_snapshot=False)
    assert ledger.rows(0, *ROW) == [
        ("l", "SUSPENSE", "STATEMENT_ONLY", "WAIT", 0),
        ("t", "SUSPENSE", "INTERNAL_ONLY", "WAIT", 0),
    ]


def test_items_do_not_age_without_the_other_side(spark: SparkSession, tmp_path: Any) -> None:
    """Window 1. T+1 has no statement: the transaction does not age, the line breaks. Without a
    snapshot on T+1 it is the other way round."""
    broken, kept = ("BREAK", 2), ("SUSPENSE", 1)
    for flag, txn_result, line_result in (
        ("is_statement_complete", kept, broken),
        ("has_snapshot", broken, kept),
    ):
        ledger = Ledger(spark, tmp_path / flag, {"window": {"internal": 1, "statement": 1}})
        ledger.run(0, [line("l")], [txn("t")]).run(1, **{flag: False})
        assert ledger.rows(1, "outcome", "chances") == [("l", *line_result), ("t", *txn_result)]


def test_action_of_a_one_sided_line(spark: SparkSession, tmp_path: Any) -> None:
    """A payment is refunded, an unknown payout is recovered, a refund is reviewed."""
    ledger = Ledger(spark, tmp_path, {"window": {"internal": 0, "statement": 0}})
    payout, refund = line("out", None, -500, kind="PAYOUT"), line("ref", None, -5, kind="REFUND")
    ledger.run(0, [line("in"), payout, refund, line("zero", None, 0)])
    assert ledger.rows(0, "action") == [
        ("in", "REFUND"),
        ("out", "RECOVER"),
        ("ref", "REVIEW"),
        ("zero", "REVIEW"),
    ]


def test_failed_transaction_is_open_until_its_window_closes(
    spark: SparkSession, tmp_path: Any
) -> None:
    """A failed transaction, window 1: open on T, closed on T+1, a new item on T+2."""
    ledger = Ledger(spark, tmp_path, {"window": {"internal": 1, "statement": 1}})
    failed = txn("t", status="FAILED")
    for offset, rows in ((0, [failed]), (1, []), (2, [failed])):
        ledger.run(offset, [], rows)
    for offset, chances in ((0, 1), (1, 2), (2, 1)):
        assert ledger.rows(offset, *ROW) == [("t", "EXCLUDED", "NOT_EXPECTED", "NONE", chances)]
    assert [ledger.open_rows(offset, "chances") for offset in (0, 1, 2)] == [
        [("t", 1)],
        [],
        [("t", 1)],
    ]
