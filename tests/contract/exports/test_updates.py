"""Lines of JSON for the transaction system."""

import json
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.exports.updates import UPDATE_KEYS, encode_updates
from tests.support.export_ledger import differing, frame_of, ours_only, outcome, theirs_only

ROWS: list[dict[str, Any]] = [
    differing("S1", 6_000, 5_900),
    outcome("S2", difference=0),
    ours_only("S3", 100, reasons=["INTERNAL_ONLY", "LATE"]),
    ours_only("支付 /é\u2028😀", 100, currency=None),
    ours_only('a"b\\c', 100),
    ours_only("tab\tline\nreturn\r\x01", 100),
    differing("S4", 2, 1, channel_ref='"'),
    outcome("S5", action=None, difference=0),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: repr(row["txn_id"]))
def test_a_line(spark: SparkSession, row: dict[str, Any]) -> None:
    """Every line is JSON, on one line, its keys in order, nulls left out."""
    (line,) = [found["value"] for found in encode_updates(frame_of(spark, row)).collect()]
    assert "\n" not in line
    told = json.loads(line)
    wanted = {name: row.get(name) for name in UPDATE_KEYS} | {"run_date": "2026-11-22"}
    assert told == {name: value for name, value in wanted.items() if value is not None}
    assert list(told) == [name for name in UPDATE_KEYS if name in told]


def test_pieces_are_what_the_encoder_writes(spark: SparkSession) -> None:
    plain = frame_of(spark, *ROWS[:4])
    whole = plain.select(F.to_json(F.struct(*UPDATE_KEYS)).alias("value"))
    assert sorted(encode_updates(plain).collect()) == sorted(whole.collect())


@pytest.mark.sail_only
def test_lines_without_a_transaction_are_not_told(spark: SparkSession) -> None:
    assert encode_updates(frame_of(spark, theirs_only("S1", 100))).collect() == []
