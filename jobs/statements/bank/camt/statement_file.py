"""ISO 20022 bank statements: camt.053, and the reports 052 and notifications 054.

The reader knows elements by their local names, in every version. It reads a stream, without
entities or a DTD. Source: ISO 20022 message definitions camt.052, .053, .054;
docs/reference/dialects/bank.md.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import IO

from lxml import etree

from jobs.statements.bank.accounts import LinePlaces, assert_own_account
from jobs.statements.bank.camt.balances import Statement
from jobs.statements.bank.camt.batch import Batch
from jobs.statements.bank.camt.entries import line_number, parse_moment, text_at
from jobs.statements.bank.continuity import Continuity
from jobs.statements.bank.entries import BlockBuilder
from jobs.statements.parser import ControlTotal, Dialect, ParsedBlock, Plan, Sample
from jobs.statements.reading.documents import split_documents
from jobs.statements.reading.xml_stream import (
    assert_no_document_type,
    bad_xml,
    parse_events,
    release_element,
)
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

#: Accounts of a file at most; their last balances are held.
ACCOUNTS_MAX = 10_000
_DOCUMENTS = (b"BkToCstmrStmt", b"BkToCstmrAcctRpt", b"BkToCstmrDbtCdtNtfctn")
_STATEMENTS = ("Stmt", "Rpt", "Ntfctn")
_PAGINATION = ("StmtPgntn", "RptPgntn", "NtfctnPgntn")
#: Elements that the reader looks at, with the elements below them.
_READ = (
    "Acct", "Bal", "CreDtTm", "ElctrncSeqNb", "FrToDt", "LglSeqNb", "Ntry", "TxDtls", "TxsSummry",
    *_PAGINATION,
)  # fmt: skip

#: Parents of elements that the reader would miss elsewhere.
_ONLY_BELOW = {
    "Bal": _STATEMENTS, "Ntry": _STATEMENTS, "TxsSummry": _STATEMENTS, "TxDtls": ("NtryDtls",),
}  # fmt: skip


def identify(sample: Sample) -> bool:
    """Whether the file is one of the three messages."""
    return any(name in _read_names(sample) for name in _DOCUMENTS)


def _read_names(sample: Sample) -> bytes:
    """The file's first bytes, in which names are ASCII: also in UTF-16."""
    return sample.head.replace(b"\0", b"")


def plan(sample: Sample, profile: Profile) -> Plan:
    """The plan of a document, which `read` reads whole.

    Raises:
        FileRefused: the file is none of the three messages, or has a document type.
    """
    if any(mark in _read_names(sample) for mark in (b"<!DOCTYPE", b"<!ENTITY")):
        raise FileRefused(
            "UNSAFE_XML",
            sample.file_name,
            "it declares a document type",
            "have it sent without one",
            1,
        )
    if not identify(sample):
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.file_name,
            "it holds no BkToCstmrStmt, BkToCstmrAcctRpt or BkToCstmrDbtCdtNtfctn",
            "check that it is a camt.052, .053 or .054",
            1,
        )
    return Plan(
        "camt053", None, {}, 0, 1, sample.byte_size, covered_totals=("count", "amount", "fee")
    )


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[ParsedBlock]:
    """Entries of every statement in the file, by pieces, with the checks of its totals.

    Raises:
        FileRefused: the XML is not well-formed or nested too deeply, or an account is not ours.
    """
    reader = _Reader(profile, plan.file_name)
    try:
        for document in split_documents(source, plan.documents):
            yield from reader.read_document(document)
        yield reader.take_last_block()
    except etree.XMLSyntaxError as fault:
        raise bad_xml(fault, plan.file_name, fault.lineno or 0) from fault


def _parent_name(element: etree._Element) -> str:
    """The local name of the parent element."""
    parent = element.getparent()
    return etree.QName(parent).localname if parent is not None else ""


class _Reader:
    """The state of a reading: the statement, and the batch entry, that is being read."""

    def __init__(self, profile: Profile, name: str) -> None:
        self.name = name
        self.blocks = BlockBuilder(profile)
        self.profile = profile
        self.line_count = 0
        self.statement_count = 0
        self.statement = Statement(0)
        self.open_pages: dict[str, Statement] = {}
        self.continuity, self.places = Continuity(name), LinePlaces()
        self.batch: Batch | None = None

    def read_document(self, source: IO[bytes]) -> Iterator[ParsedBlock]:
        """The blocks of a document, in order."""
        count_before = self.statement_count
        names = (*_STATEMENTS, *_READ)
        for event, element in parse_events(source, self.name, ("start", "end"), names):
            name = etree.QName(element).localname
            parent = _parent_name(element)
            if event == "start":
                if name in _STATEMENTS:
                    assert_no_document_type(element, self.name)
                    self.statement_count += 1
                    self.statement = Statement(self.statement_count, line=line_number(element))
            elif name in _STATEMENTS:
                yield self.blocks.take_block(self._end_statement())
                release_element(element)
            elif parent in _STATEMENTS:
                yield from self._read_part(name, element)
            elif name in _ONLY_BELOW and parent not in _ONLY_BELOW[name]:
                raise FileRefused(
                    "BAD_XML", self.name, f"a {name} stands in {parent}",
                    "have the bank send it again", line_number(element),
                )  # fmt: skip
            elif name == "TxDtls":
                self._add_transaction(element)
        if self.statement_count == count_before:
            problem = "it holds no statement, report or notification"
            raise FileRefused("UNKNOWN_LAYOUT", self.name, problem, "fetch the file again")

    def take_last_block(self) -> ParsedBlock:
        """The last block, at the end of the file."""
        unfinished = self.open_pages.values()
        checks = [check for statement in unfinished for check in statement.check_balances()]
        return self.blocks.take_last_block(checks, self.continuity.spans())

    def _read_part(self, name: str, element: etree._Element) -> Iterator[ParsedBlock]:
        """Reads an element directly below a statement."""
        statement = self.statement
        if name == "Acct":
            parent = element.getparent()
            statement.name = (parent is not None and text_at(parent, "Id")) or ""
            statement.account = text_at(element, "Id/IBAN") or text_at(element, "Id/Othr/Id") or ""
            statement.currency = statement.account_currency = text_at(element, "Ccy")
            assert_own_account(statement.account, self.profile, self.name, line_number(element))
        elif name == "CreDtTm":
            statement.day = statement.day or parse_moment(element.text)
        elif name == "FrToDt":
            last = text_at(element, "ToDtTm") or text_at(element, "ToDt")
            statement.day = parse_moment(last) or statement.day
        elif name in ("ElctrncSeqNb", "LglSeqNb"):
            number = (element.text or "").strip()
            is_number = number.isascii() and number.isdecimal() and len(number) < 16
            statement.sequence = number if is_number else ""
        elif name in _PAGINATION:
            statement.page = text_at(element, "PgNb") or "1"
            statement.is_last = text_at(element, "LastPgInd") not in ("false", "0")
        elif name == "Bal":
            statement.set_balance(element, self.name)
        elif name == "TxsSummry":
            statement.read_summary(element, self.name)
        elif name == "Ntry":
            yield from self._read_entry(element)
            release_element(element)

    def _add_transaction(self, element: etree._Element) -> None:
        if self.batch is None:
            entry = next(element.iterancestors("{*}Ntry"), None)
            if entry is None:
                return
            self.batch = self._begin_batch(entry)
        self.batch.add_transaction(element)

    def _begin_batch(self, element: etree._Element) -> Batch:
        is_split = self.profile.bank.details == "transactions"
        currency = self.statement.balance_currency or self.statement.account_currency
        return Batch(element, self.name, self.line_count, is_split, currency)

    def _read_entry(self, element: etree._Element) -> Iterator[ParsedBlock]:
        statement = self.statement
        batch = self.batch or self._begin_batch(element)
        self.batch = None
        amount, first_entry = 0, None
        with closing(batch):
            for entries in batch.entries():
                for entry in entries:  # an entry without a date is of its statement's day
                    entry.booked = entry.booked or statement.day
                    entry.place = self.places.take(statement.scope())
                    amount += entry.booked_amount
                first_entry = first_entry or entries[0]
                if statement.balance_currency not in (None, first_entry.currency):
                    problem = f"the account is in {statement.balance_currency}"
                    first_entry.fault = first_entry.fault or f"CURRENCY_DIFFERS: {problem}"
                self.line_count += len(entries)
                self.blocks.add(entries)
                if self.blocks.is_full():
                    yield self.blocks.take_block()
        if first_entry is not None:
            is_debit = text_at(element, "CdtDbtInd") == "DBIT"
            statement.add_entry(first_entry, amount, is_debit)

    def _end_statement(self) -> list[ControlTotal]:
        """The checks at the end of a statement, or of a page of one."""
        statement = self.statement
        if not statement.account:  # it might be another channel's
            assert_own_account("", self.profile, self.name)
        if len(self.open_pages) + self.continuity.account_count > ACCOUNTS_MAX:
            problem = f"it has statements of more than {ACCOUNTS_MAX} accounts"
            raise FileRefused("BAD_XML", self.name, problem, "inspect the file")
        if statement.page != "1":
            statement.continue_from(self.open_pages.pop(statement.account, None))
        if statement.is_last:
            return self._check_statement(statement)
        self.open_pages[statement.account] = statement
        return statement.check_summary()

    def _check_statement(self, statement: Statement) -> list[ControlTotal]:
        joined = self.continuity.add(statement.account, statement.currency, statement.ends())
        return [*statement.check(), *joined]


DIALECT = Dialect("camt053", identify, plan, read=read, joins_documents=True)
