"""Steps 6 and 7: windows, and what is met after it broke. Window 0: what nobody meets on T breaks.

Columns of a row: id, outcome, reasons, action, chances. What is open: id, chances, broke_on.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.match_ledger import Ledger, at, day, line, txn

#: On Spark the drawn scenarios say the same.
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
            txn("twin", occurred_at=at("09")),
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
            txn("twin.b", our_ref="twin"),
            txn("group", batch_ref="B"),
            txn("held", 700, batch_ref="H"),
        ],
    ),
    2: ([line("again.2", "again"), line("rival.2", "rival.b", channel_ref="X")], []),
    3: ([line("last.3", "last")], []),
    4: ([line("gone.4", "twin")], [txn("gone")]),
}


@pytest.fixture(scope="module", params=[0, 10**6], ids=["bulk", "rest"])
def told(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    """The ledger with all days run."""
    made = Ledger(spark, tmp_path_factory.mktemp("late"), MATCH, request.param)
    for offset, (lines, transactions) in DAYS.items():
        made.run(offset, lines, transactions)
    return made


def story(told: Ledger, offset: int, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """A day's rows of the items that are called `name` or `name.something`."""
    found = told.rows(offset, *(columns or ROW))
    return [row for row in found if any(i.split(".")[0] == name for i in row[0].split("+"))]


def opened(told: Ledger, offset: int, name: str) -> list[tuple[Any, ...]]:
    """What is open of a story after a day."""
    return [row for row in told.opened(offset, *OPEN) if row[0].split(".")[0] == name]


def test_met_after_the_break(told: Ledger) -> None:
    """Broken on T, out of sight and open; met on T+1 for 1.00 less."""
    assert story(told, 0, "met") == [("met", "BREAK", "INTERNAL_ONLY", "QUERY", 1)]
    assert opened(told, 0, "met") == [("met", 1, day(0))]
    assert story(told, 1, "met") == [("met+met.1", "BREAK", "AMOUNT_MISMATCH+LATE", "REVIEW", 2)]
    assert opened(told, 1, "met") == []


def test_sent_again(told: Ledger) -> None:
    """Sent again it has a row, keeps its dates and stays a candidate; met, it is late."""
    row = ("again", "BREAK", "INTERNAL_ONLY", "QUERY", 2, day(0), "PENDING")
    assert story(told, 1, "again", *ROW, "first_run_date", "internal_status") == [row]
    assert opened(told, 1, "again") == [("again", 2, day(0))]
    assert story(told, 2, "again") == [
        ("again+again.2", "BREAK", "STATUS_MISMATCH+LATE", "CONFIRM", 3)
    ]


def test_sent_again_as_failed(told: Ledger) -> None:
    """Not expected any more, and gone; on the run on which its line comes it still meets it."""
    assert story(told, 1, "failed") == [("failed", "EXCLUDED", "NOT_EXPECTED", "NONE", 2)]
    assert opened(told, 1, "failed") == []
    assert story(told, 1, "meets") == [
        ("meets+meets.1", "BREAK", "STATUS_MISMATCH+LATE", "REFUND", 2)
    ]


def test_put_away_late(told: Ledger) -> None:
    """A new word of its number overrules a late line; a late transaction stays, its twin not."""
    assert story(told, 1, "dup") == [
        ("dup.0", "EXCLUDED", "NOT_EXPECTED+LATE", "NONE", 2),
        ("dup.1", "BREAK", "STATEMENT_ONLY", "REFUND", 1),
    ]
    assert story(told, 1, "twin") == [("twin.b", "BREAK", "DUPLICATE_TRANSACTION", "REVIEW", 1)]


def test_ambiguous_with_the_late(told: Ledger) -> None:
    """Two late candidates for one line: it breaks as ambiguous, they have no row.

    One is met on T+2; the two that are left are a pair on the run after it, both late.
    """
    assert story(told, 1, "rival") == [("rival.1", "BREAK", "AMBIGUOUS", "REVIEW", 1)]
    assert opened(told, 1, "rival") == [
        ("rival.1", 1, day(1)),
        ("rival.a", 2, day(0)),
        ("rival.b", 2, day(0)),
    ]
    assert story(told, 2, "rival") == [
        ("rival.a+rival.1", "MATCHED", "LATE", "NONE", 3),
        ("rival.b+rival.2", "MATCHED", "LATE", "NONE", 3),
    ]


def test_late_in_a_group(told: Ledger) -> None:
    """6.00 broke on T; 4.00 and our 10.00 on T+1: even. Its row alone is late."""
    assert story(told, 0, "group") == [("group.0", "BREAK", "STATEMENT_ONLY", "REFUND", 1)]
    assert story(told, 1, "group") == [
        ("group", "MATCHED", "", "NONE", 1),
        ("group.0", "MATCHED", "LATE", "NONE", 2),
        ("group.1", "MATCHED", "", "NONE", 1),
    ]


def test_late_in_an_uneven_group(told: Ledger) -> None:
    """No member in sight has a chance left: all break."""
    assert story(told, 1, "held", *ROW, "difference") == [
        ("held", "BREAK", "AMOUNT_MISMATCH", "REVIEW", 1, -100),
        ("held.0", "BREAK", "AMOUNT_MISMATCH+LATE", "REVIEW", 2, None),
    ]


def test_late_ends(told: Ledger) -> None:
    """Broken on T with late 3: met on T+3, gone on T+4."""
    assert story(told, 3, "last") == [("last+last.3", "MATCHED", "LATE", "NONE", 4)]
    assert opened(told, 2, "gone") == [("gone.0", 3, day(0))]
    assert opened(told, 3, "gone") == []
    assert story(told, 4, "gone") == [
        ("gone", "BREAK", "INTERNAL_ONLY", "QUERY", 1),
        ("gone.4", "BREAK", "STATEMENT_ONLY", "REFUND", 1),
    ]


def test_the_other_side_is_not_there(spark: SparkSession, tmp_path: Any) -> None:
    """No statement on T: ours keeps its chances and waits; no snapshot: theirs do."""
    told = Ledger(spark, tmp_path, {"window": {"internal": 0, "statement": 0}})
    told.run(0, [line("l")], [txn("t")], whole=False, there=False)
    assert told.rows(0, *ROW) == [
        ("l", "SUSPENSE", "STATEMENT_ONLY", "WAIT", 0),
        ("t", "SUSPENSE", "INTERNAL_ONLY", "WAIT", 0),
    ]


def test_who_waits_does_not_age_without_the_other_side(spark: SparkSession, tmp_path: Any) -> None:
    """Window 1, seen on T. T+1 has no statement: ours keeps its chances, theirs breaks; and so the
    other way round without a snapshot on T+1."""
    gone, kept = ("BREAK", 2), ("SUSPENSE", 1)
    for name, ours, theirs in (("whole", kept, gone), ("there", gone, kept)):
        told = Ledger(spark, tmp_path / name, {"window": {"internal": 1, "statement": 1}})
        told.run(0, [line("l")], [txn("t")]).run(1, **{name: False})
        assert told.rows(1, "outcome", "chances") == [("l", *theirs), ("t", *ours)]


def test_what_a_lone_line_asks_for(spark: SparkSession, tmp_path: Any) -> None:
    """Money that came in goes back, an unknown payout comes back, a refund is looked at."""
    told = Ledger(spark, tmp_path, {"window": {"internal": 0, "statement": 0}})
    payout, refund = line("out", None, -500, kind="PAYOUT"), line("ref", None, -5, kind="REFUND")
    told.run(0, [line("in"), payout, refund, line("zero", None, 0)])
    assert told.rows(0, "action") == [
        ("in", "REFUND"),
        ("out", "RECOVER"),
        ("ref", "REVIEW"),
        ("zero", "REVIEW"),
    ]


def test_failed_is_open_until_its_window_closes(spark: SparkSession, tmp_path: Any) -> None:
    """Failed on ours, window 1: open on T, not expected and gone on T+1, a new item on T+2."""
    told = Ledger(spark, tmp_path, {"window": {"internal": 1, "statement": 1}})
    failed = txn("t", status="FAILED")
    for offset, rows in ((0, [failed]), (1, []), (2, [failed])):
        told.run(offset, [], rows)
    for offset, chances in ((0, 1), (1, 2), (2, 1)):
        assert told.rows(offset, *ROW) == [("t", "EXCLUDED", "NOT_EXPECTED", "NONE", chances)]
    assert [told.opened(offset, "chances") for offset in (0, 1, 2)] == [[("t", 1)], [], [("t", 1)]]
