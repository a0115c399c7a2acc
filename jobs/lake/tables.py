"""The only reader and writer of Delta tables: one contract on both engines.

A day's partition is replaced whole or not at all. What an engine does not guarantee is made sure
here, before and after each write, or refused by name (docs/reference/engines.md lists the faults).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Schema, write_deltalake
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.lake.commit import DataFile, WriteResult, commit_data_files, write_data_files
from jobs.lake.migration import described_schema, migrate_columns, open_table, stored_names
from jobs.lake.partitions import count_rows, list_add_actions, read_data_files, read_rows_where
from jobs.lake.staging import StagingArea
from jobs.lake.write_checks import arrow_schema, check_schema_and_partition, retry_on_conflict
from schemas.errors import TableMissing, WriteNotConfirmed
from schemas.tables import TABLES, Table

#: A checkpoint is made at every so many versions, so that opening a table stays cheap.
CHECKPOINT_VERSIONS = 20


class Lake(StagingArea):
    """The tables below a folder or object-store URI, on a session or a function that opens one."""

    def __init__(self, spark: SparkSession | Callable[[], SparkSession], uri: str) -> None:
        super().__init__(spark, uri)
        self._created: set[str] = set()

    def path(self, table: Table) -> str:
        """Where a table lies."""
        return f"{self.uri}/{table.name}"

    def prepare(self) -> "Lake":
        """Creates missing tables, empty, and migrates the columns of older ones; returns itself."""
        for table in TABLES:
            self.create(table)
        return self

    def create(self, table: Table) -> None:
        """Creates a table, empty; migrates the columns of one that an earlier version made."""
        if table.name in self._created:
            return
        DeltaTable.create(
            self._delta_uri(table),
            Schema.from_arrow(described_schema(table)),
            mode="ignore",
            partition_by=list(table.partitions),
            configuration={"delta.dataSkippingNumIndexedCols": "0"},
        )
        retry_on_conflict(table, lambda: migrate_columns(self._delta_uri(table), table))
        self._created.add(table.name)

    def version(self, table: Table) -> int:
        """The newest version of a table.

        Raises:
            TableMissing: nothing has created it.
        """
        return int(self._delta(table).version())

    def read(self, table: Table) -> DataFrame:
        """All rows of a table.

        Raises:
            TableMissing: nothing has created it.
        """
        stored = stored_names(self._delta(table), table)
        frame = self.spark.read.format("delta").load(self.path(table))
        return frame.select(*(F.col(stored[name]).alias(name) for name in table.columns))

    def read_day(
        self, table: Table, day: date, channel: str | None = None, as_of: int | None = None
    ) -> DataFrame:
        """The rows of one date, and of one channel where it is named, now or as of a version."""
        return self.read_days(table, day, day, channel, as_of)

    def read_days(
        self,
        table: Table,
        first: date,
        last: date,
        channel: str | None = None,
        as_of: int | None = None,
    ) -> DataFrame:
        """The rows of dates from `first` to `last`, of a channel if it is named, now or as of a
        version; by data files, as the embedded engine fails below a newer checkpoint.
        """
        actions = list_add_actions(self._delta(table, as_of), table, first, last, channel)
        return read_data_files(self.spark, self.path(table), table, actions)

    def replace_day(self, table: Table, frame: DataFrame, day: date, channel: str) -> WriteResult:
        """Replaces the rows of one date and channel by those of a frame, in one commit.

        Raises:
            ColumnsDiffer, RowsOutsideDay: as `write_files`.
            WriteConflict, WriteNotConfirmed: as `commit_day`.
        """
        return self.commit_day(table, self.write_files(table, frame, day, channel), day, channel)

    def write_files(
        self, table: Table, frame: DataFrame, day: date, channel: str
    ) -> list[DataFile]:
        """Writes rows of one date and channel as data files beside the table's own.

        No reader sees them before `commit_day`; `discard_files` removes them.

        Raises:
            ColumnsDiffer: a column is missing, surplus or of another type; nothing is written.
            RowsOutsideDay: a row belongs elsewhere; nothing is written.
        """
        self.create(table)
        rows = check_schema_and_partition(table, frame, day, channel)
        return write_data_files(self.storage, table, rows, day, channel)

    def read_written(self, table: Table, files: Sequence[DataFile], day: date) -> DataFrame:
        """The rows of data files that `write_files` made, before or after their commit."""
        named = f"partition.{table.partitions[0]}"
        actions = [
            {"path": file.path, named: day, "partition.channel": file.channel} for file in files
        ]
        return read_data_files(self.spark, self.path(table), table, actions)

    def discard_files(self, table: Table, files: Sequence[DataFile]) -> None:
        """Removes data files that `write_files` made and nobody has committed."""
        for folder in sorted({file.path.rpartition("/")[0] for file in files}):
            self.storage.remove_folder(f"{table.name}/{folder}")

    def commit_day(
        self,
        table: Table,
        files: Sequence[DataFile],
        day: date,
        channel: str,
        keep_paths: Collection[str] = (),
    ) -> WriteResult:
        """Makes data files the only ones of one date and channel, in one commit.

        Data files of the day whose paths are in `keep_paths` stay.

        Raises:
            WriteConflict: other writers won every retry; nothing is committed.
            WriteNotConfirmed: the table does not hold what was written.
        """
        before = self._delta(table)
        actions = list_add_actions(before, table, day, day, channel)
        expected = sum(file.rows for file in files)
        expected += count_rows(row for row in actions if row["path"] in keep_paths)
        self.commit_files(
            table, day, files, lambda of, path: of == channel and path not in keep_paths, channel
        )
        delta = self._delta(table)
        version, rows = int(delta.version()), self.count_rows(table, day, channel)
        if expected != rows:
            raise WriteNotConfirmed(
                f"{table.name} {day} {channel}: {expected} rows were written, {rows} are there;"
                " run it again"
            )
        if version % CHECKPOINT_VERSIONS == 0 and version > int(before.version()):
            delta.create_checkpoint()
        return WriteResult(version, rows)

    def commit_files(
        self,
        table: Table,
        day: date,
        add: Sequence[DataFile],
        removes: Callable[[str, str], bool],
        writer_key: str = "",
    ) -> int:
        """Adds written data files to a date and removes others, in one commit.

        `removes(channel, path)` says of each data file of the date whether the commit removes it;
        the last name of a path may begin with the id of the file that its rows came from. Of two
        writers with one date and `writer_key` (a channel), the second starts from what the first
        committed. Returns the version.

        Raises:
            WriteConflict: other writers won every retry; nothing is committed.
        """
        self.create(table)
        retry_on_conflict(
            table,
            lambda: commit_data_files(self._delta(table), table, day, add, removes, writer_key),
        )
        return self.version(table)

    def read_rows(self, table: Table, **where: object) -> list[dict[str, Any]]:
        """The rows of a small control table that have the given values, as dicts; a list is any of
        its values.
        """
        return read_rows_where(self._delta(table), table, where)

    def replace_rows(
        self, table: Table, rows: Sequence[Mapping[str, Any]], day: date, channel: str | None
    ) -> int:
        """Replaces a control table's rows of one date and channel; returns the version."""
        of_channel = "channel IS NULL" if channel is None else f"channel = '{channel}'"
        here = f"business_date = '{day}' AND {of_channel}"
        data = pa.Table.from_pylist([dict(row) for row in rows], schema=arrow_schema(table))
        self.create(table)
        retry_on_conflict(
            table,
            lambda: write_deltalake(self._delta_uri(table), data, mode="overwrite", predicate=here),
        )
        return self.version(table)

    def append_rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
        """Adds rows to a control table; returns the version."""
        data = pa.Table.from_pylist([dict(row) for row in rows], schema=arrow_schema(table))
        self.create(table)
        retry_on_conflict(
            table, lambda: write_deltalake(self._delta_uri(table), data, mode="append")
        )
        return self.version(table)

    def list_data_files(
        self, table: Table, day: date, channel: str | None, file_ids: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """Data files of a day, from the log alone; of a channel, of received files if named."""
        starts = ("",) if file_ids is None else tuple(file_ids)
        there = list_add_actions(self._delta(table), table, day, day, channel)
        return [each for each in there if str(each["path"]).rpartition("/")[2].startswith(starts)]

    def read_files(self, table: Table, files: Sequence[Mapping[str, Any]]) -> DataFrame:
        """The rows of data files that `data_files` named."""
        return read_data_files(self.spark, self.path(table), table, files)

    def count_rows(
        self, table: Table, day: date, channel: str, file_ids: Sequence[str] | None = None
    ) -> int:
        """How many rows `data_files` have."""
        return count_rows(self.list_data_files(table, day, channel, file_ids))

    def _delta_uri(self, table: Table) -> str:
        return self.path(table).replace("s3a://", "s3://")

    def _delta(self, table: Table, as_of: int | None = None) -> DeltaTable:
        uri = self._delta_uri(table)
        if not DeltaTable.is_deltatable(uri):
            raise TableMissing(f"{uri}: there is no table; run `tieout ingest` first")
        return open_table(uri, table, as_of)
