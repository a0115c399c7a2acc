"""SWIFT customer statements: MT940, and the interim report MT942.

The reader cuts the file into its fields, in a stream. Source: SWIFT Standards, Category 9;
docs/reference/dialects/bank.md.
"""

import re
from collections.abc import Iterator
from typing import IO

from jobs.statements.bank.accounts import LinePlaces, assert_own_account
from jobs.statements.bank.entries import BlockBuilder
from jobs.statements.bank.mt940.balances import Statement
from jobs.statements.bank.mt940.entries import parse_entry
from jobs.statements.bank.mt940.fields import Field, read_fields
from jobs.statements.bank.mt940.pages import StatementPages
from jobs.statements.parser import ControlTotal, Dialect, ParsedBlock, Plan, Sample
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

_ACCOUNT = re.compile(rb"(?m)^\s{0,3}:25P?:")
#: Fields that stand beside the account.
_OTHER = re.compile(rb"(?m)^\s{0,3}:(?:20|28C?|60F|60M|61|34F):")
#: Fields that an interim report (MT942) has and a statement has not.
_OF_A_REPORT = ("13", "34", "90")


def identify(sample: Sample) -> bool:
    """Whether the file has an account (field 25), and another field of a statement.

    Some banks leave out the reference, field 20. Others begin a statement within a line.
    """
    text = sample.head.replace(b"\r", b"\n")
    has_account = bool(_ACCOUNT.search(text)) or (b":20:" in text and b":25" in text)
    return has_account and bool(_OTHER.search(text))


def plan(sample: Sample, profile: Profile) -> Plan:
    """The plan of a document, which `read` reads whole.

    Raises:
        FileRefused: the file has no account, or nothing of a statement beside it.
    """
    if not identify(sample):
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.file_name,
            "it has no field :25: with a field :20:, :28C:, :60F: or :61:",
            "check that it is an MT940 or MT942",
            1,
        )
    return Plan(
        "mt940", None, {}, 0, 1, sample.byte_size, covered_totals=("count", "amount", "fee")
    )


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[ParsedBlock]:
    """Entries of every statement in the file, by pieces, with the checks of its balances.

    Raises:
        FileRefused: a statement lacks a balance or a page, or is of an account that is not ours.
    """
    reader = _Reader(profile, plan.file_name)
    for field in read_fields(source, plan.file_name):
        reader.read_field(field)
        if reader.blocks.is_full():
            yield reader.blocks.take_block(reader.take_checks())
    reader.end_statement()
    reader.pages.assert_all_closed()
    spans = reader.pages.continuity.spans()
    yield reader.blocks.take_last_block(reader.take_checks(), spans)


class _Reader:
    """The state of a reading: the statement and the entry that the last field belongs to."""

    def __init__(self, profile: Profile, name: str) -> None:
        self.profile, self.name = profile, name
        self.blocks = BlockBuilder(profile)
        self.pages = StatementPages(name)
        self.places = LinePlaces()
        self.checks: list[ControlTotal] = []
        self.statement: Statement | None = None
        self.statement_count = 0
        self.entry_field: Field | None = None
        self.details_lines: list[str] = []

    def take_checks(self) -> list[ControlTotal]:
        """The checks made since the last call."""
        checks, self.checks = self.checks, []
        return checks

    def read_field(self, field: Field) -> None:
        """Reads the next field of the file."""
        kind = field.tag[:2]
        if kind == "86":
            if self.entry_field is not None:
                self.details_lines += field.lines
            return
        self._end_entry()
        statement = self.statement
        if kind == "20" or statement is None or self._begins_statement(kind, statement):
            account = statement.account if statement is not None and kind == "60" else ""
            self.end_statement()
            self.statement_count += 1
            statement = self.statement = Statement(
                self.name, self.statement_count, field.line, account
            )
        if kind == "25":
            if statement.account:
                raise statement.refusal("a second account, field 25, in a statement", field.line)
            account_lines = field.lines[:2] if field.tag == "25P" else field.lines[:1]
            statement.account = "".join(account_lines)
            assert_own_account(statement.account.strip(), self.profile, self.name, statement.line)
        elif kind in ("60", "62"):
            statement.set_balance(field)
        elif kind == "61":
            if statement.closing is not None:
                raise statement.refusal("an entry behind its closing balance", field.line)
            self.entry_field, self.details_lines = field, []
        elif kind == "28":
            statement.sequence = field.text.strip()
        elif kind in _OF_A_REPORT:
            statement.add_report_field(field)

    @staticmethod
    def _begins_statement(kind: str, statement: Statement) -> bool:
        """Whether a field begins the next statement without a field 20 before it."""
        if kind == "25" and statement.account and statement.has_begun:
            return True
        return kind in ("25", "60") and statement.closing is not None

    def _end_entry(self) -> None:
        if self.entry_field is None or self.statement is None:
            return
        entry = parse_entry(self.entry_field, self.details_lines, self.statement.currency)
        self.entry_field = None
        entry.place = self.places.take(self.statement.scope())
        self.blocks.entries.append(entry)
        self.statement.add_entry(entry)

    def end_statement(self) -> None:
        """Ends the current statement: checks its balances and sums against its entries."""
        self._end_entry()
        if self.statement is not None:
            self.checks += self.pages.check_statement(self.statement)
            self.statement = None


DIALECT = Dialect("mt940", identify, plan, read=read, joins_documents=True)
