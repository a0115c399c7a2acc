"""Candidates of AMBIGUOUS items.

Columns: pass, side, item, candidate, rank, how many in all, seconds apart, what differs.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.ledger import at, line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = (
    "pass",
    "side",
    "unit_id",
    "candidate_id",
    "rank",
    "candidate_count",
    "seconds_apart",
    "differs",
)


def test_five_nearest_candidates_are_listed(spark: SparkSession, tmp_path: Any) -> None:
    """Seven lines could be one transaction: the five nearest by time, then by id, those without a
    time last; each line has one candidate. Payer and time differ."""
    ledger = Ledger(spark, tmp_path, {"passes": [{"name": "sum", "on": ["amount", "currency"]}]})
    times = ["12:00:05", None, "12:00:00", "11:59:55", "12:00:00", "11:59:55", "13"]
    lines = [
        line(f"l{n}", traded_at=at(clock) if clock else None, payer_name=name)
        for n, (clock, name) in enumerate(zip(times, "abcdefg", strict=True))
    ]
    ledger.run(0, lines, [txn("t", occurred_at=at("12"), payer_name="c", account_tail="9")])
    transactions = ("sum", "INTERNAL", "t")
    assert ledger.candidate_rows(0, *ROW)[7:] == [
        (*transactions, "l2", 1, 7, 0, ""),
        (*transactions, "l4", 2, 7, 0, "payer_name"),
        (*transactions, "l0", 3, 7, 5, "payer_name traded_at"),
        (*transactions, "l3", 4, 7, 5, "payer_name traded_at"),
        (*transactions, "l5", 5, 7, 5, "payer_name traded_at"),
    ]
    assert ledger.candidate_rows(0, *ROW)[1] == (
        "sum",
        "STATEMENT",
        "l1",
        "t",
        1,
        1,
        None,
        "payer_name",
    )
    assert len(ledger.candidate_rows(0, *ROW)) == 12


def test_item_without_a_time_lists_candidates_by_id(spark: SparkSession, tmp_path: Any) -> None:
    """A line without a time has no distance to its candidates: the first five by id, of six."""
    ledger = Ledger(spark, tmp_path, {"passes": [{"name": "sum", "on": ["amount", "currency"]}]})
    transactions = [txn(f"t{n}", occurred_at=at(f"{12 - n}")) for n in range(6)]
    ledger.run(0, [line("l", traded_at=None)], transactions)
    of_line = [row[3:7] for row in ledger.candidate_rows(0, *ROW) if row[2] == "l"]
    assert of_line == [(f"t{n}", n + 1, 6, None) for n in range(5)]


def test_candidates_are_listed_per_pass_for_ambiguous_items(
    spark: SparkSession, tmp_path: Any
) -> None:
    """Two transactions have one channel_ref; one of them pairs by amount. The other has a candidate
    in the first pass, in which the line took part, and none in the second."""
    near = {"name": "near", "on": ["amount", "currency"], "within_seconds": 60}
    ledger = Ledger(spark, tmp_path, {"passes": ["our_ref", "channel_ref", near]})
    ledger.run(
        0,
        [line("l", channel_ref="C"), line("m", channel_ref="D", amount=5)],
        [txn("a", channel_ref="C"), txn("b", 7, channel_ref="C")],
    )
    assert ledger.rows(0, "reasons") == [
        ("a+l", ""),
        ("b", "AMBIGUOUS"),
        ("m", "STATEMENT_ONLY"),
    ]
    assert ledger.candidate_rows(0, *ROW, "amount", "currency") == [
        ("channel_ref", "INTERNAL", "b", "l", 1, 1, 0, "amount", 1000, "CNY")
    ]


def test_late_candidates_list_no_candidates(spark: SparkSession, tmp_path: Any) -> None:
    """An ambiguous late candidate has no list of its own, but stands in the list of others."""
    match = {"window": {"internal": 0, "statement": 0}}
    ledger = Ledger(spark, tmp_path, match)
    ledger.run(0, [], [txn("a", channel_ref="C"), txn("b", channel_ref="C")])
    ledger.run(1, [line("l", channel_ref="C")])
    assert ledger.candidate_rows(1, "unit_id", "candidate_id", "rank") == [
        ("l", "a", 1),
        ("l", "b", 2),
    ]
    ledger.run(2)
    assert ledger.candidate_rows(2, "unit_id") == []
