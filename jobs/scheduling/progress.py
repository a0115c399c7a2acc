"""How far a business date has come: what its channels wait for, and how their jobs ended."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from jobs.ingestion.arrivals.listing import SNAPSHOT, Awaited
from jobs.ingestion.day_state import resolve_day_state
from schemas.configuration import Configuration

#: The jobs of a channel's day whose ends are shown.
JOBS = ("ingest", "match", "check_fees", "check_settlement", "export")


def describe_progress(
    config: Configuration,
    day: date,
    awaited: Collection[Awaited],
    runs: Iterable[Mapping[str, Any]],
    files: Iterable[Mapping[str, Any]] = (),
) -> dict[str, dict[str, Any]]:
    """Describes a date, by channel that sends statements and has begun by then.

    `runs` are rows of `runs`, `files` of `statement_files`. Of a channel: `awaited` (the parts of
    its statement that have not come), `awaited_ours` (those of our snapshot that hold it),
    `refused_again` (why a newer version of a part was refused while an older one is in force),
    `results` (how each job last ended),
    `is_exported` (the export is younger than the match), and of the last match `counts` and
    `at_stake` (minor units by currency).
    """
    of_day = [one for one in awaited if one.business_date == day]
    latest: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in sorted(runs, key=lambda row: row["ended_at"]):
        if row["business_date"] == day and row["channel"]:
            latest[row["channel"], row["job"]] = row
    versions = [row for row in files if row["business_date"] == day]
    channels = {}
    for name, page in config.profiles.items():
        if page.statement != "files" or day < page.first_date:
            continue
        held = {part.name for part in config.snapshots.parts_of(name)}
        ours = [part for one in of_day if one.channel == SNAPSHOT for part in one.parts]
        state = resolve_day_state(page, day, versions, (), config.snapshots)
        match, export = latest.get((name, "match")), latest.get((name, "export"))
        channels[name] = {
            "awaited": [part for one in of_day if one.channel == name for part in one.parts],
            "awaited_ours": [part for part in ours if not config.snapshots.parts or part in held],
            "refused_again": [*state.refused_again],
            "results": {job: latest[name, job]["result"] for job in JOBS if (name, job) in latest},
            "is_exported": bool(match and export and export["ended_at"] >= match["ended_at"]),
            "counts": dict((match and match["counts"]) or {}),
            "at_stake": dict((match and match["amounts"]) or {}),
        }
    return channels
