"""A few rows of a table by what stands in them: told by its log and data files, without a session.

delta-rs has an engine of its own in this process, DataFusion, which is told of in SQL. Each column
that is asked about is a query of its own: only so does it ask the Bloom filters of the data files,
and of most of them nothing else is read. Source: docs/reference/explain.md, "Cost".
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

from schemas.tables import Table

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Conditions, each by the one column that it is about: a row that meets any of them is meant.
RowConditions = Mapping[str, str]


@dataclass(frozen=True)
class PartitionFilter:
    """Which partitions of a table are asked for: channels, and dates of a list or of a range.

    None is no bound. Said apart from other conditions, so that no other files are opened.
    """

    channels: frozenset[str] | None = None
    days: frozenset[date] | None = None
    since: date | None = None
    until: date | None = None

    def includes(self, day: date, channel: str) -> bool:
        """Whether a partition is asked for."""
        return (
            (self.channels is None or channel in self.channels)
            and (self.days is None or day in self.days)
            and (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
        )

    def sql_conditions(self, table: Table) -> Iterator[str]:
        """What its rows meet, in SQL."""
        day = table.partitions[0]
        if self.channels is not None:
            yield _in("channel", self.channels)
        if self.days is not None:
            yield _in(day, map(str, self.days))
        if self.since is not None:
            yield f"{day} >= {_text(str(self.since))}"
        if self.until is not None:
            yield f"{day} <= {_text(str(self.until))}"


def column_in(**values: Collection[str]) -> RowConditions:
    """Rows of which one of some columns has one of some values."""
    return {name: _in(name, each) for name, each in values.items() if each}


def column_contains(column: str, text: str) -> RowConditions:
    """Rows of which a column has a text somewhere in it."""
    return {column: f"strpos({column}, {_text(text)}) > 0"}


def query_rows(
    delta: DeltaTable,
    table: Table,
    partition_filter: PartitionFilter,
    conditions: RowConditions,
    columns: Sequence[str],
    order: Sequence[str] = (),
    rows_max: int | None = None,
) -> list[dict[str, Any]]:
    """Rows as dicts in an order, nulls last: the first `rows_max` of them, or all.

    Times are in UTC, whatever the zone of the machine. A column that a table of an earlier version
    has not got is null, and meets nothing.
    """
    there = {field.name for field in delta.schema().fields}
    shown = [name for name in columns if name in there]
    rows = _rows(
        table,
        partition_filter,
        {name: of for name, of in conditions.items() if name in there},
        shown,
    )
    text = f"SELECT * FROM ({rows}){_ordered(order)}"
    return _told(delta, text + ("" if rows_max is None else f" LIMIT {rows_max}"), columns)


def aggregate_rows(
    delta: DeltaTable,
    table: Table,
    partition_filter: PartitionFilter,
    conditions: RowConditions,
    by: Sequence[str],
    counts: Mapping[str, str],
    sums: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Rows by the values of some columns, in their order: under their names the `counts` of values
    in columns, and the `sums` of columns in minor units, 0 where there is none, exact.
    """
    columns = [*by, *counts.values(), *sums.values()]
    told = [f"count({name}) AS {alias}" for alias, name in counts.items()]
    exact = "CAST(coalesce(sum(CAST({} AS DECIMAL(38, 0))), 0) AS BIGINT) AS {}"
    told += [exact.format(name, alias) for alias, name in sums.items()]
    rows = _rows(table, partition_filter, conditions, columns)
    group = ", ".join(by)
    text = f"SELECT {', '.join([*by, *told])} FROM ({rows}) GROUP BY {group}{_ordered(by)}"
    return _told(delta, text, [*by, *counts, *sums])


def _rows(
    table: Table, part: PartitionFilter, picked: RowConditions, columns: Sequence[str]
) -> str:
    """The query of the rows that a condition picks; of none without a condition."""
    asked = list(picked.values()) or ["FALSE"]
    shown = ", ".join(columns)
    inside = list(part.sql_conditions(table))
    queries = []
    for place, condition in enumerate(asked):
        # A row that an earlier query has found is not found again.
        fresh = [f"({earlier}) IS NOT TRUE" for earlier in asked[:place]]
        queries.append(
            f"SELECT {shown} FROM asked WHERE {' AND '.join([*inside, condition, *fresh])}"
        )
    return " UNION ALL ".join(queries)


def _ordered(order: Sequence[str]) -> str:
    by = ", ".join(f"{name} ASC NULLS LAST" for name in order)
    return f" ORDER BY {by}" if by else ""


def _told(delta: DeltaTable, text: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a query as dicts with some columns; those that it has not are None."""
    found = pa.table(QueryBuilder().register("asked", delta).execute(text).read_all())
    times = [each.name for each in found.schema if pa.types.is_timestamp(each.type)]
    for name in times:
        micros = found[name].cast(pa.timestamp("us")).cast(pa.int64())
        found = found.set_column(found.schema.get_field_index(name), name, micros)
    rows = [dict.fromkeys(columns) | row for row in found.to_pylist()]
    return [row | {name: _moment(row[name]) for name in times} for row in rows]


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


def _in(name: str, values: Iterable[str]) -> str:
    listed = ", ".join(_text(each) for each in sorted(values))
    return f"{name} IN ({listed})" if listed else "FALSE"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
