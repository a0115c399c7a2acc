"""Settlement: days late times money, from the rows of `settlement_checks`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]

#: Days before a month from which batches that are still unpaid are read.
LOOKBACK_DAYS = 62
#: Results of a batch that is paid, handed on, or not expected from the channel.
_CLOSED = ("SETTLED", "OVER", "CARRIED", "BEFORE_START")
#: Rows that are no batch of the channel's own.
_NO_BATCH = ("UNKNOWN_CREDIT", "DECLARED_DIFFERS", "UNMATCHED_SETTLEMENT")


@dataclass
class LateMoney:
    """Batches of a currency in a month.

    `expected` is what batches that were due in the month should have brought, `late_batches` were
    unpaid on some day after they were due, `day_money` is the sum of unpaid money over these days,
    minor units times days, `days_max` the most days, and `unpaid` what is late after the last day.
    """

    batches: int = 0
    expected: int = 0
    late_batches: int = 0
    day_money: int = 0
    days_max: int = 0
    unpaid: int = 0


def measure_late_money(rows: Iterable[Row], first: date, last: date) -> dict[str, LateMoney]:
    """Measures the batches of one channel by currency; `rows` reach back `LOOKBACK_DAYS`.

    A day counts as late if it is after the due date and the money was not there when it began: a
    batch that is paid on the day after it was due is one day late. Calendar days count.
    """
    batches: dict[tuple[str, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["run_date"]):
        if row["batch_no"] is not None and row["result"] not in _NO_BATCH:
            key = tuple(str(row[name]) for name in ("batch", "batch_no", "per", "currency"))
            batches.setdefault(key, []).append(row)
    sums: dict[str, LateMoney] = {}
    for (*_, currency), own in batches.items():
        _add(sums.setdefault(currency, LateMoney()), own, first, last)
    return {code: one for code, one in sums.items() if one.batches or one.late_batches}


def _add(one: LateMoney, rows: list[Row], first: date, last: date) -> None:
    due_dates = [row["due_date"] for row in rows if row["due_date"] is not None]
    if not due_dates:
        return
    # What the bank took back is due anew: the latest row says until when.
    due = due_dates[-1]
    if first <= due <= last:
        one.batches += 1
        one.expected += rows[-1]["expected"] or 0
    days = 0
    day = max(first, due + timedelta(days=1))
    while day <= last:
        unpaid = _unpaid_after(rows, day - timedelta(days=1))
        days += unpaid > 0
        one.day_money += unpaid
        day += timedelta(days=1)
    one.late_batches += days > 0
    one.days_max = max(one.days_max, days)
    if due < last:
        one.unpaid += _unpaid_after(rows, last)


def _unpaid_after(rows: list[Row], day: date) -> int:
    """What a batch lacked after a date, never below 0."""
    known = [row for row in rows if row["run_date"] <= day]
    if not known or known[-1]["result"] in _CLOSED:
        return 0
    return max((known[-1]["expected"] or 0) - (known[-1]["credited"] or 0), 0)
