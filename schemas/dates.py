"""Lists of dates, dates as messages show them, and the time that stands for none."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

#: Later than any time: a line without a time stands behind the others of its date.
NO_TIME = datetime(9999, 1, 1, tzinfo=UTC)
#: The month, by its first day, of what is not closed yet.
OPEN_MONTH = date(9999, 12, 1)


def format_dates(dates: Iterable[date]) -> str:
    """Dates as ranges of days that follow one another: `2026-11-17 to 2026-11-19, 2026-11-21`."""
    ranges: list[list[date]] = []
    for day in sorted(set(dates)):
        if ranges and day - ranges[-1][-1] == timedelta(days=1):
            ranges[-1][1:] = [day]
        else:
            ranges.append([day])
    return ", ".join(" to ".join(str(day) for day in ends) for ends in ranges)


def list_dates(first: date, last: date) -> list[date]:
    """The dates from the first to the last, both included; none if they are the wrong way round."""
    return [first + timedelta(days=days) for days in range((last - first).days + 1)]
