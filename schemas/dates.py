"""Dates as messages show them."""

from collections.abc import Iterable
from datetime import date, timedelta


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
    """The dates from the first to the last, both included."""
    return [first + timedelta(days=days) for days in range((last - first).days + 1)]
