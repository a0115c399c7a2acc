"""Reads what the match of a channel would run, and why. It runs and writes nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Any

from jobs.decisions.store import read_approved
from jobs.ingestion.day_state import DayState, list_ingested_dates, resolve_day_state
from jobs.lake.history.place import find_first_date
from jobs.lake.tables import Lake
from jobs.matching.steps.manual_decisions import Decision
from jobs.reconcile.rerun_plan import DueRun, list_run_dates, plan_runs
from schemas.profile.channel import Profile, Snapshots
from schemas.tables import RUNS, SNAPSHOT_FILES, STATEMENT_FILES
from schemas.vocabulary import FileStatus

#: What the plan needs of each run and each file of a channel's history.
_OF_RUNS = ("job", "channel", "business_date", "fingerprint", "ended_at")
_OF_FILES = ("channel", "business_date", "status", "part", "file_id", "line_count",
             "rejected_count", "reason", "version")  # fmt: skip


@dataclass(frozen=True)
class DueRuns:
    """The run dates of a channel that are due, in order, and what they are made from.

    `states` has every date from the channel's first to the latest in question, `never_ingested` the
    dates of these that no ingest has looked for, `decisions` the approved decisions by date.
    """

    runs: Sequence[DueRun]
    states: Mapping[date, DayState]
    never_ingested: Sequence[date]
    decisions: Mapping[date, tuple[Decision, ...]]


def find_due_runs(
    lake: Lake,
    profile: Profile,
    requested: Sequence[date],
    snapshots: Snapshots,
    until: date | None = None,
    first_here: date | None = None,
) -> DueRuns:
    """Finds the requested dates, those that never ran, and those whose inputs have changed.

    `snapshots` says in which parts our own side comes. The plan ends with the latest date that is
    requested or has a run, or with `until` if that is later. No date is due whose rows have moved
    to the history lake, or that is before `first_here` if that is given.
    """
    first_here = find_first_date(lake.storage) if first_here is None else first_here
    runs = lake.read_rows(RUNS, _OF_RUNS, job=["ingest", "match"], channel=profile.channel)
    recorded: dict[date, str] = {}
    for row in sorted(runs, key=lambda row: row["ended_at"]):
        if row["job"] == "match":
            recorded[row["business_date"]] = row["fingerprint"]
    files: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in lake.read_rows(STATEMENT_FILES, _OF_FILES, channel=profile.channel):
        files[row["business_date"]].append(row)
    accepted = FileStatus.ACCEPTED.value
    ours: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in lake.read_rows(SNAPSHOT_FILES, (*_OF_FILES, "channels"), status=accepted):
        ours[row["business_date"]].append(row)
    dates = [*requested, *((until,) if until else ())]
    states = {
        day: resolve_day_state(profile, day, files[day], ours[day], snapshots)
        for day in list_run_dates(profile, dates, recorded)
    }
    decisions = read_approved(lake, profile.channel)
    ids = {day: [item.decision_id for item in items] for day, items in decisions.items()}
    ingested = list_ingested_dates(profile.channel, chain.from_iterable(files.values()), runs)
    before_first = _snapshots_before_first(profile, ours)
    return DueRuns(
        plan_runs(profile, states, recorded, requested, ids, before_first, first_here),
        states,
        [day for day in states if day not in ingested and day >= first_here],
        decisions,
    )


def _snapshots_before_first(
    profile: Profile, snapshots: Mapping[date, Sequence[Mapping[str, Any]]]
) -> list[str]:
    """Snapshots with rows of the channel in the look-back before its first date, by date and id."""
    first, lookback = profile.first_date, timedelta(days=profile.match.lookback)
    return sorted(
        f"{day}:{row['file_id']}"
        for day, rows in snapshots.items()
        for row in rows
        if first - lookback <= day < first and dict(row["channels"] or {}).get(profile.channel)
    )
