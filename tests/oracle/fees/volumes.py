"""Volumes of months and their steps in plain Python, apart from the product's code.

Source: docs/reference/fees.md, "Tiers by volume".
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from tests.oracle.fees.rules import Entry, Line

#: Date, merchant, currency, and "PAYMENT" or "REFUND".
_Key = tuple[date, str | None, str, str]


class Volumes:
    """The volumes of some lines, none of which takes another one back."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._sums: Counter[_Key] = Counter()
        for line in lines:
            counts = line.status == "SUCCEEDED" and not line.is_left_out
            if counts and line.kind in ("PAYMENT", "REFUND"):
                merchant = line.attributes.get("merchant_id")
                self._sums[line.place[0], merchant, line.currency, line.kind] += line.amount
        self._steps: dict[Any, int] = {}

    def step_of(self, tiers: Entry, line: Line) -> int:
        """The number, from 0, of the step of a line."""
        day: date = line.place[0]
        merchant = line.attributes.get("merchant_id") if tiers["per"] == "merchant" else "any"
        limits = tuple(step["to"] for step in tiers["steps"][:-1])
        key = tiers["by"], tiers["per"], tiers["of"], limits, day, merchant, line.currency
        if key not in self._steps:
            volume = sum(
                amount for (on, its, currency, kind), amount in self._sums.items()
                if currency == line.currency and merchant in ("any", its)
                and _is_in_span(tiers["by"], on, day)
                and (kind == "PAYMENT" or tiers["of"] == "net")
            )  # fmt: skip
            self._steps[key] = sum(volume > limit for limit in limits)
        return self._steps[key]


def _is_in_span(by: str, on: date, day: date) -> bool:
    first = day.replace(day=1)
    if by == "month_to_date":
        return first <= on < day
    before = first - timedelta(days=1)
    return (on.year, on.month) == (before.year, before.month)
