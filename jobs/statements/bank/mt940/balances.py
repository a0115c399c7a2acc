"""Control totals of an MT940: balances from statement to statement and from page to page, and the
sums of an MT942.
"""

import re
from dataclasses import dataclass, field

from jobs.statements.bank.entries import Balance, StatementEnds, check_opening
from jobs.statements.bank.mt940.entries import parse_amount
from jobs.statements.bank.mt940.fields import Field
from jobs.statements.parser import ControlTotal
from schemas.errors import FileRefused

#: The whole text of a balance: a pattern that ends earlier would take a part of the amount.
_BALANCE = re.compile(
    r"""
    (?P<status>[CD])\d{6}
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
    between pages. `moved` is the sum of the booked entries. `counts` holds by side (`C`, `D`) the
    number of entries and their unsigned sum.
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

    def refusal(self, problem: str, line: int = 0, todo: str = _TODO) -> FileRefused:
        """The error for a statement that cannot be read."""
        return FileRefused("BAD_STATEMENT", self.name, problem, todo, line or self.line)

    def add_entry(self, amount: int, is_booked: bool) -> None:
        """Adds an entry to the sums; an expected entry does not move the balance."""
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
        if is_opening:
            self.opening = balance
        else:
            self.closing = balance

    def _balance_refusal(self, problem: str, line: int) -> FileRefused:
        return FileRefused("BAD_BALANCE", self.name, problem, "have the bank send it again", line)

    def add_report_field(self, report_field: Field) -> None:
        """Reads a field of an interim report: its currency, or the sum of one side."""
        self.is_report = True
        if report_field.tag == "34F" and self.currency is None:
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
            int(hit[0]) if hit else None,
            None if self.opening is None else self.opening[1],
            None if self.closing is None else self.closing[1],
        )


class StatementPages:
    """The statements of a file so far.

    `open_balances` holds by account the balance of a statement whose next page is still to come,
    `last_closed` by account and currency the last complete statement, `accounts` every account.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.open_balances: dict[str, Balance] = {}
        self.last_closed: dict[tuple[str, str | None], Statement] = {}
        self.accounts: set[str] = set()

    def assert_all_closed(self) -> None:
        """Makes sure at the end of the file that every statement has its last page.

        Raises:
            FileRefused: the last page of a statement is missing.
        """
        if self.open_balances:
            problem = "its last statement continues on a page that is not in the file"
            raise FileRefused("FOOTER_MISSING", self.name, problem, _TODO)

    def check_statement(self, statement: Statement) -> list[ControlTotal]:
        """Checks a statement, or a page of one, that was read to its end.

        Opening balance and movements must give the closing balance, over all pages; the opening
        balance must equal the closing balance of the account's statement before it.

        Raises:
            FileRefused: an opening or closing balance is missing, or the page before this one.
        """
        self._assert_both_balances(statement)
        checks = statement.check_sums()
        account, currency, number = statement.account, statement.currency, statement.number
        self.accounts.add(account)
        if statement.opening is None or statement.closing is None:
            return checks
        balance = self.open_balances.pop(account, None)
        opening = statement.opening[1]
        if balance is None:
            balance = Balance(f"closing_balance {number}", currency, opening)
            previous = self.last_closed.get((account, currency))
            if previous is not None:
                checks += check_opening(previous.ends(), statement.ends(), currency)
        elif balance.currency != currency:
            raise statement.refusal(f"a page in {currency} of a statement in {balance.currency}")
        else:
            expected = (balance.opening or 0) + balance.moved
            checks.append(ControlTotal(f"interim_balance {number}", currency, opening, expected))
        balance.moved += statement.moved
        kind, closing = statement.closing
        if kind == "F":
            balance.closing = closing
            checks += balance.check()
            self.last_closed[account, currency] = statement
        else:
            expected = (balance.opening or 0) + balance.moved
            checks.append(ControlTotal(f"interim_balance {number}", currency, closing, expected))
            self.open_balances[account] = balance
        return checks

    def _assert_both_balances(self, statement: Statement) -> None:
        """Refuses a statement that lacks its account, a balance or a page.

        Some banks begin the next statement of an account with an interim balance. An interim report
        has no balances.
        """
        opening, closing = statement.opening, statement.closing
        is_continued = statement.account in self.open_balances
        missing = None
        if not statement.account:
            missing = "account, field 25"
        elif (opening is None) != (closing is None):
            missing = "closing balance" if closing is None else "opening balance"
        elif opening is None and not statement.is_report:
            missing = "balances"
        elif opening is not None and opening[0] == "M" and not is_continued:
            missing = None if statement.account in self.accounts else "page before it"
        elif opening is not None and opening[0] == "F" and is_continued:
            missing = "page that closes the statement before it"
        if missing:
            raise statement.refusal(f"a statement without its {missing}")
