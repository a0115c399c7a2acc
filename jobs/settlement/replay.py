"""Settles the channels of one bank account, date by date: a fold without a clock and without a
table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from jobs.settlement.inputs import BankLine, DayBatch, InTransit
from jobs.settlement.recognition import ChannelAtBank, assign_lines
from jobs.settlement.settle import DaySettlement, settle
from jobs.settlement.state import State
from jobs.settlement.terms import Terms, start_state


@dataclass(frozen=True)
class AccountDay:
    """What one date brings: bank lines, and lines of statements reduced to batches by channel.

    `is_bank_whole`: the bank account has a whole accepted statement of the date. `in_transit` is
    what of ours has no line of the date, by channel.
    """

    day: date
    bank_lines: tuple[BankLine, ...] = ()
    is_bank_whole: bool = True
    batches: Mapping[str, tuple[DayBatch, ...]] = field(default_factory=dict)
    in_transit: Mapping[str, tuple[InTransit, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Use:
    """Who got a bank line: a channel, or nobody; `run_date` is None while it is tried again."""

    line: BankLine
    channel: str | None = None
    run_date: date | None = None
    is_ambiguous: bool = False


@dataclass(frozen=True)
class Replay:
    """The settlements of the dates by date and channel, and the bank lines by id."""

    settlements: Mapping[tuple[date, str], DaySettlement]
    uses: Mapping[str, Use]


def replay_days(
    days: Sequence[AccountDay],
    terms: Mapping[str, Terms],
    states: Mapping[str, State],
    waiting: Iterable[BankLine],
) -> Replay:
    """Settles dates in order.

    `terms` are those of the channels that are paid on the account. `states` are those after the
    date before the first one, of channels that were settled then; others start on their first
    date. `waiting` are earlier bank lines that are tried again.

    Raises:
        SettlementUnbalanced: a date does not account for all money.
    """
    current = dict(states)
    uses = {line.line_id: Use(line) for line in waiting}
    settlements: dict[tuple[date, str], DaySettlement] = {}
    for account_day in days:
        day = account_day.day
        active = sorted(name for name, one in terms.items() if one.first_date <= day)
        for name in active:
            current.setdefault(name, start_state(terms[name]))
        uses |= {line.line_id: Use(line) for line in account_day.bank_lines}
        credits = _give_lines(account_day, active, terms, current, uses)
        for name in active:
            batches = account_day.batches.get(name, ())
            settled = settle(
                day,
                batches,
                credits[name],
                account_day.is_bank_whole,
                current[name],
                terms[name],
                account_day.in_transit.get(name, ()),
            )
            current[name] = settled.state
            settlements[day, name] = settled
    return Replay(settlements, uses)


def _give_lines(
    account_day: AccountDay,
    active: Sequence[str],
    terms: Mapping[str, Terms],
    states: Mapping[str, State],
    uses: dict[str, Use],
) -> dict[str, list[BankLine]]:
    """Gives the date's lines, and earlier ones that wait, to channels; returns each one's lines."""
    day = account_day.day
    channels = [
        ChannelAtBank(name, terms[name], states[name], account_day.batches.get(name, ()))
        for name in active
    ]
    lines = [use.line for use in uses.values() if use.run_date is None]
    credits: dict[str, list[BankLine]] = {name: [] for name in active}
    for assigned in assign_lines(day, lines, channels):
        line = uses[assigned.line_id].line
        if assigned.channel is not None:
            credits[assigned.channel].append(line)
        is_decided = assigned.channel is not None or assigned.is_final
        run_date = day if is_decided else None
        uses[assigned.line_id] = Use(line, assigned.channel, run_date, assigned.is_ambiguous)
    return credits
