"""What an MT940 declares of itself: balances from end to end and page to page, sums of an MT942."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jobs.statements.bank import Balance, Entry, money_of
from jobs.statements.dialect import Check
from jobs.statements.mt940_pages import Statement
from schemas.errors import FileRefused

_SUMS = re.compile(r"^:90([DC]):(\d{1,5})([A-Z]{3})([\d,.]+)\s*$", re.MULTILINE)


class Pages:
    """The statements of a file so far: what goes on, and what each account closed with."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.open: dict[str, Balance] = {}
        self.closed: dict[str, int] = {}

    def checked(
        self, data: Mapping[str, Any], entries: Sequence[Entry], number: int, account: str
    ) -> list[Check]:
        """Opening and movements beside the closing balance of a statement, or of its pages; and its
        opening beside what the one before it closed with.

        `data` is what the library read.

        Raises:
            FileRefused: a balance cannot be read, or is in another currency than the opening.
        """
        opening, interim = (
            data.get(f"{name}_opening_balance") for name in ("final", "intermediate")
        )
        closing, next_page = (
            data.get(f"{name}_closing_balance") for name in ("final", "intermediate")
        )
        out = []
        balance = self.open.pop(account, None)
        if balance is None:
            balance = Balance(f"closing_balance {number}")
            balance.currency, balance.opening = self._minor(opening or interim, None)
            before = self.closed.get(f"{account} {balance.currency}")
            if before is not None and balance.opening is not None:
                name = f"opening_balance {number}"
                out.append(Check(name, balance.currency, balance.opening, before))
        elif interim is not None:
            _, given = self._minor(interim, balance.currency)
            expected = (balance.opening or 0) + balance.moved
            out.append(Check(f"interim_balance {number}", balance.currency, given, expected))
        balance.moved += sum(each.amount or 0 for each in entries)
        if closing is not None:
            _, balance.closing = self._minor(closing, balance.currency)
            out += balance.check()
            self.closed[f"{account} {balance.currency}"] = balance.closing or 0
        elif next_page is not None:
            _, given = self._minor(next_page, balance.currency)
            expected = (balance.opening or 0) + balance.moved
            out.append(Check(f"interim_balance {number}", balance.currency, given, expected))
            self.open[account] = balance
        return out

    def _minor(self, balance: Any, currency: str | None) -> tuple[str | None, int | None]:
        """Currency and minor units of a balance of the library's; None where there is none."""
        if balance is None:
            return None, None
        found = balance.amount.currency if balance.amount is not None else None
        try:
            if balance.amount is None or balance.amount.amount is None:
                raise ValueError("it has no amount")
            if currency is not None and found != currency:
                raise ValueError(f"it is in {found}, the opening in {currency}")
            amount = Decimal(balance.amount.amount)
            value = money_of(format(abs(amount), "f"), found)
        except (ValueError, ArithmeticError) as fault:
            raise FileRefused(
                "BAD_BALANCE", self.name, f"a balance: {fault}", "have the bank send it again"
            ) from fault
        return found, -value if amount < 0 else value


def sums_of(statement: Statement, entries: Sequence[Entry], number: int) -> list[Check]:
    """The counts and sums of an MT942, of debits and of credits."""
    out = []
    for mark, count, currency, amount in _SUMS.findall("\n".join(statement.lines)):
        own = [e.amount or 0 for e in entries if ((e.amount or 0) < 0) == (mark == "D")]
        side = "debit" if mark == "D" else "credit"
        out.append(Check(f"{side}_count {number}", None, int(count), len(own)))
        try:
            declared: int | None = money_of(amount.replace(",", ".").rstrip("."), currency)
        except ValueError:
            declared = None
        summed = abs(sum(own))
        out.append(Check(f"{side}_amount {number}", currency, declared, summed, amount))
    return out
