"""A lake with statements of several dates of one channel, whose fees are checked date by date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import SparkSession

from jobs.fees.check_day import FeesSummary, record_fee_check
from jobs.lake.tables import Lake
from jobs.reconcile.stale_dates import read_stale_dates
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import OUTCOMES, STATEMENT_FILES, STATEMENT_LINES, Table
from tests.support.fee_ledger import accepted_file, fee_line, line_frame
from tests.support.ledger import Row, complete_row, frame_of

PROFILE = Profile.model_validate(
    {
        "channel": "wechat",
        "dialect": "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": "2026-01-01",
        "files": {"pattern": "wechat/{business_date:%Y-%m-%d}/*.csv"},
    }
)


def line_on(day: date, line_id: str, amount: int, fee: int | None = 0, **other: Any) -> Row:
    """A payment at noon of a date, amount and fee in minor units; its channel_ref is its id."""
    at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    values = {"business_date": day, "traded_at": at, "channel_ref_norm": line_id}
    return fee_line(line_id, amount, fee, **values | other)


@dataclass
class FeeDays:
    """The lake, and the rate card by which fees are checked."""

    lake: Lake
    spark: SparkSession
    schedule: FeeSchedule

    def store(self, *lines: Row, file_id: str = "f") -> None:
        """Replaces the lines of each date that has some, with a file of their own."""
        for day in sorted({line["business_date"] for line in lines}):
            rows = [line for line in lines if line["business_date"] == day]
            self.lake.replace_day(STATEMENT_LINES, line_frame(self.spark, *rows), day, "wechat")
            file = {"business_date": day, "file_id": f"{file_id}-{day}", "part": "all"}
            row = accepted_file(len(rows)) | file
            self.lake.replace_rows(STATEMENT_FILES, [row], day, "wechat")

    def mark(self, days: Iterable[date]) -> None:
        """Dates with a marker: no trades."""
        rows = [
            accepted_file(0) | {"business_date": day, "file_id": f"m-{day}", "part": "marker"}
            for day in days
        ]
        self.lake.append_rows(STATEMENT_FILES, rows)

    def add_outcomes(self, day: date, *rows: Row) -> None:
        """The outcomes of a date's own run."""
        own = {"run_date": day, "channel": "wechat"}
        complete = [complete_row(OUTCOMES, own | row) for row in rows]
        self.lake.replace_day(OUTCOMES, frame_of(self.spark, OUTCOMES, complete), day, "wechat")

    def check(self, *days: date) -> FeesSummary:
        """Checks some dates in order; the summary of the last one."""
        (*_, last) = [record_fee_check(self.lake, PROFILE, self.schedule, day) for day in days]
        return last

    def rows(self, table: Table, day: date) -> list[Row]:
        """The rows of a date or month, as dicts."""
        rows = self.lake.read_arrow(table, day, day, "wechat").to_pylist()
        return sorted(rows, key=str)

    def stale(self, schedule: FeeSchedule | None = None) -> list[date]:
        """The dates that are to be checked again; with a card also by what it needs."""
        return read_stale_dates(self.lake, PROFILE, schedule)["check_fees"]
