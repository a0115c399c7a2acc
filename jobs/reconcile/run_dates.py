"""Runs the dates of one channel that are due, in order."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from jobs.decisions.store import read_approved
from jobs.engine.session import tune_session
from jobs.ingestion.day_state import DayState, list_ingested_dates, resolve_day_state
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from jobs.matching.steps.manual_decisions import Decision
from jobs.reconcile.inputs import assert_lake_consistent, is_idle
from jobs.reconcile.one_day import run_day
from jobs.reconcile.rerun_plan import DueRun, list_run_dates, plan_runs
from schemas.dates import format_dates
from schemas.profile.channel import Profile
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    RUNS,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from schemas.vocabulary import FileStatus, RunResult

log = logging.getLogger("tieout")
#: What the plan needs of each run and each file of a channel's history.
_OF_RUNS = ("job", "channel", "business_date", "fingerprint", "ended_at")
_OF_FILES = ("channel", "business_date", "status", "part", "file_id", "line_count",
             "rejected_count", "reason")  # fmt: skip


@dataclass(frozen=True)
class MatchSummary:
    """One run date of a channel: why it ran, its result, rows by outcome, amounts.

    `amounts` are minor units at stake in breaks by currency. `stale_decisions` are the ids of
    approved decisions that settled nothing. `faults` say what was missing, reasons first; of a run
    that did not take place (`NOT_INGESTED`) the first of its channel has them. `warnings` are what
    people should look at though nothing was stopped.
    """

    channel: str
    business_date: date
    why: str
    result: str
    counts: Mapping[str, int]
    amounts: Mapping[str, int]
    seconds: Mapping[str, float]
    stale_decisions: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_worth_reporting(self) -> bool:
        """Whether fees and exports of the date are due: it ran, and was asked for or has rows."""
        has_rows = any(self.counts.values())
        return self.result != RunResult.NOT_INGESTED and (self.why == "asked" or has_rows)


def match_dates(lake: Lake, profile: Profile, dates: Sequence[date]) -> list[MatchSummary]:
    """Runs the requested dates, earlier dates that never ran, and later dates that they change.

    From the first date on that no ingest has looked for, nothing runs: its files may be waiting in
    the inbox. Those dates have the result NOT_INGESTED.

    Raises:
        CheckFailed: what went in is not what came out; nothing of that date is committed.
        LakeInconsistent: files and lines disagree; run ingest again.
    """
    dates = [day for day in dates if day >= profile.first_date]
    if profile.statement == "none" or not dates:
        return []
    runs = lake.read_rows(RUNS, _OF_RUNS, job=["ingest", "match"], channel=profile.channel)
    recorded: dict[date, str] = {}
    for row in sorted(runs, key=lambda row: row["ended_at"]):
        if row["job"] == "match":
            recorded[row["business_date"]] = row["fingerprint"]
    files: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in lake.read_rows(STATEMENT_FILES, _OF_FILES, channel=profile.channel):
        files[row["business_date"]].append(row)
    accepted = FileStatus.ACCEPTED.value
    snapshots: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in lake.read_rows(SNAPSHOT_FILES, (*_OF_FILES, "channels"), status=accepted):
        snapshots[row["business_date"]].append(row)
    states = {
        day: resolve_day_state(profile, day, files[day], snapshots[day])
        for day in list_run_dates(profile, dates, recorded)
    }
    decisions = read_approved(lake, profile.channel)
    ids = {day: [item.decision_id for item in items] for day, items in decisions.items()}
    ingested = list_ingested_dates(profile.channel, chain.from_iterable(files.values()), runs)
    unknown = [day for day in states if day not in ingested]
    out: list[MatchSummary] = []
    for due_run in plan_runs(profile, states, recorded, dates, ids):
        day = due_run.business_date
        if unknown and day >= unknown[0]:
            out.append(_summarize_unknown(profile, due_run, unknown, out))
            continue
        if due_run.why != "asked":
            log.info("%s %s is run as well: %s", profile.channel, day, due_run.why)
        out.append(_run_one(lake, profile, states[day], due_run, decisions.get(day, ())))
    return out


def _summarize_unknown(
    profile: Profile, due_run: DueRun, unknown: Sequence[date], earlier: Sequence[MatchSummary]
) -> MatchSummary:
    """The summary of a date that cannot run, because of dates that were never ingested."""
    result, channel = RunResult.NOT_INGESTED.value, profile.channel
    fault = (
        f"{result}: {channel} {format_dates(unknown)}: never ingested, so nothing is matched from"
        f" {unknown[0]} on; `tieout run` takes these dates in, or run `tieout ingest` for them"
    )
    faults = () if any(summary.result == result for summary in earlier) else (fault,)
    return MatchSummary(
        channel, due_run.business_date, due_run.why, result, {}, {}, {}, faults=faults
    )


def _run_one(
    lake: Lake, profile: Profile, state: DayState, due_run: DueRun, decisions: tuple[Decision, ...]
) -> MatchSummary:
    day, channel = due_run.business_date, profile.channel
    job = Run("match", channel, day, state.result.value, due_run.fingerprint)
    tables = (STATEMENT_LINES, INTERNAL_TRANSACTIONS, OPEN_ITEMS)
    job.versions_read = {table.name: lake.version(table) for table in tables}
    tune_session(lake.spark, state.line_count + state.snapshot_rows)
    faults = (*state.refusals, state.describe_fault(channel)) if job.result != "DONE" else ()
    if is_idle(lake, state, channel):
        job.counts = {"lines": 0, "transactions": 0}
        record_runs(lake, job)
        return MatchSummary(
            channel, day, due_run.why, job.result, job.counts, {}, {}, faults=faults
        )
    assert_lake_consistent(lake, state, channel)
    day_result = run_day(lake, profile, state, due_run.base, decisions, job)
    lake.remove_staged()
    job.amounts = day_result.amounts
    job.counts = {
        **day_result.counts,
        "lines": state.line_count,
        "transactions": state.snapshot_rows,
        **(
            {"decisions": len(decisions), "stale_decisions": len(day_result.stale_decisions)}
            if decisions
            else {}
        ),
    }
    record_runs(lake, job)
    counted = (job.counts, job.amounts, job.seconds)
    stale = day_result.stale_decisions
    warnings = day_result.warnings
    return MatchSummary(channel, day, due_run.why, job.result, *counted, stale, faults, warnings)
