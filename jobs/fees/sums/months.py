"""The month of each entry: due and charged on lines, charged by FEE lines, and the minimum."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from schemas.fee_schedule import FeeEntry, FeeSchedule

Row = dict[str, Any]
_SUMMED = ("lines", "amount", "due", "charged")


def last_date_of(month: date, schedule: FeeSchedule) -> date:
    """The last date that a month reads, which its first day names: of the next month the days on
    which an entry's fees are billed.
    """
    days = [each.billed.until_day for each in schedule.entries
            if each.billed and each.billed.month == "next"]  # fmt: skip
    return _next_month(month) + timedelta(days=max(days, default=0) - 1)


def list_months(day: date, schedule: FeeSchedule) -> list[date]:
    """The months that a date counts in, by their first days, in order: its own, and the one before
    while its fees are billed.
    """
    own = day.replace(day=1)
    before = (own - timedelta(days=1)).replace(day=1)
    return [before, own] if day <= last_date_of(before, schedule) else [own]


def build_months(
    channel: str,
    month: date,
    totals: Iterable[Mapping[str, Any]],
    schedule: FeeSchedule,
    known: Collection[date],
) -> list[Row]:
    """The rows of `fee_months` of a channel and month, which its first day names, sorted.

    `totals` are the rows of `fee_totals` of the month and of the next one as far as
    `last_date_of`; `known` are the dates with a whole statement, or a marker, and a fee check.
    """
    entries = {entry.name: entry for entry in schedule.entries}
    sums: dict[tuple[str, str], Row] = {}

    def row_of(name: str, currency: str) -> Row:
        start: Row = dict.fromkeys((*_SUMMED, "fee_lines"), 0)
        return sums.setdefault((name, currency), start)

    for entry in schedule.entries:
        if entry.monthly is not None and entry.is_in_force(month):
            row_of(entry.name, entry.monthly.currency)
    for total in totals:
        name, day = total["schedule"], total["business_date"]
        if name is None:
            continue
        if day < _next_month(month) and total["lines"]:
            row = row_of(name, total["currency"])
            for column in _SUMMED:
                row[column] += int(total[column] or 0)
        billed = entries[name].billed if name in entries else None
        if billed is not None and total["fee_lines"] and billed.month_of(day) == month:
            row_of(name, total["currency"])["fee_lines"] += int(total["fee_lines"])
    return [
        {"month": month, "channel": channel, "schedule": name, "currency": currency}
        | _complete(row, entries.get(name), month, currency, known)
        for (name, currency), row in sorted(sums.items())
    ]


def _complete(
    row: Row, entry: FeeEntry | None, month: date, currency: str, known: Collection[date]
) -> Row:
    """Adds what the month adds; the true-up and the difference once all dates are known."""
    monthly = entry.monthly if entry is not None else None
    is_its = monthly is not None and monthly.currency == currency
    is_its = is_its and entry is not None and entry.is_in_force(month)
    minimum = monthly.minimum if monthly is not None and is_its else None
    fixed = monthly.fixed if monthly is not None and is_its else None
    is_complete = all(day in known for day in _dates_of(entry, month))
    true_up = max(0, (minimum or 0) - row["due"])
    charged = row["charged"] + row["fee_lines"]
    return row | {
        "minimum": minimum,
        "fixed": fixed,
        "true_up": true_up if is_complete else None,
        "difference": charged - row["due"] - (fixed or 0) - true_up if is_complete else None,
        "complete": is_complete,
    }


def _dates_of(entry: FeeEntry | None, month: date) -> list[date]:
    """The dates that a month of an entry needs: all of its own, and those on which it is billed."""
    end = _next_month(month)
    if entry is not None and entry.billed is not None and entry.billed.month == "next":
        end += timedelta(days=entry.billed.until_day)
    return [month + timedelta(days=n) for n in range((end - month).days)]


def _next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
