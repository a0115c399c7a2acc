"""Rows asked for by what stands in them, of one small day of outcomes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from jobs.lake.point_query import Part, Picked, among, holding, queried
from jobs.lake.tables import Lake
from jobs.lake.time_travel import Past
from schemas.table import columns_of
from schemas.tables import OUTCOMES, REJECTED_LINES
from tests.support.small_lake import DAY, alone, pair, put

EARLIER = DAY - timedelta(days=1)
AT = datetime(2026, 11, 22, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.fixture
def told(spark: SparkSession, tmp_path) -> Lake:
    """A1 meets its line on both days, O'Neil waits on the first; a line that cannot be read."""
    lake = Lake(spark, str(tmp_path / "lake")).prepare()
    for day in (EARLIER, DAY):
        put(lake, OUTCOMES, day, "wechat", pair("A1", 500, 500, traded_at=AT))
    put(lake, OUTCOMES, EARLIER, "bank", alone("O'Neil", "SUSPENSE", 700), alone("B", "BREAK", 1))
    put(lake, REJECTED_LINES, DAY, "bank",
        {"file_id": "f", "line_no": 3, "raw": "50% off; O'Neil_", "reason": "amount"})  # fmt: skip
    return lake


def ids(lake: Lake, part: Part, picked: Picked, **more: Any) -> list[tuple[date, str]]:
    rows = Past(lake).rows(OUTCOMES, part, picked, order=("run_date", "unit_id"), **more)
    return [(row["run_date"], row["unit_id"]) for row in rows]


def test_one_that_is_met_twice_is_told_once(told: Lake) -> None:
    """A1 by its txn_id, its line_id and its unit: one row a day, the earlier day first."""
    picked = among(txn_id=["A1", "nobody"], line_id={"file:A1"}, unit_id=["A1"])
    assert ids(told, Part(), picked) == [(EARLIER, "A1"), (DAY, "A1")]
    assert ids(told, Part(), picked, rows_max=1) == [(EARLIER, "A1")]
    assert ids(told, Part(days=frozenset([DAY])), picked) == [(DAY, "A1")]
    assert ids(told, Part(frozenset(["bank"])), picked) == []
    assert ids(told, Part(since=DAY, until=DAY), picked) == [(DAY, "A1")]
    assert ids(told, Part(frozenset()), picked) == ids(told, Part(None, frozenset()), picked) == []


def test_a_null_meets_nothing_and_hides_nothing(told: Lake) -> None:
    """O'Neil has no line: asked for by line first, and by its own id then, it is found."""
    picked = among(line_id=["file:A1"], txn_id=["O'Neil"])
    assert ids(told, Part(), picked) == [(EARLIER, "A1"), (EARLIER, "O'Neil"), (DAY, "A1")]
    assert ids(told, Part(), among(line_id=[], txn_id=["B"])) == [(EARLIER, "B")]
    assert ids(told, Part(), among(line_id=[])) == []


@pytest.mark.parametrize(
    ("text", "found"), [("O'Neil_", 1), ("50%", 1), ("5_%", 0), ("o'neil", 0), ("' OR '1'='1", 0)]
)
def test_a_text_within_is_itself_and_no_pattern(told: Lake, text: str, found: int) -> None:
    """`%`, `_` and quotes mean themselves."""
    assert len(Past(told).rows(REJECTED_LINES, Part(), holding("raw", text))) == found


def test_values_are_as_they_were_written(told: Lake) -> None:
    """Times in UTC to the microsecond, lists as lists, what is not there as None."""
    (row,) = Past(told).rows(OUTCOMES, Part(days=frozenset([DAY])), among(txn_id=["A1"]))
    assert tuple(row) == OUTCOMES.columns
    assert (row["traded_at"], row["run_date"], row["reasons"]) == (AT, DAY, [])
    assert row["traded_at"].tzinfo is UTC
    assert (row["statement_amount"], row["duplicate_of"]) == (500, None)


def test_a_table_of_an_earlier_version(told: Lake) -> None:
    """A column that the table has not got is None, and nothing is met in it."""
    wider = replace(OUTCOMES, schema=columns_of("text: payer_note"))
    delta, part = DeltaTable(told.path(OUTCOMES)), Part(days=frozenset([DAY]))
    columns = ("txn_id", "payer_note")
    met = among(payer_note=["A1"], txn_id=["A1"])
    assert queried(delta, wider, part, met, columns) == [{"txn_id": "A1", "payer_note": None}]
    assert queried(delta, wider, part, among(payer_note=["A1"]), columns) == []


def test_added_up(told: Lake) -> None:
    """A1 on both days, O'Neil and B with us alone: counted and summed by outcome."""
    picked = among(unit_id=["A1", "O'Neil", "B"], txn_id=["A1"])
    counts, sums = {"ours": "txn_id", "theirs": "line_id"}, {"paid": "statement_amount"}
    rows = Past(told).added_up(OUTCOMES, Part(), picked, ("outcome",), counts, sums)
    assert [tuple(row.values()) for row in rows] == [
        ("BREAK", 1, 0, 0), ("MATCHED", 2, 2, 1000), ("SUSPENSE", 1, 0, 0),
    ]  # fmt: skip


def test_the_latest_date_is_the_logs(told: Lake) -> None:
    """Of outcomes the 22nd; of a table without rows none."""
    assert Past(told).latest(OUTCOMES) == DAY
    put(told, OUTCOMES, DAY, "wechat")
    assert Past(told).latest(OUTCOMES) == EARLIER
