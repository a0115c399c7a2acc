"""Rows that were read in the history lake and in the lake, as one answer."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def merge_rows(
    parts: Sequence[Sequence[Row]], order: Sequence[str], rows_max: int | None
) -> list[Row]:
    """Rows that are each in an order, in that order, nulls last; at most so many."""
    rows = [row for each in parts for row in each]
    if len(parts) > 1 and order:
        rows.sort(key=lambda row: _nulls_last(row, order))
    return rows[:rows_max]


def merge_sums(
    parts: Sequence[Sequence[Row]], by: Sequence[str], summed: Sequence[str]
) -> list[Row]:
    """Counts and sums of groups, those of one group added up, in order of the group."""
    if len(parts) == 1:
        return list(parts[0])
    groups: dict[tuple[Any, ...], Row] = {}
    for row in (row for each in parts for row in each):
        group = groups.setdefault(tuple(row[name] for name in by), dict.fromkeys(summed, 0) | {
            name: row[name] for name in by
        })  # fmt: skip
        for name in summed:
            group[name] += row[name]
    return sorted(groups.values(), key=lambda row: _nulls_last(row, by))


def _nulls_last(row: Row, order: Sequence[str]) -> list[tuple[bool, Any]]:
    return [(row[name] is None, row[name] if row[name] is not None else 0) for name in order]
