"""Whom an AMBIGUOUS item could be meant with.

Columns: pass, side, item, candidate, rank, how many in all, seconds apart, what differs.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.match_ledger import Ledger, at, line, txn

#: On Spark the drawn scenarios say the same.
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


def test_the_nearest_five(spark: SparkSession, tmp_path: Any) -> None:
    """Seven lines could be one transaction: the five nearest by time, then by id, those without a
    time last; each line has one candidate. What is told: the payer and the time."""
    told = Ledger(spark, tmp_path, {"passes": [{"name": "sum", "on": ["amount", "currency"]}]})
    times = ["12:00:05", None, "12:00:00", "11:59:55", "12:00:00", "11:59:55", "13"]
    lines = [
        line(f"l{n}", traded_at=at(clock) if clock else None, payer_name=name)
        for n, (clock, name) in enumerate(zip(times, "abcdefg", strict=True))
    ]
    told.run(0, lines, [txn("t", occurred_at=at("12"), payer_name="c", account_tail="9")])
    ours = ("sum", "INTERNAL", "t")
    assert told.listed(0, *ROW)[7:] == [
        (*ours, "l2", 1, 7, 0, ""),
        (*ours, "l4", 2, 7, 0, "payer_name"),
        (*ours, "l0", 3, 7, 5, "payer_name traded_at"),
        (*ours, "l3", 4, 7, 5, "payer_name traded_at"),
        (*ours, "l5", 5, 7, 5, "payer_name traded_at"),
    ]
    assert told.listed(0, *ROW)[1] == ("sum", "STATEMENT", "l1", "t", 1, 1, None, "payer_name")
    assert len(told.listed(0, *ROW)) == 12


def test_an_item_without_a_time(spark: SparkSession, tmp_path: Any) -> None:
    """Nothing tells how far its candidates are: the first five by id, of six."""
    told = Ledger(spark, tmp_path, {"passes": [{"name": "sum", "on": ["amount", "currency"]}]})
    ours = [txn(f"t{n}", occurred_at=at(f"{12 - n}")) for n in range(6)]
    told.run(0, [line("l", traded_at=None)], ours)
    mine = [row[3:7] for row in told.listed(0, *ROW) if row[2] == "l"]
    assert mine == [(f"t{n}", n + 1, 6, None) for n in range(5)]


def test_by_pass_and_only_of_what_is_ambiguous(spark: SparkSession, tmp_path: Any) -> None:
    """Two of ours claim one number; one of them pairs by amount: the other is listed for the first
    pass, in which the line took part, and not for the second, which it had left."""
    near = {"name": "near", "on": ["amount", "currency"], "within_seconds": 60}
    told = Ledger(spark, tmp_path, {"passes": ["our_ref", "channel_ref", near]})
    told.run(
        0,
        [line("l", channel_ref="C"), line("m", channel_ref="D", amount=5)],
        [txn("a", channel_ref="C"), txn("b", 7, channel_ref="C")],
    )
    assert told.rows(0, "reasons") == [
        ("a+l", ""),
        ("b", "AMBIGUOUS"),
        ("m", "STATEMENT_ONLY"),
    ]
    assert told.listed(0, *ROW, "amount", "currency") == [
        ("channel_ref", "INTERNAL", "b", "l", 1, 1, 0, "amount", 1000, "CNY")
    ]


def test_late_candidates_have_no_list(spark: SparkSession, tmp_path: Any) -> None:
    """Broken and out of sight, an ambiguous item is listed no more; who is in sight lists it."""
    match = {"window": {"internal": 0, "statement": 0}}
    told = Ledger(spark, tmp_path, match)
    told.run(0, [], [txn("a", channel_ref="C"), txn("b", channel_ref="C")])
    told.run(1, [line("l", channel_ref="C")])
    assert told.listed(1, "unit_id", "candidate_id", "rank") == [("l", "a", 1), ("l", "b", 2)]
    told.run(2)
    assert told.listed(2, "unit_id") == []
