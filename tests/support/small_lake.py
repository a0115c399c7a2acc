"""Rows by hand: a frame of any table from dicts, and four reconciled days for an analyst."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.lake.tables import Lake
from schemas.tables import FEE_CHECKS, FEE_TOTALS, OUTCOMES, RUNS, STATEMENT_FILES, Table

DAY = date(2026, 11, 22)


def frame_of(spark: SparkSession, table: Table, rows: Iterable[Mapping[str, Any]]) -> DataFrame:
    """The rows as a frame of the table; a column that is not given is null."""
    values = [tuple(row.get(name) for name in table.columns) for row in rows]
    return spark.createDataFrame(values, table.schema)


def put(lake: Lake, table: Table, day: date, channel: str, *rows: Mapping[str, Any]) -> None:
    """Makes the rows all there is of one date and channel."""
    place = {table.partitions[0]: day, "channel": channel}
    whole = [{**row, **place} for row in rows]
    lake.replace_day(table, frame_of(lake.spark, table, whole), day, channel)


def pair(ref: str, ours: int, theirs: int, **more: Any) -> dict[str, Any]:
    """An outcome of two sides that met, in minor units of CNY."""
    broken = ours != theirs
    return {
        "unit_id": ref, "txn_id": ref, "line_id": f"file:{ref}", "our_ref": ref, "kind": "PAYMENT",
        "outcome": "BREAK" if broken else "MATCHED",
        "reasons": ["AMOUNT_MISMATCH"] if broken else [],
        "action": "REVIEW" if broken else "NONE", "matched_by": "our_ref",
        "currency": "CNY", "internal_currency": "CNY", "internal_amount": ours,
        "statement_amount": theirs, "difference": theirs - ours, "internal_status": "SUCCEEDED",
        "statement_status": "SUCCEEDED", "first_run_date": DAY, "chances": 0, **more,
    }  # fmt: skip


def alone(ref: str, outcome: str, amount: int, **more: Any) -> dict[str, Any]:
    """An outcome of a transaction of ours that no line has met, in minor units of CNY."""
    return {
        "unit_id": ref, "txn_id": ref, "our_ref": ref, "kind": "PAYMENT", "outcome": outcome,
        "reasons": ["INTERNAL_ONLY"], "action": "QUERY" if outcome == "BREAK" else "WAIT",
        "currency": "CNY", "internal_currency": "CNY", "internal_amount": amount,
        "internal_status": "SUCCEEDED", "first_run_date": DAY, "chances": 1, **more,
    }  # fmt: skip


def fill(lake: Lake) -> None:
    """Four days of wechat, the last one with a break of each sort, and one of gulfpay in KWD."""
    for days_ago, waiting in ((3, 4), (2, 3), (1, 2)):
        day = date(2026, 11, 22 - days_ago)
        items = [alone(f"W{n}", "SUSPENSE", 1000, first_run_date=day) for n in range(waiting)]
        put(lake, OUTCOMES, day, "wechat", pair("A1", 500, 500), *items)
    put(
        lake, OUTCOMES, DAY, "wechat",
        pair("A1", 500, 500),
        pair("A2", 700, 700),
        pair("A3", 12_500, 12_450),  # 0.50 too little came
        alone("A4", "BREAK", 98_765_43, first_run_date=date(2026, 11, 20), chances=3),
        alone("A5", "SUSPENSE", 30_00),
    )  # fmt: skip
    kuwait = {"currency": "KWD", "internal_currency": "KWD"}
    put(
        lake, OUTCOMES, DAY, "gulfpay",
        pair("G1", 1_500, 1_500, **kuwait),
        pair("G2", 4_321, 1_000, **kuwait),  # 3.321 dinars are missing
    )  # fmt: skip
    total = {"schedule": "standard", "currency": "CNY", "lines": 3, "amount": 13_650}
    put(lake, FEE_TOTALS, DAY, "wechat", total | {"charged": 85, "due": 82, "difference": 3})
    check = {"line_id": "file:A3", "currency": "CNY", "amount": 12_450, "result": "OVERCHARGED"}
    put(lake, FEE_CHECKS, DAY, "wechat", check | {"charged": 78, "due": 75, "difference": 3})
    run = {"job": "match", "business_date": DAY, "ended_at": datetime(2026, 11, 23, 3, tzinfo=UTC)}
    lake.append_rows(RUNS, [
        run | {"channel": "wechat", "result": "DONE"},
        run | {"channel": "gulfpay", "result": "STATEMENT_INCOMPLETE"},
    ])  # fmt: skip
    received = {"business_date": DAY, "part": "", "version": 1, "rejected_count": 0, "totals": [],
                "received_at": datetime(2026, 11, 23, 2, tzinfo=UTC), "byte_size": 100}  # fmt: skip
    lake.append_rows(STATEMENT_FILES, [
        received | {"channel": "wechat", "status": "ACCEPTED", "file_id": "aa", "line_count": 3,
                    "file_name": "wechat-2026-11-22.csv"},
        received | {"channel": "gulfpay", "status": "QUARANTINED", "file_id": "bb",
                    "file_name": "gulf-2026-11-22.csv", "line_count": 0,
                    "reason": "TotalsDiffer: declared 12.500, lines add up to 12.400"},
    ])  # fmt: skip
