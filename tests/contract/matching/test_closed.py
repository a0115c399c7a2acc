"""Step 2: what comes again after an earlier run closed it. Each test is one story of many days,
all of them run in one ledger; T is day 0.

Columns of a row: id, outcome, reasons, action, duplicate_of.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.match_ledger import Ledger, at, line, txn

#: On Spark the drawn scenarios say the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "action", "duplicate_of")
ALREADY = ("EXCLUDED", "ALREADY_RECONCILED", "NONE")
DAYS: dict[int, tuple[list[Any], list[Any]]] = {
    0: (
        [
            *[
                line(f"{name}.0", name)
                for name in [
                    "copy",
                    "later",
                    "word",
                    "third",
                    "twice",
                    "anew",
                    "bare",
                    "failed",
                    "rev",
                    "sent",
                    "changed",
                ]
            ],
            line("lost.0", "lost", status="FAILED"),
            line("back.0", "back", status="FAILED"),
            line("else.0", "else", status="CLOSED"),
            line("over.0", "over", status="FAILED", traded_at=at("10")),
            line("over.1", "over", channel_ref="C-over.0", traded_at=at("11")),
            line("tries.0", "tries", status="FAILED"),
            line("tries.1", "tries"),
            line("sum.0", None, batch_ref="B"),
        ],
        [
            *[
                txn(name)
                for name in [
                    "copy",
                    "later",
                    "word",
                    "third",
                    "twice",
                    "anew",
                    "bare",
                    "failed",
                    "rev",
                    "sent",
                    "changed",
                ]
            ],
            txn("lost", status="FAILED"),
            txn("back", status="FAILED"),
            txn("else", status="FAILED"),
            txn("over"),
            txn("tries"),
            txn("sum", batch_ref="B"),
            txn("dup"),
            txn("dup.b", our_ref="dup", status="FAILED"),
            txn("dup.c", our_ref="dup", status="PENDING"),
        ],
    ),
    1: (
        [
            line("copy.1", "copy", channel_ref="C-copy.0"),
            line("later.1", "later", channel_ref="C-later.0", status="REVERSED"),
            line("word.1", "word", channel_ref="C-word.0", status="REVERSED"),
            line("third.1", "third", channel_ref="C-third.0", status="REVERSED"),
            line("twice.1", "twice", amount=900),
            line("anew.1", "anew", channel_ref="C-anew.0", status="REVERSED"),
            line("bare.1", None, channel_ref="C-bare.0", status="REVERSED"),
            line("failed.1", "failed", status="FAILED"),
            line("rev.1", "rev", channel_ref=None, status="REVERSED"),
            line("back.1", "back", channel_ref="C-back.0"),
            line("else.1", "else"),
            line("over.2", "over", channel_ref="C-over.0", status="FAILED"),
            line("tries.2", "tries", channel_ref="C-tries.0"),
            line("sum.1", None, channel_ref="C-sum.0", status="REVERSED"),
        ],
        [
            txn("later", status="REVERSED"),
            txn("sent"),
            txn("changed", amount=900),
            txn("back", status="FAILED"),
            txn("dup.b", our_ref="dup", status="SUCCEEDED"),
            txn("dup.c", our_ref="dup", status="SUCCEEDED"),
            txn("sum", 900, batch_ref="B"),
        ],
    ),
    2: (
        [
            line("copy.2", "copy", channel_ref="C-copy.0"),
            line("word.2", "word", channel_ref="C-word.0", status="REVERSED"),
            line("third.2", "third", channel_ref="C-third.0", status="CLOSED"),
            line("twice.2", "twice", channel_ref="C-twice.1", status="REVERSED"),
            line("anew.2", "anew"),
            line("bare.2", "bare"),
        ],
        [
            txn("word", status="REVERSED"),
            txn("changed", amount=900),
            txn("back"),
            txn("else", status="PENDING"),
            txn("lost", status="CLOSED"),
        ],
    ),
    3: ([], [txn("changed"), txn("else"), txn("lost", 900, status="CLOSED")]),
}


@pytest.fixture(scope="module", params=[0, 10**6], ids=["bulk", "rest"])
def told(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    """The ledger with all days run."""
    made = Ledger(
        spark, tmp_path_factory.mktemp("closed"), {"groups": ["batch_ref"]}, request.param
    )
    for offset, (lines, transactions) in DAYS.items():
        made.run(offset, lines, transactions)
    return made


def story(told: Ledger, name: str, *columns: str) -> dict[int, list[tuple[Any, ...]]]:
    """Per day the rows of the items that are called `name` or `name.something`."""
    rows = {offset: told.rows(offset, *(columns or ROW)) for offset in DAYS}
    return {
        offset: [
            row for row in found if any(id_.split(".")[0] == name for id_ in row[0].split("+"))
        ]
        for offset, found in rows.items()
    }


def test_listed_again(told: Ledger) -> None:
    """The same number and status on T+1 and T+2: each is a copy of T's line."""
    days = story(told, "copy")
    for offset in (1, 2):
        assert days[offset] == [(f"copy.{offset}", "BREAK", "DUPLICATE_LINE", "CLAIM", "copy.0")]


def test_both_sides_reverse(told: Ledger) -> None:
    """Line and transaction are reversed on the same day: nothing to do on either side."""
    assert story(told, "later")[1] == [("later", *ALREADY, None), ("later.1", *ALREADY, "later.0")]


def test_the_channel_reverses_alone(told: Ledger) -> None:
    """Reversed on the statement: ours is still paid, and to be reversed; the row is the line's.

    On T+2 it is listed again, a copy of itself, and ours follows: it agrees with the latest line.
    """
    days = story(told, "word", *ROW, "internal_status", "txn_id")
    assert days[1] == [
        ("word.1", "BREAK", "STATUS_MISMATCH", "REVERSE", "word.0", "SUCCEEDED", None)
    ]
    assert days[2] == [
        ("word", *ALREADY, None, "REVERSED", "word"),
        ("word.2", "BREAK", "DUPLICATE_LINE", "CLAIM", "word.1", None, None),
    ]


def test_a_third_state_takes_the_place_of_the_second(told: Ledger) -> None:
    """Paid, reversed, closed: the third names the second, and is held against the same pair."""
    days = story(told, "third")
    assert days[1] == [("third.1", "BREAK", "STATUS_MISMATCH", "REVERSE", "third.0")]
    assert days[2] == [("third.2", "BREAK", "STATUS_MISMATCH", "REVERSE", "third.1")]


def test_paid_again_under_another_number(told: Ledger) -> None:
    """A second payment of one our_ref goes back; its own reversal has no pair to compare with."""
    days = story(told, "twice")
    assert days[1] == [("twice.1", "BREAK", "DUPLICATE_PAYMENT", "REFUND", "twice.0")]
    assert days[2] == [("twice.2", "BREAK", "STATUS_MISMATCH", "QUERY", "twice.1")]


def test_paid_reversed_and_paid_anew(told: Ledger) -> None:
    """Only the latest line counts as the pair's state: paid anew under another number is new."""
    assert story(told, "anew")[2] == [("anew.2", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None)]


def test_reversed_by_a_line_that_bears_the_number_alone(told: Ledger) -> None:
    """What is paid anew shares nothing with the reversal, which stands behind the first line."""
    assert story(told, "bare")[1][0][:3] == ("bare.1", "BREAK", "STATUS_MISMATCH")
    assert story(told, "bare")[2] == [("bare.2", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None)]


def test_other_numbers_of_a_paid_reference(told: Ledger) -> None:
    """A failed attempt beside it is not expected; a reversal without number is held against it."""
    assert story(told, "failed")[1] == [
        ("failed.1", "EXCLUDED", "NOT_EXPECTED", "NONE", "failed.0")
    ]
    assert story(told, "rev")[1] == [("rev.1", "BREAK", "STATUS_MISMATCH", "REVERSE", "rev.0")]


def test_sent_again(told: Ledger) -> None:
    """Unchanged: already reconciled, seen first on this run."""
    assert story(told, "sent", *ROW, "chances")[1] == [("sent", *ALREADY, None, 1)]


def test_changed_after_the_match(told: Ledger) -> None:
    """10.00 becomes 9.00 (changed), is 9.00 again (as last seen), agrees with the line again."""
    days = story(told, "changed")
    assert days[1] == [("changed", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", "changed")]
    assert days[2] == [("changed", *ALREADY, None)]
    assert days[3] == [("changed", *ALREADY, None)]


def test_failed_on_both_sides_and_paid_later(told: Ledger) -> None:
    """Matched as failed. T+1: the line says paid and waits, ours is sent unchanged. T+2: a pair."""
    days = story(told, "back", "outcome", "reasons")
    assert days[0] == [("back+back.0", "MATCHED", "")]
    assert days[1] == [
        ("back", "EXCLUDED", "ALREADY_RECONCILED"),
        ("back.1", "SUSPENSE", "STATEMENT_ONLY"),
    ]
    assert days[2] == [("back+back.1", "MATCHED", "")]


def test_failed_on_both_sides_and_paid_under_another_number(told: Ledger) -> None:
    """The line waits under its new number; ours comes back, first pending, and pairs with it."""
    days = story(told, "else", "outcome", "reasons", "action")
    assert days[1] == [("else.1", "SUSPENSE", "STATEMENT_ONLY", "WAIT")]
    assert days[2] == [("else+else.1", "BREAK", "STATUS_MISMATCH", "CONFIRM")]
    assert days[3] == [("else", "EXCLUDED", "ALREADY_RECONCILED", "NONE")]


def test_failed_and_still_failed(told: Ledger) -> None:
    """FAILED becomes CLOSED: agrees with the failed line. With another amount it is a change."""
    days = story(told, "lost")
    assert days[2] == [("lost", *ALREADY, None)]
    assert days[3] == [("lost", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", "lost")]


def test_an_overruled_state_is_closed(told: Ledger) -> None:
    """Failed at 10:00, paid at 11:00 on one statement; the failure listed again is a copy of it."""
    days = story(told, "over")
    assert days[0][1:] == [("over.0", "EXCLUDED", "NOT_EXPECTED", "NONE", "over.1")]
    assert days[1] == [("over.2", "BREAK", "DUPLICATE_LINE", "CLAIM", "over.0")]


def test_its_own_number_failed_before(told: Ledger) -> None:
    """One attempt failed, another paid; the failed one says paid now: paid twice."""
    days = story(told, "tries")
    assert days[1] == [("tries.2", "BREAK", "DUPLICATE_PAYMENT", "REFUND", "tries.1")]


def test_members_of_a_group(told: Ledger) -> None:
    """A line of a group is held against nothing; a changed transaction has changed."""
    assert story(told, "sum")[1] == [
        ("sum", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", "sum"),
        ("sum.1", "BREAK", "STATUS_MISMATCH", "QUERY", "sum.0"),
    ]


def test_put_away_by_step_3(told: Ledger) -> None:
    """Closed as FAILED it is a member again with another status (or a twin); as PENDING changed."""
    days = story(told, "dup")
    assert days[0][1:] == [
        ("dup.b", "EXCLUDED", "NOT_EXPECTED", "NONE", "dup"),
        ("dup.c", "EXCLUDED", "NOT_EXPECTED", "NONE", "dup"),
    ]
    assert days[1][1:] == [
        ("dup.b", "BREAK", "DUPLICATE_TRANSACTION", "REVIEW", "dup"),
        ("dup.c", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", "dup.c"),
    ]


@pytest.mark.parametrize("bulk_from", [0, 1, 10**6], ids=["very large", "middling", "small"])
def test_of_two_payments_ours_stays(spark: SparkSession, tmp_path: Any, bulk_from: int) -> None:
    """9.00 and 10.00 are paid under our number on one statement: our 10.00 pairs, 9.00 go back."""
    lines = [line("a", "A", 900), line("b", "A", 1000)]
    told = Ledger(spark, tmp_path, bulk_from=bulk_from).run(0, lines, [txn("A")])
    assert told.rows(0, *ROW) == [
        ("A+b", "MATCHED", "", "NONE", None),
        ("a", "BREAK", "DUPLICATE_PAYMENT", "REFUND", "b"),
    ]


def test_one_number_for_two_payments(spark: SparkSession, tmp_path: Any) -> None:
    """Two lines of one number name A and B, all of it in bulk: B's is a copy, and B waits."""
    told = Ledger(spark, tmp_path, bulk_from=0)
    told.run(0, [line("a", "A"), line("b", "B", channel_ref="C-a")], [txn("A"), txn("B")])
    assert told.rows(0, "outcome", "reasons") == [
        ("A+a", "MATCHED", ""),
        ("B", "SUSPENSE", "INTERNAL_ONLY"),
        ("b", "BREAK", "DUPLICATE_LINE"),
    ]


def test_sent_again_in_another_currency(spark: SparkSession, tmp_path: Any) -> None:
    """10.00 CNY is matched and comes again as 10.00 USD: it has changed."""
    told = Ledger(spark, tmp_path).run(0, [line("a", "A")], [txn("A")])
    told.run(1, [], [txn("A", currency="USD")])
    assert told.rows(1, *ROW) == [("A", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", "A")]


def test_look_back_ends(spark: SparkSession, tmp_path: Any) -> None:
    """With lookback 1 a copy on T+2 is a new line. A transaction that occurred on T is looked up
    from the day before T, one of T+1 at noon (C) from T on; one that occurred on T+2 in Shanghai is
    not: it is a member again."""
    told = Ledger(spark, tmp_path, {"lookback": 1})
    told.run(0, [line(x.lower(), x) for x in "ABC"], [txn(x) for x in "ABC"])
    told.run(1)
    told.run(
        2,
        [line("a2", "A", channel_ref="C-a")],
        [
            txn("A", occurred_at=at("12", 0)),
            txn("B", occurred_at=at("16:30", 1)),
            txn("C", occurred_at=at("12", 1)),
        ],
    )
    assert told.rows(2, "outcome", "reasons") == [
        ("A", "EXCLUDED", "ALREADY_RECONCILED"),
        ("B", "SUSPENSE", "INTERNAL_ONLY"),
        ("C", "EXCLUDED", "ALREADY_RECONCILED"),
        ("a2", "SUSPENSE", "STATEMENT_ONLY"),
    ]


def test_a_large_day_after_a_small_one(spark: SparkSession, tmp_path: Any) -> None:
    """Two items today are counted as bulk, the one pair closed before is few: a2 is a copy of a all
    the same, and B, which has the number of A on the line, waits."""
    told = Ledger(spark, tmp_path, bulk_from=2)
    told.run(0, [line("a", "A")], [txn("A")])
    told.run(1, [line("a2", "A", channel_ref="C-a")], [txn("B", our_ref="A")])
    assert told.rows(1, *ROW) == [
        ("B", "SUSPENSE", "INTERNAL_ONLY", "WAIT", None),
        ("a2", "BREAK", "DUPLICATE_LINE", "CLAIM", "a"),
    ]


def test_failed_on_both_sides_and_reversed(spark: SparkSession, tmp_path: Any) -> None:
    """A failed on both sides. T+1: it is paid under two numbers; b waits, c is paid twice. T+2: the
    failed number says reversed: a member again, which b stands beside, not what c closed."""
    told = Ledger(spark, tmp_path)
    told.run(0, [line("a", "A", status="FAILED")], [txn("A", status="FAILED")])
    told.run(1, [line("b", "A"), line("c", "A", channel_ref=None)])
    told.run(2, [line("d", "A", channel_ref="C-a", status="REVERSED")])
    assert told.rows(1, *ROW) == [
        ("b", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None),
        ("c", "BREAK", "DUPLICATE_PAYMENT", "REFUND", "b"),
    ]
    assert told.rows(2, *ROW) == [
        ("b", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None),
        ("d", "BREAK", "STATUS_MISMATCH", "QUERY", "b"),
    ]


def test_put_away_after_its_pair(spark: SparkSession, tmp_path: Any) -> None:
    """A failed on both sides. T+1: it is paid and so is an earlier twin, B, which stays. T+2: A has
    failed after all, as the line of its pair says. T+3: it is paid once more, and a twin again."""
    told = Ledger(spark, tmp_path)
    told.run(0, [line("a", "A", status="FAILED")], [txn("A", status="FAILED")])
    told.run(1, [], [txn("A"), txn("B", our_ref="A", occurred_at=at("11", 1))])
    told.run(2, [], [txn("A", status="FAILED")])
    told.run(3, [], [txn("A")])
    of_a = [[row for row in told.rows(offset, *ROW) if row[0] == "A"] for offset in (1, 2, 3)]
    assert of_a == [
        [("A", "BREAK", "DUPLICATE_TRANSACTION", "REVIEW", "B")],
        [("A", *ALREADY, None)],
        [("A", "BREAK", "DUPLICATE_TRANSACTION", "REVIEW", "B")],
    ]


def test_put_away_as_failed_after_its_pair(spark: SparkSession, tmp_path: Any) -> None:
    """A failed on both sides, comes back pending, and is put away as failed beside its twin B. Sent
    as closed it agrees with the line of its pair, before it could be a member again."""
    told = Ledger(spark, tmp_path)
    told.run(0, [line("a", "A", status="FAILED")], [txn("A", status="FAILED")])
    told.run(1, [], [txn("A", status="PENDING")])
    told.run(2, [], [txn("A", status="FAILED"), txn("B", our_ref="A")])
    told.run(3, [], [txn("A", status="CLOSED")])
    of_a = [[row for row in told.rows(offset, *ROW) if row[0] == "A"] for offset in (1, 2, 3)]
    assert of_a == [
        [("A", "SUSPENSE", "INTERNAL_ONLY", "WAIT", None)],
        [("A", "EXCLUDED", "NOT_EXPECTED", "NONE", "B")],
        [("A", *ALREADY, None)],
    ]
