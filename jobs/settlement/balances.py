"""Step 5: what the channel owes us after a run, and the checks that nothing was lost."""

from collections import Counter
from collections.abc import Iterable

from jobs.settlement.books import Books, split_owed, split_unpaired
from jobs.settlement.inputs import BankLine
from jobs.settlement.rows import Balance
from jobs.settlement.state import CreditState, State
from schemas.errors import CheckFailed

#: Causes for which the channel owes us, or we have, what no open batch explains.
CAUSES = ("waiting", "missing", "short", "over", "unknown", "declared", "tolerance")


class SettlementUnbalanced(CheckFailed):
    """Raised when a run of the settlement does not account for all money: nothing of it counts."""


def balance_currencies(books: Books) -> list[Balance]:
    """The balances of a run, one per currency that has or had money."""
    unresolved = Counter(books.resolved)
    still_open: Counter[str] = Counter()
    for batch in books.batches.values():
        for cause, amount in split_owed(batch):
            if cause == "open":
                still_open[batch.purse.currency] += amount
            else:
                unresolved[batch.purse.currency, cause] += amount
    for credit in books.credits.values():
        for cause, amount in split_unpaired(credit):
            unresolved[credit.line.currency, cause] += amount
    for purse, amount in books.carried.items():
        still_open[purse.currency] += amount
    currencies = {*books.opening, *books.nets, *books.received, *still_open}
    return [
        Balance(
            currency,
            books.opening[currency],
            books.nets[currency],
            books.received[currency],
            books.opening[currency] + books.nets[currency] - books.received[currency],
            still_open[currency],
            {cause: unresolved[currency, cause] for cause in CAUSES},
        )
        for currency in sorted(currencies)
    ]


def check_credits(state: State, credits: Iterable[BankLine]) -> None:
    """Checks that no bank line is given to the channel a second time.

    Raises:
        SettlementUnbalanced: one is.
    """
    known = {credit.line.line_id for credit in state.credits}
    for line in credits:
        if line.line_id in known:
            raise SettlementUnbalanced(f"bank line {line.line_id} was given to the channel twice")
        known.add(line.line_id)


def check_run(books: Books, balances: Iterable[Balance]) -> None:
    """Checks that the run accounts for all money: each used credit is shared out whole, and what
    the channel owes is what is open and what is unresolved.

    Raises:
        SettlementUnbalanced: it does not.
    """
    shared: Counter[str] = Counter()
    for batch in books.batches.values():
        for share in batch.shares:
            shared[share.line_id] += share.amount
    for line_id, credit in books.credits.items():
        used = credit.line.amount if credit.state == CreditState.USED else 0
        if shared[line_id] != used:
            raise SettlementUnbalanced(
                f"credit {line_id} of {credit.line.amount} is shared out as {shared[line_id]}"
            )
    for balance in balances:
        explained = balance.open + sum(balance.unresolved.values())
        if balance.closing != explained:
            raise SettlementUnbalanced(
                f"{books.day} {balance.currency}: closing balance {balance.closing} is not open"
                f" {balance.open} and unresolved {balance.unresolved}"
            )
