"""Shared parts of the bank statement readers: entries, their columns, balance checks.

Source: docs/reference/dialects/bank.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    mask_account_numbers,
    mask_names,
    require,
)
from jobs.statements.canonical.money import to_minor_units
from jobs.statements.canonical.timestamps import OUT_OF_RANGE, date_to_utc
from jobs.statements.parser import ControlTotal, ParsedBlock
from jobs.statements.reading.line_format import RejectedLines
from schemas.currencies import MINOR_UNITS
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind, Status

#: Rows and characters of a block; the last row may exceed the characters.
PIECE_ROWS, PIECE_CHARS = 50_000, 32 * 2**20
#: Checks of a file that are reported one by one, and characters of an entry's raw text, at most.
CHECKS_MAX, RAW_CHARS_MAX = 1_000, 1_000
_UTC = pa.timestamp("us", "UTC")


@dataclass(slots=True)
class Entry:
    """One entry of a statement: `amount` in minor units, positive where we are credited.

    `booked` is a date, or a moment with its offset; `fault` is the reason to reject the entry;
    `raw` must not hold names or account numbers.
    """

    line_no: int
    raw: str
    amount: int | None
    currency: str | None
    code: str = ""
    reversal: bool = False
    status: str | None = Status.SUCCEEDED.value
    booked: date | datetime | None = None
    valued: date | None = None
    our_ref: str | None = None
    channel_ref: str | None = None
    order_ref: str | None = None
    batch_ref: str | None = None
    original_ref: str | None = None
    product: str | None = None
    account: str | None = None
    name: str | None = None
    fault: str | None = None

    def count_characters(self) -> int:
        """The characters of its texts, which say how much memory it needs."""
        references = (self.our_ref, self.channel_ref, self.order_ref, self.batch_ref)
        texts = (self.raw, self.original_ref, self.account, self.name, *references)
        return sum(len(text) for text in texts if text)


def parse_currency_amount(text: str, currency: str | None) -> int:
    """A printed amount in minor units of its currency.

    Raises:
        ValueError: the text is no amount, the currency is not in ISO 4217, or the amount has too
            many decimals or is beyond 10^15.
    """
    if currency not in MINOR_UNITS:
        raise ValueError(f"{currency!r} is no currency of ISO 4217")
    return to_minor_units(text, MINOR_UNITS[currency])


@dataclass
class Balance:
    """The balances of a statement and the sum of its entries, in minor units."""

    name: str
    currency: str | None = None
    opening: int | None = None
    closing: int | None = None
    moved: int = 0

    def check(self) -> tuple[ControlTotal, ...]:
        """Opening balance and entries against the closing balance, where both balances exist."""
        if self.opening is None or self.closing is None:
            return ()
        return (ControlTotal(self.name, self.currency, self.closing, self.opening + self.moved),)


@dataclass(frozen=True)
class StatementEnds:
    """Where a statement of an account begins and ends; balances in minor units, None if missing.

    `number` is its place in the file, from 1; `sequence` the number that the bank gave it.
    """

    number: int
    sequence: int | None
    opening: int | None
    closing: int | None


def check_opening(
    previous: StatementEnds, statement: StatementEnds, currency: str | None
) -> list[ControlTotal]:
    """The opening balance of a statement against the closing balance of the account's last one.

    `previous` stands before `statement` in the file. Their sequence numbers show whether the file
    begins with the newest: then `statement` is the earlier one.
    """
    earlier, later = previous, statement
    has_sequence = previous.sequence is not None and statement.sequence is not None
    if has_sequence and statement.sequence == (previous.sequence or 0) - 1 > 0:
        earlier, later = statement, previous
    if earlier.closing is None or later.opening is None:
        return []
    name = f"opening_balance {statement.number}"
    return [ControlTotal(name, currency, later.opening, earlier.closing)]


def entry_kind(entry: Entry, profile: Profile) -> str:
    """The kind of an entry: by its code, else by the direction of the money.

    A reversed credit leaves as a refund; a reversed debit comes back as a returned payout.
    """
    options = profile.bank
    if entry.code in options.kinds:
        return options.kinds[entry.code].value
    is_debit = (entry.amount or 0) < 0
    if entry.reversal:
        return (Kind.REFUND if is_debit else Kind.PAYOUT_RETURN).value
    return (options.debit if is_debit else options.credit).value


def build_block(
    entries: Sequence[Entry], profile: Profile, checks: Sequence[ControlTotal] = ()
) -> ParsedBlock:
    """Entries as canonical lines, one row an entry; entries with a fault are rejected lines."""
    zone = profile.zone_info

    def texts(values: Iterable[str | None]) -> pa.Array:
        return pa.array([value or None for value in values], pa.string())

    columns: dict[str, pa.Array] = {
        "line_no": pa.array([entry.line_no for entry in entries], pa.int64()),
        "kind": pa.array([entry_kind(entry, profile) for entry in entries], pa.string()),
        "status": pa.array([entry.status for entry in entries], pa.string()),
        "amount": pa.array([entry.amount for entry in entries], pa.int64()),
        "fee": pa.nulls(len(entries), pa.int64()),
        "currency": pa.array([entry.currency for entry in entries], pa.string()),
        "traded_at": pa.array([date_to_utc(entry.booked, zone) for entry in entries], _UTC),
        "settlement_date": pa.array([entry.valued for entry in entries], pa.date32()),
        "account_tail": mask_account_numbers(texts(entry.account for entry in entries)),
        "payer_name": mask_names(texts(entry.name for entry in entries), profile.clear_payers),
        "our_ref": texts(entry.our_ref for entry in entries),
        "channel_ref": texts(entry.channel_ref for entry in entries),
        "order_ref": texts(entry.order_ref for entry in entries),
        "batch_ref": texts(entry.batch_ref for entry in entries),
        "original_ref": texts(entry.original_ref for entry in entries),
        "product": texts(entry.product for entry in entries),
    }
    lines = Lines(columns)
    lines.reject({row: entry.fault for row, entry in enumerate(entries) if entry.fault})
    has_date = pa.array([entry.booked is not None for entry in entries], pa.bool_())
    is_lost = pc.and_(has_date, pc.is_null(columns["traded_at"]))
    lines.reject_where(is_lost, f"BAD_TIME: the booking date is {OUT_OF_RANGE}")
    require(lines, ("amount", "currency", "status", "traded_at"))
    add_normalized_references(columns, profile)
    raw = [entry.raw[:RAW_CHARS_MAX] for entry in entries]
    return ParsedBlock(lines, control_totals=tuple(checks), raw=raw, rejected=RejectedLines())


def assert_own_account(account: str | None, profile: Profile, name: str, line: int = 0) -> None:
    """Makes sure that a statement is of one of the profile's accounts, where it names any.

    Raises:
        FileRefused: the statement is of another account, or names none.
    """
    own_accounts = {_normalize_account(account) for account in profile.bank.accounts}
    number = _normalize_account(account or "")
    if own_accounts and number not in own_accounts:
        tail = number[-4:] or "none"
        raise FileRefused(
            "OTHER_CHANNEL",
            name,
            f"a statement of account ...{tail} is not this channel's",
            "add it to `bank.accounts`, or have the right file sent",
            line,
        )


def _normalize_account(account: str) -> str:
    return "".join(account.split()).upper().split("/")[-1]


@dataclass
class BlockBuilder:
    """Collects entries into blocks, and counts the checks that it reports."""

    profile: Profile
    entries: list[Entry] = field(default_factory=list)
    char_count: int = 0
    reported_count: int = 0
    unreported_count: int = 0

    def add(self, entries: Sequence[Entry]) -> None:
        """Adds entries to the block."""
        self.entries += entries
        self.char_count += sum(entry.count_characters() for entry in entries)

    def is_full(self) -> bool:
        """Whether the entries make a block."""
        return len(self.entries) >= PIECE_ROWS or self.char_count >= PIECE_CHARS

    def take_block(self, checks: Sequence[ControlTotal] = ()) -> ParsedBlock:
        """The block of the collected entries, with these checks; begins the next block."""
        block = build_block(self.entries, self.profile, self._select_checks(checks))
        self.entries, self.char_count = [], 0
        return block

    def take_last_block(self, checks: Sequence[ControlTotal] = ()) -> ParsedBlock:
        """The last block, with the number of further checks that agreed."""
        block = self.take_block(checks)
        if self.unreported_count:
            count = self.unreported_count
            further = ControlTotal("further_totals", None, count, count)
            block.control_totals = (*block.control_totals, further)
        return block

    def _select_checks(self, checks: Sequence[ControlTotal]) -> list[ControlTotal]:
        """The checks to report: the first `CHECKS_MAX`, then as many again that differ."""
        selected = []
        for check in checks:
            differs = check.declared != check.computed
            if self.reported_count < (2 * CHECKS_MAX if differs else CHECKS_MAX):
                self.reported_count += 1
                selected.append(check)
            elif not differs:
                self.unreported_count += 1
        return selected
