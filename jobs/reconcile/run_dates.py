"""Runs the dates of one channel that are due, in order."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date

from jobs.engine.session import tune_session
from jobs.ingestion.day_state import DayState
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from jobs.matching.steps.manual_decisions import Decision
from jobs.reconcile.due_runs import find_due_runs
from jobs.reconcile.inputs import assert_lake_consistent, is_idle
from jobs.reconcile.match_summary import TOLERATED
from jobs.reconcile.match_summary import MatchSummary as MatchSummary
from jobs.reconcile.one_day import run_day
from jobs.reconcile.rerun_plan import DueRun
from jobs.reconcile.write_offs import find_ended_write_offs, has_write_offs
from schemas.dates import format_dates
from schemas.profile.channel import Profile, Snapshots
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    STATEMENT_LINES,
)
from schemas.vocabulary import RunResult

log = logging.getLogger("tieout")


def match_dates(
    lake: Lake, profile: Profile, dates: Sequence[date], snapshots: Snapshots
) -> list[MatchSummary]:
    """Runs the requested dates, earlier dates that never ran, and later dates that they change.

    `snapshots` says in which parts our own side comes.

    From the first date on that no ingest has looked for, nothing runs: its files may be waiting in
    the inbox. Those dates have the result NOT_INGESTED.

    Raises:
        CheckFailed: what went in is not what came out; nothing of that date is committed.
        LakeInconsistent: files and lines disagree; run ingest again.
    """
    dates = [day for day in dates if day >= profile.first_date]
    if profile.statement == "none" or not dates:
        return []
    due = find_due_runs(lake, profile, dates, snapshots)
    unknown = due.never_ingested
    out: list[MatchSummary] = []
    for due_run in due.runs:
        day = due_run.business_date
        if unknown and day >= unknown[0]:
            out.append(_summarize_unknown(profile, due_run, unknown, out))
            continue
        if due_run.why != "asked":
            log.info("%s %s is run as well: %s", profile.channel, day, due_run.why)
        out.append(_run_one(lake, profile, due.states[day], due_run, due.decisions))
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
    lake: Lake,
    profile: Profile,
    state: DayState,
    due_run: DueRun,
    decisions: Mapping[date, tuple[Decision, ...]],
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
    today = decisions.get(day, ())
    day_result = run_day(lake, profile, state, due_run.base, today, job)
    ended = find_ended_write_offs(lake, channel, day) if has_write_offs(decisions, day) else {}
    stale = (*day_result.stale_decisions, *ended.get("STALE", ()))
    overtaken = ended.get("OVERTAKEN", ())
    lake.remove_staged()
    tolerated = day_result.tolerated
    sums = {f"{TOLERATED} {code}": amount for code, (_, amount) in tolerated.items()}
    job.amounts = {**day_result.amounts, **sums}
    job.counts = {
        **day_result.counts,
        "lines": state.line_count,
        "transactions": state.snapshot_rows,
        **_count_decisions(today, stale, overtaken),
        **({TOLERATED: sum(count for count, _ in tolerated.values())} if tolerated else {}),
    }
    record_runs(lake, job)
    counted = (job.counts, day_result.amounts, job.seconds)
    noted = (faults, day_result.warnings, tolerated)
    return MatchSummary(channel, day, due_run.why, job.result, *counted, stale, *noted, overtaken)


def _count_decisions(
    decisions: Sequence[Decision], stale: Sequence[str], overtaken: Sequence[str]
) -> dict[str, int]:
    """The decisions about a date, and those that its run ended; nothing if there are none."""
    counts = {
        "decisions": len({decision.decision_id for decision in decisions}),
        "stale_decisions": len(stale),
        "overtaken_decisions": len(overtaken),
    }
    return counts if any(counts.values()) else {}
