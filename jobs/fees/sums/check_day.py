"""Reads the totals of a month's dates, and writes the rows of the months that a date counts in."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from jobs.fees.sources import list_whole_dates
from jobs.fees.sums.months import build_months, last_date_of, list_months
from jobs.lake.changes.channel_days import ArrowReader, DaysChange, change_arrow_days
from jobs.lake.tables import Lake
from jobs.lake.write_checks import rows_to_arrow
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import FEE_MONTHS, FEE_TOTALS
from schemas.vocabulary import FileStatus


def write_months(
    lake: Lake,
    profile: Profile,
    schedule: FeeSchedule,
    day: date,
    files: Iterable[Mapping[str, Any]],
) -> int:
    """Replaces the rows of `fee_months` of each month that a date counts in, from `fee_totals`;
    returns the version of the table. `files` are the channel's rows of `statement_files`.
    """
    channel, files = profile.channel, [*files]
    months = list_months(day, schedule)
    last = max(last_date_of(month, schedule) for month in months)

    def sum_months(_: ArrowReader) -> DaysChange:
        # Read anew at each attempt: another check of the month may have committed its totals since.
        totals = lake.read_arrow(FEE_TOTALS, months[0], last, channel).to_pylist()
        known = _list_known(profile, files, totals)
        tables = {}
        for month in months:
            end = last_date_of(month, schedule)
            of_month = [row for row in totals if month <= row["business_date"] <= end]
            if rows := build_months(channel, month, of_month, schedule, known):
                tables[month] = rows_to_arrow(FEE_MONTHS, rows)
        return DaysChange(tables, frozenset(months))

    change_arrow_days(lake, FEE_MONTHS, channel, sum_months)
    return lake.version(FEE_MONTHS)


def _list_known(
    profile: Profile, files: list[Mapping[str, Any]], totals: Iterable[Mapping[str, Any]]
) -> set[date]:
    """The dates whose statement is whole and all of whose lines stand in the totals."""
    accepted: Counter[date] = Counter()
    for row in files:
        if row["status"] == FileStatus.ACCEPTED.value:
            accepted[row["business_date"]] += int(row["line_count"] or 0)
    checked: Counter[date] = Counter()
    for total in totals:
        # An earlier version of the software has not looked for FEE lines.
        if total["fee_lines"] is not None:
            checked[total["business_date"]] += int(total["lines"])
    return {day for day in list_whole_dates(profile, files) if accepted[day] == checked[day]}
