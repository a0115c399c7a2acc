"""WeChat lines with a fee, and rate cards, for tests of fees."""

from typing import Any

from pyspark.sql import DataFrame, SparkSession

from schemas.fee_schedule import FeeSchedule
from schemas.tables import STATEMENT_LINES
from tests.support.ledger import Row, bare_line, day, frame_of

DAY = day(6)


def fee_line(line_id: str, amount: int, fee: int | None, **other: Any) -> Row:
    """A payment of the day, amount and fee in minor units; its our_ref is its id."""
    values = {"on": 6, "channel": "wechat", **other}
    return bare_line(line_id, line_id, amount, fee=fee, **values)


def refund_line(line_id: str, amount: int, fee: int | None, **other: Any) -> Row:
    """A refund: outgoing money; its fee is negative if the channel returns it."""
    return fee_line(line_id, amount, fee, kind="REFUND", **other)


def accepted_file(line_count: int) -> dict[str, Any]:
    """The row of `statement_files` of the day's accepted file."""
    return {
        "channel": "wechat",
        "business_date": DAY,
        "status": "ACCEPTED",
        "version": 1,
        "line_count": line_count,
    }


def line_frame(spark: SparkSession, *lines: Row) -> DataFrame:
    """The lines as a frame of `statement_lines`."""
    return frame_of(spark, STATEMENT_LINES, lines)


def card(*entries: dict[str, Any]) -> FeeSchedule:
    """A rate card of these entries; entries without a name are called e0, e1 ..."""
    named_entries = [{"name": f"e{number}", **entry} for number, entry in enumerate(entries)]
    return FeeSchedule.model_validate({"channel": "wechat", "entries": named_entries})
