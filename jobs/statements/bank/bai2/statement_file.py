"""BAI2 cash management reports.

Records are read here: the library of that name refuses codes and line breaks that banks do send.
Amounts are minor units. Source: BAI Cash Management Balance Reporting Specifications, version 2;
docs/reference/dialects/bank.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import IO

from jobs.statements.bank.bai2.records import (
    Record,
    behind_funds,
    broken,
    cell_at,
    day_of,
    must_be_funds,
    records_of,
)
from jobs.statements.bank.entries import Balance, Entry, Pieces, own_account
from jobs.statements.parser import Check, Dialect, Parsed, Plan, Sample
from schemas.currencies import MINOR_UNITS
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

_OPENING, _CLOSING = "010", "015"
#: Type codes of credits and debits, the bank's own among them; 890 is text without money.
_CREDIT = (*range(100, 400), *range(920, 960))
_DEBIT = (*range(400, 700), *range(960, 1000))
_TEXT = 890
_AMOUNT_MAX = 10**15


@dataclass
class _Sum:
    """What a trailer is held against: amounts, records, and the parts below it."""

    total: int = 0
    records: int = 0
    parts: int = 0


@dataclass
class _Account:
    """An account of a group, between its records 03 and 49."""

    number: str
    currency: str
    sums: _Sum = field(default_factory=_Sum)
    balance: Balance = field(default_factory=lambda: Balance(""))


def identify(sample: Sample) -> bool:
    """Whether the file begins with a file header and a group header."""
    return bool(re.match(rb"\s*01,[^\n]*[\r\n]+(?:88,[^\n]*[\r\n]+)*\s*02,", sample.head))


def plan(sample: Sample, profile: Profile) -> Plan:
    """A document: it is read whole.

    Raises:
        FileRefused: it does not begin with the records 01 and 02.
    """
    if not identify(sample):
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.name,
            "it does not begin with records 01 and 02",
            "check that it is BAI2",
            1,
        )
    return Plan("bai2", None, {}, 0, 1, sample.size, covered=("count", "amount", "fee"))


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[Parsed]:
    """Transactions of every account; every trailer is held against what stands above it.

    Raises:
        FileRefused: records out of their order, a trailer missing, or an account that is not ours.
    """
    reader = _Reader(profile, plan.name)
    for record in records_of(source, plan.name):
        reader.take(record)
        if reader.pieces.full():
            yield reader.pieces.taken(reader.told())
    if reader.place != "99":
        raise FileRefused(
            "FOOTER_MISSING", plan.name, "no file trailer 99", "fetch it again, it was cut"
        )
    yield reader.pieces.last(reader.told())


class _Reader:
    """Where in the file a reading stands."""

    #: What may follow what.
    AFTER = {
        "": ("01",), "01": ("02", "99"), "02": ("03", "98"), "03": ("16", "49"),
        "16": ("16", "49"), "49": ("03", "98"), "98": ("02", "99"), "99": ("01",),
    }  # fmt: skip

    def __init__(self, profile: Profile, name: str) -> None:
        self.profile, self.name, self.place = profile, name, ""
        self.pieces = Pieces(profile)
        self.checks: list[Check] = []
        self.file, self.group = _Sum(), _Sum()
        self.day: date | None = None
        self.currency = "USD"
        self.account = _Account("", "")
        self.accounts = self.groups = self.files = 0

    def told(self) -> list[Check]:
        """What was checked since it was last asked."""
        out, self.checks = self.checks, []
        return out

    def take(self, record: Record) -> None:
        """One record more."""
        if record.code not in self.AFTER[self.place]:
            raise broken(
                self.name, record.line, f"a record {record.code} behind {self.place or 'nothing'}"
            )
        self.place = record.code
        cells = record.cells()
        self.file.records += record.lines
        self.group.records += record.lines
        self.account.sums.records += record.lines
        if record.code == "01":  # some banks send several files as one
            self.files += 1
            self.file = _Sum(records=record.lines)
        elif record.code == "02":
            self._group(record, cells)
        elif record.code == "03":
            self._open(record, cells)
        elif record.code == "16":
            self._transaction(record, cells)
        elif record.code == "49":
            self._close(record, cells)
        elif record.code in ("98", "99"):
            self._end(record, cells)

    def _group(self, record: Record, cells: list[str]) -> None:
        self.groups += 1
        self.group = _Sum(records=record.lines)
        self.day = day_of(cell_at(cells, 4))
        self.currency = self._currency(cell_at(cells, 6) or "USD", record)
        status = cell_at(cells, 3)
        if status not in ("", "1", "3"):
            said = f"a group of status {status}, which is no report (2 deletes, 4 is a test)"
            raise broken(self.name, record.line, said)

    def _open(self, record: Record, cells: list[str]) -> None:
        self.accounts += 1
        number = cell_at(cells, 1)
        own_account(number, self.profile, self.name, record.line)
        currency = self._currency(cell_at(cells, 2) or self.currency, record)
        self.account = _Account(number, currency)
        self.account.sums.records = record.lines
        self.account.balance = Balance(f"closing_balance {self.accounts}", self.account.currency)
        at = 3
        while at < len(cells):
            if not cell_at(cells, at):  # some end a record with a comma before its slash
                at += 1
                continue
            code, amount = cell_at(cells, at), cell_at(cells, at + 1)
            if not re.fullmatch(r"\d{1,3}", code, re.ASCII):
                raise broken(self.name, record.line, f"{code[:10]!r} is no type code")
            value = self._amount(amount, record) if amount else 0
            self.account.sums.total += value
            if code == _OPENING and amount:
                self.account.balance.opening = value
            elif code == _CLOSING and amount:
                self.account.balance.closing = value
            must_be_funds(cells, at + 3, self.name, record.line)
            at = behind_funds(cells, at + 3)[0]

    def _transaction(self, record: Record, cells: list[str]) -> None:
        code, printed = cell_at(cells, 1), cell_at(cells, 2)
        value = self._amount(printed, record) if printed else 0
        self.account.sums.total += value
        number = int(code) if code.isdigit() else 0
        if number == _TEXT:
            return
        must_be_funds(cells, 3, self.name, record.line)
        at, valued = behind_funds(cells, 3)
        theirs, ours = cell_at(cells, at) or None, cell_at(cells, at + 1) or None
        out = number in _DEBIT
        amount = -value if out else value
        entry = Entry(
            record.line,
            f"16,{code},{printed},{theirs or ''},{ours or ''}",
            amount,
            self.account.currency,
            code=code,
            booked=self.day,
            valued=valued or self.day,
            our_ref=ours,
            channel_ref=theirs,
            product=code,
        )
        if number not in _CREDIT and not out:
            entry.fault = f"UNKNOWN_KIND: type code {code!r} says neither credit nor debit"
        self.account.balance.moved += amount
        self.pieces.entries.append(entry)

    def _close(self, record: Record, cells: list[str]) -> None:
        sums, name = self.account.sums, f"account {self.accounts}"
        self._declares(
            f"control_total {name}", self.account.currency, cell_at(cells, 1), sums.total
        )
        self._declares(f"records {name}", None, cell_at(cells, 2), sums.records)
        self.checks += self.account.balance.check()
        self.group.total += self._amount(cell_at(cells, 1) or "0", record)
        self.group.parts += 1

    def _end(self, record: Record, cells: list[str]) -> None:
        is_group = record.code == "98"
        file = f"file {self.files}" if self.files > 1 else "file"
        sums, name = (self.group, f"group {self.groups}") if is_group else (self.file, file)
        currency = self.currency if is_group else None
        self._declares(f"control_total {name}", currency, cell_at(cells, 1), sums.total)
        parts = "accounts" if is_group else "groups"
        self._declares(f"{parts} {name}", None, cell_at(cells, 2), sums.parts)
        self._declares(f"records {name}", None, cell_at(cells, 3), sums.records)
        if is_group:
            self.file.total += self._amount(cell_at(cells, 1) or "0", record)
            self.file.parts += 1

    def _declares(self, name: str, currency: str | None, text: str, computed: int) -> None:
        if text:
            declared = int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else None
            self.checks.append(Check(name, currency, declared, computed, text))

    def _currency(self, code: str, record: Record) -> str:
        if code not in MINOR_UNITS:
            raise broken(self.name, record.line, f"{code[:10]!r} is no currency of ISO 4217")
        return code

    def _amount(self, text: str, record: Record) -> int:
        if not re.fullmatch(r"[+-]?\d{1,18}", text) or abs(int(text)) > _AMOUNT_MAX:
            raise broken(self.name, record.line, f"{text[:30]!r} is no amount in minor units")
        return int(text)


DIALECT = Dialect("bai2", identify, plan, read=read)
