"""Settles dates of a bank account and its channels: reads, replays, writes, records.

All of it is one transaction of `bank_lines_used`: of two processes at once the second starts from
what the first wrote.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from jobs.ingestion.day_state import resolve_day_state
from jobs.lake.changes.channel_days import ArrowReader, DaysChange, change_arrow_days
from jobs.lake.history.place import find_first_date
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from jobs.settlement.replay import AccountDay, Replay, replay_days
from jobs.settlement.table_rows import read_state
from jobs.settlement.vocabulary import SettlementResult
from jobs.treasury.accounts import Account
from jobs.treasury.bank_uses import read_waiting_ids, use_rows
from jobs.treasury.plan import JOB, OUR_JOBS, Plan, plan_dates
from jobs.treasury.statements import (
    assert_lines_are_accepted,
    assert_payers_are_known,
    read_bank_lines,
    read_channel_days,
)
from jobs.treasury.write_days import Revision, find_revisions, write_channel_days
from schemas.profile.channel import Snapshots
from schemas.tables import BANK_LINES_USED, RUNS, SETTLEMENT_OPEN, STATEMENT_FILES

_OF_RUNS = ("job", "channel", "business_date", "fingerprint", "ended_at")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class SettlementSummary:
    """Result of one date of one channel.

    `results` counts rows, `closing` is what the channel owes by currency in minor units, `missing`
    the sums of batches LATE or MISSING. `due_unknown`: batches whose due date is past the end of
    the calendar. `revisions`: batches of which the date now says something else than before.
    """

    business_date: date
    channel: str
    bank: str
    is_bank_whole: bool
    results: dict[str, int]
    closing: dict[str, int]
    missing: dict[str, int]
    due_unknown: int
    revisions: tuple[Revision, ...]


@dataclass(frozen=True)
class _Settled:
    plan: Plan
    replay: Replay
    bank_whole: Mapping[date, bool]
    revisions: Mapping[tuple[date, str], tuple[Revision, ...]]


def check_account(
    lake: Lake,
    account: Account,
    requested: Collection[date],
    write_files: Callable[[Collection[date]], object] = lambda _: None,
) -> list[SettlementSummary]:
    """Settles the requested dates of an account, those whose inputs changed, and all later ones
    that were settled before; returns what it settled, in order of date and channel.

    `write_files` gets the dates before their runs are recorded: after a kill in between they are
    due again, and so are their files.

    Raises:
        SettlementUnbalanced: a date does not account for all money; nothing counts.
        LakeInconsistent: a date has other lines than its accepted files; run ingest again.
        LakeError: a table is missing, or a write failed; run the command again.
    """
    settled: _Settled | None = None
    # What a lost attempt wrote of the channels stands over what the winner wrote: it is settled
    # again, whether the winner has already done so or not.
    begun = {*requested}

    def decide(read: ArrowReader) -> DaysChange | None:
        nonlocal settled
        settled, change = _settle(lake, account, begun, read)
        return change

    bank = account.bank.channel
    change_arrow_days(lake, BANK_LINES_USED, bank, decide)
    lake.remove_staged()
    if settled is None:
        return []
    summaries = [
        _summarize(settled, account, day, name) for day, name in sorted(settled.replay.settlements)
    ]
    write_files({one.business_date for one in summaries})
    record_runs(lake, *(_run_of(settled.plan, one) for one in summaries))
    return summaries


def find_problems(
    account: Account, summaries: Collection[SettlementSummary], dates: Collection[date]
) -> Iterator[str]:
    """A sentence per requested date without a whole statement of the bank, and per channel with
    batches whose due date is past the end of its calendar.
    """
    bank = account.bank.channel
    missing = {one.business_date for one in summaries if not one.is_bank_whole} & {*dates}
    for day in sorted(missing):
        yield (
            f"BANK_STATEMENT_MISSING: {bank} {day}: no whole statement of the account is accepted;"
            " nothing became late, missing or unknown"
        )
    for summary in summaries:
        if summary.due_unknown and summary.business_date == max(dates):
            yield (
                f"DUE_DATE_UNKNOWN: {summary.channel} {summary.business_date}:"
                f" {summary.due_unknown} batches are due after the end of the calendar; add the"
                " holidays and workdays of the next year to its page"
            )


def _settle(
    lake: Lake, account: Account, begun: set[date], read: ArrowReader
) -> tuple[_Settled | None, DaysChange | None]:
    """Settles the dates that were begun, and those whose inputs changed; adds these to them."""
    bank, names = account.bank.channel, [*account.terms]
    files = lake.read_rows(STATEMENT_FILES, channel=[bank, *names])
    runs = lake.read_rows(RUNS, _OF_RUNS, job=[JOB, *OUR_JOBS], channel=names)
    plan = plan_dates(account, begun, files, runs, find_first_date(lake.storage))
    if not plan.dates:
        return None, None
    begun.update(plan.dates)
    first, last = plan.dates[0], plan.dates[-1]
    assert_lines_are_accepted(lake, files, {bank, *names}, first, last)
    assert_payers_are_known(account.bank, files, first, last)
    days = _read_days(lake, account, plan, files)
    states = {
        name: read_state(
            lake.read_arrow(SETTLEMENT_OPEN, first - _ONE_DAY, first - _ONE_DAY, name).to_pylist()
        )
        for name in names
        if plan.start is not None and max(plan.start, account.terms[name].first_date) < first
    }
    waiting = read_waiting_ids(account, read, first)
    lines = read_bank_lines(lake, bank, min(waiting.values()), first - _ONE_DAY, [*waiting]) \
        if waiting else []  # fmt: skip
    replay = replay_days(days, account.terms, states, lines)
    revisions = find_revisions(lake, plan, replay, names)
    write_channel_days(lake, plan, replay, days, names)
    whole = {one.day: one.is_bank_whole for one in days}
    rows = use_rows(bank, plan, replay, read)
    return _Settled(plan, replay, whole, revisions), DaysChange(
        rows, frozenset({*plan.dates, *rows})
    )


def _read_days(
    lake: Lake, account: Account, plan: Plan, files: Collection[Mapping[str, Any]]
) -> list[AccountDay]:
    first, last, bank = plan.dates[0], plan.dates[-1], account.bank
    lines: dict[date, list[Any]] = {}
    for line in read_bank_lines(lake, bank.channel, first, last):
        lines.setdefault(line.business_date, []).append(line)
    sides = {
        profile.channel: read_channel_days(
            lake,
            profile,
            account.terms[profile.channel].rules,
            max(first, profile.first_date),
            last,
        )
        for profile in account.channels
    }
    return [
        AccountDay(
            day,
            tuple(lines.get(day, ())),
            resolve_day_state(bank, day, files, (), Snapshots()).is_complete,
            {name: side.batches.get(day, ()) for name, side in sides.items()},
            {name: side.in_transit.get(day, ()) for name, side in sides.items()},
        )
        for day in plan.dates
    ]


def _summarize(settled: _Settled, account: Account, day: date, name: str) -> SettlementSummary:
    settlement = settled.replay.settlements[day, name]
    late = (SettlementResult.LATE, SettlementResult.MISSING)
    missing: Counter[str] = Counter()
    for row in settlement.rows:
        if row.result in late:
            missing[row.currency] += row.expected - row.credited
    return SettlementSummary(
        day,
        name,
        account.bank.channel,
        settled.bank_whole[day],
        dict(sorted(Counter(row.result.value for row in settlement.rows).items())),
        {one.currency: one.closing for one in settlement.balances},
        dict(sorted(missing.items())),
        sum(
            row.due_date is None and row.batch is not None and row.result in _WITH_DUE_DATE
            for row in settlement.rows
        ),
        settled.revisions.get((day, name), ()),
    )


_WITH_DUE_DATE = (SettlementResult.PENDING, SettlementResult.AMBIGUOUS, SettlementResult.SHORT)


def _run_of(plan: Plan, summary: SettlementSummary) -> Run:
    return Run(
        JOB,
        summary.channel,
        summary.business_date,
        fingerprint=plan.fingerprints[summary.business_date],
        counts={**summary.results, "revised": len(summary.revisions)},
        amounts=summary.closing,
    )
