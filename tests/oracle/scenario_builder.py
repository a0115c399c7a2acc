"""Builds the records of one random scenario.

There are few references, amounts and names, so that many records share one by accident.
"""

from datetime import datetime
from random import Random
from typing import Any

from schemas.vocabulary import Kind, Status
from tests.oracle.rows import Record
from tests.support.ledger import at

STATUSES = ("SUCCEEDED",) * 8 + ("FAILED", "FAILED", "REVERSED", "REVERSED", "PENDING", "CLOSED")
KINDS = ("PAYMENT",) * 6 + ("REFUND", "PAYOUT", "TOP_UP", "CHARGEBACK")
NUMBERS = ("C1", "C2", "C3", "C4")
ALL_KINDS = tuple(kind.value for kind in Kind)
ALL_STATUSES = tuple(status.value for status in Status)
MERCHANTS = (None, "M1", "M2", "M9")
TERMINALS = (None, "T1", "T2")
PRODUCTS = (None,) * 6 + ("card", "interest")
TEXTS = (None,) * 6 + ("sweep  of account", "\uff53weep of Account", " ")
#: Spellings of one reference, which normalization makes equal.
SPELLINGS = ("{}",) * 9 + ("{} ", "'{}", "´{}", "\u200b{}", "\u201c{}\u201d")
EMPTY = "' '"


class ScenarioBuilder:
    """Collects the records of one scenario, and draws their values."""

    def __init__(self, rng: Random, days: int, limit_seconds: int) -> None:
        self.rng = rng
        self.days = days
        self.limit_seconds = limit_seconds
        self.records: list[Record] = []
        self._lines = 0
        self._transactions = 0

    # ---- drawing ---------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        """True as often as `share` says."""
        return self.rng.random() < share

    def pick(self, *values: Any) -> Any:
        """One of the values."""
        return self.rng.choice(values)

    def early_day(self) -> int:
        """A run date; early ones are more likely."""
        return min(self.rng.randrange(self.days), self.rng.randrange(self.days))

    def any_day(self) -> int:
        """A run date of the calendar."""
        return self.rng.randrange(self.days)

    def day_after(self, on: int, *shifts: int) -> int:
        """A run date some days from another, inside the calendar."""
        return max(0, min(self.days - 1, on + self.pick(*shifts)))

    def pick_amount(self) -> int:
        """Minor units, of few values."""
        return int(self.pick(1000, 1000, 1000, 900, 500, 100, 0, -1000))

    def pick_time(self, on: int) -> datetime:
        """A time of a date; sometimes at night, when the date depends on the zone."""
        return at("12", on, self.pick(0, 0, 60, 3600, -9 * 3600, 12 * 3600, 15 * 3600))

    def spell(self, reference: str | None) -> str | None:
        """A reference as one side might write it; now and then empty or missing."""
        if reference is None or self.chance(0.02):
            return EMPTY if self.chance(0.2) else None
        text = self.pick(*SPELLINGS).format(reference)
        return text.lower() if self.chance(0.1) else text

    # ---- adding ----------------------------------------------------------------------------

    def add_line(self, on: int, file: str | None = None, **values: Any) -> Record:
        """Adds a statement line to a file of the date."""
        self._lines += 1
        record = {
            "line_id": f"{self.rng.randrange(16):x}{self._lines}",
            "on": on,
            "kind": "PAYMENT",
            "status": "SUCCEEDED",
            "amount": 1000,
            "fee": self.pick(0, 6),
            "currency": "CNY",
            "traded_at": at("12", on),
            "merchant_id": self.pick(*MERCHANTS) if self.chance(0.2) else None,
            "terminal_id": self.pick(*TERMINALS) if self.chance(0.2) else None,
            "product": self.pick(*PRODUCTS),
            "text": self.pick(*TEXTS),
        } | values
        record["file_id"] = f"{on}-{file or self.pick('a', 'a', 'b')}"
        self.records.append(record)
        return record

    def add_transaction(self, on: int, txn_id: str | None = None, **values: Any) -> Record | None:
        """Adds an internal transaction; None if the day's snapshot has that one already."""
        if txn_id is None:
            self._transactions += 1
            txn_id = f"{self.pick('X', 'Y')}{self._transactions}"
        if any(record.get("txn_id") == txn_id and record["on"] == on for record in self.records):
            return None
        record = {
            "txn_id": txn_id,
            "on": on,
            "kind": "PAYMENT",
            "status": "SUCCEEDED",
            "amount": 1000,
            "currency": "CNY",
            "occurred_at": at("12", on),
            "our_ref": txn_id,
        } | values
        self.records.append(record)
        return record
