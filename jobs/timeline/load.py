"""Loads what belongs to the rows that were found: files, source text, fees, candidates, runs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobs.lake.point_query import column_contains, column_in
from jobs.lake.time_travel import LakeAsOf, partition_filter_of
from jobs.timeline.events import Facts
from jobs.timeline.families import load_families
from jobs.timeline.linked_records import Row
from jobs.timeline.outcomes import may_have_candidates
from jobs.timeline.search import FoundRows, SearchScope
from jobs.timeline.source_text import read_source_text
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

#: The most rejected lines to show.
REJECTED_MAX = 20


def load_facts(past: LakeAsOf, found_rows: FoundRows, profiles: Mapping[str, Profile]) -> Facts:
    """Loads the facts about the found rows; reads only the dates of these rows."""
    facts = Facts(files=_load_files(past))
    for row in past.read_rows(RUNS):
        key = (row["job"], row["channel"], row["business_date"])
        facts.runs.setdefault(key, []).append(row)
    facts.families = load_families(past, found_rows.transactions)
    facts.decisions = past.read_rows(DECISIONS)
    facts.source_text = _load_source_text(past, found_rows.lines, facts, profiles)
    if found_rows.lines:
        ids = [row["line_id"] for row in found_rows.lines]
        rows = _read_rows_of(past, FEE_CHECKS, found_rows.lines, "business_date", "line_id", ids)
        facts.fees = {row["line_id"]: row for row in rows}
    searched = [row for row in found_rows.outcomes if may_have_candidates(row)]
    if searched:
        units = [row["unit_id"] for row in searched]
        for row in _read_rows_of(past, CANDIDATES, searched, "run_date", "unit_id", units):
            facts.candidates.setdefault(_unit_key(row), []).append(row)
    grouped = [row for row in found_rows.outcomes if _is_grouped(row)]
    if grouped:
        for row in _sum_groups(past, grouped):
            facts.groups.setdefault(_unit_key(row), []).append(row)
    return facts


def rejected_lines_with(past: LakeAsOf, reference: str, scope: SearchScope) -> list[Row]:
    """Rejected lines whose text contains the reference."""
    contains_reference = column_contains("raw", reference)
    order = ("business_date", "channel", "file_id", "line_no")
    return past.query_rows(
        REJECTED_LINES,
        scope.partition_filter,
        contains_reference,
        order=order,
        rows_max=REJECTED_MAX,
    )


def _load_files(past: LakeAsOf) -> dict[tuple[str, str], Row]:
    """Received files by channel and id; of several receptions the one that was accepted."""
    counted = (FileStatus.ACCEPTED, FileStatus.SUPERSEDED, FileStatus.WITHDRAWN)
    rows = sorted(past.read_rows(STATEMENT_FILES), key=lambda row: row["status"] in counted)
    return {(row["channel"], row["file_id"]): row for row in rows}


def _load_source_text(
    past: LakeAsOf, lines: Iterable[Row], facts: Facts, profiles: Mapping[str, Profile]
) -> dict[str, str]:
    by_file: dict[tuple[str, str], list[Row]] = {}
    for row in lines:
        by_file.setdefault((row["channel"], row["file_id"]), []).append(row)
    out: dict[str, str] = {}
    for key, rows in by_file.items():
        if key in facts.files:
            profile = profiles[key[0]]
            out |= read_source_text(past.lake.storage, facts.files[key], rows, profile)
    return out


def _sum_groups(past: LakeAsOf, grouped: Sequence[Row]) -> list[Row]:
    """Counts and sums of each side of some groups, per currency."""
    by = ("channel", "run_date", "unit_id", "currency")
    in_groups = column_in(unit_id={row["unit_id"] for row in grouped})
    counts = {"transactions": "txn_id", "lines": "line_id"}
    sums = {"ours": "internal_amount", "theirs": "statement_amount"}
    return past.aggregate_rows(
        OUTCOMES, partition_filter_of(grouped, "run_date"), in_groups, by, counts, sums
    )


def _read_rows_of(
    past: LakeAsOf, table: Table, rows: Sequence[Row], day: str, name: str, values: Sequence[Any]
) -> list[Row]:
    in_values = column_in(**{name: set(values)})
    order = [column for column in ("txn_id", "line_id", "candidate_id") if column in table.columns]
    return past.query_rows(table, partition_filter_of(rows, day), in_values, order=order)


def _unit_key(row: Row) -> tuple[Any, ...]:
    return row["channel"], row["run_date"], row["unit_id"]


def _is_grouped(row: Row) -> bool:
    return row["unit_id"] not in (row["txn_id"], row["line_id"])
