"""Status updates: lines of JSON for the transaction system."""

import json
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.exports.updates import UPDATE_KEYS, encode_updates
from tests.support.export_ledger import (
    amount_break,
    internal_only,
    outcome,
    outcome_frame,
    statement_only,
)

ROWS: list[dict[str, Any]] = [
    amount_break("S1", 6_000, 5_900),
    outcome("S2", difference=0),
    internal_only("S3", 100, reasons=["INTERNAL_ONLY", "LATE"]),
    internal_only("支付 /é\u2028😀", 100, currency=None),
    internal_only('a"b\\c', 100),
    internal_only("tab\tline\nreturn\r\x01", 100),
    amount_break("S4", 2, 1, channel_ref='"'),
    outcome("S5", action=None, difference=0),
]


@pytest.mark.sail_only
@pytest.mark.parametrize("row", ROWS, ids=lambda row: repr(row["txn_id"]))
def test_update_is_one_json_line(spark: SparkSession, row: dict[str, Any]) -> None:
    """Every update is JSON on one line, with its keys in order and without nulls."""
    (line,) = [row["value"] for row in encode_updates(outcome_frame(spark, row)).collect()]
    assert "\n" not in line
    update = json.loads(line)
    expected = {name: row.get(name) for name in UPDATE_KEYS} | {"run_date": "2026-11-22"}
    assert update == {name: value for name, value in expected.items() if value is not None}
    assert list(update) == [name for name in UPDATE_KEYS if name in update]


def test_concatenation_equals_the_json_encoder(spark: SparkSession) -> None:
    """Rows without escapes: both ways give the same text."""
    rows = outcome_frame(spark, *ROWS[:4])
    encoded = rows.select(F.to_json(F.struct(*UPDATE_KEYS)).alias("value"))
    assert sorted(encode_updates(rows).collect()) == sorted(encoded.collect())


@pytest.mark.sail_only
def test_row_without_a_transaction_has_no_update(spark: SparkSession) -> None:
    """A statement line alone is no news for the transaction system."""
    assert encode_updates(outcome_frame(spark, statement_only("S1", 100))).collect() == []
