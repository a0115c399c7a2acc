"""What the readers of bank statements share: entries, their columns, balances that must tie.

Source: docs/reference/dialects/bank.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import IO
from zoneinfo import ZoneInfo

import pyarrow as pa

from jobs.statements.canonical.lines import Lines, masked_name, masked_tail, needed, with_references
from jobs.statements.canonical.money import minor_units
from jobs.statements.parser import Check, Parsed
from jobs.statements.reading.shape import Rejected
from schemas.currencies import MINOR_UNITS
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind, Status

CHUNK_BYTES = 2**20
#: Rows of a piece of a document.
PIECE_ROWS = 50_000
#: How many checks of a file are told one by one; a file may hold many statements.
CHECKS_MAX = 1_000
LINE_BYTES_MAX = 2**21
#: Characters of a text that stands for an entry.
RAW_MAX = 1_000
_UTC = pa.timestamp("us", "UTC")
_TEXTS = ("our_ref", "channel_ref", "order_ref", "batch_ref", "original_ref", "product")


@dataclass(slots=True)
class Entry:
    """One booked movement: `amount` in minor units, positive where it was credited to us.

    `booked` is a date, or a moment with its offset; `fault` says why it is no line; `raw` must not
    hold names or account numbers.
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


def money_of(text: str, currency: str | None) -> int:
    """A printed amount in minor units of its currency.

    Raises:
        ValueError: no amount, no currency of ISO 4217, too many decimals, or beyond 10^15.
    """
    if currency not in MINOR_UNITS:
        raise ValueError(f"{currency!r} is no currency of ISO 4217")
    return minor_units(text, MINOR_UNITS[currency])


@dataclass
class Balance:
    """A statement's movements in minor units, from its opening to its closing balance."""

    name: str
    currency: str | None = None
    opening: int | None = None
    closing: int | None = None
    moved: int = 0

    def check(self) -> tuple[Check, ...]:
        """Opening and movements beside the closing balance, where both are there."""
        if self.opening is None or self.closing is None:
            return ()
        return (Check(self.name, self.currency, self.closing, self.opening + self.moved),)


def kind_of(entry: Entry, profile: Profile) -> str:
    """The kind of an entry: by its code, else by which way the money went.

    A reversal of a credit leaves as a refund, one of a debit comes back as a returned payout.
    """
    options = profile.bank
    if entry.code in options.kinds:
        return options.kinds[entry.code].value
    out = (entry.amount or 0) < 0
    if entry.reversal:
        return (Kind.REFUND if out else Kind.PAYOUT_RETURN).value
    return (options.debit if out else options.credit).value


def parsed(entries: Sequence[Entry], profile: Profile, checks: Sequence[Check] = ()) -> Parsed:
    """Entries as canonical lines; those with a fault are set aside by it."""
    zone = profile.zone_info
    columns: dict[str, pa.Array] = {
        "line_no": pa.array([each.line_no for each in entries], pa.int64()),
        "kind": pa.array([kind_of(each, profile) for each in entries], pa.string()),
        "status": pa.array([each.status for each in entries], pa.string()),
        "amount": pa.array([each.amount for each in entries], pa.int64()),
        "fee": pa.nulls(len(entries), pa.int64()),
        "currency": pa.array([each.currency for each in entries], pa.string()),
        "traded_at": pa.array([_moment(each.booked, zone) for each in entries], _UTC),
        "settlement_date": pa.array([each.valued for each in entries], pa.date32()),
        "account_tail": masked_tail(pa.array([each.account for each in entries], pa.string())),
        "payer_name": masked_name(pa.array([each.name for each in entries], pa.string())),
    }
    for name in _TEXTS:
        columns[name] = pa.array([getattr(each, name) or None for each in entries], pa.string())
    lines = Lines(columns)
    lines.blame({row: each.fault for row, each in enumerate(entries) if each.fault})
    needed(lines, ("amount", "currency", "status", "traded_at"))
    with_references(columns, profile)
    raw = [each.raw[:RAW_MAX] for each in entries]
    return Parsed(lines, checks=tuple(checks), raw=raw, rejected=Rejected())


def _moment(booked: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    if booked is None:
        return None
    if isinstance(booked, datetime):
        return (booked if booked.tzinfo else booked.replace(tzinfo=zone)).astimezone(UTC)
    return datetime.combine(booked, time(), zone).astimezone(UTC)


def own_account(account: str | None, profile: Profile, name: str, line: int = 0) -> None:
    """Makes sure that a statement is of one of our accounts, where the profile names any.

    Raises:
        FileRefused: it is of another account.
    """
    ours = {_bare(each) for each in profile.bank.accounts}
    if ours and _bare(account or "") not in ours:
        tail = _bare(account or "")[-4:] or "none"
        raise FileRefused(
            "OTHER_CHANNEL",
            name,
            f"a statement of account ...{tail} is not this channel's",
            "add it to `bank.accounts`, or have the right file sent",
            line,
        )


def _bare(account: str) -> str:
    return "".join(account.split()).upper().split("/")[-1]


@dataclass
class Pieces:
    """Entries gathered until they make a piece, and checks until there are too many to tell."""

    profile: Profile
    entries: list[Entry] = field(default_factory=list)
    told: int = 0
    agreed: int = 0

    def full(self) -> bool:
        """Whether there are enough of them."""
        return len(self.entries) >= PIECE_ROWS

    def taken(self, checks: Sequence[Check] = ()) -> Parsed:
        """A piece of what was gathered, with what was checked."""
        out = parsed(self.entries, self.profile, self._shown(checks))
        self.entries = []
        return out

    def last(self, checks: Sequence[Check] = ()) -> Parsed:
        """The last piece; how many more checks agreed than could be told."""
        out = self.taken(checks)
        if self.agreed:
            more = Check("further_totals", None, self.agreed, self.agreed)
            out.checks = (*out.checks, more)
        return out

    def _shown(self, checks: Sequence[Check]) -> list[Check]:
        """Checks one by one; from `CHECKS_MAX` on those that differ, and a few of them."""
        out = []
        for each in checks:
            differs = each.declared != each.computed
            if self.told < (2 * CHECKS_MAX if differs else CHECKS_MAX):
                self.told += 1
                out.append(each)
            elif not differs:
                self.agreed += 1
        return out


def lines_of(source: IO[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, ended by LF, CRLF or CR alone.

    Raises:
        FileRefused: a line of over two million bytes.
    """
    number, carried = 0, b""
    while chunk := source.read(CHUNK_BYTES):
        whole = carried + chunk
        if whole.endswith(b"\r"):  # its LF may come with the next bytes
            whole += source.read(1)
        cut = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in cut[:-1]:
            number += 1
            yield number, line
        carried = cut[-1]
        if len(carried) > LINE_BYTES_MAX:
            raise FileRefused(
                "LINE_TOO_LONG", name, "a line of over two million bytes", "have it looked at",
                number + 1,
            )  # fmt: skip
    if carried:
        yield number + 1, carried


def text_of(raw: bytes) -> str:
    """A line in UTF-8, or in Latin-1 where it is none."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
