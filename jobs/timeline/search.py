"""Finds the rows of a reference: first key columns only, then all columns of a few dates.

The search reads the outcomes of a date if an item can have one there: on the item's own date, and
on each date after a run that left the item open.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.time_travel import LakeAsOf, partition_filter_of
from jobs.timeline.item_rows import SIDES, item_key, read_all_columns, read_keys
from jobs.timeline.linked_records import Row, ids_of
from jobs.timeline.references import SearchKey
from schemas.profile.channel import Profile
from schemas.tables import (
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)

#: The most rows with the reference to follow, per side; the earliest first.
HITS_MAX = 100
#: A row can lead to another row by a pair or a shared reference. Real payments need few rounds.
ROUNDS_MAX = 4
_LINE_ID = re.compile(r"([0-9a-f]{64}):\d{9}")
_LINKING_COLUMNS = ("our_ref_norm", "channel_ref_norm")


@dataclass
class FoundRows:
    """Rows of the tables, with all columns, that belong to a reference.

    `columns_by_id` names by id the columns that contain the reference. `has_more` says that the
    search stopped at `HITS_MAX`.
    """

    lines: list[Row] = field(default_factory=list)
    transactions: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)
    open_items: list[Row] = field(default_factory=list)
    columns_by_id: dict[str, list[str]] = field(default_factory=dict)
    has_more: bool = False


@dataclass(frozen=True)
class SearchScope:
    """Where to search: channels with their profiles, and a range of dates (None: no limit)."""

    profiles: Mapping[str, Profile]
    since: date | None = None
    until: date | None = None

    @property
    def linked_days(self) -> int:
        """The most days between a row and a linked row that does not contain the reference."""
        rules = [profile.match for profile in self.profiles.values()]
        longest = [max(m.lookback, m.window.internal, m.window.statement) for m in rules]
        return max(longest, default=0) + 1

    @property
    def channels(self) -> frozenset[str]:
        """Names of the channels."""
        return frozenset(self.profiles)

    @property
    def partition_filter(self) -> PartitionFilter:
        """The partitions in the scope."""
        return PartitionFilter(self.channels, None, self.since, self.until)


def find_rows(past: LakeAsOf, search_key: SearchKey, scope: SearchScope) -> FoundRows:
    """Finds the rows with a reference, the rows that share a reference with them or were paired
    with them, and the outcomes of all.
    """
    found_rows = FoundRows()
    items: dict[tuple[str, ...], Row] = {}
    searched = {
        (name, value)
        for columns in search_key.values.values()
        for name in _LINKING_COLUMNS
        for value in columns[name]
    }
    new_rows = _rows_with_reference(past, search_key, scope, found_rows)
    for _ in range(ROUNDS_MAX):
        new_rows = [row for row in new_rows if item_key(row) not in items]
        items.update({item_key(row): row for row in new_rows})
        pairs = _load_outcomes(past, list(items.values()), scope, found_rows) if new_rows else []
        new_rows = _linked_rows(past, list(items.values()), pairs, searched, scope)
        if not new_rows:
            break
    for table, id_column, _ in SIDES:
        rows = read_all_columns(
            past, table, id_column, [row for row in items.values() if id_column in row]
        )
        (found_rows.lines if table is STATEMENT_LINES else found_rows.transactions).extend(rows)
    return found_rows


def _rows_with_reference(
    past: LakeAsOf, search_key: SearchKey, scope: SearchScope, found_rows: FoundRows
) -> list[Row]:
    """Key columns of the rows with the reference; adds its columns to `found_rows`."""
    line_id = _LINE_ID.fullmatch(search_key.reference)
    if line_id:
        return _line_with_id(past, search_key, line_id.group(1), found_rows)
    out = []
    for table, id_column, keys in SIDES:
        conditions = column_in(**{name: search_key.values_of(name) for name in keys})
        rows = read_keys(past, table, scope.partition_filter, conditions, HITS_MAX + 1)
        found_rows.has_more = found_rows.has_more or len(rows) > HITS_MAX
        for row in rows[:HITS_MAX]:
            columns = search_key.matching_columns(row, keys)
            if columns:
                found_rows.columns_by_id.setdefault(row[id_column], columns)
                out.append(row)
    return out


def _line_with_id(
    past: LakeAsOf, search_key: SearchKey, file_id: str, found_rows: FoundRows
) -> list[Row]:
    files = [row for row in past.read_rows(STATEMENT_FILES) if row["file_id"] == file_id]
    if not files:
        return []
    conditions = column_in(line_id=[search_key.reference])
    partitions = PartitionFilter(
        frozenset(search_key.values), partition_filter_of(files, "business_date").days
    )
    rows = read_keys(past, STATEMENT_LINES, partitions, conditions, 1)
    found_rows.columns_by_id.update({row["line_id"]: ["line_id"] for row in rows})
    return rows


def _load_outcomes(
    past: LakeAsOf, items: Sequence[Row], scope: SearchScope, found_rows: FoundRows
) -> list[Row]:
    """Adds the outcomes and open items of some items to `found_rows`; returns the pairs."""
    item_keys = {item_key(row)[:3] for row in items}
    txns, lines = (sorted(ids_of((r for r in items if id_column in r), id_column))
                   for id_column in ("txn_id", "line_id"))  # fmt: skip
    in_items = column_in(txn_id=txns, line_id=lines)
    days = {row["business_date"] for row in items}
    order = ("run_date", "channel", "txn_id", "line_id")
    rows = past.query_rows(
        OPEN_ITEMS, PartitionFilter(scope.channels, since=min(days)), in_items, order=order
    )
    found_rows.open_items = [row for row in rows if _concerns(row, item_keys)]
    days |= _next_reported_dates(found_rows.open_items)
    rows = past.query_rows(
        OUTCOMES, PartitionFilter(scope.channels, frozenset(days)), in_items, order=order
    )
    found_rows.outcomes = [row for row in rows if _concerns(row, item_keys)]
    return [row for row in found_rows.outcomes if row["txn_id"] and row["line_id"]]


def _next_reported_dates(open_items: Sequence[Row]) -> set[date]:
    """The dates after runs that left an item open, except dates on which the item stayed open
    without an outcome, as a late candidate does for weeks.
    """
    broke_on = {(row["txn_id"], row["line_id"], row["run_date"]): row["broke_on"]
             for row in open_items}  # fmt: skip
    out = set()
    for txn_id, line_id, run_date in broke_on:
        after = run_date + timedelta(days=1)
        next_broke_on = broke_on.get((txn_id, line_id, after))
        if next_broke_on is None or next_broke_on == after:
            out.add(after)
    return out


def _linked_rows(
    past: LakeAsOf,
    items: Sequence[Row],
    pairing_outcomes: Sequence[Row],
    searched: set[tuple[str, str]],
    scope: SearchScope,
) -> list[Row]:
    """Rows on near dates that share a reference with an item, or that an outcome pairs with one."""
    item_keys = {item_key(row)[:3] for row in items}
    references = {reference for row in items for reference in _linking_references(row)}
    new = {ref for ref in references if ref[3] is not None and ref[2:] not in searched}
    searched.update(ref[2:] for ref in new)
    days = {row["business_date"] for row in items}
    days |= {row[name] for row in pairing_outcomes for name in ("internal_date", "statement_date")}
    out = []
    for table, id_column, _ in SIDES:
        ids = {
            row[id_column]
            for row in pairing_outcomes
            if (row["channel"], id_column, row[id_column]) not in item_keys
        }
        if not new and not ids:
            continue
        by_reference = {name: {v for _, _, n, v in new if n == name} for name in _LINKING_COLUMNS}
        conditions = column_in(**by_reference, **{id_column: ids})
        rows = read_keys(past, table, _scope_around(scope, days), conditions, HITS_MAX)
        out += [
            row
            for row in rows
            if row[id_column] in ids or not references.isdisjoint(_linking_references(row))
        ]
    return out


def _linking_references(row: Row) -> list[tuple[Any, ...]]:
    """Channel, kind, column and value of the references that link a row to others."""
    return [(row["channel"], row["kind"], name, row[name]) for name in _LINKING_COLUMNS]


def _scope_around(scope: SearchScope, days: Iterable[date | None]) -> PartitionFilter:
    dates, near = sorted(filter(None, days)), timedelta(days=scope.linked_days)
    return PartitionFilter(scope.channels, None, dates[0] - near, dates[-1] + near)


def _concerns(row: Row, item_keys: set[tuple[str, ...]]) -> bool:
    return any(
        (row["channel"], id_column, row[id_column]) in item_keys
        for id_column in ("txn_id", "line_id")
    )
