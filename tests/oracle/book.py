"""Lines and transactions as their tables have them, and a book that runs them date by date.

Amounts are minor units, dates are offsets from T, times are UTC; the zone is Asia/Shanghai, so
04:00 UTC is noon.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from jobs.statements.canonical.references import normalize
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_LINES
from tests.oracle.oracle import run_date
from tests.oracle.rows import Item, Record, Row, own_id

T = date(2026, 11, 16)


def day(offset: int) -> date:
    """T plus some days."""
    return T + timedelta(days=offset)


def at(offset: int, seconds: float = 0) -> datetime:
    """Noon in Shanghai, plus some seconds."""
    return datetime(T.year, T.month, T.day, 4, tzinfo=UTC) + timedelta(days=offset, seconds=seconds)


def profile(*passes: Any, first: date = T, **match: Any) -> Profile:
    """A channel's page; `scope` and `zone` apart, what is given is about the match."""
    scope, zone = match.pop("scope", {}), match.pop("zone", "Asia/Shanghai")
    page = {
        "channel": "bank",
        "statement": "files",
        "dialect": "wechat_bill",
        "zone": zone,
        "first_date": first,
        "files": {"pattern": "bank/{business_date:%Y-%m-%d}.csv"},
        "scope": scope,
        "match": match | ({"passes": passes} if passes else {}),
    }
    return Profile.model_validate(page)


def full(columns: tuple[str, ...], given: dict[str, Any]) -> Record:
    """A record with all columns of its table, and its references normalized."""
    record = dict.fromkeys(columns) | given
    for name in columns:
        if name.endswith("_norm"):
            record[name] = normalize(record[name.removesuffix("_norm")])
    return record


def line(line_id: str, our_ref: str | None = None, amount: int = 1000, **other: Any) -> Record:
    """A statement line: a payment of 10.00 CNY that succeeded at noon; no channel_ref.

    `on` is the offset of its business date.
    """
    on = other.pop("on", 0)
    given = {
        "line_id": line_id,
        "file_id": "f",
        "line_no": 1,
        "channel": "bank",
        "business_date": day(on),
        "kind": "PAYMENT",
        "status": "SUCCEEDED",
        "amount": amount,
        "fee": 6,
        "currency": "CNY",
        "our_ref": our_ref,
        "traded_at": at(on),
    }
    return full(STATEMENT_LINES.columns, given | other)


def txn(txn_id: str, amount: int = 1000, **other: Any) -> Record:
    """A transaction of ours: a payment of 10.00 CNY that succeeded at noon."""
    on = other.pop("on", 0)
    given = {
        "txn_id": txn_id,
        "channel": "bank",
        "business_date": day(on),
        "kind": "PAYMENT",
        "status": "SUCCEEDED",
        "amount": amount,
        "currency": "CNY",
        "occurred_at": at(on),
        "our_ref": txn_id,
    }
    return full(INTERNAL_TRANSACTIONS.columns, given | other)


class Book:
    """Runs a channel date by date, from T on, and keeps what each run left."""

    def __init__(self, channel: Profile) -> None:
        self.profile = channel
        self.history: list[Row] = []
        self.open_items: list[Item] = []
        self.next = 0
        self.rows: list[Row] = []

    def run(self, *records: Record, whole: bool = True, snapshot: bool = True) -> "Book":
        """Runs the next date on some lines and transactions, dated to it."""
        on = day(self.next)
        dated = [record | {"business_date": on} for record in records]
        self.rows, self.open_items = run_date(
            self.profile,
            on,
            [each for each in dated if "line_id" in each],
            [each for each in dated if "txn_id" in each],
            self.history,
            self.open_items,
            whole,
            snapshot,
        )
        self.history = [*self.history, *self.rows]
        self.next += 1
        return self

    def rest(self, runs: int) -> "Book":
        """Some dates on which both sides are there, and empty."""
        for _ in range(runs):
            self.run()
        return self

    @property
    def said(self) -> list[str]:
        """The last run's rows as text: `unit: ids OUTCOME reasons ACTION`, in order of the ids."""
        return sorted(_said(row) for row in self.rows)

    def column(self, name: str) -> dict[str, Any]:
        """One column of the last run by txn_id, or by line_id where there is none."""
        return {own_id(row): row[name] for row in self.rows}

    @property
    def waiting(self) -> list[str]:
        """Ids of what is open and in sight."""
        return sorted(own_id(item) for item in self.open_items if item["broke_on"] is None)

    @property
    def late(self) -> list[str]:
        """Ids of the late candidates."""
        return sorted(own_id(item) for item in self.open_items if item["broke_on"] is not None)


def _said(row: Row) -> str:
    ids = "=".join(each for each in (row["txn_id"], row["line_id"]) if each)
    named = f" of {row['duplicate_of']}" if row["duplicate_of"] else ""
    by = f" by {row['matched_by']}" if row["matched_by"] else ""
    reasons = "+".join(row["reasons"])
    return " ".join(f"{ids} {row['outcome']} {reasons} {row['action']}{named}{by}".split())
