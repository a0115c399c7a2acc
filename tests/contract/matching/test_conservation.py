"""Conservation check: what goes into a run comes out of it, by side and currency, id by id.

Each case is a statement with two lines of 10.00 CNY and one of 10.00 USD.
"""

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.matching import conservation

#: The check does not depend on the engine.
pytestmark = pytest.mark.sail_only

_ITEM = "side string, txn_id string, line_id string, currency string, amount bigint"
_ROW = (
    "outcome string, currency string, internal_currency string, internal_amount bigint,"
    " txn_id string, statement_amount bigint, line_id string"
)
LINES = [("a", "CNY", 1000), ("b", "CNY", 1000), ("u", "USD", 1000)]


def check_outcomes(spark: SparkSession, *outcome_lines: tuple[str, str, int]) -> list[str]:
    """The messages if the outcomes have these lines."""
    lines = _lines(spark, LINES)
    no_items = spark.createDataFrame([], _ITEM)
    no_transactions = no_items.select("txn_id", "currency", "amount")
    input_sums = conservation.sum_inputs(lines, no_transactions, no_items).collect()
    rows: list[tuple[Any, ...]] = [
        ("BREAK", currency, None, None, None, amount, line_id)
        for line_id, currency, amount in outcome_lines
    ]
    outcome_sums = conservation.sum_outcomes(spark.createDataFrame(rows, _ROW)).collect()
    return conservation.find_differences(
        conservation.input_totals(input_sums), conservation.outcome_totals(outcome_sums)
    )


def _lines(spark: SparkSession, lines: list[tuple[str, str, int]]) -> DataFrame:
    return spark.createDataFrame(lines, "line_id string, currency string, amount bigint")


def test_complete_outcomes_pass(spark: SparkSession) -> None:
    """In any order."""
    assert check_outcomes(spark, *LINES[::-1]) == []


def test_lost_row_is_reported(spark: SparkSession) -> None:
    """b has no row: 10.00 CNY are missing."""
    assert check_outcomes(spark, LINES[0], LINES[2]) == [
        "STATEMENT CNY: 2 rows of 2000 minor units went in, 1 of 1000 came out"
    ]


def test_doubled_row_for_a_lost_one_is_reported(spark: SparkSession) -> None:
    """a stands in place of b: rows and amounts agree, ids do not."""
    assert check_outcomes(spark, LINES[0], LINES[0], LINES[2]) == [
        "STATEMENT CNY: 2 rows came out, but not the ones that went in: one stands twice and"
        " another is lost"
    ]


def test_row_with_another_currency_is_reported(spark: SparkSession) -> None:
    """u comes out as CNY: both currencies differ."""
    assert check_outcomes(spark, *LINES[:2], ("u", "CNY", 1000)) == [
        "STATEMENT CNY: 2 rows of 2000 minor units went in, 3 of 3000 came out",
        "STATEMENT USD: 1 rows of 1000 minor units went in, 0 of 0 came out",
    ]
