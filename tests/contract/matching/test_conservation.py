"""What went into a run is what came out of it, by side and currency, id for id.

Each case is a statement of two lines of 10.00 CNY and one of 10.00 USD, and what became of it.
"""

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.matching import conservation

#: Nothing of it is an engine's own.
pytestmark = pytest.mark.sail_only

_ITEM = "side string, txn_id string, line_id string, currency string, amount bigint"
_ROW = (
    "outcome string, currency string, internal_currency string, internal_amount bigint,"
    " txn_id string, statement_amount bigint, line_id string"
)
LINES = [("a", "CNY", 1000), ("b", "CNY", 1000), ("u", "USD", 1000)]


def faults(spark: SparkSession, *came_out: tuple[str, str, int]) -> list[str]:
    """What is said where these lines stand in the outcomes."""
    lines = _lines(spark, LINES)
    none = spark.createDataFrame([], _ITEM)
    ours = none.select("txn_id", "currency", "amount")
    went_in = conservation.sum_inputs(lines, ours, none).collect()
    rows: list[tuple[Any, ...]] = [
        ("BREAK", currency, None, None, None, amount, line_id)
        for line_id, currency, amount in came_out
    ]
    found = conservation.sum_outcomes(spark.createDataFrame(rows, _ROW)).collect()
    return conservation.find_differences(
        conservation.input_totals(went_in), conservation.outcome_totals(found)
    )


def _lines(spark: SparkSession, lines: list[tuple[str, str, int]]) -> DataFrame:
    return spark.createDataFrame(lines, "line_id string, currency string, amount bigint")


def test_all_are_there(spark: SparkSession) -> None:
    """In whatever order."""
    assert faults(spark, *LINES[::-1]) == []


def test_one_is_lost(spark: SparkSession) -> None:
    """b has no row: 10.00 CNY are missing."""
    assert faults(spark, LINES[0], LINES[2]) == [
        "STATEMENT CNY: 2 rows of 2000 minor units went in, 1 of 1000 came out"
    ]


def test_one_stands_twice_and_another_is_lost(spark: SparkSession) -> None:
    """a stands for b: rows and amounts are as before, the lines are not."""
    assert faults(spark, LINES[0], LINES[0], LINES[2]) == [
        "STATEMENT CNY: 2 rows came out, but not the ones that went in: one stands twice and"
        " another is lost"
    ]


def test_one_is_told_in_another_currency(spark: SparkSession) -> None:
    """u comes out as CNY: both currencies say so."""
    assert faults(spark, *LINES[:2], ("u", "CNY", 1000)) == [
        "STATEMENT CNY: 2 rows of 2000 minor units went in, 3 of 3000 came out",
        "STATEMENT USD: 1 rows of 1000 minor units went in, 0 of 0 came out",
    ]
