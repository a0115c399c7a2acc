"""What came, what is missing, and what does not follow the latest match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.ingestion.day_state import REFUSED_AGAIN, DayState, format_parts, resolve_day_state
from jobs.lake.changes.matched_dates import find_matched_dates
from jobs.lake.tables import Lake
from jobs.reports.day_page.scope import Row, Scope
from jobs.reports.html.language import Language, mask
from schemas.dates import format_dates
from schemas.profile.day_parts import WHOLE_DAY
from schemas.tables import RUNS, SNAPSHOT_FILES, STATEMENT_FILES, STATEMENT_LINES
from schemas.vocabulary import FileStatus, RunResult

#: How a warning of a bank's statements begins that are missing between others.
_BALANCE_GAP = "BALANCE_GAP"
#: Jobs that follow a match, and what to run if they did not; in English.
_FOLLOWERS = {
    "breaks": "tieout export",
    "export": "tieout export --stale",
    "check_fees": "tieout check_fees --stale",
}
_RUN_COLUMNS = ("job", "channel", "business_date", "result", "versions_read", "versions_written",
                "counts", "ended_at")  # fmt: skip


@dataclass(frozen=True)
class FileFigures:
    """Files of the report's dates, and what the lake says of them.

    `files` are rows of `statement_files`; `days` the state of each channel and date; `unmatched`
    dates that no match has run, by channel; `stale` dates by channel and job that ran before the
    latest match; `lines` and `matched_lines` the rows of `statement_lines` and those that the last
    matches took, by channel. `matched_at` is when the newest match ended.
    """

    files: Sequence[Row]
    days: Mapping[tuple[str, date], DayState]
    unmatched: Mapping[str, Sequence[date]]
    stale: Mapping[tuple[str, str], Sequence[date]]
    lines: Mapping[str, int]
    matched_lines: Mapping[str, int]
    matched_at: Any

    def gaps_of(self, channel: str) -> Sequence[DayState]:
        """The dates of a channel that lack something, in order."""
        days = [state for (name, _), state in sorted(self.days.items()) if name == channel]
        return [state for state in days if state.result != RunResult.DONE or state.refused_again]


def read_files(lake: Lake, scope: Scope) -> FileFigures:
    """Reads files and runs of the report's dates."""
    names = [*scope.profiles]
    rows = lake.read_rows(STATEMENT_FILES, channel=names)
    files = [row for row in rows if scope.first <= row["business_date"] <= scope.last]
    snapshots = lake.read_rows(SNAPSHOT_FILES, business_date=scope.days)
    runs = lake.read_rows(RUNS, _RUN_COLUMNS, channel=names, business_date=scope.days)
    by_channel: dict[str, list[Row]] = {name: [] for name in names}
    for run in runs:
        by_channel[run["channel"]].append(run)
    days: dict[tuple[str, date], DayState] = {}
    unmatched: dict[str, list[date]] = {}
    stale: dict[tuple[str, str], list[date]] = {}
    matched_lines: dict[str, int] = {}
    for name, profile in scope.profiles.items():
        own = by_channel[name]
        latest = _latest_matches(own)
        for day in scope.days:
            if day >= profile.first_date:
                days[name, day] = resolve_day_state(
                    profile, day, files, snapshots, scope.config.snapshots
                )
                if day not in latest:
                    unmatched.setdefault(name, []).append(day)
        matched_lines[name] = sum(int(dict(run["counts"] or {}).get("lines", 0))
                                  for run in latest.values())  # fmt: skip
        for job, late in _find_stale(scope, name, own).items():
            if late:
                stale[name, job] = late
    lines = {
        name: sum(lake.count_rows(STATEMENT_LINES, day, name) for day in scope.days)
        for name in names
    }
    matched_at = max((run["ended_at"] for run in runs if run["job"] == "match"), default=None)
    return FileFigures(files, days, unmatched, stale, lines, matched_lines, matched_at)


def _latest_matches(runs: Sequence[Row]) -> dict[date, Row]:
    matches = [run for run in runs if run["job"] == "match" and run["result"] != RunResult.FAILED]
    ordered = sorted(matches, key=lambda run: run["ended_at"])
    return {run["business_date"]: run for run in ordered}


def _find_stale(scope: Scope, channel: str, runs: Sequence[Row]) -> dict[str, list[date]]:
    """By job, the report's dates whose job has not read the outcomes of their latest match."""
    jobs = [job for job in _FOLLOWERS if job != "check_fees" or channel in scope.config.schedules]
    return {
        job: [day for day, one in find_matched_dates(runs, job).items() if one.is_stale]
        for job in jobs
    }


def describe_state(figures: FileFigures, channel: str, language: Language) -> str:
    """What a channel's dates lack, in a few words; "" if nothing."""
    if channel in figures.unmatched:
        return language.say("not matched")
    gaps = figures.gaps_of(channel)
    results = {state.result for state in gaps} - {RunResult.DONE}
    texts = [language.say_code(result.value) for result in sorted(results)]
    if any(state.refused_again for state in gaps):
        texts.append(language.say(REFUSED_AGAIN))
    return "; ".join(texts)


def describe_gaps(figures: FileFigures, language: Language) -> list[str]:
    """A sentence for everything that a reader must know before the figures."""
    say, notices = language.say, []
    for name, dates in sorted(figures.unmatched.items()):
        notices.append(say("{channel}: no match has run for {dates}; run tieout run",
                           channel=name, dates=format_dates(dates)))  # fmt: skip
    for name in sorted({name for name, _ in figures.days}):
        for state in figures.gaps_of(name):
            notices.append(f"{name} {state.business_date}: {_describe_day(state, language)}")
    for row in figures.files:
        if row["status"] == FileStatus.ACCEPTED and _BALANCE_GAP in (row["reason"] or ""):
            notices.append(f"{row['channel']} {row['business_date']}: {mask(row['reason'])}")
    for (name, job), dates in sorted(figures.stale.items()):
        notices.append(
            say("{channel}: {job} does not follow the latest match of {dates}; run {command}",
                channel=name, job=language.say(job), dates=format_dates(dates),
                command=_FOLLOWERS[job])
        )  # fmt: skip
    return notices


def _describe_day(state: DayState, language: Language) -> str:
    if state.result == RunResult.DONE:
        return f"{language.say(REFUSED_AGAIN)}: {' | '.join(map(mask, state.refused_again))}"
    text = language.say_code(state.result.value)
    if state.refusals:
        return f"{text}: {' | '.join(map(mask, state.refusals))}"
    missing = state.missing or state.snapshot_missing
    parts = format_parts([part for part in missing if part != WHOLE_DAY])
    looked_for = f" ({state.pattern})" if state.missing and state.pattern else ""
    return f"{text}{': ' if parts else ''}{parts}{looked_for}"
