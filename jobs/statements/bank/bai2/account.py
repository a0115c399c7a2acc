"""An account of a BAI2 report: its sums, balances, and what tells its report from others."""

from dataclasses import dataclass, field
from datetime import date

from jobs.statements.bank.accounts import StatementScope
from jobs.statements.bank.continuity import Balance, StatementEnds
from schemas.errors import FileRefused


@dataclass
class Sums:
    """The sums that a trailer must equal: amounts, records, and the parts below it."""

    total: int = 0
    records: int = 0
    parts: int = 0


@dataclass
class Account:
    """An account of a group: the records from 03, on `line`, to 49; `content` stands for its
    transactions.
    """

    number: str
    currency: str
    line: int = 0
    sums: Sums = field(default_factory=Sums)
    content: int = 0
    balance: Balance = field(default_factory=lambda: Balance(""))

    def scope(self, day: date | None, time: str) -> StatementScope:
        """What tells its report from all others: BAI2 has no statement numbers, but a time."""
        number = f"{day:%y%m%d}" if day else ""
        return StatementScope(self.number, self.currency, number, time, self.balance.opening)

    def ends(self, place: int, day: date | None, time: str) -> StatementEnds:
        """The values that must agree with the account's report before or after this one."""
        opening, closing = self.balance.opening, self.balance.closing
        return StatementEnds(place, None, opening, closing, day, day, self.line, self.content, time)


class Reports:
    """The reports of a file by account, currency and day: what each of them held.

    Some banks report the day again with what came since, or correct a report in the same file: its
    transactions would count twice.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._contents: dict[tuple[str, str, date | None], set[int]] = {}

    def assert_new(self, account: Account, day: date | None, is_correction: bool) -> None:
        """Makes sure that the transactions so far are no earlier report of the account.

        Raises:
            FileRefused: an earlier report of the day had just these, or this one corrects it.
        """
        earlier = self._contents.get((account.number, account.currency, day), set())
        if account.content in earlier or (is_correction and earlier):
            raise FileRefused(
                "REPEATED_STATEMENT", self.name,
                f"it {'corrects' if is_correction else 'repeats'} an earlier report of the account"
                f" for {day}",
                "have the bank send each report as a file of its own", account.line,
            )  # fmt: skip

    def add(self, account: Account, day: date | None) -> None:
        """Adds a report that is read to its end."""
        if account.content:
            key = (account.number, account.currency, day)
            self._contents.setdefault(key, set()).add(account.content)
