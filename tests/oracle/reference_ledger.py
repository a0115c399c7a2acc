"""Lines and transactions in the columns of their tables, and a ledger that runs them by date.

Amounts are minor units, dates are offsets from T, times are UTC; the zone is Asia/Shanghai, so
04:00 UTC is noon.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from jobs.statements.canonical.references import normalize_reference
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_LINES
from tests.oracle.oracle import match_run_date
from tests.oracle.rows import Item, Record, Row, item_id

T = date(2026, 11, 16)


def day(offset: int) -> date:
    """T plus some days."""
    return T + timedelta(days=offset)


def at(offset: int, seconds: float = 0) -> datetime:
    """Noon in Shanghai, plus some seconds."""
    return datetime(T.year, T.month, T.day, 4, tzinfo=UTC) + timedelta(days=offset, seconds=seconds)


def profile(*passes: Any, first: date = T, **match: Any) -> Profile:
    """A channel's profile; all keywords but `scope` and `zone` go into its `match` section."""
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


def complete_record(columns: tuple[str, ...], values: dict[str, Any]) -> Record:
    """A record with all columns of its table, and its references normalized."""
    record = dict.fromkeys(columns) | values
    for name in columns:
        if name.endswith("_norm"):
            record[name] = normalize_reference(record[name.removesuffix("_norm")])
    return record


def line(line_id: str, our_ref: str | None = None, amount: int = 1000, **other: Any) -> Record:
    """A statement line: a payment of 10.00 CNY that succeeded at noon; no channel_ref.

    `on` is the offset of its business date.
    """
    on = other.pop("on", 0)
    defaults = {
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
    return complete_record(STATEMENT_LINES.columns, defaults | other)


def txn(txn_id: str, amount: int = 1000, **other: Any) -> Record:
    """An internal transaction: a payment of 10.00 CNY that succeeded at noon."""
    on = other.pop("on", 0)
    defaults = {
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
    return complete_record(INTERNAL_TRANSACTIONS.columns, defaults | other)


class ReferenceLedger:
    """Runs a channel date by date from T on, and keeps what each run leaves."""

    def __init__(self, channel: Profile) -> None:
        self.profile = channel
        self.history: list[Row] = []
        self.open_items: list[Item] = []
        self.next_offset = 0
        self.rows: list[Row] = []

    def run(
        self,
        *records: Record,
        is_statement_complete: bool = True,
        has_snapshot: bool = True,
    ) -> "ReferenceLedger":
        """Runs the next date on some lines and transactions, which get that business date."""
        run_day = day(self.next_offset)
        dated_records = [record | {"business_date": run_day} for record in records]
        self.rows, self.open_items = match_run_date(
            self.profile,
            run_day,
            [record for record in dated_records if "line_id" in record],
            [record for record in dated_records if "txn_id" in record],
            self.history,
            self.open_items,
            is_statement_complete,
            has_snapshot,
        )
        self.history = [*self.history, *self.rows]
        self.next_offset += 1
        return self

    def run_empty_days(self, count: int) -> "ReferenceLedger":
        """Runs dates on which both sides are there, and empty."""
        for _ in range(count):
            self.run()
        return self

    @property
    def row_texts(self) -> list[str]:
        """The last run's rows as text, `ids OUTCOME reasons ACTION`, in the order of the ids."""
        return sorted(_row_text(row) for row in self.rows)

    def column(self, name: str) -> dict[str, Any]:
        """One column of the last run by txn_id, or by line_id where a row has no txn_id."""
        return {item_id(row): row[name] for row in self.rows}

    @property
    def waiting_ids(self) -> list[str]:
        """Ids of the open items that have not broken."""
        return sorted(item_id(item) for item in self.open_items if item["broke_on"] is None)

    @property
    def late_candidate_ids(self) -> list[str]:
        """Ids of the late candidates."""
        return sorted(item_id(item) for item in self.open_items if item["broke_on"] is not None)


def _row_text(row: Row) -> str:
    ids = "=".join(name for name in (row["txn_id"], row["line_id"]) if name)
    original = f" of {row['duplicate_of']}" if row["duplicate_of"] else ""
    by = f" by {row['matched_by']}" if row["matched_by"] else ""
    reasons = "+".join(row["reasons"])
    return " ".join(f"{ids} {row['outcome']} {reasons} {row['action']}{original}{by}".split())
