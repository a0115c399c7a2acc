"""Traces one reference: everything that the tables know about it, as plain values."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from jobs.timeline.events import build_timeline, describe_rejected
from jobs.timeline.linked_records import link_records
from jobs.timeline.load import load_facts, rejected_lines_with
from jobs.timeline.match_alone import match_records
from jobs.timeline.outcomes import format_time
from jobs.timeline.references import search_key_of
from jobs.timeline.search import SearchScope, find_rows
from jobs.timeline.settlement_batches import find_batches
from schemas.configuration import Configuration
from schemas.tables import SNAPSHOT_FILES, STATEMENT_FILES
from schemas.vocabulary import FileStatus


def trace_reference(
    lake: Lake,
    config: Configuration,
    reference: str,
    days: Sequence[date] = (),
    as_of: datetime | None = None,
    match_alone: bool = False,
) -> dict[str, Any]:
    """Returns the timeline of a reference as plain values, amounts in major units; writes nothing.

    `days` limit the search (no days: all dates). `as_of` is a time in UTC. `match_alone` adds, per
    channel, the match of the records that were found, done without all other rows.

    Raises:
        TableMissing: the lake does not exist.
        LakeError: the logs of the tables do not reach back to `as_of`.
    """
    past = LakeAsOf(lake, as_of)
    scope = SearchScope(config.profiles, *((days[0], days[-1]) if days else (None, None)))
    search_key = search_key_of(reference, config.profiles)
    found_rows = find_rows(past, search_key, scope)
    facts = load_facts(past, found_rows, config.profiles)
    rows = found_rows.lines, found_rows.transactions, found_rows.outcomes, found_rows.open_items
    records = link_records(*rows, found_rows.columns_by_id)
    channels = sorted({record.channel for record in records}) if match_alone else []
    return {
        "reference": search_key.reference,
        "as_of": format_time(past.at),
        "found": len(records),
        "more": found_rows.has_more,
        "searched": _describe_search(past, scope),
        "threads": [
            build_timeline(
                record, facts, config.profiles[record.channel], record.channel in config.schedules
            )
            for record in records
        ],
        "batches": find_batches(past, search_key, scope, config.profiles, facts),
        "rejected": describe_rejected(
            rejected_lines_with(past, search_key.reference, scope), facts
        ),
        "alone": [
            match_records(
                past,
                [record for record in records if record.channel == name],
                facts,
                config.profiles[name],
            )
            for name in channels
        ],
    }


def _describe_search(past: LakeAsOf, scope: SearchScope) -> dict[str, Any]:
    """The channels and dates that were searched, and the quarantined files, which were not."""
    files = [row for row in past.read_rows(STATEMENT_FILES) if row["channel"] in scope.profiles]
    days = {
        row["business_date"]
        for row in (*files, *past.read_rows(SNAPSHOT_FILES))
        if (scope.since is None or row["business_date"] >= scope.since)
        and (scope.until is None or row["business_date"] <= scope.until)
    }
    return {
        "channels": sorted(scope.profiles),
        "dates": [str(day) for day in sorted(days)],
        "quarantined": [
            {"channel": row["channel"], "date": str(row["business_date"]),
             "file": row["file_name"], "reason": row["reason"]}
            for row in sorted(files, key=lambda row: (row["business_date"], row["file_name"]))
            if row["status"] == FileStatus.QUARANTINED and row["business_date"] in days
        ],
    }  # fmt: skip


def summarize_timeline(timeline: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON summary of a timeline that is printed as text: what was found, and its outcomes."""
    names = ("channel", "kind", "found_by", "txn_ids", "line_ids", "now")
    records = [{name: record[name] for name in names} for record in timeline["threads"]]
    batch_names = ("channel", "batch", "batch_no", "per", "currency", "expected", "credited",
                   "difference", "result", "action")  # fmt: skip
    batches = [{name: batch[name] for name in batch_names} for batch in timeline["batches"]]
    return {**{name: timeline[name] for name in ("reference", "as_of", "found", "more")},
            "threads": records, "batches": batches}  # fmt: skip
