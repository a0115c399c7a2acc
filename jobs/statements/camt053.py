"""ISO 20022 bank statements: camt.053, and the reports 052 and notifications 054.

Elements are known by their local names, whatever the version. Read as a stream, without entities or
a DTD. Source: ISO 20022 message definitions camt.052, .053, .054; docs/reference/dialects/bank.md.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import IO

from lxml import etree

from jobs.statements.bank import Balance, Pieces, money_of, own_account
from jobs.statements.camt_entries import entries_of, first, line_of, moment_of, text_of, when
from jobs.statements.dialect import Check, Parsed, Plan, Sample
from schemas.errors import FileRefused
from schemas.profile import Profile

_DOCUMENTS = (b"BkToCstmrStmt", b"BkToCstmrAcctRpt", b"BkToCstmrDbtCdtNtfctn")
_STATEMENTS = ("Stmt", "Rpt", "Ntfctn")
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
#: How deep elements may stand in each other.
DEPTH_MAX = 60


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


class _Reader:
    """Where in the document a reading stands."""

    def __init__(self, profile: Profile, name: str) -> None:
        self.name = name
        self.pieces_ = Pieces(profile)
        self.profile = profile
        self.number = 0
        self.statements = 0
        self.balance = Balance("")
        self.previous: dict[str, int] = {}
        self.account = ""
        self.day: date | datetime | None = None
        self.currency: str | None = None
        self.declared: list[tuple[str, str | None, str]] = []
        self.seen: dict[str, int] = {}

    def pieces(self, source: IO[bytes]) -> Iterator[Parsed]:
        """The document's pieces, in order."""
        depth = 0
        events = etree.iterparse(
            source,
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
            huge_tree=False,
        )
        for event, element in events:
            tag: object = element.tag
            name = etree.QName(tag).localname if isinstance(tag, str) else ""
            if event == "start":
                depth += 1
                if depth == 1 and element.getroottree().docinfo.doctype:
                    found = "it declares a document type"
                    raise FileRefused("UNSAFE_XML", self.name, found, "have it sent without one")
                if depth > DEPTH_MAX:
                    raise FileRefused(
                        "BAD_XML", self.name, f"elements stand {depth} deep", "fetch it again"
                    )
                if name in _STATEMENTS:
                    self._begin()
                continue
            depth -= 1
            checks = self._end(name, element)
            if name in _STATEMENTS or self.pieces_.full():
                yield self.pieces_.taken(checks)
        if not self.statements:
            found = "it holds no statement, report or notification"
            raise FileRefused("UNKNOWN_LAYOUT", self.name, found, "fetch the file again")
        yield self.pieces_.last()

    def _begin(self) -> None:
        self.statements += 1
        self.balance = Balance(f"closing_balance {self.statements}")
        self.declared, self.account, self.day = [], "", None
        self.currency = None
        self.seen = dict.fromkeys(("count", "sum", "in_count", "in_sum", "out_count", "out_sum"), 0)

    def _end(self, name: str, element: etree._Element) -> tuple[Check, ...]:
        parent = element.getparent()
        above = etree.QName(parent).localname if parent is not None else ""
        if name == "Acct" and above in _STATEMENTS:
            self.account = text_of(element, "Id/IBAN") or text_of(element, "Id/Othr/Id") or ""
            self.balance.currency = text_of(element, "Ccy")
            own_account(self.account, self.profile, self.name, line_of(element))
        elif name == "CreDtTm" and above in _STATEMENTS:
            self.day = self.day or moment_of(element.text)
        elif name == "FrToDt" and above in _STATEMENTS:
            self.day = moment_of(text_of(element, "ToDtTm") or text_of(element, "ToDt")) or self.day
        elif name == "Bal" and above in _STATEMENTS:
            self._balance(element)
        elif name == "TxsSummry" and above in _STATEMENTS:
            self._summary(element)
        elif name == "Ntry" and above in _STATEMENTS:
            self._entry(element)
            element.clear()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
        elif name in _STATEMENTS:
            checks = self._checks()
            element.clear()
            return checks
        return ()

    def _balance(self, element: etree._Element) -> None:
        code = text_of(element, "Tp/CdOrPrtry/Cd") or text_of(element, "Tp/CdOrPrtry/Prtry") or ""
        amount = first(element, "Amt")
        if amount is None or code not in (*_OPENING, *_CLOSING):
            return
        currency = amount.get("Ccy")
        try:
            value = money_of((amount.text or "").strip(), currency)
        except ValueError as fault:
            line = line_of(element)
            found = f"the balance {code}: {fault}"
            todo = "have the bank correct it"
            raise FileRefused("BAD_BALANCE", self.name, found, todo, line) from fault
        # Without a mark it is a credit, as the statements that leave it out show.
        value = -value if text_of(element, "CdtDbtInd") == "DBIT" else value
        known = self.currency
        if known is not None and known != currency:
            found = f"balances in {known} and in {currency}"
            todo = "have the bank correct it"
            raise FileRefused("BAD_BALANCE", self.name, found, todo, line_of(element))
        self.currency = self.balance.currency = currency
        if code in _CLOSING:
            self.balance.closing = value
            self.day = when(element, "Dt") or self.day
        elif code == "OPBD" or self.balance.opening is None:
            self.balance.opening = value

    def _summary(self, element: etree._Element) -> None:
        for place, prefix in (("TtlNtries", ""), ("TtlCdtNtries", "in_"), ("TtlDbtNtries", "out_")):
            for tag, name in (("NbOfNtries", "count"), ("Sum", "sum")):
                text = text_of(element, f"{place}/{tag}")
                if text:
                    self.declared.append((f"{prefix}{name}", None, text))

    def _entry(self, element: etree._Element) -> None:
        made = entries_of(element, self.profile.bank.details == "transactions", self.number)
        if self.currency is not None and made[0].currency != self.currency:
            said = f"CURRENCY_DIFFERS: the account is in {self.currency}"
            made[0].fault = made[0].fault or said
        for each in made:  # an entry without a date is of its statement's day
            each.booked = each.booked or self.day
        self.number += len(made)
        self.pieces_.entries += made
        whole = sum(each.amount or 0 for each in made)
        way = "out_" if text_of(element, "CdtDbtInd") == "DBIT" else "in_"
        for prefix in ("", way):
            self.seen[f"{prefix}count"] += 1
            self.seen[f"{prefix}sum"] += abs(whole)
        if made[0].status == "SUCCEEDED":
            self.balance.moved += whole
        if self.balance.currency is None:
            self.balance.currency = made[0].currency

    def _checks(self) -> tuple[Check, ...]:
        currency = self.balance.currency
        out = list(self.balance.check())
        place, before = f"{self.account} {currency}", self.balance.opening
        if before is not None and place in self.previous:
            name = f"opening_balance {self.statements}"
            out.append(Check(name, currency, before, self.previous[place]))
        if self.balance.closing is not None:
            self.previous[place] = self.balance.closing
        for name, _, text in self.declared:
            shown = f"{name} {self.statements}"
            try:
                if name.endswith("count"):
                    out.append(Check(shown, None, int(text), self.seen[name]))
                else:
                    out.append(Check(shown, currency, money_of(text, currency), self.seen[name]))
            except ValueError:
                out.append(Check(shown, currency, None, self.seen[name], text))
        return tuple(out)
