"""The tables as they are, or as they were at a moment, by the log of each table.

Read only: nothing is created in a place that holds no lake.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import TimestampType

from jobs.lake import Lake
from jobs.lake_read import frame_of
from schemas.errors import LakeError, TableMissing
from schemas.tables import RUNS, Table

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Part:
    """Which partitions of a table are asked for: channels, and dates of a list or of a range.

    None is no bound. Said apart from other conditions, so that no engine opens other files.
    """

    channels: frozenset[str]
    days: frozenset[date] | None = None
    since: date | None = None
    until: date | None = None

    def column(self, table: Table) -> Column:
        """The condition on a table's rows."""
        day = F.col(table.partitions[0])
        out = F.col("channel").isin(*sorted(self.channels))
        out = out if self.days is None else out & day.isin(*sorted(self.days))
        out = out if self.since is None else out & (day >= F.lit(self.since))
        return out if self.until is None else out & (day <= F.lit(self.until))

    def has(self, day: date, channel: str) -> bool:
        """Whether a partition is asked for."""
        return (
            channel in self.channels
            and (self.days is None or day in self.days)
            and (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
        )


def part_of(rows: Iterable[dict[str, Any]], day: str) -> Part:
    """The partitions that some rows stand in, by a date of theirs."""
    rows = list(rows)
    return Part(frozenset(r["channel"] for r in rows), frozenset(r[day] for r in rows))


class Past:
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

    def read(self, table: Table, part: Part) -> DataFrame:
        """The rows of some partitions; none where the table was not there yet."""
        version = self.version(table)
        if version is None:
            return self.lake.spark.createDataFrame([], table.schema)
        return read_version(self.lake, table, part, version)

    def rows(
        self,
        table: Table,
        part: Part,
        picked: Column,
        columns: Sequence[str] | None = None,
        order: Sequence[str] = (),
        rows_max: int | None = None,
    ) -> list[dict[str, Any]]:
        """The rows that a condition picks, as dicts, in an order; at most `rows_max` of them.

        Times are in UTC, whatever the zone of the machine.
        """
        times = {each.name for each in table.schema if isinstance(each.dataType, TimestampType)}
        shown = [
            F.unix_micros(name).alias(name) if name in times else F.col(name)
            for name in (columns or table.columns)
        ]
        frame = self.read(table, part).where(picked).select(*shown)
        if rows_max is not None:
            in_order = [F.col(name).asc_nulls_last() for name in order]
            frame = frame.orderBy(*in_order).limit(rows_max)
        found = [row.asDict(recursive=True) for row in frame.collect()]
        for row in found:
            row.update({name: _moment(row[name]) for name in times & row.keys()})
        return sorted(found, key=lambda row: [(row[name] is None, row[name]) for name in order])

    def control_rows(self, table: Table) -> list[dict[str, Any]]:
        """All rows of a small control table."""
        version = self.version(table)
        if version is None:
            return []
        if self.at is None:
            return self.lake.rows(table)
        there = DeltaTable(_uri(self.lake, table), version=version).to_pyarrow_table()
        return [dict(row) for row in there.to_pylist(maps_as_pydicts="strict")]

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


def read_version(lake: Lake, table: Table, part: Part, version: int) -> DataFrame:
    """The rows of some partitions as of a version.

    An older one by the log's data files, as `Lake.read_days` does.
    """
    if version == lake.version(table):
        return lake.read(table).where(part.column(table))
    log = DeltaTable(_uri(lake, table), version=version)
    names = [f"partition.{name}" for name in table.partitions]
    actions = pa.table(log.get_add_actions(flatten=True)).to_pylist()
    wanted = [row for row in actions if part.has(row[names[0]], row[names[1]])]
    return frame_of(lake.spark, lake.path(table), table, wanted)


def _uri(lake: Lake, table: Table) -> str:
    return lake.path(table).replace("s3a://", "s3://")


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)
