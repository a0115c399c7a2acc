"""One date of a channel's settlement, as a pure function."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from jobs.settlement.balances import balance_currencies, check_credits, check_run
from jobs.settlement.batches import take_lines
from jobs.settlement.books import Books
from jobs.settlement.bridge.growth import BridgeRow, bridge_run
from jobs.settlement.carrying import decide_batches
from jobs.settlement.credits.amounts import pair_amounts
from jobs.settlement.credits.references import bind_named
from jobs.settlement.credits.returns import take_returns
from jobs.settlement.credits.runs import pay_batches_by_several, pay_batches_together
from jobs.settlement.inputs import BankLine, DayBatch, InTransit
from jobs.settlement.payouts import take_segments
from jobs.settlement.results import close_run
from jobs.settlement.rows import Balance, SettlementRow
from jobs.settlement.state import Credit, State
from jobs.settlement.terms import Terms


@dataclass(frozen=True)
class DaySettlement:
    """The rows, balances and bridge of a run, and what it hands to the next one."""

    rows: tuple[SettlementRow, ...]
    balances: tuple[Balance, ...]
    bridge: tuple[BridgeRow, ...]
    state: State


def settle(
    day: date,
    day_batches: Iterable[DayBatch],
    credits: Sequence[BankLine],
    is_bank_whole: bool,
    state: State,
    terms: Terms,
    in_transit: Iterable[InTransit] = (),
) -> DaySettlement:
    """Settles one date of one channel.

    `day_batches` are the channel's lines of the date, one per key, `per` and currency; `credits`
    the bank lines that the date gives to the channel; `is_bank_whole` says whether the bank account
    has a whole accepted statement of the date; `in_transit` is what of ours has no line of the
    date. The order of all does not matter.

    Raises:
        SettlementUnbalanced: a bank line comes twice, or the result does not account for all money.
        ValueError: the date is not after the one that the state is of.
    """
    if state.last_run is not None and day <= state.last_run:
        raise ValueError(f"{day} is not after {state.last_run}, of which the state is")
    check_credits(state, credits)
    books, day_batches = Books(state, terms, day), list(day_batches)
    if terms.rules.batch_by == "settlement":
        take_segments(books, day_batches)
    else:
        take_lines(books, day_batches)
    decide_batches(books)
    for line in credits:
        books.credits[line.line_id] = Credit(line)
        books.received[line.currency] += line.amount
    take_returns(books, credits)
    bind_named(books)
    pair_amounts(books)
    pay_batches_together(books)
    pay_batches_by_several(books)
    rows = close_run(books, is_bank_whole)
    balances = balance_currencies(books)
    check_run(books, balances)
    bridge = bridge_run(state, books, day_batches, in_transit)
    return DaySettlement(tuple(rows), tuple(balances), tuple(bridge), _close_books(books, balances))


def _close_books(books: Books, balances: Iterable[Balance]) -> State:
    return State(
        batches=tuple(sorted(books.batches.values(), key=lambda batch: batch.id)),
        credits=tuple(sorted(books.credits.values(), key=lambda credit: credit.line.line_id)),
        carried=tuple(sorted((purse, sum_) for purse, sum_ in books.carried.items() if sum_)),
        closing=tuple((balance.currency, balance.closing) for balance in balances),
        resolved=tuple(sorted((cause, sum_) for cause, sum_ in books.resolved.items() if sum_)),
        last_run=books.day,
    )
