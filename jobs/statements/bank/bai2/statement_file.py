"""BAI2 cash management reports.

Amounts are minor units. This reader accepts codes and line breaks that banks send beside the
standard. Source: BAI Cash Management Balance Reporting Specifications, version 2;
docs/reference/dialects/bank.md.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import IO

from jobs.statements.bank.accounts import LinePlaces, assert_own_account
from jobs.statements.bank.bai2.account import Account, Reports, Sums
from jobs.statements.bank.bai2.records import (
    Record,
    assert_funds_type,
    cell_at,
    parse_amount,
    parse_currency,
    parse_date,
    read_records,
    record_refusal,
    skip_funds_type,
)
from jobs.statements.bank.codes import is_bai2_charge, is_bai2_return
from jobs.statements.bank.continuity import Balance, Continuity, add_content
from jobs.statements.bank.entries import BlockBuilder, Entry
from jobs.statements.parser import ControlTotal, Dialect, ParsedBlock, Plan, Sample
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

_OPENING, _CLOSING = "010", "015"
#: Type codes of credits and debits, with those that a bank defines; 890 is text without money.
_CREDIT = (*range(100, 400), *range(920, 960))
_DEBIT = (*range(400, 700), *range(960, 1000))
_TEXT = 890


def identify(sample: Sample) -> bool:
    """Whether the file begins with a file header and a group header."""
    return bool(re.match(rb"\s*01,[^\n]*[\r\n]+(?:88,[^\n]*[\r\n]+)*\s*02,", sample.head))


def plan(sample: Sample, profile: Profile) -> Plan:
    """The plan of a document, which `read` reads whole.

    Raises:
        FileRefused: the file does not begin with the records 01 and 02.
    """
    if not identify(sample):
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.file_name,
            "it does not begin with records 01 and 02",
            "check that it is BAI2",
            1,
        )
    return Plan("bai2", None, {}, 0, 1, sample.byte_size, covered_totals=("count", "amount", "fee"))


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[ParsedBlock]:
    """Transactions of every account, by pieces, with the checks of every trailer.

    Raises:
        FileRefused: records are out of order, a trailer is missing, or an account is not ours.
    """
    reader = _Reader(profile, plan.file_name)
    for record in read_records(source, plan.file_name):
        reader.read_record(record)
        if reader.blocks.is_full():
            yield reader.blocks.take_block(reader.take_checks())
    if reader.place != "99":
        raise FileRefused(
            "FOOTER_MISSING", plan.file_name, "no file trailer 99", "fetch it again, it was cut"
        )
    yield reader.blocks.take_last_block(reader.take_checks(), reader.continuity.spans())


class _Reader:
    """The state of a reading: the file, group and account that the last record belongs to."""

    #: By the code of a record, the codes that may follow it.
    NEXT_CODES = {
        "": ("01",), "01": ("02", "99"), "02": ("03", "98"), "03": ("16", "49"),
        "16": ("16", "49"), "49": ("03", "98"), "98": ("02", "99"), "99": ("01",),
    }  # fmt: skip

    def __init__(self, profile: Profile, name: str) -> None:
        self.profile, self.name, self.place = profile, name, ""
        self.blocks = BlockBuilder(profile)
        self.checks: list[ControlTotal] = []
        self.file, self.group = Sums(), Sums()
        self.day: date | None = None
        self.time = ""
        self.places, self.continuity = LinePlaces(), Continuity(name)
        self.reports, self.is_correction = Reports(name), False
        self.currency = "USD"
        self.account = Account("", "")
        self.accounts = self.groups = self.files = 0

    def take_checks(self) -> list[ControlTotal]:
        """The checks made since the last call."""
        checks, self.checks = self.checks, []
        return checks

    def read_record(self, record: Record) -> None:
        """Reads the next record of the file."""
        if record.code not in self.NEXT_CODES[self.place]:
            raise record_refusal(
                self.name, record.line, f"a record {record.code} behind {self.place or 'nothing'}"
            )
        self.place = record.code
        cells = record.cells()
        self.file.records += record.lines
        self.group.records += record.lines
        self.account.sums.records += record.lines
        if record.code == "01":  # some banks send several files as one
            self.files += 1
            self.file = Sums(records=record.lines)
        elif record.code == "02":
            self._begin_group(record, cells)
        elif record.code == "03":
            self._begin_account(record, cells)
        elif record.code == "16":
            self._add_transaction(record, cells)
        elif record.code == "49":
            self._end_account(record, cells)
        elif record.code in ("98", "99"):
            self._end_group_or_file(record, cells)

    def _begin_group(self, record: Record, cells: list[str]) -> None:
        self.groups += 1
        self.group = Sums(records=record.lines)
        self.day, self.time = parse_date(cell_at(cells, 4)), cell_at(cells, 5)
        self.currency = parse_currency(cell_at(cells, 6) or "USD", self.name, record.line)
        status = cell_at(cells, 3)
        self.is_correction = status == "3"
        if status not in ("", "1", "3"):
            problem = f"a group of status {status}, which is no report (2 deletes, 4 is a test)"
            raise record_refusal(self.name, record.line, problem)

    def _begin_account(self, record: Record, cells: list[str]) -> None:
        self.accounts += 1
        number = cell_at(cells, 1)
        assert_own_account(number, self.profile, self.name, record.line)
        currency = parse_currency(cell_at(cells, 2) or self.currency, self.name, record.line)
        self.account = Account(number, currency, record.line)
        self.account.sums.records = record.lines
        self.account.balance = Balance(f"closing_balance {self.accounts}", self.account.currency)
        at = 3
        while at < len(cells):
            if not cell_at(cells, at):  # some end a record with a comma before its slash
                at += 1
                continue
            code, amount = cell_at(cells, at), cell_at(cells, at + 1)
            if not re.fullmatch(r"\d{1,3}", code, re.ASCII):
                raise record_refusal(self.name, record.line, f"{code[:10]!r} is no type code")
            value = parse_amount(amount, self.name, record.line) if amount else 0
            self.account.sums.total += value
            if code == _OPENING and amount:
                self.account.balance.opening = value
            elif code == _CLOSING and amount:
                self.account.balance.closing = value
            assert_funds_type(cells, at + 3, self.name, record.line)
            at = skip_funds_type(cells, at + 3)[0]

    def _add_transaction(self, record: Record, cells: list[str]) -> None:
        code, printed = cell_at(cells, 1), cell_at(cells, 2)
        value = parse_amount(printed, self.name, record.line) if printed else 0
        self.account.sums.total += value
        number = int(code) if re.fullmatch(r"\d{1,9}", code, re.ASCII) else 0
        if number == _TEXT:
            return
        assert_funds_type(cells, 3, self.name, record.line)
        at, valued = skip_funds_type(cells, 3)
        bank_ref, customer_ref = cell_at(cells, at) or None, cell_at(cells, at + 1) or None
        is_debit = number in _DEBIT
        amount = -value if is_debit else value
        entry = Entry(
            record.line,
            f"16,{code},{printed},{bank_ref or ''},{customer_ref or ''}",
            amount,
            self.account.currency,
            code=code,
            booked=self.day,
            valued=valued or self.day,
            our_ref=customer_ref,
            bank_ref=bank_ref,
            product=code,
            text=",".join(cells[at + 2 :]).strip(" ,") or None,
            is_return=is_bai2_return(code),
            is_charge=is_bai2_charge(code),
            place=self.places.take(self.account.scope(self.day, self.time)),
        )
        if entry.is_return:
            entry.our_ref, entry.original_ref, entry.return_code = None, customer_ref, code
        if number not in _CREDIT and not is_debit:
            entry.fault = f"UNKNOWN_KIND: type code {code!r} is neither credit nor debit"
        self.account.balance.moved += amount
        self.account.content = add_content(self.account.content, entry.raw, entry.text)
        self.reports.assert_new(self.account, self.day, self.is_correction)
        self.blocks.entries.append(entry)

    def _end_account(self, record: Record, cells: list[str]) -> None:
        sums, name = self.account.sums, f"account {self.accounts}"
        self._check_total(
            f"control_total {name}", self.account.currency, cell_at(cells, 1), sums.total
        )
        self._check_total(f"records {name}", None, cell_at(cells, 2), sums.records)
        self.checks += self.account.balance.check()
        self.reports.add(self.account, self.day)
        ends = self.account.ends(self.accounts, self.day, self.time)
        self.checks += self.continuity.add(self.account.number, self.account.currency, ends)
        self.group.total += parse_amount(cell_at(cells, 1) or "0", self.name, record.line)
        self.group.parts += 1

    def _end_group_or_file(self, record: Record, cells: list[str]) -> None:
        is_group = record.code == "98"
        file = f"file {self.files}" if self.files > 1 else "file"
        sums, name = (self.group, f"group {self.groups}") if is_group else (self.file, file)
        currency = self.currency if is_group else None
        self._check_total(f"control_total {name}", currency, cell_at(cells, 1), sums.total)
        parts = "accounts" if is_group else "groups"
        self._check_total(f"{parts} {name}", None, cell_at(cells, 2), sums.parts)
        self._check_total(f"records {name}", None, cell_at(cells, 3), sums.records)
        if is_group:
            self.file.total += parse_amount(cell_at(cells, 1) or "0", self.name, record.line)
            self.file.parts += 1

    def _check_total(self, name: str, currency: str | None, text: str, computed: int) -> None:
        if text:
            is_number = re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII)
            declared = int(text) if is_number else None
            self.checks.append(ControlTotal(name, currency, declared, computed, text))


DIALECT = Dialect("bai2", identify, plan, read=read, joins_documents=True)
