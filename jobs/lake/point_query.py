"""Finds a few rows of a table by values in its columns, without a Spark session.

delta-rs runs the queries in SQL, with DataFusion, in this process. Each column with a condition
gets a query of its own: only then does DataFusion check the Bloom filters of the data files, and it
skips most files by them. Source: docs/reference/explain.md, "Cost".
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

from schemas.errors import DataFilesMissing
from schemas.tables import Table

#: What the query engine says about a data file that is missing or cut off.
_DAMAGED = ("not found", "NotFound", "No such file", "Parquet error", "Requested range")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: SQL conditions by the column that each is about. A query returns rows that meet any of them.
RowConditions = Mapping[str, str]


@dataclass(frozen=True)
class PartitionFilter:
    """The partitions that a query reads: channels, and dates of a list or of a range.

    None means no limit. The query opens no file of another partition.
    """

    channels: frozenset[str] | None = None
    days: frozenset[date] | None = None
    since: date | None = None
    until: date | None = None

    def includes(self, day: date, channel: str) -> bool:
        """Whether the query reads a partition."""
        return (
            (self.channels is None or channel in self.channels)
            and (self.days is None or day in self.days)
            and (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
        )

    def before(self, limit: date) -> "PartitionFilter | None":
        """The partitions before a date; None if there can be none."""
        if limit == date.min:
            return None
        last = limit - timedelta(days=1)
        last = last if self.until is None else min(self.until, last)
        days = None if self.days is None else frozenset(day for day in self.days if day < limit)
        if days == frozenset() or (self.since is not None and self.since > last):
            return None
        return replace(self, days=days, until=last)

    def sql_conditions(self, table: Table) -> Iterator[str]:
        """The conditions on the partition columns, in SQL."""
        day = table.partitions[0]
        if self.channels is not None:
            yield _in_sql("channel", self.channels)
        if self.days is not None:
            yield _in_sql(day, map(str, self.days))
        if self.since is not None:
            yield f"{day} >= {_quote(str(self.since))}"
        if self.until is not None:
            yield f"{day} <= {_quote(str(self.until))}"


def column_in(**values: Collection[str]) -> RowConditions:
    """Rows that have one of the values in any of the columns."""
    return {name: _in_sql(name, allowed) for name, allowed in values.items() if allowed}


def column_contains(column: str, text: str) -> RowConditions:
    """Rows whose column contains a text."""
    return {column: f"strpos({column}, {_quote(text)}) > 0"}


def query_rows(
    delta: DeltaTable,
    table: Table,
    partition_filter: PartitionFilter,
    conditions: RowConditions,
    columns: Sequence[str],
    order: Sequence[str] = (),
    rows_max: int | None = None,
) -> list[dict[str, Any]]:
    """Rows that meet a condition, as dicts, in an order with nulls last; at most `rows_max`.

    Times are in UTC, whatever the zone of the machine. A column that an older table does not have
    is null, and meets no condition.
    """
    existing = {field.name for field in delta.schema().fields}
    shown = [name for name in columns if name in existing]
    rows = _rows_sql(
        table,
        partition_filter,
        {name: condition for name, condition in conditions.items() if name in existing},
        shown,
    )
    text = f"SELECT * FROM ({rows}){_order_by(order)}"
    return _execute(
        delta, table, text + ("" if rows_max is None else f" LIMIT {rows_max}"), columns
    )


def aggregate_rows(
    delta: DeltaTable,
    table: Table,
    partition_filter: PartitionFilter,
    conditions: RowConditions,
    by: Sequence[str],
    counts: Mapping[str, str],
    sums: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Counts and sums of the rows that meet a condition, grouped and ordered by some columns.

    `counts` and `sums` map the name of a result to its column. Sums are exact, in minor units, and
    0 where no row has a value.
    """
    columns = [*by, *counts.values(), *sums.values()]
    selected = [f"count({name}) AS {alias}" for alias, name in counts.items()]
    exact = "CAST(coalesce(sum(CAST({} AS DECIMAL(38, 0))), 0) AS BIGINT) AS {}"
    selected += [exact.format(name, alias) for alias, name in sums.items()]
    rows = _rows_sql(table, partition_filter, conditions, columns)
    group = ", ".join(by)
    text = f"SELECT {', '.join([*by, *selected])} FROM ({rows}) GROUP BY {group}{_order_by(by)}"
    return _execute(delta, table, text, [*by, *counts, *sums])


def _rows_sql(
    table: Table,
    partition_filter: PartitionFilter,
    conditions: RowConditions,
    columns: Sequence[str],
) -> str:
    """The query for rows that meet a condition; without conditions it returns no rows."""
    row_conditions = list(conditions.values()) or ["FALSE"]
    column_list = ", ".join(columns)
    partition_conditions = list(partition_filter.sql_conditions(table))
    queries = []
    for number, condition in enumerate(row_conditions):
        # A row that meets several conditions comes from the first query only.
        not_in_earlier = [f"({earlier}) IS NOT TRUE" for earlier in row_conditions[:number]]
        where = " AND ".join([*partition_conditions, condition, *not_in_earlier])
        queries.append(f"SELECT {column_list} FROM queried_table WHERE {where}")
    return " UNION ALL ".join(queries)


def _order_by(order: Sequence[str]) -> str:
    by = ", ".join(f"{name} ASC NULLS LAST" for name in order)
    return f" ORDER BY {by}" if by else ""


def _execute(
    delta: DeltaTable, table: Table, text: str, columns: Sequence[str]
) -> list[dict[str, Any]]:
    """Runs a query; returns its rows as dicts with all of `columns`, None for missing ones.

    Raises:
        DataFilesMissing: a data file that it reads is not there, or is not whole.
    """
    query = QueryBuilder().register("queried_table", delta)
    try:
        result = pa.table(query.execute(text).read_all())
    except Exception as fault:
        if not any(sign in str(fault) for sign in _DAMAGED):
            raise
        raise DataFilesMissing(
            f"{table.name}: a data file is missing or not whole ({str(fault).splitlines()[0]});"
            " run the date that its folder names again, or restore it from a backup"
        ) from fault
    times = [field.name for field in result.schema if pa.types.is_timestamp(field.type)]
    for name in times:
        micros = result[name].cast(pa.timestamp("us")).cast(pa.int64())
        result = result.set_column(result.schema.get_field_index(name), name, micros)
    rows = [dict.fromkeys(columns) | row for row in result.to_pylist()]
    return [row | {name: _to_datetime(row[name]) for name in times} for row in rows]


def _to_datetime(micros: int | None) -> datetime | None:
    """The time in UTC; of one outside of the calendar's years 1 to 9999 the nearest in it."""
    if micros is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        return first if micros < 0 else last


def _in_sql(name: str, values: Iterable[str]) -> str:
    listed = ", ".join(_quote(value) for value in sorted(values))
    return f"{name} IN ({listed})" if listed else "FALSE"


def _quote(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
