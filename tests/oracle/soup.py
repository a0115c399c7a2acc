"""The records of one scenario while it is drawn: how lines and transactions are made up.

Alphabets are small, so that things meet that should not.
"""

from datetime import datetime
from random import Random
from typing import Any

from schemas.vocabulary import Kind, Status
from tests.oracle.book import at
from tests.oracle.rows import Record

STATUSES = ("SUCCEEDED",) * 8 + ("FAILED", "FAILED", "REVERSED", "REVERSED", "PENDING", "CLOSED")
KINDS = ("PAYMENT",) * 6 + ("REFUND", "PAYOUT", "TOP_UP", "CHARGEBACK")
NUMBERS = ("C1", "C2", "C3", "C4")
EVERY_KIND = tuple(each.value for each in Kind)
EVERY_STATUS = tuple(each.value for each in Status)
MERCHANTS = (None, "M1", "M2", "M9")
TERMINALS = (None, "T1", "T2")
#: Spellings that are one reference when normalized; the last of them none at all.
SPELLINGS = ("{}",) * 9 + ("{} ", "'{}", "´{}", "\u200b{}", "\u201c{}\u201d")
EMPTY = "' '"


class Soup:
    """The records of one scenario while it is drawn."""

    def __init__(self, rng: Random, days: int, limit_seconds: int) -> None:
        self.rng = rng
        self.days = days
        self.limit = limit_seconds
        self.records: list[Record] = []
        self._lines = 0
        self._ours = 0

    # ---- drawing ---------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        """True as often as `share` says."""
        return self.rng.random() < share

    def pick(self, *values: Any) -> Any:
        """One of the values."""
        return self.rng.choice(values)

    def a_day(self) -> int:
        """A run date, the early ones rather."""
        return min(self.rng.randrange(self.days), self.rng.randrange(self.days))

    def any_day(self) -> int:
        """A run date of the calendar."""
        return self.rng.randrange(self.days)

    def after(self, on: int, *shifts: int) -> int:
        """A run date some days from another, inside the calendar."""
        return max(0, min(self.days - 1, on + self.pick(*shifts)))

    def amount(self) -> int:
        """Minor units, of few values."""
        return int(self.pick(1000, 1000, 1000, 900, 500, 100, 0, -1000))

    def time(self, on: int) -> datetime:
        """A moment of a date; sometimes of the night, where zones disagree about the day."""
        return at(on, self.pick(0, 0, 60, 3600, -9 * 3600, 12 * 3600, 15 * 3600))

    def spelled(self, reference: str | None) -> str | None:
        """A reference as one side might write it."""
        if reference is None or self.chance(0.02):
            return EMPTY if self.chance(0.2) else None
        text = self.pick(*SPELLINGS).format(reference)
        return text.lower() if self.chance(0.1) else text

    # ---- adding ----------------------------------------------------------------------------

    def line(self, on: int, **given: Any) -> Record:
        """A statement line."""
        self._lines += 1
        record = {
            "line_id": f"{self.rng.randrange(16):x}{self._lines}",
            "on": on,
            "kind": "PAYMENT",
            "status": "SUCCEEDED",
            "amount": 1000,
            "fee": self.pick(0, 6),
            "currency": "CNY",
            "traded_at": at(on),
            "merchant_id": self.pick(*MERCHANTS) if self.chance(0.2) else None,
            "terminal_id": self.pick(*TERMINALS) if self.chance(0.2) else None,
        } | given
        self.records.append(record)
        return record

    def txn(self, on: int, txn_id: str | None = None, **given: Any) -> Record | None:
        """A transaction of ours; None where that one is in the day's snapshot already."""
        if txn_id is None:
            self._ours += 1
            txn_id = f"{self.pick('X', 'Y')}{self._ours}"
        if any(each.get("txn_id") == txn_id and each["on"] == on for each in self.records):
            return None
        record = {
            "txn_id": txn_id,
            "on": on,
            "kind": "PAYMENT",
            "status": "SUCCEEDED",
            "amount": 1000,
            "currency": "CNY",
            "occurred_at": at(on),
            "our_ref": txn_id,
        } | given
        self.records.append(record)
        return record
