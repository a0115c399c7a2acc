"""Parts of one payment, and a payment with its void: items that are matched as one unit.

Columns of a row: ids, outcome, reasons, action, matched_by.
"""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.ledger import line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "action", "matched_by")


def rows_of(ledger: Ledger, offset: int, name: str) -> list[tuple[Any, ...]]:
    """The rows of a run whose ids begin with a name."""
    return [row for row in ledger.rows(offset, *ROW) if row[0].startswith(f"{name}.")]


@pytest.fixture(scope="module", params=[0, 10**6], ids=["large day", "small day"])
def captures(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    """A channel that lists the parts of a payment under our number."""
    folder = tmp_path_factory.mktemp("captures")
    match = {"captures": True, "window": {"internal": 1, "statement": 1}}
    ledger = Ledger(spark, folder, match, exact_pairs_min_items=request.param)
    whole = [line(f"whole.{n}", "whole", amount) for n, amount in enumerate((500, 300, 200))]
    ledger.run(
        0,
        [
            *whole,
            line("one.0", "one", 1000),
            line("less.0", "less", 400),
            line("more.0", "more", 600),
            line("more.1", "more", 700),
            line("again.0", "again", 1000),
            line("again.1", "again", 300),
            line("alone.0", "alone", 600),
            line("alone.1", "alone", 500),
            line("side.0", "side", 600),
            line("side.1", "side", 400),
            line("side.2", "side", 400, status="FAILED"),
            line("side.3", "side", 400, status="REVERSED"),
            line("side.4", "side", 400, channel_ref=None),
            line("open.0", "open", 600),
            line("open.1", "open", 400),
        ],
        [
            *[txn(f"{name}.t", our_ref=name) for name in ("whole", "one", "less", "more", "again")],
            txn("side.t", our_ref="side"),
            txn("open.t", our_ref="open", status="PENDING"),
        ],
    )
    ledger.run(1)
    ledger.run(2, [line("less.1", "less", 600)], [txn("open.t", our_ref="open")])
    return ledger


def test_parts_that_add_up_are_matched(captures: Ledger) -> None:
    assert rows_of(captures, 0, "whole") == [
        (f"whole.{n}", "MATCHED", "", "NONE", "captures") for n in ("0", "1", "2", "t")
    ]
    assert rows_of(captures, 0, "one") == [
        ("one.t+one.0", "MATCHED", "", "NONE", "our_ref"),
    ]


def test_parts_wait_for_the_others_break_and_heal(captures: Ledger) -> None:
    held = ("SUSPENSE", "GROUP_INCOMPLETE", "WAIT", None)
    broken = ("BREAK", "AMOUNT_MISMATCH", "REVIEW", "captures")
    assert rows_of(captures, 0, "less") == [("less.0", *held), ("less.t", *held)]
    assert rows_of(captures, 1, "less") == [("less.0", *broken), ("less.t", *broken)]
    healed = ("MATCHED", "LATE", "NONE", "captures")
    assert rows_of(captures, 2, "less") == [
        ("less.0", *healed),
        ("less.1", *healed),
        ("less.t", *healed),
    ]


def test_more_than_ours_breaks_at_once(captures: Ledger) -> None:
    broken = ("BREAK", "AMOUNT_MISMATCH", "REVIEW", "captures")
    assert rows_of(captures, 0, "more") == [(f"more.{n}", *broken) for n in ("0", "1", "t")]
    assert rows_of(captures, 0, "again") == [
        ("again.1", "BREAK", "DUPLICATE_PAYMENT", "REFUND", None),
        ("again.t+again.0", "MATCHED", "", "NONE", "our_ref"),
    ]


def test_parts_without_a_transaction_are_no_second_payments(captures: Ledger) -> None:
    waits = ("SUSPENSE", "STATEMENT_ONLY", "WAIT", None)
    assert rows_of(captures, 0, "alone") == [("alone.0", *waits), ("alone.1", *waits)]


def test_other_lines_are_put_away_beside_the_first_part(captures: Ledger) -> None:
    assert rows_of(captures, 0, "side") == [
        ("side.0", "MATCHED", "", "NONE", "captures"),
        ("side.1", "MATCHED", "", "NONE", "captures"),
        ("side.2", "EXCLUDED", "NOT_EXPECTED", "NONE", None),
        ("side.3", "BREAK", "STATUS_MISMATCH", "QUERY", None),
        ("side.4", "BREAK", "DUPLICATE_PAYMENT", "REFUND", None),
        ("side.t", "MATCHED", "", "NONE", "captures"),
    ]


def test_parts_wait_while_ours_is_pending(captures: Ledger) -> None:
    held = ("SUSPENSE", "GROUP_INCOMPLETE", "WAIT", None)
    broken = ("BREAK", "STATUS_MISMATCH", "CONFIRM", "captures")
    healed = ("MATCHED", "LATE", "NONE", "captures")
    ids = ("open.0", "open.1", "open.t")
    assert rows_of(captures, 0, "open") == [(name, *held) for name in ids]
    assert rows_of(captures, 1, "open") == [(name, *broken) for name in ids]
    assert rows_of(captures, 2, "open") == [(name, *healed) for name in ids]


@pytest.mark.parametrize("min_items", [0, 10**6], ids=["large day", "small day"])
def test_a_payment_and_its_void_are_one_unit(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, min_items: int
) -> None:
    ledger = Ledger(spark, tmp_path_factory.mktemp("void"), exact_pairs_min_items=min_items)
    undone = {"status": "REVERSED"}
    ledger.run(
        0,
        [
            line("day.0", "day", 1000),
            line("day.1", "day", -1000, kind="REFUND"),
            line("two.0", "two", 1000),
            line("two.1", "two", -1000),
            line("next.0", "next", 1000),
            line("paid.0", "paid", 1000),
            line("paid.1", "paid", -1000, kind="REFUND"),
            line("mixed.0", "mixed", 700),
            line("mixed.1", "mixed", -300, kind="REFUND"),
            line("mixed.2", "mixed", 300, kind="CHARGEBACK"),
        ],
        [
            txn("day.t", our_ref="day", **undone),
            txn("two.t", our_ref="two", status="CLOSED"),
            txn("next.t", our_ref="next"),
            txn("paid.t", our_ref="paid"),
            txn("mixed.t", 700, our_ref="mixed"),
            txn("mixed.u", -300, kind="REFUND", our_ref="mixed", status="FAILED"),
        ],
    )
    ledger.run(
        1,
        [line("next.1", "next", -1000, kind="REFUND"), line("day.2", "day", 1000)],
        [txn("next.t", our_ref="next", **undone), txn("two.t", our_ref="two")],
    )

    matched = ("MATCHED", "", "NONE", "void")
    assert rows_of(ledger, 0, "day") == [(f"day.{n}", *matched) for n in ("0", "1", "t")]
    assert rows_of(ledger, 0, "two") == [(f"two.{n}", *matched) for n in ("0", "1", "t")]
    assert rows_of(ledger, 0, "paid") == [
        ("paid.1", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None),
        ("paid.t+paid.0", "MATCHED", "", "NONE", "our_ref"),
    ]
    assert rows_of(ledger, 0, "mixed") == [
        ("mixed.2", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None),
        ("mixed.t+mixed.0", "MATCHED", "", "NONE", "our_ref"),
        ("mixed.u+mixed.1", "BREAK", "STATUS_MISMATCH", "RECOVER", "our_ref"),
    ]
    assert rows_of(ledger, 1, "next") == [
        ("next.1", "EXCLUDED", "ALREADY_RECONCILED", "NONE", "void"),
        ("next.t", "EXCLUDED", "ALREADY_RECONCILED", "NONE", None),
    ]
    assert rows_of(ledger, 1, "two") == [("two.t", "SUSPENSE", "INTERNAL_ONLY", "WAIT", None)]
    assert rows_of(ledger, 1, "day") == [("day.2", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None)]


@pytest.mark.parametrize("is_sent", [True, False], ids=["ours again", "ours not sent"])
def test_void_of_a_payment_before_the_look_back_is_unknown_to_lines(
    spark: SparkSession, tmp_path: Path, is_sent: bool
) -> None:
    """Only the void is within a look-back of one day: a line that lists the payment again is a
    member, whatever else is sent. Whether ours is sent had decided whether the payment was read."""
    ledger = Ledger(spark, tmp_path, {"lookback": 1})
    ledger.run(0, [line("v.0", "v", channel_ref="C")], [txn("v.t", our_ref="v")])
    void = line("v.1", "v", -1000, kind="REFUND", channel_ref="C")
    ledger.run(1, [void], [txn("v.t", our_ref="v", status="REVERSED")])
    ledger.run(2, [line("v.2", "v", channel_ref="C")], [txn("v.t", our_ref="v")] * is_sent)
    assert rows_of(ledger, 1, "v") == [
        ("v.1", "EXCLUDED", "ALREADY_RECONCILED", "NONE", "void"),
        ("v.t", "EXCLUDED", "ALREADY_RECONCILED", "NONE", None),
    ]
    changed = ("v.t", "BREAK", "CHANGED_AFTER_MATCH", "REVIEW", None)
    assert rows_of(ledger, 2, "v") == [
        ("v.2", "SUSPENSE", "STATEMENT_ONLY", "WAIT", None), *[changed] * is_sent,
    ]  # fmt: skip
