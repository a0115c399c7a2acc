"""A statement of an MT940, or one page of it: its balances, and the sums of an MT942."""

import re
from dataclasses import dataclass, field
from datetime import date

from jobs.statements.bank.accounts import StatementScope
from jobs.statements.bank.continuity import StatementEnds, add_content
from jobs.statements.bank.entries import Entry
from jobs.statements.bank.mt940.entries import parse_amount, parse_day
from jobs.statements.bank.mt940.fields import Field
from jobs.statements.parser import ControlTotal
from schemas.errors import FileRefused
from schemas.vocabulary import Status

#: The whole text of a balance: a pattern that ends earlier would take a part of the amount.
_BALANCE = re.compile(
    r"""
    (?P<status>[CD])(?P<day>\d{6})
    (?P<currency>[A-Z]{3})\s?(?P<amount>\d[\d,.]*)\s*
    $""",
    re.VERBOSE | re.ASCII,
)
_SUM = re.compile(r"(\d{1,5})([A-Z]{3})([\d,.]+)")
_TODO = "fetch it again, it was cut; have all pages in one file"


@dataclass
class Statement:
    """A statement, or one page of it, as read so far; amounts in minor units.

    `opening` and `closing` are (type, amount): type `F` is a final balance, `M` an interim balance
    between pages. `content` stands for its entries. `moved` is the sum of the booked entries.
    `counts` holds by side (`C`, `D`) the number of entries and their unsigned sum.
    """

    name: str
    number: int
    line: int
    account: str = ""
    sequence: str = ""
    report_time: str = ""
    opening_day: date | None = None
    closing_day: date | None = None
    entry_count: int = 0
    content: int = 0
    currency: str | None = None
    opening: tuple[str, int] | None = None
    closing: tuple[str, int] | None = None
    moved: int = 0
    is_report: bool = False
    declared: list[tuple[str, Field]] = field(default_factory=list)
    counts: dict[str, list[int]] = field(default_factory=lambda: {"C": [0, 0], "D": [0, 0]})

    def refusal(self, problem: str, line: int = 0, todo: str = _TODO) -> FileRefused:
        """The error for a statement that cannot be read."""
        return FileRefused("BAD_STATEMENT", self.name, problem, todo, line or self.line)

    def scope(self) -> StatementScope:
        """What tells this statement, or this page of it, from all others."""
        opening = None if self.opening is None else self.opening[1]
        begins = str(self.opening_day or self.report_time)
        return StatementScope(self.account, self.currency, self.sequence, begins, opening)

    @property
    def has_begun(self) -> bool:
        """Whether more is known of it than its account."""
        return bool(self.sequence or self.opening or self.is_report or self.entry_count)

    @property
    def is_empty_page(self) -> bool:
        """Whether it is an interim page without entries, on which the balance stays."""
        opening, closing = self.opening, self.closing
        if opening is None or closing is None or self.entry_count:
            return False
        return closing[0] == "M" and opening[1] == closing[1]

    def add_entry(self, entry: Entry) -> None:
        """Adds an entry to the sums; an expected entry does not move the balance."""
        amount, is_booked = entry.booked_amount, entry.status == Status.SUCCEEDED.value
        self.entry_count += 1
        self.content = add_content(self.content, entry.raw, entry.our_ref)
        totals = self.counts["D" if amount < 0 else "C"]
        totals[0] += 1
        totals[1] += abs(amount)
        if is_booked:
            self.moved += amount

    def set_balance(self, balance_field: Field) -> None:
        """Sets the opening or the closing balance from a field 60 or 62.

        Raises:
            FileRefused: the balance cannot be read, is the second one, or is in another currency.
        """
        is_opening = balance_field.tag.startswith("60")
        if (self.opening if is_opening else self.closing) is not None:
            raise self.refusal(f"a second balance {balance_field.tag}", balance_field.line)
        if is_opening and self.moved:
            raise self.refusal("an opening balance behind its entries", balance_field.line)
        hit = _BALANCE.match(balance_field.text)
        if hit is None:
            what = f"the balance :{balance_field.tag}: has no mark, date, currency and amount"
            raise self._balance_refusal(what, balance_field.line)
        currency = hit["currency"]
        try:
            if self.opening is not None and currency != self.currency:
                raise ValueError(f"it is in {currency}, the opening in {self.currency}")
            value = parse_amount(hit["amount"], currency)
        except ValueError as fault:
            what = f"the balance :{balance_field.tag}: {fault}"
            raise self._balance_refusal(what, balance_field.line) from fault
        self.currency = currency
        balance = (
            "M" if balance_field.tag.endswith("M") else "F",
            -value if hit["status"] == "D" else value,
        )
        day = parse_day(hit["day"])
        if is_opening:
            self.opening, self.opening_day = balance, day
        else:
            self.closing, self.closing_day = balance, day

    def _balance_refusal(self, problem: str, line: int) -> FileRefused:
        return FileRefused("BAD_BALANCE", self.name, problem, "have the bank send it again", line)

    def add_report_field(self, report_field: Field) -> None:
        """Reads a field of an interim report: its currency, or the sum of one side."""
        self.is_report = True
        if report_field.tag.startswith("13"):
            self.report_time = report_field.text.strip()
        elif report_field.tag == "34F" and self.currency is None:
            self.currency = report_field.text[:3]
        elif report_field.tag in ("90C", "90D"):
            self.declared.append((report_field.tag[2], report_field))

    def check_sums(self) -> list[ControlTotal]:
        """Declared counts and sums of an interim report against its debits and credits."""
        checks = []
        for mark, field_90 in self.declared:
            count, total = self.counts[mark]
            text = field_90.text
            side = "debit" if mark == "D" else "credit"
            hit = _SUM.fullmatch(text.strip())
            name = f"{side}_count {self.number}"
            checks.append(ControlTotal(name, None, int(hit[1]) if hit else None, count, text[:28]))
            currency = hit[2] if hit else self.currency
            try:
                declared = parse_amount(hit[3], currency) if hit else None
            except ValueError:
                declared = None
            name = f"{side}_amount {self.number}"
            checks.append(ControlTotal(name, currency, declared, total, text[:28]))
        return checks

    def ends(self) -> StatementEnds:
        """The values that must agree with the statement before or after this one."""
        hit = re.match(r"\d{1,5}", self.sequence)
        return StatementEnds(
            self.number,
            (int(hit[0]) or None) if hit else None,
            None if self.opening is None else self.opening[1],
            None if self.closing is None else self.closing[1],
            self.opening_day,
            self.closing_day,
            self.line,
            self.content,
            self.report_time,
        )
