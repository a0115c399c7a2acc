"""The tables as they are, or as they were at a moment, by the log of each table.

Read only: nothing is created in a place that holds no lake.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from pyspark.sql import DataFrame

from jobs.lake.partitions import list_add_actions, read_data_files, read_rows_where
from jobs.lake.point_query import PartitionFilter, RowConditions, aggregate_rows, query_rows
from jobs.lake.tables import Lake
from schemas.errors import LakeError, TableMissing
from schemas.tables import RUNS, Table


def partition_filter_of(rows: Iterable[dict[str, Any]], day: str) -> PartitionFilter:
    """The partitions that some rows stand in, by a date of theirs."""
    rows = list(rows)
    return PartitionFilter(frozenset(r["channel"] for r in rows), frozenset(r[day] for r in rows))


class LakeAsOf:
    """The tables of a lake, now (`at` is None) or as they were at a moment in UTC.

    A moment given to the second means the end of that second.
    """

    def __init__(self, lake: Lake, at: datetime | None = None) -> None:
        self.lake = lake
        whole = at is not None and at.microsecond == 0
        self.at = at + timedelta(microseconds=999_999) if at is not None and whole else at
        self._versions: dict[str, int | None] = {}
        lake.version(RUNS)  # a place without a lake is refused here, by name

    def version(self, table: Table) -> int | None:
        """The version in force; None where the table was not there yet.

        Raises:
            LakeError: the table's log no longer reaches back so far.
        """
        if table.name not in self._versions:
            self._versions[table.name] = self._in_force(table)
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
        """The rows that conditions pick, as `queried` has them; none where the table was not there
        yet.
        """
        delta = self._log(table)
        if delta is None:
            return []
        return query_rows(
            delta, table, partition_filter, conditions, columns or table.columns, order, rows_max
        )

    def aggregate_rows(
        self,
        table: Table,
        partition_filter: PartitionFilter,
        conditions: RowConditions,
        by: Sequence[str],
        counts: Mapping[str, str],
        sums: Mapping[str, str],
    ) -> list[dict[str, Any]]:
        """The rows that conditions pick, counted and summed; see `lake_query.added_up`."""
        delta = self._log(table)
        if delta is None:
            return []
        return aggregate_rows(delta, table, partition_filter, conditions, by, counts, sums)

    def latest_date(self, table: Table) -> date | None:
        """The latest date that has rows, by the log."""
        delta = self._log(table)
        if delta is None:
            return None
        actions = list_add_actions(delta, table, date.min, date.max)
        return max((row[f"partition.{table.partitions[0]}"] for row in actions), default=None)

    def read_rows(self, table: Table) -> list[dict[str, Any]]:
        """All rows of a small control table."""
        delta = self._log(table)
        return [] if delta is None else read_rows_where(delta, table, {})

    def _log(self, table: Table) -> DeltaTable | None:
        """A table's log as of the version in force; None where it was not there yet."""
        version = self.version(table)
        return None if version is None else DeltaTable(_uri(self.lake, table), version=version)

    def _in_force(self, table: Table) -> int | None:
        try:
            newest = self.lake.version(table)
        except TableMissing:
            return None
        if self.at is None:
            return newest
        moment = self.at.timestamp() * 1000
        log = DeltaTable(_uri(self.lake, table)).history()
        known = [(int(each["version"]), each["timestamp"]) for each in log]
        then = [version for version, stamp in known if stamp <= moment]
        if then:
            return max(then)
        if min(version for version, _ in known) > 0:
            first = datetime.fromtimestamp(min(stamp for _, stamp in known) / 1000, UTC)
            raise LakeError(f"{table.name}: its log begins at {first}; give a later --as-of")
        return None


def read_version(lake: Lake, table: Table, part: PartitionFilter, version: int) -> DataFrame:
    """The rows of some partitions as of a version, by data files, as `Lake.read_days` does."""
    log = DeltaTable(_uri(lake, table), version=version)
    names = [f"partition.{name}" for name in table.partitions]
    actions = pa.table(log.get_add_actions(flatten=True)).to_pylist()
    wanted = [row for row in actions if part.includes(row[names[0]], row[names[1]])]
    return read_data_files(lake.spark, lake.path(table), table, wanted)


def _uri(lake: Lake, table: Table) -> str:
    return lake.path(table).replace("s3a://", "s3://")
