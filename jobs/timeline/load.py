"""What is known beside the rows that were found: files, raw lines, fees, candidates, runs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobs.lake.point_query import among, holding
from jobs.lake.time_travel import Past, part_of
from jobs.timeline.events import Known
from jobs.timeline.linked_records import Row
from jobs.timeline.outcomes import is_ambiguous
from jobs.timeline.search import Found, Room
from jobs.timeline.source_text import raw_lines
from schemas.profile.channel import Profile
from schemas.tables import (
    CANDIDATES,
    DECISIONS,
    FEE_CHECKS,
    OUTCOMES,
    REJECTED_LINES,
    RUNS,
    STATEMENT_FILES,
    Table,
)
from schemas.vocabulary import FileStatus

#: So many rejected lines are shown.
REJECTED_MAX = 20


def gathered(past: Past, found: Found, profiles: Mapping[str, Profile]) -> Known:
    """All that belongs to the rows found; each table is asked for their dates alone."""
    known = Known(files=_files(past))
    for row in past.control_rows(RUNS):
        place = (row["job"], row["channel"], row["business_date"])
        known.runs.setdefault(place, []).append(row)
    known.decisions = past.control_rows(DECISIONS)
    known.raw = _raw(past, found.lines, known, profiles)
    if found.lines:
        ids = [row["line_id"] for row in found.lines]
        rows = _of(past, FEE_CHECKS, found.lines, "business_date", "line_id", ids)
        known.fees = {row["line_id"]: row for row in rows}
    unclear = [row for row in found.outcomes if is_ambiguous(row)]
    if unclear:
        units = [row["unit_id"] for row in unclear]
        for row in _of(past, CANDIDATES, unclear, "run_date", "unit_id", units):
            known.candidates.setdefault(_unit(row), []).append(row)
    grouped = [row for row in found.outcomes if _is_grouped(row)]
    if grouped:
        for row in _sums(past, grouped):
            known.groups.setdefault(_unit(row), []).append(row)
    return known


def rejected_with(past: Past, reference: str, room: Room) -> list[Row]:
    """Rejected lines that have the reference somewhere in their text."""
    has_it = holding("raw", reference)
    order = ("business_date", "channel", "file_id", "line_no")
    return past.rows(REJECTED_LINES, room.part, has_it, order=order, rows_max=REJECTED_MAX)


def _files(past: Past) -> dict[tuple[str, str], Row]:
    """Received files by channel and id; of several receptions the one that counted."""
    later = (FileStatus.ACCEPTED, FileStatus.SUPERSEDED, FileStatus.WITHDRAWN)
    rows = sorted(past.control_rows(STATEMENT_FILES), key=lambda row: row["status"] in later)
    return {(row["channel"], row["file_id"]): row for row in rows}


def _raw(
    past: Past, lines: Iterable[Row], known: Known, profiles: Mapping[str, Profile]
) -> dict[str, str]:
    by_file: dict[tuple[str, str], list[Row]] = {}
    for row in lines:
        by_file.setdefault((row["channel"], row["file_id"]), []).append(row)
    out: dict[str, str] = {}
    for place, rows in by_file.items():
        if place in known.files:
            profile = profiles[place[0]]
            out |= raw_lines(past.lake.storage, known.files[place], rows, profile)
    return out


def _sums(past: Past, grouped: Sequence[Row]) -> list[Row]:
    """Members and sums of each side of some groups, per currency."""
    by = ("channel", "run_date", "unit_id", "currency")
    is_one = among(unit_id={row["unit_id"] for row in grouped})
    counts = {"transactions": "txn_id", "lines": "line_id"}
    sums = {"ours": "internal_amount", "theirs": "statement_amount"}
    return past.added_up(OUTCOMES, part_of(grouped, "run_date"), is_one, by, counts, sums)


def _of(
    past: Past, table: Table, rows: Sequence[Row], day: str, name: str, values: Sequence[Any]
) -> list[Row]:
    is_it = among(**{name: set(values)})
    order = [each for each in ("txn_id", "line_id", "candidate_id") if each in table.columns]
    return past.rows(table, part_of(rows, day), is_it, order=order)


def _unit(row: Row) -> tuple[Any, ...]:
    return row["channel"], row["run_date"], row["unit_id"]


def _is_grouped(row: Row) -> bool:
    return row["unit_id"] not in (row["txn_id"], row["line_id"])
