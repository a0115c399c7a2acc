"""Reads the tables as they are now, or as they were at an earlier time, by their logs.

It writes nothing, and creates nothing in a folder without a lake.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from deltalake import DeltaTable
from pyspark.sql import DataFrame

from jobs.lake.history.merge import merge_rows, merge_sums
from jobs.lake.history.moved_rows import (
    first_date_here,
    list_files_everywhere,
    open_history,
)
from jobs.lake.partitions import read_data_files, read_rows_where
from jobs.lake.point_query import PartitionFilter, RowConditions, aggregate_rows, query_rows
from jobs.lake.table_log import open_log
from jobs.lake.tables import Lake
from schemas.errors import LakeError, TableMissing
from schemas.tables import RUNS, Table


def partition_filter_of(rows: Iterable[dict[str, Any]], day: str) -> PartitionFilter:
    """The partitions of some rows; `day` names the date column."""
    rows = list(rows)
    return PartitionFilter(frozenset(r["channel"] for r in rows), frozenset(r[day] for r in rows))


class LakeAsOf:
    """The tables of a lake, now (`at` is None) or as they were at a time in UTC.

    A time without a fraction of a second means the end of that second.
    """

    def __init__(self, lake: Lake, at: datetime | None = None) -> None:
        self.lake = lake
        is_whole = at is not None and at.microsecond == 0
        self.at = at + timedelta(microseconds=999_999) if at is not None and is_whole else at
        self._versions: dict[str, int | None] = {}
        lake.version(RUNS)  # raises TableMissing if there is no lake

    def version(self, table: Table) -> int | None:
        """The version at that time; None if the table did not exist yet.

        Raises:
            LakeError: the table's log does not reach back so far.
        """
        if table.name not in self._versions:
            self._versions[table.name] = self._find_version(table)
        return self._versions[table.name]

    def query_rows(
        self,
        table: Table,
        partition_filter: PartitionFilter,
        conditions: RowConditions,
        columns: Sequence[str] | None = None,
        order: Sequence[str] = (),
        rows_max: int | None = None,
    ) -> list[dict[str, Any]]:
        """Rows that meet a condition; see `point_query.query_rows`. No rows if the table did not
        exist yet.
        """
        names = columns or table.columns
        parts = [
            query_rows(delta, table, dates, conditions, names, order, rows_max)
            for delta, dates in self._open_lakes(table, partition_filter)
        ]
        return merge_rows(parts, order, rows_max)

    def aggregate_rows(
        self,
        table: Table,
        partition_filter: PartitionFilter,
        conditions: RowConditions,
        by: Sequence[str],
        counts: Mapping[str, str],
        sums: Mapping[str, str],
    ) -> list[dict[str, Any]]:
        """Counts and sums of rows that meet a condition; see `point_query.aggregate_rows`."""
        parts = [
            aggregate_rows(delta, table, dates, conditions, by, counts, sums)
            for delta, dates in self._open_lakes(table, partition_filter)
        ]
        return merge_sums(parts, by, (*counts, *sums))

    def latest_date(self, table: Table) -> date | None:
        """The latest date with data files, by the log; None if there is none."""
        delta = self._open_table(table)
        if delta is None:
            return None
        actions = list_files_everywhere(self.lake.storage, delta, table, date.min, date.max)
        return max((row[f"partition.{table.partitions[0]}"] for row in actions), default=None)

    def read_rows(self, table: Table) -> list[dict[str, Any]]:
        """All rows of a small control table."""
        delta = self._open_table(table)
        return [] if delta is None else read_rows_where(delta, table, {})

    def _open_table(self, table: Table) -> DeltaTable | None:
        """The table at its version at that time; None if it did not exist yet."""
        version = self.version(table)
        return None if version is None else open_log(self.lake.storage, table, version)

    def _open_lakes(
        self, table: Table, wanted: PartitionFilter
    ) -> Iterator[tuple[DeltaTable, PartitionFilter]]:
        """The table where it has some partitions, the history lake first, each with what is to be
        read of it; nothing if the table did not exist yet.
        """
        delta = self._open_table(table)
        if delta is None:
            return
        limit = first_date_here(delta)
        moved = wanted.before(limit)
        if moved is not None:
            yield open_history(self.lake.storage, table, limit)[1], moved
        yield delta, wanted

    def _find_version(self, table: Table) -> int | None:
        try:
            newest = self.lake.version(table)
        except TableMissing:
            return None
        if self.at is None:
            return newest
        at_ms = self.at.timestamp() * 1000
        log = open_log(self.lake.storage, table).history()
        known = [(int(commit["version"]), commit["timestamp"]) for commit in log]
        earlier = [version for version, stamp in known if stamp <= at_ms]
        if earlier:
            return max(earlier)
        if min(version for version, _ in known) > 0:
            first = datetime.fromtimestamp(min(stamp for _, stamp in known) / 1000, UTC)
            raise LakeError(f"{table.name}: its log begins at {first}; give a later --as-of")
        return None


def read_version(lake: Lake, table: Table, part: PartitionFilter, version: int) -> DataFrame:
    """The rows of some partitions at a version of the table."""
    names = [f"partition.{name}" for name in table.partitions]
    log = open_log(lake.storage, table, version)
    first = min(part.days) if part.days else part.since or date.min
    actions = list_files_everywhere(lake.storage, log, table, first, part.until or date.max)
    wanted = [row for row in actions if part.includes(row[names[0]], row[names[1]])]
    return read_data_files(lake.spark, lake.storage, table, wanted)
