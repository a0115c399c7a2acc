"""The dates that `ingest` and `run` take in: those asked for, or all that files in the inbox name.

Before a date is matched, each earlier date of the channel must have been looked for once: so `run`
also takes in the dates that no ingest has ever looked for. Source: docs/reference/rules.md, "When
something is missing".
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from jobs.ingestion.arrivals.scan import describe_unknown, scan_inbox
from jobs.ingestion.arrivals.standing import compare_with_lake
from jobs.ingestion.day_state import list_ingested_dates
from jobs.lake.history.place import describe_moved, find_first_date
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.configuration import Configuration
from schemas.dates import format_dates
from schemas.tables import RUNS, SNAPSHOT_FILES, STATEMENT_FILES
from schemas.vocabulary import RunResult

Row = Mapping[str, Any]


@dataclass
class DueDates:
    """Channels by the date to take in, and a sentence for each file that is not taken in."""

    channels: dict[date, set[str]] = field(default_factory=lambda: defaultdict(set))
    faults: list[str] = field(default_factory=list)

    def of_date(self, config: Configuration, day: date) -> Configuration:
        """The configuration of the channels to take in on a date."""
        names = [name for name in config.profiles if name in self.channels[day]]
        profiles = {name: config.profiles[name] for name in names}
        return replace(config, profiles=profiles)


def find_due_dates(
    lake: Lake,
    config: Configuration,
    inbox: Storage,
    requested: Sequence[date],
    now: datetime | None,
    all_channels: bool = True,
) -> DueDates:
    """The requested dates of all channels or, without any, those of all files not yet taken in.

    `now` is a time with a zone: files of a later date than today in their channel's zone are not
    taken in; None allows them. Without `all_channels` files of other channels are no fault.
    """
    due, first_here = DueDates(), find_first_date(lake.storage)
    for day in requested:
        if day >= first_here:
            due.channels[day] |= {*config.profiles}
    if requested:
        moved = [day for day in requested if day < first_here]
        due.faults += [describe_moved(moved)] if moved else []
        return due
    arrivals = scan_inbox(inbox, config)
    tables = (lake.read_rows(STATEMENT_FILES), lake.read_rows(SNAPSHOT_FILES))
    standings = compare_with_lake(inbox, arrivals, *tables)
    if all_channels:
        due.faults += describe_unknown(config, arrivals)
    for arrival in arrivals:
        for claim in arrival.claims:
            if not standings[arrival.file.name, claim].is_due:
                continue
            if claim.business_date < first_here:
                due.faults.append(describe_moved([claim.business_date], arrival.file.name))
                continue
            names = [claim.channel] if claim.channel else _list_waiting(config, claim.part)
            early = [name for name in names if _is_future(config, name, claim.business_date, now)]
            due.channels[claim.business_date] |= {*names} - {*early}
            if early and early == names and len(arrival.claims) == 1:
                due.faults.append(
                    f"FUTURE_FILE: {arrival.file.name}: {claim.business_date} has not come yet;"
                    " rename the file, or give --future"
                )
    due.channels = defaultdict(set, {day: names for day, names in due.channels.items() if names})
    return due


def find_run_dates(
    lake: Lake,
    config: Configuration,
    inbox: Storage,
    requested: Sequence[date],
    now: datetime | None,
    all_channels: bool = True,
) -> DueDates:
    """The dates of `find_due_dates`, and all that must run with them, for the command `run`.

    Without requested dates these are also the ingested dates that no match has run. Of each
    channel, dates before them that were never ingested are due too if the inbox has a file of
    theirs; the others are recorded as looked for, with one fault per channel.
    """
    due = find_due_dates(lake, config, inbox, requested, now, all_channels)
    if not requested:
        first_here = find_first_date(lake.storage)
        for day, names in _list_unmatched_dates(lake, config).items():
            if day >= first_here:
                due.channels[day] |= names
    empty = _add_missing_dates(lake, config, inbox, due)
    due.faults += _record_empty_dates(lake, config, empty)
    return due


def _list_waiting(config: Configuration, part: str) -> list[str]:
    """The channels that a part of our own side holds; all, where it is not listed."""
    parts = [each for each in config.snapshots.parts if each.name == part]
    return [name for name in config.profiles if all(each.holds(name) for each in parts)]


def _is_future(config: Configuration, channel: str, day: date, now: datetime | None) -> bool:
    """Whether a date is later than today in the zone of a channel."""
    return now is not None and day > now.astimezone(config.profiles[channel].zone_info).date()


def _add_missing_dates(
    lake: Lake, config: Configuration, inbox: Storage, due: DueDates
) -> dict[str, list[date]]:
    """Adds to `due` every date before a due date of its channel that was never ingested and has a
    file in the inbox; returns those without a file, by channel.
    """
    empty: dict[str, list[date]] = {}
    missing = _find_missing_dates(lake, config, due)
    arrivals = scan_inbox(inbox, config) if missing else []
    claims = {claim for arrival in arrivals for claim in arrival.claims}
    dated = {(claim.channel, claim.business_date) for claim in claims}
    for name, days in missing.items():
        for day in days:
            if dated & {(name, day), (None, day)}:
                due.channels[day].add(name)
            else:
                empty.setdefault(name, []).append(day)
    return empty


def _find_missing_dates(lake: Lake, config: Configuration, due: DueDates) -> dict[str, list[date]]:
    runs = lake.read_rows(RUNS, job="ingest")
    files = lake.read_rows(STATEMENT_FILES)
    missing: dict[str, list[date]] = {}
    for name, profile in config.profiles.items():
        last = max((day for day, names in due.channels.items() if name in names), default=None)
        if profile.statement == "none" or last is None:
            continue
        ingested = list_ingested_dates(name, files, runs)
        first = max(profile.first_date, find_first_date(lake.storage))
        before = (first + timedelta(days=n) for n in range((last - first).days))
        if days := [
            day for day in before if day not in ingested and name not in due.channels.get(day, ())
        ]:
            missing[name] = days
    return missing


def _record_empty_dates(
    lake: Lake, config: Configuration, empty: Mapping[str, Sequence[date]]
) -> list[str]:
    """Records that the inbox has nothing for these dates; returns one sentence per channel."""
    result, faults = RunResult.STATEMENT_MISSING.value, []
    runs = [Run("ingest", name, day, result) for name, days in empty.items() for day in days]
    record_runs(lake, *runs)
    for name, days in empty.items():
        files = config.profiles[name].files
        pattern = files.pattern if files else ""
        faults.append(f"{result}: {name} {format_dates(days)}: no file came that fits {pattern}")
    return faults


def _list_unmatched_dates(lake: Lake, config: Configuration) -> dict[date, set[str]]:
    """Channels by date that an ingest took in and no match has run yet, from their first date."""
    runs = lake.read_rows(RUNS, job=["ingest", "match"])
    files = lake.read_rows(STATEMENT_FILES)
    ingests = [run for run in runs if run["job"] == "ingest"]
    matched = {(run["channel"], run["business_date"]) for run in runs if run["job"] == "match"}
    out: dict[date, set[str]] = defaultdict(set)
    for name, profile in config.profiles.items():
        if profile.statement != "none":
            for day in list_ingested_dates(name, files, ingests):
                if day >= profile.first_date and (name, day) not in matched:
                    out[day].add(name)
    return out
