"""Shared parts of the bank statement readers: entries, their columns, balance checks.

Source: docs/reference/dialects/bank.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.extra_columns import set_extra
from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    mask_account_numbers,
    mask_names,
    require,
)
from jobs.statements.canonical.money import to_minor_units
from jobs.statements.canonical.references import normalize_references
from jobs.statements.canonical.timestamps import OUT_OF_RANGE, date_to_utc
from jobs.statements.parser import BalanceSpan, ControlTotal, ParsedBlock
from jobs.statements.reading.line_format import RejectedLines
from schemas.currencies import MINOR_UNITS
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind, Status

#: Rows and characters of a block; the last row may exceed the characters.
PIECE_ROWS, PIECE_CHARS = 50_000, 32 * 2**20
#: Checks of a file that are reported one by one, and characters of an entry's raw text, at most.
CHECKS_MAX, RAW_CHARS_MAX = 1_000, 1_000
#: Characters of what the bank says of a payment at most.
TEXT_CHARS_MAX = 1_000
_UTC = pa.timestamp("us", "UTC")


@dataclass(slots=True)
class Entry:
    """One entry of a statement: `amount` in minor units, positive where we are credited.

    `fee` is what the bank took out of it: `amount` less `fee` was booked. A `charge` may have been
    taken out of it or not. `booked` is a date, or a
    moment with its offset; `fault` is the reason to reject the entry; `raw` must not hold names or
    account numbers. `place` is its place in the statement, `bank_ref` the bank's reference, which
    may be that of other entries, too; `text` what the bank says of the payment. `is_return`: the
    bank gives back a payment; `return_code` is its code for that. `original` is the payment's
    amount in another currency, as printed, and the currency.
    """

    line_no: int
    raw: str
    amount: int | None
    currency: str | None
    code: str = ""
    reversal: bool = False
    is_return: bool = False
    is_charge: bool = False
    return_code: str = ""
    fee: int | None = None
    charge: int | None = None
    status: str | None = Status.SUCCEEDED.value
    booked: date | datetime | None = None
    valued: date | None = None
    our_ref: str | None = None
    place: str | None = None
    bank_ref: str | None = None
    order_ref: str | None = None
    batch_ref: str | None = None
    original_ref: str | None = None
    product: str | None = None
    account: str | None = None
    name: str | None = None
    text: str | None = None
    original: tuple[str, str] | None = None
    fault: str | None = None

    def count_characters(self) -> int:
        """The characters of its texts, which say how much memory it needs."""
        references = (self.our_ref, self.bank_ref, self.order_ref, self.batch_ref)
        texts = (self.raw, self.original_ref, self.account, self.name, self.text, *references)
        return sum(len(text) for text in texts if text)

    @property
    def booked_amount(self) -> int:
        """What moved the balance: the amount less the fee; 0 where the amount cannot be read."""
        return (self.amount or 0) - (self.fee or 0)

    @property
    def is_given_back(self) -> bool:
        """Whether it takes back or returns an earlier payment."""
        return self.reversal or self.is_return


def parse_currency_amount(text: str, currency: str | None) -> int:
    """A printed amount in minor units of its currency.

    Raises:
        ValueError: the text is no amount, the currency is not in ISO 4217, or the amount has too
            many decimals or is beyond 10^15.
    """
    if currency not in MINOR_UNITS:
        raise ValueError(f"{currency!r} is no currency of ISO 4217")
    return to_minor_units(text, MINOR_UNITS[currency])


def entry_kind(entry: Entry, profile: Profile) -> str:
    """The kind of an entry: by its code, else by what it is and by the direction of the money.

    What came in and leaves again is a refund; what left and comes back is a returned payout.
    """
    options = profile.bank
    is_debit = (entry.amount or 0) < 0
    if entry.return_code in options.kinds:
        return options.kinds[entry.return_code].value
    if entry.is_return:
        return (Kind.REFUND if is_debit else Kind.PAYOUT_RETURN).value
    if entry.code in options.kinds:
        return options.kinds[entry.code].value
    if entry.reversal:
        return (Kind.REFUND if is_debit else Kind.PAYOUT_RETURN).value
    if entry.is_charge:
        return Kind.FEE.value
    return (options.debit if is_debit else options.credit).value


def build_block(
    entries: Sequence[Entry], profile: Profile, checks: Sequence[ControlTotal] = ()
) -> ParsedBlock:
    """Entries as canonical lines, one row an entry; entries with a fault are rejected lines."""
    zone, is_unique = profile.zone_info, profile.bank.reference_is_unique

    def texts(values: Iterable[str | None]) -> pa.Array:
        return pa.array([value or None for value in values], pa.string())

    columns: dict[str, pa.Array] = {
        "line_no": pa.array([entry.line_no for entry in entries], pa.int64()),
        "kind": pa.array([entry_kind(entry, profile) for entry in entries], pa.string()),
        "status": pa.array([entry.status for entry in entries], pa.string()),
        "amount": pa.array([entry.amount for entry in entries], pa.int64()),
        "fee": pa.array([entry.fee for entry in entries], pa.int64()),
        "currency": pa.array([entry.currency for entry in entries], pa.string()),
        "traded_at": pa.array([date_to_utc(entry.booked, zone) for entry in entries], _UTC),
        "settlement_date": pa.array([entry.valued for entry in entries], pa.date32()),
        "account_tail": mask_account_numbers(texts(entry.account for entry in entries)),
        "payer_name": mask_names(texts(entry.name for entry in entries), profile.clear_payers),
        "our_ref": texts(entry.our_ref for entry in entries),
        "channel_ref": texts(entry.bank_ref if is_unique else entry.place for entry in entries),
        "order_ref": texts(entry.order_ref for entry in entries),
        "batch_ref": texts(
            entry.batch_ref or (None if is_unique else entry.bank_ref) for entry in entries
        ),
        "original_ref": texts(entry.original_ref for entry in entries),
        "product": texts(entry.product for entry in entries),
        "text": texts(_describe_text(entry, is_unique) for entry in entries),
    }
    lines = Lines(columns)
    _set_original_amounts(lines, entries)
    lines.reject({row: entry.fault for row, entry in enumerate(entries) if entry.fault})
    has_date = pa.array([entry.booked is not None for entry in entries], pa.bool_())
    is_lost = pc.and_(has_date, pc.is_null(columns["traded_at"]))
    lines.reject_where(is_lost, f"BAD_TIME: the booking date is {OUT_OF_RANGE}")
    require(lines, ("amount", "currency", "status", "traded_at"))
    add_normalized_references(columns, profile)
    if not is_unique:  # the profile's rules are for references, and a place is none
        columns["channel_ref_norm"] = normalize_references(columns["channel_ref"], None)
    raw = [entry.raw[:RAW_CHARS_MAX] for entry in entries]
    return ParsedBlock(lines, control_totals=tuple(checks), raw=raw, rejected=RejectedLines())


def _set_original_amounts(lines: Lines, entries: Sequence[Entry]) -> None:
    """Sets `extra` of payments in another currency: their amount, in major units, and currency."""
    originals = [entry.original or (None, None) for entry in entries]
    if any(amount for amount, _ in originals):
        amounts, currencies = (
            pa.array(texts, pa.string()) for texts in zip(*originals, strict=True)
        )
        set_extra(lines, {"original_amount": amounts, "original_currency": currencies})


def _describe_text(entry: Entry, is_unique: bool) -> str | None:
    """What the bank says of the payment, and its reference where that stands in no other column."""
    is_kept = is_unique or entry.batch_ref in (None, entry.bank_ref)
    parts = (entry.text, None if is_kept else entry.bank_ref)
    return " ".join(" ".join(part.split()) for part in parts if part)[:TEXT_CHARS_MAX] or None


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

    def take_last_block(
        self, checks: Sequence[ControlTotal] = (), spans: Sequence[BalanceSpan] = ()
    ) -> ParsedBlock:
        """The last block, with the number of further checks that agreed, and the balances."""
        block = self.take_block(checks)
        block.balance_spans = tuple(spans)
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
