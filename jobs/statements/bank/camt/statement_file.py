"""ISO 20022 bank statements: camt.053, and the reports 052 and notifications 054.

Elements are known by their local names, whatever the version. Read as a stream, without entities or
a DTD. Source: ISO 20022 message definitions camt.052, .053, .054; docs/reference/dialects/bank.md.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import IO

from lxml import etree

from jobs.statements.bank.camt.balances import Statement
from jobs.statements.bank.camt.batch import Batch
from jobs.statements.bank.camt.entries import line_of, moment_of, text_of
from jobs.statements.bank.entries import Pieces, own_account
from jobs.statements.parser import Check, Dialect, Parsed, Plan, Sample
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

_DOCUMENTS = (b"BkToCstmrStmt", b"BkToCstmrAcctRpt", b"BkToCstmrDbtCdtNtfctn")
_STATEMENTS = ("Stmt", "Rpt", "Ntfctn")
_PAGINATION = ("StmtPgntn", "RptPgntn", "NtfctnPgntn")
#: Elements that are looked at; all others are read with one of them, or not at all.
_READ = (
    "Acct", "Bal", "CreDtTm", "ElctrncSeqNb", "FrToDt", "LglSeqNb", "Ntry", "TxDtls", "TxsSummry",
    *_PAGINATION,
)  # fmt: skip

#: Where elements belong that are lost elsewhere.
_ONLY_BELOW = {
    "Bal": _STATEMENTS, "Ntry": _STATEMENTS, "TxsSummry": _STATEMENTS, "TxDtls": ("NtryDtls",),
}  # fmt: skip


def identify(sample: Sample) -> bool:
    """Whether the file is one of the three messages."""
    return any(name in sample.head for name in _DOCUMENTS)


def plan(sample: Sample, profile: Profile) -> Plan:
    """A document: it is read whole.

    Raises:
        FileRefused: none of the three messages, or it has a document type.
    """
    if b"<!DOCTYPE" in sample.head or b"<!ENTITY" in sample.head:
        raise FileRefused(
            "UNSAFE_XML", sample.name, "it declares a document type", "have it sent without one", 1
        )
    if not identify(sample):
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.name,
            "it holds no BkToCstmrStmt, BkToCstmrAcctRpt or BkToCstmrDbtCdtNtfctn",
            "check that it is a camt.052, .053 or .054",
            1,
        )
    return Plan("camt053", None, {}, 0, 1, sample.size, covered=("count", "amount", "fee"))


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[Parsed]:
    """Entries of every statement in the file; each statement is checked as it ends.

    Raises:
        FileRefused: no well-formed XML, nested too deeply, or a statement of another account.
    """
    reader = _Reader(profile, plan.name)
    try:
        yield from reader.pieces(source)
    except etree.XMLSyntaxError as fault:
        line = fault.lineno or 0
        raise FileRefused(
            "BAD_XML", plan.name, f"no well-formed XML: {fault.msg}", "fetch it again", line
        ) from fault


def _above(element: etree._Element) -> str:
    """The local name of the element above."""
    parent = element.getparent()
    return etree.QName(parent).localname if parent is not None else ""


def _forget(element: etree._Element) -> None:
    """Drops what an element holds, and all that stands before it below the same parent."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


class _Reader:
    """Where in the document a reading stands."""

    def __init__(self, profile: Profile, name: str) -> None:
        self.name = name
        self.pieces_ = Pieces(profile)
        self.profile = profile
        self.number = 0
        self.statements = 0
        self.statement = Statement(0)
        self.open: dict[str, Statement] = {}
        self.previous: dict[tuple[str, str | None], Statement] = {}
        self.batch: Batch | None = None

    def pieces(self, source: IO[bytes]) -> Iterator[Parsed]:
        """The document's pieces, in order."""
        events = etree.iterparse(
            source,
            events=("start", "end"),
            tag=[f"{{*}}{name}" for name in (*_STATEMENTS, *_READ)],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
            huge_tree=False,
        )
        for event, element in events:
            name = etree.QName(element).localname
            above = _above(element)
            if event == "start":
                if name in _STATEMENTS:
                    self._must_be_plain(element)
                    self.statements += 1
                    self.statement = Statement(self.statements)
            elif name in _STATEMENTS:
                yield self.pieces_.taken(self._ended())
                _forget(element)
            elif above in _STATEMENTS:
                yield from self._part_of_statement(name, element)
            elif name in _ONLY_BELOW and above not in _ONLY_BELOW[name]:
                raise FileRefused(
                    "BAD_XML", self.name, f"a {name} stands in {above}",
                    "have the bank send it again", line_of(element),
                )  # fmt: skip
            elif name == "TxDtls":
                self._transaction(element)
        if not self.statements:
            found = "it holds no statement, report or notification"
            raise FileRefused("UNKNOWN_LAYOUT", self.name, found, "fetch the file again")
        left = [check for each in self.open.values() for check in each.balances()]
        yield self.pieces_.last(left)

    def _must_be_plain(self, element: etree._Element) -> None:
        if element.getroottree().docinfo.doctype:  # type: ignore[attr-defined]
            found = "it declares a document type"
            raise FileRefused("UNSAFE_XML", self.name, found, "have it sent without one")

    def _part_of_statement(self, name: str, element: etree._Element) -> Iterator[Parsed]:
        here = self.statement
        if name == "Acct":
            here.account = text_of(element, "Id/IBAN") or text_of(element, "Id/Othr/Id") or ""
            here.currency = text_of(element, "Ccy")
            own_account(here.account, self.profile, self.name, line_of(element))
        elif name == "CreDtTm":
            here.day = here.day or moment_of(element.text)
        elif name == "FrToDt":
            last = text_of(element, "ToDtTm") or text_of(element, "ToDt")
            here.day = moment_of(last) or here.day
        elif name in ("ElctrncSeqNb", "LglSeqNb"):
            number = (element.text or "").strip()
            here.sequence = int(number) if number.isdecimal() and len(number) < 16 else None
        elif name in _PAGINATION:
            here.page = text_of(element, "PgNb") or "1"
            here.is_last = text_of(element, "LastPgInd") not in ("false", "0")
        elif name == "Bal":
            here.take_balance(element, self.name)
        elif name == "TxsSummry":
            here.take_summary(element)
        elif name == "Ntry":
            yield from self._entry(element)
            _forget(element)

    def _transaction(self, element: etree._Element) -> None:
        if self.batch is None:
            entry = next(element.iterancestors("{*}Ntry"), None)
            if entry is None:
                return
            in_parts = self.profile.bank.details == "transactions"
            self.batch = Batch(entry, self.name, self.number, in_parts)
        self.batch.add(element)

    def _entry(self, element: etree._Element) -> Iterator[Parsed]:
        here = self.statement
        in_parts = self.profile.bank.details == "transactions"
        batch = self.batch or Batch(element, self.name, self.number, in_parts)
        self.batch = None
        amount, entry = 0, None
        with closing(batch):
            for made in batch.entries():
                for each in made:  # an entry without a date is of its statement's day
                    each.booked = each.booked or here.day
                    amount += each.amount or 0
                entry = entry or made[0]
                if here.of_balances not in (None, entry.currency):
                    said = f"CURRENCY_DIFFERS: the account is in {here.of_balances}"
                    entry.fault = entry.fault or said
                self.number += len(made)
                self.pieces_.entries += made
                if self.pieces_.full():
                    yield self.pieces_.taken()
        if entry is not None:
            here.count(entry, amount, text_of(element, "CdtDbtInd") == "DBIT")

    def _ended(self) -> list[Check]:
        """What is checked at the end of a statement, or of the last page of one."""
        here = self.statement
        if not here.account:  # it might be another's
            own_account("", self.profile, self.name)
        if here.page != "1":
            here.go_on_from(self.open.pop(here.account, None))
        if here.is_last:
            return self._checks(here)
        self.open[here.account] = here
        return here.sums()

    def _checks(self, statement: Statement) -> list[Check]:
        out = statement.checks()
        place = (statement.account, statement.currency)
        before = self.previous.get(place)
        if before is not None:
            out += before.then(statement)
        if statement.closing is not None:
            self.previous[place] = statement
        return out


DIALECT = Dialect("camt053", identify, plan, read=read)
