"""What an MT940 declares of itself: balances from end to end and page to page, sums of an MT942."""

import re
from dataclasses import dataclass, field

from mt940 import models, tags

from jobs.statements.bank.entries import Balance
from jobs.statements.bank.mt940.entries import amount_of
from jobs.statements.bank.mt940.fields import Field
from jobs.statements.parser import Check
from schemas.errors import FileRefused

_SUM = re.compile(r"(\d{1,5})([A-Z]{3})([\d,.]+)")
_TODO = "fetch it again, it was cut; have all pages in one file"


class _BalanceTag(tags.BalanceBase):
    """Balances to their end: the library's own pattern would take an amount in part."""

    RE_FLAGS = re.VERBOSE | re.ASCII
    pattern = r"""^
    (?P<status>[CD])(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})
    (?P<currency>[A-Z]{3})\s?(?P<amount>\d[\d,.]*)\s*
    $"""


_BALANCE = _BalanceTag()
_NOTHING = models.Transactions()


@dataclass
class Statement:
    """A statement or a page of one, while it is read: its balances, what its entries add up to.

    Of `opening` and `closing` the letters say which they are: `F`, or `M` between pages.
    """

    name: str
    number: int
    line: int
    account: str = ""
    sequence: str = ""
    currency: str | None = None
    opening: tuple[str, int] | None = None
    closing: tuple[str, int] | None = None
    moved: int = 0
    is_report: bool = False
    declared: list[tuple[str, Field]] = field(default_factory=list)
    counts: dict[str, list[int]] = field(default_factory=lambda: {"C": [0, 0], "D": [0, 0]})

    def refused(self, found: str, line: int = 0, todo: str = _TODO) -> FileRefused:
        """A statement that cannot be taken."""
        return FileRefused("BAD_STATEMENT", self.name, found, todo, line or self.line)

    def count(self, amount: int, booked: bool) -> None:
        """One entry more; what is only expected moves no balance."""
        counted = self.counts["D" if amount < 0 else "C"]
        counted[0] += 1
        counted[1] += abs(amount)
        if booked:
            self.moved += amount

    def take_balance(self, found: Field) -> None:
        """An opening or a closing balance.

        Raises:
            FileRefused: it cannot be read, there is one already, or it is of another currency.
        """
        is_opening = found.tag.startswith("60")
        if (self.opening if is_opening else self.closing) is not None:
            raise self.refused(f"a second balance {found.tag}", found.line)
        if is_opening and self.moved:
            raise self.refused("an opening balance behind its entries", found.line)
        try:
            data = _BALANCE.parse(_NOTHING, found.text)
            currency = data["currency"]
            if self.opening is not None and currency != self.currency:
                raise ValueError(f"it is in {currency}, the opening in {self.currency}")
            value = amount_of(str(data["amount"]), currency)
        except RuntimeError as fault:
            what = f"the balance :{found.tag}: has no mark, date, currency and amount"
            raise self._bad_balance(what, found.line) from fault
        except ValueError as fault:
            what = f"the balance :{found.tag}: {fault}"
            raise self._bad_balance(what, found.line) from fault
        self.currency = currency
        balance = (
            "M" if found.tag.endswith("M") else "F",
            -value if data["status"] == "D" else value,
        )
        if is_opening:
            self.opening = balance
        else:
            self.closing = balance

    def _bad_balance(self, found: str, line: int) -> FileRefused:
        return FileRefused("BAD_BALANCE", self.name, found, "have the bank send it again", line)

    def take_report(self, found: Field) -> None:
        """A field of an interim report: its currency, or the sum of one side."""
        self.is_report = True
        if found.tag == "34F" and self.currency is None:
            self.currency = found.text[:3]
        elif found.tag in ("90C", "90D"):
            self.declared.append((found.tag[2], found))

    def sums(self) -> list[Check]:
        """The counts and sums that an interim report declares, of debits and of credits."""
        out = []
        for mark, found in self.declared:
            count, total = self.counts[mark]
            side = "debit" if mark == "D" else "credit"
            hit = _SUM.fullmatch(found.text.strip())
            name = f"{side}_count {self.number}"
            out.append(Check(name, None, int(hit[1]) if hit else None, count, found.text[:28]))
            currency = hit[2] if hit else self.currency
            try:
                declared = amount_of(hit[3], currency) if hit else None
            except ValueError:
                declared = None
            name = f"{side}_amount {self.number}"
            out.append(Check(name, currency, declared, total, found.text[:28]))
        return out


def _follows(statement: Statement, before: Statement) -> list[Check]:
    """A statement's opening beside the closing of the one before it in the file; where the file
    begins with the newest, the other way round.
    """
    number, currency = statement.number, statement.currency
    one, other = (_first_number(each.sequence) for each in (before, statement))
    newest_first = one is not None and other is not None and other == one - 1 > 0
    above, below = (statement, before) if newest_first else (before, statement)
    if above.closing is None or below.opening is None:
        return []
    return [Check(f"opening_balance {number}", currency, below.opening[1], above.closing[1])]


def _first_number(sequence: str) -> int | None:
    hit = re.match(r"\d{1,5}", sequence)
    return int(hit[0]) if hit else None


class Pages:
    """The statements of a file so far: what goes on, and what each account closed with."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.open: dict[str, Balance] = {}
        self.closed: dict[tuple[str, str | None], Statement] = {}
        self.begun: set[str] = set()

    def must_be_closed(self) -> None:
        """At the end of a file no statement goes on.

        Raises:
            FileRefused: one does.
        """
        if self.open:
            found = "its last statement goes on on a page that is not here"
            raise FileRefused("FOOTER_MISSING", self.name, found, _TODO)

    def checked(self, statement: Statement) -> list[Check]:
        """Opening and movements beside the closing balance of a statement, or of its pages; and its
        opening beside what the one before it closed with.

        Raises:
            FileRefused: a balance is missing at one end, or a page before it.
        """
        self._must_have_both_ends(statement)
        out = statement.sums()
        account, currency, number = statement.account, statement.currency, statement.number
        self.begun.add(account)
        if statement.opening is None or statement.closing is None:
            return out
        balance = self.open.pop(account, None)
        opening = statement.opening[1]
        if balance is None:
            balance = Balance(f"closing_balance {number}", currency, opening)
            before = self.closed.get((account, currency))
            out += _follows(statement, before) if before is not None else []
        elif balance.currency != currency:
            raise statement.refused(f"a page in {currency} of a statement in {balance.currency}")
        else:
            expected = (balance.opening or 0) + balance.moved
            out.append(Check(f"interim_balance {number}", currency, opening, expected))
        balance.moved += statement.moved
        kind, closing = statement.closing
        if kind == "F":
            balance.closing = closing
            out += balance.check()
            self.closed[account, currency] = statement
        else:
            expected = (balance.opening or 0) + balance.moved
            out.append(Check(f"interim_balance {number}", currency, closing, expected))
            self.open[account] = balance
        return out

    def _must_have_both_ends(self, statement: Statement) -> None:
        """Some banks let the next statement of an account begin with an interim balance; an interim
        report has no balances.
        """
        opening, closing = statement.opening, statement.closing
        goes_on = statement.account in self.open
        missing = None
        if not statement.account:
            missing = "account, field 25"
        elif (opening is None) != (closing is None):
            missing = "closing balance" if closing is None else "opening balance"
        elif opening is None and not statement.is_report:
            missing = "balances"
        elif opening is not None and opening[0] == "M" and not goes_on:
            missing = None if statement.account in self.begun else "page before it"
        elif opening is not None and opening[0] == "F" and goes_on:
            missing = "page that closes the statement before it"
        if missing:
            raise statement.refused(f"a statement without its {missing}")
