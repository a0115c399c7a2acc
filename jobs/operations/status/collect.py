"""Collects how the days of channels stand, from the control tables. It reads no line."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from jobs.ingestion.day_state import DayState
from jobs.ingestion.gates.balance_gaps import BALANCE_GAP, NOTE_SEPARATOR
from jobs.lake.history.place import find_first_date
from jobs.lake.tables import Lake
from jobs.operations.status.channel_day import (
    ChannelDay,
    Files,
    Step,
    StepState,
    count_by_currency,
    latest_by_job,
)
from jobs.reconcile.due_runs import find_due_runs
from jobs.reconcile.stale_dates import read_stale_dates
from jobs.treasury.accounts import list_accounts
from jobs.treasury.plan import JOB, OUR_JOBS, plan_dates
from schemas.configuration import Configuration
from schemas.profile.channel import Profile
from schemas.tables import RUNS, STATEMENT_FILES
from schemas.vocabulary import FileStatus

Latest = Mapping[tuple[str, str, date], Mapping[str, Any]]
_OF_RUNS = ("job", "channel", "business_date", "result", "counts", "amounts", "ended_at",
            "fingerprint", "versions_read", "versions_written")  # fmt: skip
_OF_FILES = ("channel", "business_date", "status", "part", "file_id", "reason")


def find_latest_date(lake: Lake, config: Configuration) -> date | None:
    """The latest business date of which any run of the channels tells; None without any run."""
    rows = lake.read_rows(RUNS, ("business_date",), channel=[*config.profiles])
    return max((row["business_date"] for row in rows), default=None)


def collect_days(
    lake: Lake, config: Configuration, days: Sequence[date], now: datetime
) -> list[ChannelDay]:
    """How the dates of all channels of a configuration stand, in order of date and channel.

    A channel has no day before its first date. `now` is a time with a zone.
    """
    runs = lake.read_rows(RUNS, _OF_RUNS, channel=[*config.profiles])
    latest = latest_by_job(runs)
    unsettled = _find_unsettled_dates(lake, config)
    out: list[ChannelDay] = []
    for name, profile in config.profiles.items():
        own = [day for day in days if day >= profile.first_date]
        if own:
            settle = unsettled.get(name)
            out += _collect_channel(lake, config, profile, own, latest, settle, now)
    return sorted(out, key=lambda one: (one.business_date, one.channel))


def _collect_channel(
    lake: Lake,
    config: Configuration,
    profile: Profile,
    days: Sequence[date],
    latest: Latest,
    unsettled: frozenset[date] | None,
    now: datetime,
) -> Iterable[ChannelDay]:
    name, has_statement = profile.channel, profile.statement == "files"
    due = find_due_runs(lake, profile, (), config.snapshots, days[-1])
    changed = {run.business_date for run in due.runs}
    stale = read_stale_dates(lake, profile, config.schedules.get(name))
    of_day: dict[date, list[Mapping[str, Any]]] = {}
    for row in lake.read_rows(STATEMENT_FILES, _OF_FILES, channel=name):
        of_day.setdefault(row["business_date"], []).append(row)
    has_card = name in config.schedules
    for day in days:
        state = due.states[day]
        steps = {
            "match": _step(latest, "match", name, day, changed, has_statement),
            "fees": _step(latest, "check_fees", name, day, stale["check_fees"], has_card),
            "export": _step(latest, "export", name, day, stale["export"], has_statement),
            "settlement": _step(
                latest, "check_settlement", name, day, unsettled or (), unsettled is not None
            ),
        }
        theirs = _describe_statement(profile, state, of_day.get(day, ()), now)
        yield ChannelDay(name, day, theirs, _describe_our_side(state), **steps)


def _step(
    latest: Latest, job: str, channel: str, day: date, stale: Iterable[date], is_needed: bool
) -> Step:
    if not is_needed:
        return Step()
    run = latest.get((job, channel, day))
    if run is None:
        return Step(StepState.NOT_RUN)
    state = StepState.STALE if day in stale else StepState.DONE
    amounts = count_by_currency(dict(run["amounts"] or {}))
    return Step(state, run["result"], dict(run["counts"] or {}), amounts, _utc(run["ended_at"]))


def _describe_statement(
    profile: Profile, state: DayState, files: Sequence[Mapping[str, Any]], now: datetime
) -> Files:
    if profile.statement == "none":
        return Files("-")
    by_status = {
        status: [row for row in files if row["status"] == status]
        for status in (FileStatus.ACCEPTED, FileStatus.QUARANTINED)
    }
    is_refused = state.statement_state == "refused"
    refused = by_status[FileStatus.QUARANTINED] if is_refused else []
    notes = [
        note
        for row in by_status[FileStatus.ACCEPTED]
        for note in str(row["reason"] or "").split(NOTE_SEPARATOR)
    ]
    due = profile.files.due if profile.files else None
    due_at = due.due_at(state.business_date, profile.zone_info).astimezone(UTC) if due else None
    return Files(
        state.statement_state,
        len(state.files),
        state.line_count,
        state.rejected_count,
        state.missing,
        state.refusals,
        tuple(str(row["file_id"]) for row in refused),
        tuple(note for note in notes if note.startswith(BALANCE_GAP)),
        state.pattern,
        due_at,
        due_at is not None and due_at < now,
        state.refused_again,
    )


def _describe_our_side(state: DayState) -> Files:
    word = "whole" if state.has_snapshot else "incomplete" if state.snapshots else "absent"
    return Files(word, len(state.snapshots), state.snapshot_rows, missing=state.snapshot_missing)


def _find_unsettled_dates(lake: Lake, config: Configuration) -> dict[str, frozenset[date]]:
    """By channel that is paid on a bank account, the dates that are to be settled again."""
    out: dict[str, frozenset[date]] = {}
    for account in list_accounts(config, [*config.profiles]):
        names = [account.bank.channel, *account.terms]
        files = lake.read_rows(STATEMENT_FILES, channel=names)
        runs = lake.read_rows(RUNS, channel=[*account.terms], job=[JOB, *OUR_JOBS])
        first_here = find_first_date(lake.storage)
        dates = frozenset(plan_dates(account, (), files, runs, first_here).dates)
        out |= dict.fromkeys(account.terms, dates)
    return out


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
