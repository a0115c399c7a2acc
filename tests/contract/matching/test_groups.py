"""Step 5: several items of one order or batch, compared by their sums. The window is 1.

Columns of a row: id, unit_id, outcome, reasons, matched_by, difference.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.ledger import line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("unit_id", "outcome", "reasons", "matched_by", "difference")


@pytest.fixture(scope="module")
def ledger(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Three days of groups by batch, then by order."""
    match = {
        "groups": [{"name": "batch", "on": "batch_ref"}, "order_ref"],
        "window": {"internal": 1, "statement": 1},
    }
    new_ledger = Ledger(spark, tmp_path_factory.mktemp("groups"), match)
    new_ledger.run(
        0,
        [
            line("e1", amount=700, batch_ref="EVEN"),
            line("e2", amount=-100, batch_ref="EVEN", kind="REFUND"),
            line("w1", amount=400, batch_ref="WAIT"),
            line("u1", amount=900, batch_ref="ODD"),
            line("c1", amount=500, batch_ref="CUR", currency="USD"),
            line("c2", amount=300, batch_ref="CUR"),
            line("o1", amount=200, batch_ref="LONE", order_ref="O"),
            line("f1", amount=100, batch_ref="PART"),
            line("f2", amount=100, batch_ref="PART", status="FAILED"),
            line("p1", "p", 800, batch_ref="PAIR"),
            line("h1", amount=60, batch_ref="HELD", order_ref="H"),
        ],
        [
            txn("e", 250, batch_ref="EVEN"),
            txn("ee", 350, batch_ref="EVEN", kind="TOP_UP"),
            txn("w", 1000, batch_ref="WAIT"),
            txn("u", 1000, batch_ref="ODD"),
            txn("c", 500, batch_ref="CUR", currency="USD"),
            txn("cc", 200, batch_ref="CUR"),
            txn("o", 200, order_ref="O"),
            txn("f", 100, batch_ref="PART"),
            txn("g", 100, batch_ref="PART", status="PENDING"),
            txn("p", 800, batch_ref="PAIR"),
            txn("h", 70, batch_ref="HELD"),
            txn("hh", 60, order_ref="H"),
        ],
    )
    new_ledger.run(1, [line("w2", amount=600, batch_ref="WAIT")], [txn("x", 40, batch_ref="HELD")])
    new_ledger.run(2)
    return new_ledger


def rows_of(ledger: Ledger, offset: int, *ids: str) -> list[tuple[Any, ...]]:
    """Rows of some items."""
    return [row for row in ledger.rows(offset, *ROW) if row[0] in ids]


def test_group_with_equal_sums_is_matched(ledger: Ledger) -> None:
    """7.00 and a refund of 1.00 equal 2.50 and 3.50; the difference stands on the first row."""
    assert rows_of(ledger, 0, "e", "ee", "e1", "e2") == [
        ("e", "batch:EVEN", "MATCHED", "", "batch", 0),
        ("e1", "batch:EVEN", "MATCHED", "", "batch", None),
        ("e2", "batch:EVEN", "MATCHED", "", "batch", None),
        ("ee", "batch:EVEN", "MATCHED", "", "batch", None),
    ]


def test_incomplete_group_waits_until_sums_are_equal(ledger: Ledger) -> None:
    """4.00 of 10.00 on T: both wait as one unit; 6.00 on T+1 completes it."""
    assert rows_of(ledger, 0, "w", "w1") == [
        ("w", "batch:WAIT", "SUSPENSE", "GROUP_INCOMPLETE", None, None),
        ("w1", "batch:WAIT", "SUSPENSE", "GROUP_INCOMPLETE", None, None),
    ]
    assert rows_of(ledger, 1, "w", "w1", "w2") == [
        ("w", "batch:WAIT", "MATCHED", "", "batch", 0),
        ("w1", "batch:WAIT", "MATCHED", "", "batch", None),
        ("w2", "batch:WAIT", "MATCHED", "", "batch", None),
    ]


def test_group_breaks_when_its_window_closes(ledger: Ledger) -> None:
    """9.00 against 10.00 waits on T and breaks on T+1 with window 1, 1.00 short."""
    assert rows_of(ledger, 0, "u")[0][2] == "SUSPENSE"
    assert rows_of(ledger, 1, "u", "u1") == [
        ("u", "batch:ODD", "BREAK", "AMOUNT_MISMATCH", "batch", -100),
        ("u1", "batch:ODD", "BREAK", "AMOUNT_MISMATCH", "batch", None),
    ]


def test_sums_of_every_currency_must_be_equal(ledger: Ledger) -> None:
    """USD 5.00 is equal, CNY 3.00 against 2.00 is not: each currency has its first row."""
    assert rows_of(ledger, 1, "c", "c1", "c2", "cc") == [
        ("c", "batch:CUR", "BREAK", "AMOUNT_MISMATCH", "batch", 0),
        ("c1", "batch:CUR", "BREAK", "AMOUNT_MISMATCH", "batch", None),
        ("c2", "batch:CUR", "BREAK", "AMOUNT_MISMATCH", "batch", None),
        ("cc", "batch:CUR", "BREAK", "AMOUNT_MISMATCH", "batch", 100),
    ]


def test_reference_on_one_side_is_no_group(ledger: Ledger) -> None:
    """No transaction has batch LONE; the next group, by order, has both sides."""
    assert rows_of(ledger, 0, "o", "o1") == [
        ("o", "order_ref:O", "MATCHED", "", "order_ref", 0),
        ("o1", "order_ref:O", "MATCHED", "", "order_ref", None),
    ]


def test_only_succeeded_unpaired_items_are_members(ledger: Ledger) -> None:
    """A failed line and a pending transaction are no members; a pair by our_ref is none either."""
    assert rows_of(ledger, 0, "f", "f1", "f2", "g", "p+p1") == [
        ("f", "batch:PART", "MATCHED", "", "batch", 0),
        ("f1", "batch:PART", "MATCHED", "", "batch", None),
        ("f2", "f2", "EXCLUDED", "NOT_EXPECTED", None, None),
        ("g", "g", "SUSPENSE", "INTERNAL_ONLY", None, None),
        ("p+p1", "p", "MATCHED", "", "our_ref", 0),
    ]


def test_waiting_group_holds_its_members(ledger: Ledger) -> None:
    """h1 waits in its batch though its order has equal sums; a new member keeps all waiting on T+1,
    and on T+2 all break."""
    held = ("batch:HELD", "SUSPENSE", "GROUP_INCOMPLETE", None, None)
    assert rows_of(ledger, 0, "h", "h1", "hh") == [
        ("h", *held),
        ("h1", *held),
        ("hh", "hh", "SUSPENSE", "INTERNAL_ONLY", None, None),
    ]
    assert rows_of(ledger, 1, "h", "h1", "x") == [("h", *held), ("h1", *held), ("x", *held)]
    broken = ("batch:HELD", "BREAK", "AMOUNT_MISMATCH", "batch")
    assert rows_of(ledger, 2, "h", "h1", "x") == [
        ("h", *broken, -50),
        ("h1", *broken, None),
        ("x", *broken, None),
    ]
