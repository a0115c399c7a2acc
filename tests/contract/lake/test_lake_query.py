"""Rows asked for by what stands in them, of one small day of outcomes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from jobs.lake.point_query import (
    PartitionFilter,
    RowConditions,
    column_contains,
    column_in,
    query_rows,
)
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from schemas.table import columns_of
from schemas.tables import OUTCOMES, REJECTED_LINES
from tests.support.small_lake import DAY, pair, put, unmatched_transaction

EARLIER = DAY - timedelta(days=1)
AT = datetime(2026, 11, 22, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.fixture
def told(spark: SparkSession, tmp_path) -> Lake:
    """A1 meets its line on both days, O'Neil waits on the first; a line that cannot be read."""
    lake = Lake(spark, str(tmp_path / "lake")).prepare()
    for day in (EARLIER, DAY):
        put(lake, OUTCOMES, day, "wechat", pair("A1", 500, 500, traded_at=AT))
    put(
        lake,
        OUTCOMES,
        EARLIER,
        "bank",
        unmatched_transaction("O'Neil", "SUSPENSE", 700),
        unmatched_transaction("B", "BREAK", 1),
    )
    put(lake, REJECTED_LINES, DAY, "bank",
        {"file_id": "f", "line_no": 3, "raw": "50% off; O'Neil_", "reason": "amount"})  # fmt: skip
    return lake


def ids(
    lake: Lake, part: PartitionFilter, picked: RowConditions, **more: Any
) -> list[tuple[date, str]]:
    rows = LakeAsOf(lake).query_rows(OUTCOMES, part, picked, order=("run_date", "unit_id"), **more)
    return [(row["run_date"], row["unit_id"]) for row in rows]


@pytest.mark.sail_only
def test_one_that_is_met_twice_is_told_once(told: Lake) -> None:
    """A1 by its txn_id, its line_id and its unit: one row a day, the earlier day first."""
    picked = column_in(txn_id=["A1", "nobody"], line_id={"file:A1"}, unit_id=["A1"])
    assert ids(told, PartitionFilter(), picked) == [(EARLIER, "A1"), (DAY, "A1")]
    assert ids(told, PartitionFilter(), picked, rows_max=1) == [(EARLIER, "A1")]
    assert ids(told, PartitionFilter(days=frozenset([DAY])), picked) == [(DAY, "A1")]
    assert ids(told, PartitionFilter(frozenset(["bank"])), picked) == []
    assert ids(told, PartitionFilter(since=DAY, until=DAY), picked) == [(DAY, "A1")]
    assert (
        ids(told, PartitionFilter(frozenset()), picked)
        == ids(told, PartitionFilter(None, frozenset()), picked)
        == []
    )


@pytest.mark.sail_only
def test_a_null_meets_nothing_and_hides_nothing(told: Lake) -> None:
    """O'Neil has no line: asked for by line first, and by its own id then, it is found."""
    picked = column_in(line_id=["file:A1"], txn_id=["O'Neil"])
    assert ids(told, PartitionFilter(), picked) == [
        (EARLIER, "A1"),
        (EARLIER, "O'Neil"),
        (DAY, "A1"),
    ]
    assert ids(told, PartitionFilter(), column_in(line_id=[], txn_id=["B"])) == [(EARLIER, "B")]
    assert ids(told, PartitionFilter(), column_in(line_id=[])) == []


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("text", "found"), [("O'Neil_", 1), ("50%", 1), ("5_%", 0), ("o'neil", 0), ("' OR '1'='1", 0)]
)
def test_a_text_within_is_itself_and_no_pattern(told: Lake, text: str, found: int) -> None:
    """`%`, `_` and quotes mean themselves."""
    assert (
        len(
            LakeAsOf(told).query_rows(
                REJECTED_LINES, PartitionFilter(), column_contains("raw", text)
            )
        )
        == found
    )


def test_values_are_as_they_were_written(told: Lake) -> None:
    """Times in UTC to the microsecond, lists as lists, what is not there as None."""
    (row,) = LakeAsOf(told).query_rows(
        OUTCOMES, PartitionFilter(days=frozenset([DAY])), column_in(txn_id=["A1"])
    )
    assert tuple(row) == OUTCOMES.columns
    assert (row["traded_at"], row["run_date"], row["reasons"]) == (AT, DAY, [])
    assert row["traded_at"].tzinfo is UTC
    assert (row["statement_amount"], row["duplicate_of"]) == (500, None)


@pytest.mark.sail_only
def test_a_table_of_an_earlier_version(told: Lake) -> None:
    """A column that the table has not got is None, and nothing is met in it."""
    wider = replace(OUTCOMES, definition=columns_of("payer_note text: Note."))
    delta, part = DeltaTable(told.path(OUTCOMES)), PartitionFilter(days=frozenset([DAY]))
    columns = ("txn_id", "payer_note")
    met = column_in(payer_note=["A1"], txn_id=["A1"])
    assert query_rows(delta, wider, part, met, columns) == [{"txn_id": "A1", "payer_note": None}]
    assert query_rows(delta, wider, part, column_in(payer_note=["A1"]), columns) == []


@pytest.mark.sail_only
def test_added_up(told: Lake) -> None:
    """A1 on both days, O'Neil and B with us alone: counted and summed by outcome."""
    picked = column_in(unit_id=["A1", "O'Neil", "B"], txn_id=["A1"])
    counts, sums = {"ours": "txn_id", "theirs": "line_id"}, {"paid": "statement_amount"}
    rows = LakeAsOf(told).aggregate_rows(
        OUTCOMES, PartitionFilter(), picked, ("outcome",), counts, sums
    )
    assert [tuple(row.values()) for row in rows] == [
        ("BREAK", 1, 0, 0), ("MATCHED", 2, 2, 1000), ("SUSPENSE", 1, 0, 0),
    ]  # fmt: skip


@pytest.mark.sail_only
def test_the_latest_date_is_the_logs(told: Lake) -> None:
    """Of outcomes the 22nd; of a table without rows none."""
    assert LakeAsOf(told).latest_date(OUTCOMES) == DAY
    put(told, OUTCOMES, DAY, "wechat")
    assert LakeAsOf(told).latest_date(OUTCOMES) == EARLIER
