"""All that is known of one reference, in order, as plain values."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from jobs.lake.tables import Lake
from jobs.lake.time_travel import Past
from jobs.timeline.events import rejected, told_thread
from jobs.timeline.linked_records import threads
from jobs.timeline.load import gathered, rejected_with
from jobs.timeline.match_alone import matched_alone
from jobs.timeline.outcomes import moment
from jobs.timeline.references import sought
from jobs.timeline.search import Room, find
from schemas.configuration import Configuration
from schemas.tables import SNAPSHOT_FILES, STATEMENT_FILES
from schemas.vocabulary import FileStatus


def run(
    lake: Lake,
    config: Configuration,
    reference: str,
    days: Sequence[date] = (),
    as_of: datetime | None = None,
    alone: bool = False,
) -> dict[str, Any]:
    """The story of a reference as plain values, amounts in major units; nothing is written.

    `days` bound the search (all dates if there are none), `as_of` is a moment in UTC, `alone` adds
    the match of what was found done alone, by channel.

    Raises:
        TableMissing: there is no lake in that place.
        LakeError: the tables' logs no longer reach back to `as_of`.
    """
    past = Past(lake, as_of)
    room = Room(config.profiles, *((days[0], days[-1]) if days else (None, None)))
    wanted = sought(reference, config.profiles)
    found = find(past, wanted, room)
    known = gathered(past, found, config.profiles)
    rows = found.lines, found.transactions, found.outcomes, found.open_items
    parts = threads(*rows, found.met_in)
    channels = sorted({each.channel for each in parts}) if alone else []
    return {
        "reference": wanted.reference,
        "as_of": moment(past.at),
        "found": len(parts),
        "more": found.more,
        "searched": _searched(past, room),
        "threads": [
            told_thread(
                each, known, config.profiles[each.channel], each.channel in config.schedules
            )
            for each in parts
        ],
        "rejected": rejected(rejected_with(past, wanted.reference, room), known),
        "alone": [
            matched_alone(
                past, [each for each in parts if each.channel == name], known, config.profiles[name]
            )
            for name in channels
        ],
    }


def _searched(past: Past, room: Room) -> dict[str, Any]:
    """Channels, and dates of which anything was taken in; quarantined files were not searched."""
    files = [row for row in past.control_rows(STATEMENT_FILES) if row["channel"] in room.profiles]
    days = {
        row["business_date"]
        for row in (*files, *past.control_rows(SNAPSHOT_FILES))
        if (room.since is None or row["business_date"] >= room.since)
        and (room.until is None or row["business_date"] <= room.until)
    }
    return {
        "channels": sorted(room.profiles),
        "dates": [str(day) for day in sorted(days)],
        "quarantined": [
            {"channel": row["channel"], "date": str(row["business_date"]),
             "file": row["file_name"], "reason": row["reason"]}
            for row in sorted(files, key=lambda row: (row["business_date"], row["file_name"]))
            if row["status"] == FileStatus.QUARANTINED and row["business_date"] in days
        ],
    }  # fmt: skip


def summary_of(story: Mapping[str, Any]) -> dict[str, Any]:
    """The last line of a story told as text: what was found, and where each thread stands."""
    short = ("channel", "kind", "found_by", "txn_ids", "line_ids", "now")
    found = [{name: each[name] for name in short} for each in story["threads"]]
    return {**{name: story[name] for name in ("reference", "as_of", "found", "more")},
            "threads": found}  # fmt: skip
