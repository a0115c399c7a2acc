"""A statement, report or notification of a camt message: its balances and control totals.

Source: ISO 20022 message definitions camt.052, .053, .054; docs/reference/dialects/bank.md.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from lxml import etree

from jobs.statements.bank.accounts import StatementScope
from jobs.statements.bank.camt.entries import (
    date_at,
    first_element,
    line_number,
    parse_amount,
    parse_day,
    text_at,
)
from jobs.statements.bank.continuity import Balance, StatementEnds, add_content
from jobs.statements.bank.entries import Entry, parse_currency_amount
from jobs.statements.parser import ControlTotal
from schemas.errors import FileRefused
from schemas.vocabulary import Status

#: Totals that one statement may declare.
DECLARED_MAX = 1_000
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
#: Paths of the totals in `TxsSummry`, and the sums of the entries that must equal them.
_SUMMARY_TOTALS = [
    (f"{place}/{tag}", f"{side}{what}")
    for place, side in (("TtlNtries", ""), ("TtlCdtNtries", "in_"), ("TtlDbtNtries", "out_"))
    for tag, what in (("NbOfNtries", "count"), ("Sum", "sum"))
]
_NET_TOTALS = (
    ("TtlNtries/TtlNetNtryAmt", "TtlNtries/CdtDbtInd"),
    ("TtlNtries/TtlNetNtry/Amt", "TtlNtries/TtlNetNtry/CdtDbtInd"),
)


@dataclass
class Statement:
    """One statement, or one page of it, as read so far; amounts in minor units.

    `name` is its id. `opening` and `closing` are (day as printed, balance). `content` stands for
    its entries. `moved` is the sum of the booked entries, `sums` the counts and sums to compare
    with `declared`, which holds (name, text).
    """

    number: int
    account: str = ""
    day: date | datetime | None = None
    currency: str | None = None
    balance_currency: str | None = None
    account_currency: str | None = None
    opening_code: str = ""
    opening: tuple[str, int] | None = None
    closing: tuple[str, int] | None = None
    moved: int = 0
    sequence: str = ""
    name: str = ""
    line: int = 0
    content: int = 0
    page: str = "1"
    is_last: bool = True
    has_reversals: bool = False
    declared: list[tuple[str, str]] = field(default_factory=list)
    sums: Counter[str] = field(default_factory=Counter)

    def set_balance(self, element: etree._Element, name: str) -> None:
        """Sets a balance. Of several, the first day opens and the last one closes the statement.

        Raises:
            FileRefused: the balance cannot be read, or its currency differs from the others.
        """
        code = text_at(element, "Tp/CdOrPrtry/Cd") or text_at(element, "Tp/CdOrPrtry/Prtry") or ""
        amount = first_element(element, "Amt")
        if amount is None or code not in (*_OPENING, *_CLOSING):
            return
        currency = amount.get("Ccy")
        try:
            value = parse_amount(amount)
            if self.balance_currency not in (None, currency):
                raise ValueError(f"it is in {currency}, another in {self.balance_currency}")
        except ValueError as fault:
            problem = f"the balance {code}: {fault}"
            todo = "have the bank correct it"
            raise FileRefused("BAD_BALANCE", name, problem, todo, line_number(element)) from fault
        # A balance without a mark is a credit, as the statements that leave it out show.
        value = -value if text_at(element, "CdtDbtInd") == "DBIT" else value
        self.currency = self.balance_currency = currency
        day = (text_at(element, "Dt/DtTm") or text_at(element, "Dt/Dt") or "")[:10]
        if code in _CLOSING:
            if self.closing is None or day >= self.closing[0]:
                self.closing = (day, value)
                self.day = date_at(element, "Dt") or self.day
        elif self.opening is None or self._is_earlier_opening(code, day, self.opening[0]):
            self.opening, self.opening_code = (day, value), code

    def _is_earlier_opening(self, code: str, day: str, known_day: str) -> bool:
        if code != self.opening_code:
            return code == "OPBD"
        return day < known_day

    def read_summary(self, element: etree._Element, name: str) -> None:
        """Reads the counts and sums that `TxsSummry` declares.

        Raises:
            FileRefused: the statement declares more than `DECLARED_MAX` of them.
        """
        if len(self.declared) > DECLARED_MAX:
            problem = f"a statement declares more than {DECLARED_MAX} totals"
            raise FileRefused("BAD_XML", name, problem, "inspect the file", line_number(element))
        for path, total_name in _SUMMARY_TOTALS:
            text = text_at(element, path)
            if text:
                self.declared.append((total_name, text))
        for path, mark in _NET_TOTALS:
            text = text_at(element, path)
            if text:
                minus = "-" if text_at(element, mark) == "DBIT" else ""
                self.declared.append(("net", f"{minus}{text}"))

    def add_entry(self, entry: Entry, amount: int, is_debit: bool) -> None:
        """Adds an entry to the sums; `amount` is what all its transactions moved."""
        self.content = add_content(self.content, entry.raw, entry.our_ref, amount)
        for side in ("", "out_" if is_debit else "in_"):
            self.sums[f"{side}count"] += 1
            self.sums[f"{side}sum"] += abs(amount)
        self.sums["net"] += amount
        self.has_reversals |= entry.reversal
        if entry.status == Status.SUCCEEDED.value:
            self.moved += amount
        self.currency = self.currency or entry.currency

    def continue_from(self, page: "Statement | None") -> None:
        """Takes over the balances of the page before this one, where the file has it."""
        if page is not None:
            self.opening, self.opening_code = page.opening, page.opening_code
            self.closing = self.closing or page.closing
            self.moved += page.moved
            self.content = add_content(page.content, self.content)
            self.currency = self.currency or page.currency

    def scope(self) -> StatementScope:
        """What tells this statement, or this page of it, from all others."""
        day, balance = self.opening or (self.name, None)
        number = f"{self.sequence or self.name}-{self.page}".removesuffix("-1")
        return StatementScope(self.account, self.currency, number, day, balance)

    def ends(self) -> StatementEnds:
        """The values that must agree with the statement before or after this one."""
        opening, closing = self.opening or ("", None), self.closing or ("", None)
        return StatementEnds(
            self.number,
            (int(self.sequence) or None) if self.sequence else None,
            opening[1],
            closing[1],
            parse_day(opening[0]),
            parse_day(closing[0]),
            self.line,
            self.content,
            self.name,
        )

    def check(self) -> list[ControlTotal]:
        """The closing balance and the totals of `TxsSummry` against the entries."""
        return [*self.check_balances(), *self.check_summary()]

    def check_balances(self) -> list[ControlTotal]:
        """The closing balance against opening balance and entries, where both balances exist."""
        if self.opening is None or self.closing is None:
            return []
        name, opening, closing = f"closing_balance {self.number}", self.opening[1], self.closing[1]
        return list(Balance(name, self.currency, opening, closing, self.moved).check())

    def check_summary(self) -> list[ControlTotal]:
        """The totals of `TxsSummry` against the entries."""
        checks = []
        for name, text in self.declared:
            if name == "net" and self.has_reversals:  # banks differ in the sign of a reversal here
                continue
            currency = None if name.endswith("count") else self.currency
            try:
                is_count = text.isascii() and text.isdecimal() and len(text) < 16
                if currency is None and not is_count:
                    raise ValueError(f"{text!r} is no count")
                declared: int | None = (
                    parse_currency_amount(text, currency) if currency else int(text)
                )
            except ValueError:
                declared = None
            title = f"{name} {self.number}"
            checks.append(ControlTotal(title, currency, declared, self.sums[name], text[:28]))
        return checks
