"""The dates of a bank account to settle, and a fingerprint of the inputs of each.

A date depends on its statements, on the statement of the bank, on its match and on what was accrued
on it, on the rules, and on the date before. So a late file changes the fingerprints of its date and
of all later dates; these are settled again.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from jobs.fees.accruals.check_day import JOB as ACCRUAL
from jobs.treasury.accounts import Account
from schemas.tables.latest_runs import find_latest_runs
from schemas.vocabulary import FileStatus

#: Raised when the rules of the software change: all dates are then settled again.
RULES_VERSION = 3
JOB = "check_settlement"
#: Jobs whose rows the bridge reads.
OUR_JOBS = ("match", ACCRUAL)
_ONE_DAY = timedelta(days=1)
_Files = Mapping[tuple[str, date], list[str]]


@dataclass(frozen=True)
class Plan:
    """The dates to settle, without a gap, with the fingerprint of each; empty if nothing is due.

    `start` is the account's first date, None before any statement came; `settled_before` are the
    dates with earlier results.
    """

    start: date | None
    fingerprints: Mapping[date, str]
    settled_before: frozenset[date]

    @property
    def dates(self) -> list[date]:
        """The dates in order."""
        return sorted(self.fingerprints)


def plan_dates(
    account: Account,
    requested: Collection[date],
    files: Iterable[Mapping[str, Any]],
    runs: Iterable[Mapping[str, Any]],
    first_here: date = date.min,
) -> Plan:
    """Plans the requested dates, those never settled, and those whose inputs changed.

    `files` are rows of `statement_files`, `runs` those of `runs` of check_settlement, match and
    accrue_fees. Every date from the first of these to the latest that is requested, or was settled
    before, is in the plan. Dates before `first_here` have moved to the history lake: they stay as
    they were settled.
    """
    in_force = _files_in_force(account, files)
    start = find_start(account, in_force)
    latest = _latest_fingerprints(account, runs)
    recorded = {(name, day): text for (job, name, day), text in latest.items() if job == JOB}
    settled_before = frozenset(day for _, day in recorded)
    last = max([*requested, *settled_before], default=date.min)
    if start is None or last < start:
        return Plan(start, {}, settled_before)
    every, previous, day = {}, "", start
    while day <= last:
        previous = every[day] = _fingerprint(account, in_force, latest, day, previous)
        if day < first_here:
            settled = (recorded.get((name, day)) for name in sorted(account.terms))
            previous = next((text for text in settled if text), previous)
        day += _ONE_DAY
    due = [day for day in requested if day >= max(start, first_here)]
    for day, fingerprint in every.items():
        if day < first_here:
            continue
        active = [one.channel for one in account.channels if one.first_date <= day]
        if any(recorded.get((name, day)) != fingerprint for name in active):
            due.append(day)
            break
    first = min(due, default=date.max)
    return Plan(start, {day: text for day, text in every.items() if day >= first}, settled_before)


def find_start(account: Account, in_force: Collection[tuple[str, date]]) -> date | None:
    """The first date with anything to settle, from the first dates of the channels on.

    That is the first date of a channel with open batches, else that of the first statement.
    """
    first_dates = {one.channel: one.first_date for one in account.channels}
    first_dates[account.bank.channel] = min(first_dates.values())
    starts = [day for name, day in in_force if day >= first_dates[name]]
    starts += [one.first_date for one in account.channels
               if account.terms[one.channel].rules.opening]  # fmt: skip
    return min(starts, default=None)


def _files_in_force(account: Account, files: Iterable[Mapping[str, Any]]) -> _Files:
    names = {account.bank.channel, *account.terms}
    in_force: dict[tuple[str, date], list[str]] = {}
    for row in files:
        if row["channel"] in names and row["status"] == FileStatus.ACCEPTED:
            in_force.setdefault((row["channel"], row["business_date"]), []).append(
                f"{row['part']}:{row['file_id']}:{row['clear_payers']}"
            )
    return {place: sorted(ids) for place, ids in in_force.items()}


def _latest_fingerprints(
    account: Account, runs: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, str, date], str]:
    """The fingerprint of the last run of each job, channel and date."""
    own = (run for run in runs if run["channel"] in account.terms)
    latest = find_latest_runs(own, ("job", "channel", "business_date"))
    return {(job, name, day): str(run["fingerprint"]) for (job, name, day), run in latest.items()}


def _fingerprint(
    account: Account,
    in_force: _Files,
    latest: Mapping[tuple[str, str, date], str],
    day: date,
    previous: str,
) -> str:
    bank = account.bank
    parts = list(bank.files.parts) if bank.files else []
    names = (bank.channel, *sorted(account.terms))
    files = [[name, in_force.get((name, day), [])] for name in names]
    # What the bridge reads: the match of the date, and what was accrued on it.
    ours = [[latest.get((job, name, day)) for job in OUR_JOBS] for name in sorted(account.terms)]
    inputs = [RULES_VERSION, account.rules_text, parts, str(day), files, ours, previous]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
