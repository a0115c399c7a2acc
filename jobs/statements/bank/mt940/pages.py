"""The statements of an MT940 file: pages make a statement, and statements follow each other."""

from dataclasses import replace

from jobs.statements.bank.continuity import Balance, Continuity, add_content
from jobs.statements.bank.mt940.balances import Statement
from jobs.statements.parser import ControlTotal
from schemas.errors import FileRefused

_MISSING_PAGE = "it does not open as the page before it closed, so a page is missing"
_TODO = "fetch it again, it was cut; have all pages in one file"


class StatementPages:
    """The statements of a file so far.

    `open_balances` holds by account the balance of a statement whose next page is still to come,
    `first_pages` the first page of it, `accounts` every account.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.open_balances: dict[str, Balance] = {}
        self.first_pages: dict[str, Statement] = {}
        self.continuity = Continuity(name)
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
        checks = statement.check_sums()
        if self._is_no_page(statement):
            return checks
        self._assert_both_balances(statement)
        account, currency, number = statement.account, statement.currency, statement.number
        self.accounts.add(account)
        if statement.opening is None or statement.closing is None:
            return [*checks, *self.continuity.add(account, currency, statement.ends())]
        balance = self.open_balances.pop(account, None)
        opening = statement.opening[1]
        if balance is None:
            balance = Balance(f"closing_balance {number}", currency, opening)
            self.first_pages[account] = statement
        elif balance.currency != currency:
            raise statement.refusal(f"a page in {currency} of a statement in {balance.currency}")
        else:
            expected = (balance.opening or 0) + balance.moved
            checks.append(ControlTotal(f"interim_balance {number}", currency, opening, expected,
                                       cause=_MISSING_PAGE))  # fmt: skip
            # The totals behind a missing page are compared with what this page opens with.
            balance.moved = opening - (balance.opening or 0)
        balance.moved += statement.moved
        kind, closing = statement.closing
        if kind == "F":
            balance.closing = closing
            checks += self._close(statement, balance)
        else:
            expected = (balance.opening or 0) + balance.moved
            checks.append(ControlTotal(f"interim_balance {number}", currency, closing, expected))
            self.open_balances[account] = balance
        return checks

    def _is_no_page(self, statement: Statement) -> bool:
        """Whether a page is an interim one without entries, which changes nothing."""
        if not statement.account or not statement.is_empty_page or statement.opening is None:
            return False
        before = self.open_balances.get(statement.account)
        opening = statement.opening[1]
        return before is None or opening == (before.opening or 0) + before.moved

    def _close(self, last_page: Statement, balance: Balance) -> list[ControlTotal]:
        """The checks of a statement that its last page closes."""
        first_page = self.first_pages.pop(last_page.account)
        ends = last_page.ends()
        if first_page is not last_page:
            ends = replace(
                ends, opening=balance.opening, opening_day=first_page.opening_day,
                content=add_content(first_page.content, ends.content),
            )  # fmt: skip
        joined = self.continuity.add(last_page.account, last_page.currency, ends)
        return [*joined, *balance.check()]

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
