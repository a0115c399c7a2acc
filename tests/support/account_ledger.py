"""Statements of channels and of their bank account in a lake, date by date, for the settlement."""

from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from jobs.lake.tables import Lake
from jobs.treasury.accounts import list_accounts
from jobs.treasury.check_dates import SettlementSummary, check_account
from schemas.business_calendar import Calendar
from schemas.configuration import Configuration
from schemas.profile.channel import Profile, Snapshots
from schemas.tables import (
    BANK_LINES_USED,
    CHANNEL_BALANCES,
    SETTLEMENT_CHECKS,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from tests.support.ledger import Row, day, frame_of, line

BANK = "icbc"
RULES: dict[str, Any] = {
    "batch_by": "batch_ref",
    "due": {"after": 1, "days": "calendar"},
    "grace": 1,
    "bank": BANK,
    "find": [{"reference": "WX{batch}"}, {"payer": "Tenpay"}],
}


def profile_of(name: str, settlement: Mapping[str, Any] | None = None, first: int = 0) -> Profile:
    """A channel with one statement a day; a bank account without `settlement`."""
    page = {
        "channel": name,
        "dialect": "camt" if settlement is None else "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": day(first),
        "files": {"pattern": name + "/{business_date:%Y-%m-%d}.csv", "due": "10:00"},
    }
    return Profile.model_validate(page | ({"settlement": settlement} if settlement else {}))


def bank_line(line_id: str, amount: int, text: str | None = None, **other: Any) -> Row:
    """A credit of the bank account; `text` is what the bank says of it."""
    return line(line_id, None, amount, **{"fee": None, "text": text, **other})


class AccountLedger:
    """Puts statements in as ingest does, and settles dates. Channel wechat unless named; a channel
    is paid at `BANK` unless its page names another account.
    """

    def __init__(self, lake: Lake, pages: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.lake = lake
        pages = {"wechat": {}} if pages is None else pages
        profiles = {name: profile_of(name, {**RULES, **rules}) for name, rules in pages.items()}
        profiles |= {name: profile_of(name) for name in [BANK, *_banks_of(profiles)]}
        calendars = {"weekdays": Calendar()}
        self.config = Configuration(
            profiles, {}, Snapshots(), calendars=calendars, all_profiles=profiles
        )

    def put(self, on: int, *lines: Row, channel: str = "wechat") -> None:
        """Replaces the statement of a channel and day."""
        # As in a lake, the same content has the same id.
        text = "".join(str(sorted(row.items(), key=str)) for row in lines)
        file_id = sha256(f"{channel} {on} {text}".encode()).hexdigest()[:12]
        dated = [
            {**row, "business_date": day(on), "channel": channel, "file_id": file_id,
             "line_no": number, "line_id": f"{channel}:{row['line_id']}"}
            for number, row in enumerate(lines, 1)
        ]  # fmt: skip
        frame = frame_of(self.lake.spark, STATEMENT_LINES, dated)
        self.lake.replace_day(STATEMENT_LINES, frame, day(on), channel)
        key = {"channel": channel, "business_date": day(on), "part": "all"}
        for row in self.lake.read_rows(STATEMENT_FILES, channel=channel, business_date=day(on)):
            self._replace_file(row | {"status": "SUPERSEDED"})
        row = key | {"status": "ACCEPTED", "file_id": file_id, "line_count": len(lines)}
        self.lake.append_rows(STATEMENT_FILES, [row])

    def _replace_file(self, row: Row) -> None:
        day_, channel = row["business_date"], row["channel"]
        self.lake.replace_rows(STATEMENT_FILES, [row], day_, channel)

    def put_bank(self, on: int, *lines: Row) -> None:
        """Replaces the statement of the bank account."""
        self.put(on, *lines, channel=BANK)

    def check(self, *days: int, bank: str | None = None) -> list[SettlementSummary]:
        """Settles days, and those whose inputs changed, of all accounts or of one."""
        summaries: list[SettlementSummary] = []
        for account in list_accounts(self.config, [bank] if bank else ()):
            summaries += check_account(self.lake, account, [day(on) for on in days])
        return summaries

    def rows(self, on: int, channel: str = "wechat") -> list[str]:
        """The rows of a day as `batch RESULT expected/credited`."""
        rows = self.lake.read_arrow(SETTLEMENT_CHECKS, day(on), day(on), channel).to_pylist()
        return sorted(
            f"{row['batch'] or '-'} {row['result']} {row['expected']}/{row['credited']}"
            for row in rows
        )

    def uses(self) -> dict[str, tuple[str | None, date | None]]:
        """The channel and the run date of each bank line."""
        rows = self.lake.read_arrow(BANK_LINES_USED, day(-100), day(100), BANK).to_pylist()
        return {row["line_id"]: (row["channel"], row["run_date"]) for row in rows}

    def closing(self, on: int, channel: str = "wechat") -> dict[str, int]:
        """What the channel owes us after a day, by currency."""
        rows = self.lake.read_arrow(CHANNEL_BALANCES, day(on), day(on), channel).to_pylist()
        return {row["currency"]: row["closing"] for row in rows}


def _banks_of(profiles: Mapping[str, Profile]) -> set[str]:
    return {one.settlement.bank for one in profiles.values() if one.settlement}


def lines_of(batch: str | None, *amounts: int, **other: Any) -> Iterable[Row]:
    """Payments of a batch without fees; their ids are the batch and a number."""
    for number, amount in enumerate(amounts):
        values = {"fee": 0, "batch_ref": batch, "batch_ref_norm": batch}
        yield line(f"{batch}.{number}", None, amount, **values | other)
