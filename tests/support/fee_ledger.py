"""Builds statement lines and rate cards for tests of fees."""

from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from schemas.fee_schedule import FeeSchedule
from schemas.tables import STATEMENT_LINES

DAY = date(2026, 11, 22)


def line(line_id: str, amount: int, fee: int | None, **columns: Any) -> dict[str, Any]:
    """A succeeded WeChat payment in CNY of the day, unless a column says otherwise."""
    defaults = {
        "kind": "PAYMENT",
        "status": "SUCCEEDED",
        "currency": "CNY",
        "business_date": DAY,
        "channel": "wechat",
        "traded_at": datetime(2026, 11, 22, 4, 0, tzinfo=UTC),
        "our_ref": line_id,
        "our_ref_norm": line_id.upper(),
    }
    return {"line_id": line_id, "amount": amount, "fee": fee, **defaults, **columns}


def refund(line_id: str, amount: int, fee: int | None, **columns: Any) -> dict[str, Any]:
    """A refund: outgoing money; its fee is negative if the channel returns it."""
    return line(line_id, amount, fee, kind="REFUND", **columns)


def frame_of(spark: SparkSession, *lines: dict[str, Any]) -> DataFrame:
    """The lines as a frame of `statement_lines`."""
    rows = [tuple(line.get(name) for name in STATEMENT_LINES.columns) for line in lines]
    return spark.createDataFrame(rows, STATEMENT_LINES.schema)


def card(*entries: dict[str, Any]) -> FeeSchedule:
    """A rate card of these entries; entries without a name are called e0, e1 ..."""
    named_entries = [{"name": f"e{number}", **entry} for number, entry in enumerate(entries)]
    return FeeSchedule.model_validate({"channel": "wechat", "entries": named_entries})
