"""An account of a BAI2 report: its sums, balances, and what tells its report from others."""

from dataclasses import dataclass, field
from datetime import date

from jobs.statements.bank.accounts import StatementScope
from jobs.statements.bank.continuity import Balance, StatementEnds


@dataclass
class Sums:
    """The sums that a trailer must equal: amounts, records, and the parts below it."""

    total: int = 0
    records: int = 0
    parts: int = 0


@dataclass
class Account:
    """An account of a group: the records from 03, on `line`, to 49."""

    number: str
    currency: str
    line: int = 0
    sums: Sums = field(default_factory=Sums)
    balance: Balance = field(default_factory=lambda: Balance(""))

    def scope(self, day: date | None, time: str) -> StatementScope:
        """What tells its report from all others: BAI2 has no statement numbers, but a time."""
        number = f"{day:%y%m%d}" if day else ""
        return StatementScope(self.number, self.currency, number, time, self.balance.opening)

    def ends(self, place: int, day: date | None) -> StatementEnds:
        """The values that must agree with the account's report before or after this one."""
        opening, closing = self.balance.opening, self.balance.closing
        return StatementEnds(place, None, opening, closing, day, day, self.line)
