"""SWIFT customer statements: MT940, and the interim report MT942.

The file is cut into its fields, in a stream; field 61 and the balances are read by the library
mt-940. Source: SWIFT Standards, Category 9; docs/reference/dialects/bank.md.
"""

import logging
import re
from collections.abc import Iterator
from typing import IO

from jobs.statements.bank.entries import Entry, Pieces, own_account
from jobs.statements.bank.mt940.balances import Pages, Statement
from jobs.statements.bank.mt940.entries import entry_of
from jobs.statements.bank.mt940.fields import Field, fields_of
from jobs.statements.parser import Check, Dialect, Parsed, Plan, Sample
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.vocabulary import Status

# The library logs every field that it cannot read; we raise it.
logging.getLogger("mt940").setLevel(logging.CRITICAL)
_TAG = re.compile(rb"(?m)^\s{0,3}:(?:20|25|28C?|60F|60M|61):")
#: Fields that an interim report (MT942) has and a statement has not.
_OF_A_REPORT = ("13", "34", "90")


def identify(sample: Sample) -> bool:
    """Whether the file has a statement's reference and account."""
    text = sample.head.replace(b"\r", b"\n")
    return b":20:" in text and bool(_TAG.search(text)) and b":25" in text


def plan(sample: Sample, profile: Profile) -> Plan:
    """A document: it is read whole.

    Raises:
        FileRefused: no field 20 and 25 in it.
    """
    if not identify(sample):
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.name,
            "it has no field :20: with a field :25:",
            "check that it is an MT940 or MT942",
            1,
        )
    return Plan("mt940", None, {}, 0, 1, sample.size, covered=("count", "amount", "fee"))


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[Parsed]:
    """Entries of every statement in the file; each statement is checked by its balances.

    Raises:
        FileRefused: a statement without its balances or pages, or one of another account.
    """
    reader = _Reader(profile, plan.name)
    for each in fields_of(source, plan.name):
        reader.take(each)
        if reader.pieces.full():
            yield reader.pieces.taken(reader.told())
    reader.end()
    reader.pages.must_be_closed()
    yield reader.pieces.last(reader.told())


class _Reader:
    """Where in the file a reading stands."""

    def __init__(self, profile: Profile, name: str) -> None:
        self.profile, self.name = profile, name
        self.pieces = Pieces(profile)
        self.pages = Pages(name)
        self.checks: list[Check] = []
        self.statement: Statement | None = None
        self.number = 0
        self.entry: Field | None = None
        self.details: list[str] = []

    def told(self) -> list[Check]:
        """What was checked since it was last asked."""
        out, self.checks = self.checks, []
        return out

    def take(self, field: Field) -> None:
        """One field more."""
        kind = field.tag[:2]
        if kind == "86":
            if self.entry is not None:
                self.details += field.lines
            return
        self._close_entry()
        here = self.statement
        if kind == "20" or here is None or self._begins_another(kind, here):
            account = here.account if here is not None and kind == "60" else ""
            self.end()
            self.number += 1
            here = self.statement = Statement(self.name, self.number, field.line, account)
        if kind == "25":
            if here.account:
                raise here.refused("a second account, field 25, in a statement", field.line)
            here.account = "".join(field.lines[:2] if field.tag == "25P" else field.lines[:1])
            own_account(here.account.strip(), self.profile, self.name, here.line)
        elif kind in ("60", "62"):
            here.take_balance(field)
        elif kind == "61":
            if here.closing is not None:
                raise here.refused("an entry behind its closing balance", field.line)
            self.entry, self.details = field, []
        elif kind == "28":
            here.sequence = field.text.strip()
        elif kind in _OF_A_REPORT:
            here.take_report(field)

    @staticmethod
    def _begins_another(kind: str, here: Statement) -> bool:
        """Whether a field is of the next statement though no field 20 stood between them."""
        return kind in ("25", "60") and here.closing is not None

    def _close_entry(self) -> None:
        if self.entry is None or self.statement is None:
            return
        made = entry_of(self.entry, self.details, self.statement.currency)
        self.entry = None
        self._add(made, self.statement)

    def _add(self, entry: Entry, statement: Statement) -> None:
        self.pieces.entries.append(entry)
        amount = entry.amount or 0
        statement.count(amount, entry.status == Status.SUCCEEDED.value)

    def end(self) -> None:
        """The statement ends: its balances and sums are held against its entries."""
        self._close_entry()
        if self.statement is not None:
            self.checks += self.pages.checked(self.statement)
            self.statement = None


DIALECT = Dialect("mt940", identify, plan, read=read)
