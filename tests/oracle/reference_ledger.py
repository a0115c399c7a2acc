"""Runs the oracle day by day in a test: the records are rows of `tests.support.ledger`."""

from datetime import date
from typing import Any

from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_LINES
from tests.oracle.oracle import match_run_date
from tests.oracle.rows import Item, Record, Row, item_id
from tests.support.ledger import T, date_row, day


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


class ReferenceLedger:
    """Runs a channel date by date from T on, and keeps what each run leaves."""

    def __init__(self, channel: Profile) -> None:
        self.profile = channel
        self.history: list[Row] = []
        self.open_items: list[Item] = []
        self.earlier_records: list[Record] = []
        self.next_offset = 0
        self.rows: list[Row] = []

    def run(
        self,
        *records: Record,
        is_statement_complete: bool = True,
        has_snapshot: bool = True,
    ) -> "ReferenceLedger":
        """Runs the next date on some lines and transactions, which get that business date.

        A record without a time has noon of T, also in a later run.
        """
        run_day = day(self.next_offset)
        lines = [date_row(STATEMENT_LINES, row, 0) for row in records if "line_id" in row]
        transactions = [
            date_row(INTERNAL_TRANSACTIONS, row, 0) for row in records if "txn_id" in row
        ]
        lines = [row | {"business_date": run_day} for row in lines]
        transactions = [row | {"business_date": run_day} for row in transactions]
        self.rows, self.open_items = match_run_date(
            self.profile,
            run_day,
            lines,
            transactions,
            self.history,
            self.open_items,
            self.earlier_records,
            is_statement_complete,
            has_snapshot,
        )
        self.history = [*self.history, *self.rows]
        self.earlier_records += [*lines, *transactions]
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
