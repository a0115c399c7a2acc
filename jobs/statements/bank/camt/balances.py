"""A statement, report or notification of a camt message: balances, what it declares, its sums."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from lxml import etree

from jobs.statements.bank.camt.entries import amount_of, first, line_of, text_of, when
from jobs.statements.bank.entries import Balance, Entry, money_of
from jobs.statements.parser import Check
from schemas.errors import FileRefused
from schemas.vocabulary import Status

_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
#: What `TxsSummry` declares, where it stands, and what of the entries it is held against.
_COUNTED = [
    (f"{place}/{tag}", f"{side}{what}")
    for place, side in (("TtlNtries", ""), ("TtlCdtNtries", "in_"), ("TtlDbtNtries", "out_"))
    for tag, what in (("NbOfNtries", "count"), ("Sum", "sum"))
]
_NET = (
    ("TtlNtries/TtlNetNtryAmt", "TtlNtries/CdtDbtInd"),
    ("TtlNtries/TtlNetNtry/Amt", "TtlNtries/TtlNetNtry/CdtDbtInd"),
)


@dataclass
class Statement:
    """What is known of one statement, or page of it, so far; amounts in minor units.

    Of `opening` and `closing` the first part is the day, as printed.
    """

    number: int
    account: str = ""
    day: date | datetime | None = None
    currency: str | None = None
    of_balances: str | None = None
    opening_code: str = ""
    opening: tuple[str, int] | None = None
    closing: tuple[str, int] | None = None
    moved: int = 0
    sequence: int | None = None
    page: str = "1"
    is_last: bool = True
    has_reversals: bool = False
    declared: list[tuple[str, str]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def take_balance(self, element: etree._Element, name: str) -> None:
        """A balance. Of several the first day opens and the last one closes the statement.

        Raises:
            FileRefused: it cannot be read, or is in another currency than the others.
        """
        code = text_of(element, "Tp/CdOrPrtry/Cd") or text_of(element, "Tp/CdOrPrtry/Prtry") or ""
        amount = first(element, "Amt")
        if amount is None or code not in (*_OPENING, *_CLOSING):
            return
        currency = amount.get("Ccy")
        try:
            value = amount_of(amount)
            if self.of_balances not in (None, currency):
                raise ValueError(f"it is in {currency}, another in {self.of_balances}")
        except ValueError as fault:
            found = f"the balance {code}: {fault}"
            todo = "have the bank correct it"
            raise FileRefused("BAD_BALANCE", name, found, todo, line_of(element)) from fault
        # Without a mark it is a credit, as the statements that leave it out show.
        value = -value if text_of(element, "CdtDbtInd") == "DBIT" else value
        self.currency = self.of_balances = currency
        day = (text_of(element, "Dt/DtTm") or text_of(element, "Dt/Dt") or "")[:10]
        if code in _CLOSING:
            if self.closing is None or day >= self.closing[0]:
                self.closing = (day, value)
                self.day = when(element, "Dt") or self.day
        elif self.opening is None or self._opens(code, day, self.opening[0]):
            self.opening, self.opening_code = (day, value), code

    def _opens(self, code: str, day: str, known: str) -> bool:
        if code != self.opening_code:
            return code == "OPBD"
        return day < known

    def take_summary(self, element: etree._Element) -> None:
        """The counts and sums that are declared."""
        for path, name in _COUNTED:
            text = text_of(element, path)
            if text:
                self.declared.append((name, text))
        for path, mark in _NET:
            text = text_of(element, path)
            if text:
                minus = "-" if text_of(element, mark) == "DBIT" else ""
                self.declared.append(("net", f"{minus}{text}"))

    def count(self, entry: Entry, amount: int, is_debit: bool) -> None:
        """One entry more, of `amount` with all its transactions."""
        for side in ("", "out_" if is_debit else "in_"):
            self.seen[f"{side}count"] += 1
            self.seen[f"{side}sum"] += abs(amount)
        self.seen["net"] += amount
        self.has_reversals |= entry.reversal
        if entry.status == Status.SUCCEEDED.value:
            self.moved += amount
        self.currency = self.currency or entry.currency

    def go_on_from(self, page: "Statement | None") -> None:
        """Goes on from the page before this one, where that is in the file."""
        if page is not None:
            self.opening, self.opening_code = page.opening, page.opening_code
            self.closing = self.closing or page.closing
            self.moved += page.moved
            self.currency = self.currency or page.currency

    def then(self, below: "Statement") -> list[Check]:
        """The opening balance of the next statement of the account beside the closing one of this;
        where the newest stands first, the other way round.
        """
        above = self
        counts = below.sequence is not None and self.sequence is not None
        if counts and below.sequence == (self.sequence or 0) - 1 > 0:
            above, below = below, self
        if above.closing is None or below.opening is None:
            return []
        name = f"opening_balance {max(above.number, below.number)}"
        return [Check(name, self.currency, below.opening[1], above.closing[1])]

    def checks(self) -> list[Check]:
        """The closing balance and what `TxsSummry` declares, beside what the entries add up to."""
        return [*self.balances(), *self.sums()]

    def balances(self) -> list[Check]:
        """The closing balance beside the opening one and what moved, where both are there."""
        if self.opening is None or self.closing is None:
            return []
        name, opening, closing = f"closing_balance {self.number}", self.opening[1], self.closing[1]
        return list(Balance(name, self.currency, opening, closing, self.moved).check())

    def sums(self) -> list[Check]:
        """What `TxsSummry` declares."""
        out = []
        for name, text in self.declared:
            if name == "net" and self.has_reversals:  # whose sign in it banks do not agree on
                continue
            currency = None if name.endswith("count") else self.currency
            try:
                plain = text.isascii() and text.isdecimal() and len(text) < 16
                if currency is None and not plain:
                    raise ValueError(f"{text!r} is no count")
                declared: int | None = money_of(text, currency) if currency else int(text)
            except ValueError:
                declared = None
            shown = f"{name} {self.number}"
            out.append(Check(shown, currency, declared, self.seen[name], text[:28]))
        return out
