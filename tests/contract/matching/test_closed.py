"""Step 2: items that come again after an earlier run closed them.

One ledger runs the cases of most tests, over several days; T is day 0.

Columns of a row: id, outcome, reasons, action, duplicate_of.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.first_by_day import first_by_day
from tests.support.ledger import at, line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
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


@pytest.fixture(scope="module", params=first_by_day(0, 10**6, ids=("exact_pairs", "all_steps")))
def ledger(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    """The ledger with all days run."""
    new_ledger = Ledger(
        spark, tmp_path_factory.mktemp("closed"), {"groups": ["batch_ref"]}, request.param
    )
    for offset, (lines, transactions) in DAYS.items():
        new_ledger.run(offset, lines, transactions)
    return new_ledger


def rows_of(ledger: Ledger, name: str, *columns: str) -> dict[int, list[tuple[Any, ...]]]:
    """Per day the rows of the items that are called `name` or `name.something`."""
    rows = {offset: ledger.rows(offset, *(columns or ROW)) for offset in DAYS}
    return {
        offset: [
            row
            for row in rows_of_day
            if any(id_.split(".")[0] == name for id_ in row[0].split("+"))
        ]
        for offset, rows_of_day in rows.items()
    }


def test_repeated_line_is_a_duplicate(ledger: Ledger) -> None:
    """The same channel_ref and status on T+1 and T+2: each line is a copy of T's."""
    days = rows_of(ledger, "copy")
    for offset in (1, 2):
        assert days[offset] == [(f"copy.{offset}", "BREAK", "DUPLICATE_LINE", "CLAIM", "copy.0")]


def test_both_sides_reverse(ledger: Ledger) -> None:
    """Line and transaction are reversed on the same day: nothing to do on either side."""
    assert rows_of(ledger, "later")[1] == [
        ("later", *ALREADY, None),
        ("later.1", *ALREADY, "later.0"),
    ]


def test_only_the_channel_reverses(ledger: Ledger) -> None:
    """The line is reversed, the transaction is still paid and must be reversed.

    On T+2 the statement repeats the line, and the transaction agrees with the latest line.
    """
    days = rows_of(ledger, "word", *ROW, "internal_status", "txn_id")
    assert days[1] == [
        ("word.1", "BREAK", "STATUS_MISMATCH", "REVERSE", "word.0", "SUCCEEDED", None)
    ]
    assert days[2] == [
        ("word", *ALREADY, None, "REVERSED", "word"),
        ("word.2", "BREAK", "DUPLICATE_LINE", "CLAIM", "word.1", None, None),
    ]


def test_third_state_replaces_the_second(ledger: Ledger) -> None:
    """Paid, reversed, closed: the third line names the second, and is compared with the same
    pair."""
    days = rows_of(ledger, "third")
    assert days[1] == [("third.1", "BREAK", "STATUS_MISMATCH", "REVERSE", "third.0")]
    assert days[2] == [("third.2", "BREAK", "STATUS_MISMATCH", "REVERSE", "third.1")]


def test_second_payment_with_another_channel_ref(ledger: Ledger) -> None:
    """A second payment of one our_ref is refunded; its reversal has no pair to compare with."""
    days = rows_of(ledger, "twice")
    assert days[1] == [("twice.1", "BREAK", "DUPLICATE_PAYMENT", "REFUND", "twice.0")]
    assert days[2] == [("twice.2", "BREAK", "STATUS_MISMATCH", "QUERY", "twice.1")]


def test_payment_after_a_reversal_is_a_new_item(ledger: Ledger) -> None:
    """Only the latest line is the pair's state: a payment with another channel_ref is new."""
    assert rows_of(ledger, "anew")[2] == [("anew.2", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None)]


def test_reversal_without_our_ref_has_the_same_channel_ref(ledger: Ledger) -> None:
    """The new payment shares nothing with the reversal, which follows the first line."""
    assert rows_of(ledger, "bare")[1][0][:3] == ("bare.1", "BREAK", "STATUS_MISMATCH")
    assert rows_of(ledger, "bare")[2] == [("bare.2", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None)]


def test_failed_and_reversed_lines_of_a_paid_our_ref(ledger: Ledger) -> None:
    """Another failed attempt is not expected; a reversal without channel_ref is compared with
    it."""
    assert rows_of(ledger, "failed")[1] == [
        ("failed.1", "EXCLUDED", "NOT_EXPECTED", "NONE", "failed.0")
    ]
    assert rows_of(ledger, "rev")[1] == [("rev.1", "BREAK", "STATUS_MISMATCH", "REVERSE", "rev.0")]


def test_unchanged_transaction_is_reconciled(ledger: Ledger) -> None:
    """Unchanged: already reconciled, with this run as its first."""
    assert rows_of(ledger, "sent", *ROW, "chances")[1] == [("sent", *ALREADY, None, 1)]


def test_changed_transaction_breaks_once(ledger: Ledger) -> None:
    """10.00 becomes 9.00 (changed), is 9.00 again (unchanged), then agrees with the line again."""
    days = rows_of(ledger, "changed")
    assert days[1] == [("changed", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", "changed")]
    assert days[2] == [("changed", *ALREADY, None)]
    assert days[3] == [("changed", *ALREADY, None)]


def test_failed_pair_is_paid_later(ledger: Ledger) -> None:
    """Matched as failed. T+1: the line is paid and waits, the transaction is unchanged. T+2: a
    pair."""
    days = rows_of(ledger, "back", "outcome", "reasons")
    assert days[0] == [("back+back.0", "MATCHED", "")]
    assert days[1] == [
        ("back", "EXCLUDED", "ALREADY_RECONCILED"),
        ("back.1", "SUSPENSE", "STATEMENT_ONLY"),
    ]
    assert days[2] == [("back+back.1", "MATCHED", "")]


def test_failed_pair_is_paid_with_another_channel_ref(ledger: Ledger) -> None:
    """The line waits with its new channel_ref; the transaction, now pending, pairs with it."""
    days = rows_of(ledger, "else", "outcome", "reasons", "action")
    assert days[1] == [("else.1", "SUSPENSE", "STATEMENT_ONLY", "WAIT")]
    assert days[2] == [("else+else.1", "BREAK", "STATUS_MISMATCH", "CONFIRM")]
    assert days[3] == [("else", "EXCLUDED", "ALREADY_RECONCILED", "NONE")]


def test_failed_transaction_is_closed_later(ledger: Ledger) -> None:
    """FAILED becomes CLOSED: it agrees with the failed line. Another amount is a change."""
    days = rows_of(ledger, "lost")
    assert days[2] == [("lost", *ALREADY, None)]
    assert days[3] == [("lost", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", "lost")]


def test_superseded_state_is_closed(ledger: Ledger) -> None:
    """Failed at 10:00, paid at 11:00 on one statement; a repeat of the failed line is its copy."""
    days = rows_of(ledger, "over")
    assert days[0][1:] == [("over.0", "EXCLUDED", "NOT_EXPECTED", "NONE", "over.1")]
    assert days[1] == [("over.2", "BREAK", "DUPLICATE_LINE", "CLAIM", "over.0")]


def test_failed_line_is_paid_beside_another_payment(ledger: Ledger) -> None:
    """One attempt failed, another is paid; then the failed one is paid, too: paid twice."""
    days = rows_of(ledger, "tries")
    assert days[1] == [("tries.2", "BREAK", "DUPLICATE_PAYMENT", "REFUND", "tries.1")]


def test_members_of_a_matched_group_come_again(ledger: Ledger) -> None:
    """A line of a group has no pair to compare with; a changed transaction breaks."""
    assert rows_of(ledger, "sum")[1] == [
        ("sum", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", "sum"),
        ("sum.1", "BREAK", "STATUS_MISMATCH", "QUERY", "sum.0"),
    ]


def test_excluded_duplicates_come_again(ledger: Ledger) -> None:
    """Excluded as FAILED, a duplicate takes part again when paid; excluded as PENDING, it
    breaks."""
    days = rows_of(ledger, "dup")
    assert days[0][1:] == [
        ("dup.b", "EXCLUDED", "NOT_EXPECTED", "NONE", "dup"),
        ("dup.c", "EXCLUDED", "NOT_EXPECTED", "NONE", "dup"),
    ]
    assert days[1][1:] == [
        ("dup.b", "BREAK", "DUPLICATE_TRANSACTION", "REVIEW", "dup.c"),
        ("dup.c", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", "dup.c"),
    ]


@pytest.mark.parametrize("exact_pairs_min_items", [0, 10**6], ids=["large", "small"])
def test_payment_of_our_amount_is_kept(
    spark: SparkSession, tmp_path: Any, exact_pairs_min_items: int
) -> None:
    """9.00 and 10.00 are paid with one our_ref on one statement: 10.00 pairs, 9.00 is refunded."""
    lines = [line("a", "A", 900), line("b", "A", 1000)]
    ledger = Ledger(spark, tmp_path, exact_pairs_min_items=exact_pairs_min_items).run(
        0, lines, [txn("A")]
    )
    assert ledger.rows(0, *ROW) == [
        ("A+b", "MATCHED", "", "NONE", None),
        ("a", "BREAK", "DUPLICATE_PAYMENT", "REFUND", "b"),
    ]


def test_one_channel_ref_for_two_payments(spark: SparkSession, tmp_path: Any) -> None:
    """Two lines of one channel_ref name A and B, on a large day: B's line is a copy, and B
    waits."""
    ledger = Ledger(spark, tmp_path, exact_pairs_min_items=0)
    ledger.run(0, [line("a", "A"), line("b", "B", channel_ref="C-a")], [txn("A"), txn("B")])
    assert ledger.rows(0, "outcome", "reasons") == [
        ("A+a", "MATCHED", ""),
        ("B", "SUSPENSE", "INTERNAL_ONLY"),
        ("b", "BREAK", "DUPLICATE_LINE"),
    ]


def test_refund_with_the_channel_ref_of_a_closed_payment_is_no_copy(
    spark: SparkSession, tmp_path: Any
) -> None:
    """Some channels give a refund the number of its payment: the kinds differ."""
    ledger = Ledger(spark, tmp_path).run(0, [line("a", "A")], [txn("A")])
    refund = {"kind": "REFUND", "our_ref": "R"}
    ledger.run(
        1,
        [line("r", "R", -1000, kind="REFUND", channel_ref="C-a")],
        [txn("R", -1000, **refund)],
    )
    assert ledger.rows(1, "outcome", "reasons") == [("R+r", "MATCHED", "")]


def test_changed_currency_breaks(spark: SparkSession, tmp_path: Any) -> None:
    """10.00 CNY is matched and comes again as 10.00 USD: it has changed."""
    ledger = Ledger(spark, tmp_path).run(0, [line("a", "A")], [txn("A")])
    ledger.run(1, [], [txn("A", currency="USD")])
    assert ledger.rows(1, *ROW) == [("A", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", "A")]


def test_look_back_ends(spark: SparkSession, tmp_path: Any) -> None:
    """With lookback 1 a copy on T+2 is a new line. Look-back finds a transaction that occurred on
    T, and one of T+1 at noon (C); it does not find one that occurred on T+2 in Shanghai."""
    ledger = Ledger(spark, tmp_path, {"lookback": 1})
    ledger.run(0, [line(x.lower(), x) for x in "ABC"], [txn(x) for x in "ABC"])
    ledger.run(1)
    ledger.run(
        2,
        [line("a2", "A", channel_ref="C-a")],
        [
            txn("A", occurred_at=at("12", 0)),
            txn("B", occurred_at=at("00:30", 2)),
            txn("C", occurred_at=at("12", 1)),
        ],
    )
    assert ledger.rows(2, "outcome", "reasons") == [
        ("A", "EXCLUDED", "ALREADY_RECONCILED"),
        ("B", "SUSPENSE", "INTERNAL_ONLY"),
        ("C", "EXCLUDED", "ALREADY_RECONCILED"),
        ("a2", "SUSPENSE", "STATEMENT_ONLY"),
    ]


def test_large_day_after_a_small_one(spark: SparkSession, tmp_path: Any) -> None:
    """Two items today are many, the one closed pair is few: a2 is still a copy of a, and B, which
    has the our_ref of A, is a second transaction."""
    ledger = Ledger(spark, tmp_path, exact_pairs_min_items=2)
    ledger.run(0, [line("a", "A")], [txn("A")])
    ledger.run(1, [line("a2", "A", channel_ref="C-a")], [txn("B", our_ref="A")])
    assert ledger.rows(1, *ROW) == [
        ("B", "BREAK", "DUPLICATE_TRANSACTION", "REVIEW", "A"),
        ("a2", "BREAK", "DUPLICATE_LINE", "CLAIM", "a"),
    ]


def test_failed_pair_is_reversed(spark: SparkSession, tmp_path: Any) -> None:
    """A failed on both sides. T+1: it is paid with two lines; b waits, c is a second payment. T+2:
    the failed line is reversed: it takes part again, beside b, not beside the closed c."""
    ledger = Ledger(spark, tmp_path)
    ledger.run(0, [line("a", "A", status="FAILED")], [txn("A", status="FAILED")])
    ledger.run(1, [line("b", "A"), line("c", "A", channel_ref=None)])
    ledger.run(2, [line("d", "A", channel_ref="C-a", status="REVERSED")])
    assert ledger.rows(1, *ROW) == [
        ("b", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None),
        ("c", "BREAK", "DUPLICATE_PAYMENT", "REFUND", "b"),
    ]
    assert ledger.rows(2, *ROW) == [
        ("b", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None),
        ("d", "BREAK", "STATUS_MISMATCH", "QUERY", "b"),
    ]


def test_paired_transaction_becomes_a_duplicate(spark: SparkSession, tmp_path: Any) -> None:
    """A failed on both sides. T+1: A is paid, and so is the earlier B, which is kept. T+2: A
    failed, as the line of its pair says. T+3: A is paid once more, and a duplicate again."""
    ledger = Ledger(spark, tmp_path)
    ledger.run(0, [line("a", "A", status="FAILED")], [txn("A", status="FAILED")])
    ledger.run(1, [], [txn("A"), txn("B", our_ref="A", occurred_at=at("11", 1))])
    ledger.run(2, [], [txn("A", status="FAILED")])
    ledger.run(3, [], [txn("A")])
    of_a = [[row for row in ledger.rows(offset, *ROW) if row[0] == "A"] for offset in (1, 2, 3)]
    assert of_a == [
        [("A", "BREAK", "DUPLICATE_TRANSACTION", "REVIEW", "B")],
        [("A", *ALREADY, None)],
        [("A", "BREAK", "DUPLICATE_TRANSACTION", "REVIEW", "B")],
    ]


def test_paired_transaction_becomes_a_failed_duplicate(spark: SparkSession, tmp_path: Any) -> None:
    """A failed on both sides, comes again as pending, then as failed, a duplicate of B. Sent as
    closed it agrees with the line of its pair, so it does not take part again."""
    ledger = Ledger(spark, tmp_path)
    ledger.run(0, [line("a", "A", status="FAILED")], [txn("A", status="FAILED")])
    ledger.run(1, [], [txn("A", status="PENDING")])
    ledger.run(2, [], [txn("A", status="FAILED"), txn("B", our_ref="A")])
    ledger.run(3, [], [txn("A", status="CLOSED")])
    of_a = [[row for row in ledger.rows(offset, *ROW) if row[0] == "A"] for offset in (1, 2, 3)]
    assert of_a == [
        [("A", "SUSPENSE", "INTERNAL_ONLY", "WAIT", None)],
        [("A", "EXCLUDED", "NOT_EXPECTED", "NONE", "B")],
        [("A", *ALREADY, None)],
    ]
