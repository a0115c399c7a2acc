"""Step 5: pairs that complete a group join it, and broken groups heal. The window is 1, late 3.

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
MATCH = {
    "groups": [{"name": "batch", "on": "batch_ref"}, "order_ref"],
    "window": {"internal": 1, "statement": 1},
    "late": 3,
}
DAYS: dict[int, tuple[list[Any], list[Any]]] = {
    0: (
        [
            line("heal.1", amount=600, batch_ref="HEAL"),
            line("stay.1", amount=500, batch_ref="STAY"),
            line("gone.1", amount=500, batch_ref="GONE"),
            line("back.1", amount=500, batch_ref="BACK"),
            line("over.1", amount=500, batch_ref="OVER", channel_ref="OVER"),
            line("join.1", "join", 700, batch_ref="JOIN"),
            line("join.2", amount=300, batch_ref="JOIN"),
            line("part.1", "part", 700, batch_ref="PART"),
            line("part.2", amount=200, batch_ref="PART"),
            line("even.1", "even.a", 900, batch_ref="EVEN"),
            line("even.2", "even.b", 1100, batch_ref="EVEN"),
            line("apart.1", "apart", 700, batch_ref="APART"),
            line("apart.2", amount=300, batch_ref="APART"),
            line("order.1", "order", 700, order_ref="O"),
            line("order.2", amount=300, order_ref="O"),
        ],
        [
            txn("heal", batch_ref="HEAL"),
            txn("stay", 700, batch_ref="STAY"),
            txn("gone", 700, batch_ref="GONE"),
            txn("back", 700, batch_ref="BACK"),
            txn("over", 700, batch_ref="OVER"),
            txn("join", batch_ref="JOIN"),
            txn("part", batch_ref="PART"),
            txn("even.a", batch_ref="EVEN"),
            txn("even.b", batch_ref="EVEN"),
            txn("apart", batch_ref="OTHER"),
            txn("order", order_ref="O"),
        ],
    ),
    1: ([], []),
    2: (
        [
            line("heal.2", amount=400, batch_ref="HEAL"),
            line("over.2", amount=500, channel_ref="OVER", status="REVERSED"),
        ],
        [
            txn("stay.2", 50, batch_ref="STAY"),
            txn("back", 700, batch_ref="BACK", status="FAILED"),
        ],
    ),
    3: ([], [txn("back", 700, batch_ref="BACK")]),
    4: ([line("heal.3", channel_ref="C-heal.1")], [txn("heal")]),
}


@pytest.fixture(scope="module")
def ledger(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """The ledger with all days run."""
    new_ledger = Ledger(spark, tmp_path_factory.mktemp("healing"), MATCH)
    for offset, (lines, transactions) in DAYS.items():
        new_ledger.run(offset, lines, transactions)
    return new_ledger


def rows_of(ledger: Ledger, offset: int, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """A day's rows of the items that are called `name` or `name.something`."""
    rows = ledger.rows(offset, *(columns or ROW))
    return [row for row in rows if row[0].split("+")[0].split(".")[0] == name]


def open_items_of(ledger: Ledger, offset: int, name: str) -> list[tuple[Any, ...]]:
    """The open items called `name` or `name.something`: id, day of the break, group."""
    rows = ledger.open_rows(offset, "broke_on", "group_id")
    return [(i, on and on.day - 16, group) for i, on, group in rows if i.split(".")[0] == name]


def test_broken_group_heals_when_it_is_complete(ledger: Ledger) -> None:
    """6.00 of 10.00 broke on T+1; 4.00 on T+2 complete them: every row is late, the new one too."""
    unit = ("batch:HEAL", "BREAK", "AMOUNT_MISMATCH", "batch")
    assert rows_of(ledger, 1, "heal") == [("heal", *unit, -400), ("heal.1", *unit, None)]
    held = (1, "batch:HEAL")
    assert open_items_of(ledger, 1, "heal") == [("heal", *held), ("heal.1", *held)]
    unit = ("batch:HEAL", "MATCHED", "LATE", "batch")
    assert rows_of(ledger, 2, "heal") == [
        ("heal", *unit, 0),
        ("heal.1", *unit, None),
        ("heal.2", *unit, None),
    ]
    assert open_items_of(ledger, 2, "heal") == []


def test_healed_members_are_closed(ledger: Ledger) -> None:
    """Listed again on T+4 the line is a copy, sent again the transaction is reconciled."""
    assert rows_of(ledger, 4, "heal", "outcome", "reasons", "duplicate_of") == [
        ("heal", "EXCLUDED", "ALREADY_RECONCILED", None),
        ("heal.3", "BREAK", "DUPLICATE_LINE", "heal.1"),
    ]


def test_new_member_of_a_broken_group_waits_by_its_own_chances(ledger: Ledger) -> None:
    """0.50 come on T+2 and wait; on T+3 all break again, and count as broken on T+3."""
    unit = ("batch:STAY", "SUSPENSE", "GROUP_INCOMPLETE", None, None)
    assert rows_of(ledger, 2, "stay") == [("stay.2", *unit)]
    unit = ("batch:STAY", "BREAK", "AMOUNT_MISMATCH+LATE", "batch")
    assert rows_of(ledger, 3, "stay") == [
        ("stay", *unit, -250),
        ("stay.1", *unit, None),
        ("stay.2", *unit, None),
    ]
    held = (3, "batch:STAY")
    assert open_items_of(ledger, 3, "stay") == [
        ("stay", *held),
        ("stay.1", *held),
        ("stay.2", *held),
    ]


def test_broken_group_without_news_has_no_rows(ledger: Ledger) -> None:
    """It broke on T+1, and has late 3: it is open until T+4 has run."""
    assert [bool(rows_of(ledger, offset, "gone")) for offset in DAYS] == [True, True] + [False] * 3
    held = (1, "batch:GONE")
    assert open_items_of(ledger, 3, "gone") == [("gone", *held), ("gone.1", *held)]
    assert open_items_of(ledger, 4, "gone") == []


def test_failed_member_that_succeeds_after_all_is_a_member_again(ledger: Ledger) -> None:
    """Sent as failed on T+2 it is gone; sent as paid on T+3 it is new, and not reconciled."""
    assert rows_of(ledger, 2, "back", "outcome", "reasons") == [
        ("back", "EXCLUDED", "NOT_EXPECTED")
    ]
    unit = ("batch:BACK", "SUSPENSE", "GROUP_INCOMPLETE")
    assert rows_of(ledger, 3, "back", "unit_id", "outcome", "reasons", "chances") == [
        ("back", *unit, 1)
    ]


def test_member_of_a_broken_group_is_not_closed(ledger: Ledger) -> None:
    """A later state of its number overrules it, as it does with every open line."""
    assert rows_of(ledger, 2, "over", "outcome", "reasons", "duplicate_of") == [
        ("over.1", "EXCLUDED", "NOT_EXPECTED+LATE", "over.2"),
        ("over.2", "SUSPENSE", "STATEMENT_ONLY", None),
    ]
    assert open_items_of(ledger, 2, "over") == [
        ("over", 1, "batch:OVER"),
        ("over.2", None, None),
    ]


def test_pair_joins_a_group_that_it_completes(ledger: Ledger) -> None:
    """7.00 of 10.00 and a line of 3.00 alone are one unit, in either group."""
    unit = ("batch:JOIN", "MATCHED", "", "batch")
    assert rows_of(ledger, 0, "join") == [
        ("join", *unit, 0),
        ("join.1", *unit, None),
        ("join.2", *unit, None),
    ]
    assert [row[2] for row in rows_of(ledger, 0, "order")] == ["MATCHED"] * 3


def test_pair_stands_if_the_sums_are_not_equal(ledger: Ledger) -> None:
    """7.00 of 10.00 and a line of 2.00; or no member without a pair; or no key on both sides."""
    pair = ("BREAK", "AMOUNT_MISMATCH", "our_ref")
    alone = ("SUSPENSE", "STATEMENT_ONLY", None, None)
    assert rows_of(ledger, 0, "part") == [
        ("part+part.1", "part", *pair, -300),
        ("part.2", "part.2", *alone),
    ]
    assert [row[1:] for row in rows_of(ledger, 0, "even")] == [
        ("even.a", *pair, -100),
        ("even.b", *pair, 100),
    ]
    assert rows_of(ledger, 0, "apart") == [
        ("apart+apart.1", "apart", *pair, -300),
        ("apart.2", "apart.2", *alone),
    ]


def test_pair_of_a_large_day_joins_a_group(spark: SparkSession, tmp_path: Any) -> None:
    """The fast path leaves a pair that differs in its amount to the groups."""
    ledger = Ledger(spark, tmp_path, MATCH, exact_pairs_min_items=0)
    ledger.run(0, *DAYS[0])
    assert [row[2] for row in rows_of(ledger, 0, "join")] == ["MATCHED"] * 3
    assert [row[2] for row in rows_of(ledger, 0, "part")] == ["BREAK", "SUSPENSE"]
