"""Lines without references that equal an earlier line of another file. Look-back 2, window 0.

Columns of a row: id, outcome, reasons, action, duplicate_of.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.ledger import at, bare_line, line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "action", "duplicate_of")
MONEY = {"name": "money", "on": ["amount", "currency"]}
MATCH = {
    "passes": ["our_ref", MONEY],
    "window": {"internal": 0, "statement": 0},
    "lookback": 2,
    "late": 5,
}


def copy(name: str, amount: int, file: str, **other: Any) -> Any:
    """A line of a file, without references, traded at noon of T."""
    values = {"traded_at": at("12"), "payer_name": "A**", "file_id": file} | other
    return bare_line(name, None, amount, **values)


DAYS: dict[int, tuple[list[Any], list[Any]]] = {
    0: (
        [
            copy("old", 100, "f0"),
            copy("matched", 200, "f0"),
            copy("same.a", 300, "f0"),
            copy("same.b", 300, "f0"),
            copy("same.c", 300, "f1"),
            copy("untimed.a", 400, "f0", traded_at=None),
            copy("payer.a", 500, "f0"),
            copy("null.a", 600, "f0", payer_name=None, order_ref="O 1"),
            line("number.a", None, 700, traded_at=at("12"), file_id="f0"),
        ],
        [txn("t.matched", 200, our_ref=None)],
    ),
    1: (
        [
            copy("old.1", 100, "g"),
            copy("matched.1", 200, "g"),
            copy("untimed.b", 400, "g", traded_at=None),
            copy("payer.b", 500, "g", payer_name="B**"),
            copy("null.b", 600, "g", payer_name=None, order_ref="o1"),
            copy("number.b", 700, "g", payer_name=None),
        ],
        [],
    ),
    2: ([], [txn("t.old", 100, our_ref=None)]),
    3: ([copy("old.3", 100, "h")], [txn("t.again", 100, our_ref=None)]),
}


@pytest.fixture(scope="module")
def ledger(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """The ledger with all days run."""
    new_ledger = Ledger(spark, tmp_path_factory.mktemp("copies"), MATCH)
    for offset, (lines, transactions) in DAYS.items():
        new_ledger.run(offset, lines, transactions)
    return new_ledger


def test_line_of_another_file_may_be_a_copy(ledger: Ledger) -> None:
    """It names the first line; what that one has become is no matter. Nulls are equal."""
    rows = {row[0]: row[1:] for row in ledger.rows(1, *ROW)}
    copied = ("BREAK", "STATEMENT_ONLY+POSSIBLE_DUPLICATE", "REVIEW")
    assert rows["old.1"] == (*copied, "old")
    assert rows["matched.1"] == (*copied, "matched")
    assert rows["null.b"] == (*copied, "null.a")
    marked = {row[0]: row[1] for row in ledger.open_rows(1, "copy_of") if row[1]}
    assert marked == {
        "old.1": "old",
        "matched.1": "matched",
        "null.b": "null.a",
        "same.c": "same.a",
    }


def test_other_lines_are_no_copies(ledger: Ledger) -> None:
    """Of one file; without a time; of another payer; beside a line with a number."""
    first = {row[0]: row[1:] for row in ledger.rows(0, *ROW)}
    one_sided = ("BREAK", "STATEMENT_ONLY", "REFUND", None)
    assert first["same.a"] == first["same.b"] == one_sided
    assert first["same.c"][1:] == ("STATEMENT_ONLY+POSSIBLE_DUPLICATE", "REVIEW", "same.a")
    second = {row[0]: row[1:] for row in ledger.rows(1, *ROW)}
    for name in ("untimed.b", "payer.b", "number.b"):
        assert second[name] == one_sided


def test_copy_takes_part_in_no_pass_while_the_other_does(ledger: Ledger) -> None:
    """One transaction of 1.00 comes on T+2: it is the first line's, and nothing is ambiguous."""
    assert ledger.rows(2, *ROW) == [("t.old+old", "MATCHED", "LATE", "NONE", None)]


def test_copy_takes_part_once_the_other_is_settled(ledger: Ledger) -> None:
    """On T+3 `old` is matched, so `old.1` is a candidate. Its own copy names it, as `old` is out of
    the look-back."""
    assert ledger.rows(3, *ROW) == [
        ("old.3", "BREAK", "STATEMENT_ONLY+POSSIBLE_DUPLICATE", "REVIEW", "old.1"),
        ("t.again+old.1", "MATCHED", "LATE", "NONE", None),
    ]
