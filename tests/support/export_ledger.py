"""Builds outcomes of a day for tests of exports."""

from datetime import date
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from schemas.tables import OUTCOMES

DAY = date(2026, 11, 22)


def outcome(unit_id: str, **columns: Any) -> dict[str, Any]:
    """A matched WeChat payment in CNY, unless a column says otherwise."""
    return {
        "run_date": DAY,
        "channel": "wechat",
        "unit_id": unit_id,
        "outcome": "MATCHED",
        "reasons": [],
        "action": "NONE",
        "txn_id": unit_id,
        "line_id": f"f:{unit_id}",
        "kind": "PAYMENT",
        "our_ref": unit_id,
        "channel_ref": f"4200{unit_id}",
        "currency": "CNY",
        "internal_currency": "CNY",
        "internal_date": DAY,
        "statement_date": DAY,
        "first_run_date": DAY,
        "chances": 1,
        **columns,
    }


def differing(unit_id: str, ours: int, theirs: int, **columns: Any) -> dict[str, Any]:
    """A pair whose amounts differ."""
    defaults = {
        "outcome": "BREAK",
        "reasons": ["AMOUNT_MISMATCH"],
        "action": "REVIEW",
        "internal_amount": ours,
        "statement_amount": theirs,
        "difference": theirs - ours,
        "internal_status": "SUCCEEDED",
        "statement_status": "SUCCEEDED",
    }
    return outcome(unit_id, **{**defaults, **columns})


def ours_only(unit_id: str, amount: int, **columns: Any) -> dict[str, Any]:
    """A transaction that is on no statement."""
    defaults = {
        "outcome": "BREAK",
        "reasons": ["INTERNAL_ONLY"],
        "action": "QUERY",
        "line_id": None,
        "channel_ref": None,
        "statement_date": None,
        "internal_amount": amount,
        "internal_status": "SUCCEEDED",
        "chances": 3,
    }
    return outcome(unit_id, **{**defaults, **columns})


def theirs_only(unit_id: str, amount: int, **columns: Any) -> dict[str, Any]:
    """A statement line without a transaction."""
    defaults = {
        "outcome": "BREAK",
        "reasons": ["STATEMENT_ONLY"],
        "action": "REFUND",
        "txn_id": None,
        "internal_currency": None,
        "internal_date": None,
        "statement_amount": amount,
        "statement_status": "SUCCEEDED",
        "chances": 3,
    }
    return outcome(unit_id, **{**defaults, **columns})


def frame_of(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    """The rows as a frame of `outcomes`."""
    values = [tuple(row.get(name) for name in OUTCOMES.columns) for row in rows]
    return spark.createDataFrame(values, OUTCOMES.schema)
