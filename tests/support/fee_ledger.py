"""WeChat lines with a fee, and rate cards, for tests of fees."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame, SparkSession

from jobs.fees.attributes import keep_attributes
from jobs.fees.compare import check_fees
from jobs.fees.refunds import Card, price_refunds, select_refunds
from schemas.fee_schedule import FeeSchedule
from schemas.tables import STATEMENT_LINES
from tests.support.ledger import Row, bare_line, day, frame_of

DAY = day(6)
SHANGHAI = ZoneInfo("Asia/Shanghai")


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
        "file_id": "f",
        "version": 1,
        "line_count": line_count,
    }


def line_frame(spark: SparkSession, *lines: Row) -> DataFrame:
    """The lines as a frame of `statement_lines`."""
    return frame_of(spark, STATEMENT_LINES, lines)


def keep_rows(frame: DataFrame, name: str) -> DataFrame:
    """The rows of a frame, computed once; `name` is what the lake would call them."""
    del name
    return frame.sparkSession.createDataFrame(frame.collect(), frame.schema)


def check_lines(
    spark: SparkSession, schedule: FeeSchedule, lines: Sequence[Row], payments: Sequence[Row] = ()
) -> DataFrame:
    """Checks the lines of `DAY`; `payments` are lines of earlier days."""
    of_day, known = line_frame(spark, *lines), line_frame(spark, *lines, *payments)
    refunds = select_refunds(known)
    priced = None
    if any(line["kind"] == "REFUND" for line in lines):
        priced = price_refunds(refunds, known, DAY, Card(schedule, SHANGHAI), keep_rows)
        priced = keep_rows(priced, "priced")
    return check_fees(keep_attributes(of_day), priced, schedule, SHANGHAI, keep_rows)


def card(*entries: dict[str, Any], **keys: Any) -> FeeSchedule:
    """A rate card of these entries and keys; entries without a name are called e0, e1 ..."""
    named_entries = [{"name": f"e{number}", **entry} for number, entry in enumerate(entries)]
    return FeeSchedule.model_validate({"channel": "wechat", "entries": named_entries, **keys})
