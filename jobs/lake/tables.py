"""The only reader and writer of Delta tables: one contract on both engines.

A day's partition is replaced whole or not at all. What an engine does not guarantee is made sure
here, before and after each write, or refused by name (docs/reference/engines.md lists the faults).
"""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Schema, write_deltalake
from pyspark.sql import DataFrame, SparkSession

from jobs.lake.commit import DataFile, WriteResult, commit_data_files, write_data_files
from jobs.lake.partitions import count_rows, list_add_actions, read_data_files, read_rows_where
from jobs.lake.write_checks import (
    add_missing_columns,
    arrow_schema,
    check_schema_and_partition,
    open_table,
    retry_on_conflict,
)
from jobs.storage.archive import Storage
from schemas.errors import TableMissing, WriteUnproved
from schemas.tables import TABLES, Table

#: A checkpoint is made at every so many versions, so that opening a table stays cheap.
CHECKPOINT_VERSIONS = 20
#: Where each process stages by itself.
STAGING = "_staging"


class Lake:
    """The tables below one folder or object-store URI, on a session or on what opens one."""

    def __init__(self, spark: SparkSession | Callable[[], SparkSession], uri: str) -> None:
        self._session = spark
        self.storage = Storage(uri)
        self.uri = self.storage.uri
        self._scratch = f"{STAGING}/{uuid.uuid4().hex}"
        self._known: set[str] = set()

    @cached_property
    def spark(self) -> SparkSession:
        """The session, opened now if nothing has asked for it before."""
        return self._session() if callable(self._session) else self._session

    def path(self, table: Table) -> str:
        """Where a table lies."""
        return f"{self.uri}/{table.name}"

    def prepare(self) -> "Lake":
        """Creates the tables that are not there, empty, and widens older ones; returns itself."""
        for table in TABLES:
            self.create(table)
        return self

    def create(self, table: Table) -> None:
        """Creates a table, empty, unless it is there; then it gets the columns that it lacks."""
        if table.name in self._known:
            return
        DeltaTable.create(
            self._delta_uri(table),
            Schema.from_arrow(arrow_schema(table)),
            mode="ignore",
            partition_by=list(table.partitions),
            configuration={"delta.dataSkippingNumIndexedCols": "0"},
        )
        retry_on_conflict(table, lambda: add_missing_columns(self._delta_uri(table), table))
        self._known.add(table.name)

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
        self._delta(table)
        frame = self.spark.read.format("delta").load(self.path(table))
        return frame.select(*table.columns)

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

    def replace_day(
        self,
        table: Table,
        frame: DataFrame,
        day: date,
        channel: str,
        extra_files: Sequence[DataFile] = (),
        keep_paths: Collection[str] = (),
    ) -> WriteResult:
        """Replaces the rows of one date and channel, in one commit.

        The engine writes Parquet beside the table's files, and the commit swaps them in, with those
        `beside` that `write_files` made; data files of the day whose paths are `kept` stay.

        Raises:
            ColumnsDiffer: a column is missing, surplus or of another type; nothing is written.
            RowsOutsideDay: a row belongs elsewhere; nothing is written.
            WriteConflict: other writers won every retry; nothing is written.
            WriteUnproved: the table does not hold what was written.
        """
        files = [*extra_files, *self.write_files(table, frame, day, channel)]
        before = self._delta(table)
        stay = [
            row
            for row in list_add_actions(before, table, day, day, channel)
            if row["path"] in keep_paths
        ]
        self.commit_files(
            table, day, files, lambda of, path: of == channel and path not in keep_paths, channel
        )
        delta = self._delta(table)
        version = int(delta.version())
        written = WriteResult(
            version, count_rows(list_add_actions(delta, table, day, day, channel))
        )
        said = sum(each.rows for each in files) + count_rows(stay)
        if said != written.rows:
            raise WriteUnproved(
                f"{table.name} {day} {channel}: {said} rows were written, {written.rows} are there;"
                " run it again"
            )
        if version % CHECKPOINT_VERSIONS == 0 and version > int(before.version()):
            delta.create_checkpoint()
        return written

    def write_files(
        self, table: Table, frame: DataFrame, day: date, channel: str
    ) -> list[DataFile]:
        """Rows of one date and channel as data files that nobody sees until `replace_day` is given
        them.

        Raises:
            ColumnsDiffer, RowsOutsideDay: as `replace_day`.
        """
        self.create(table)
        return write_data_files(
            self.storage,
            table,
            check_schema_and_partition(table, frame, day, channel),
            day,
            channel,
        )

    def commit_files(
        self,
        table: Table,
        day: date,
        add: Sequence[DataFile],
        removes: Callable[[str, str], bool],
        writer_key: str = "",
    ) -> int:
        """Makes written data files part of a date and takes others out, in one commit.

        `drop` is asked of every data file of the date, by its channel and path, whether it goes;
        the last name of a path may begin with the id of the file that its rows came from. Two
        writers of one date and one `whose` (a channel) take turns: the second sees what the first
        left. Returns the version.

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
        return read_rows_where(self._delta(table), where)

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

    def staging_path(self, name: str) -> str:
        """A folder of the staging area, relative to the lake; gone with `forget`."""
        return f"{self._scratch}/{name}"

    def stage(self, frame: DataFrame, name: str) -> DataFrame:
        """The same rows, computed once and kept in the staging area until `forget`.

        Written and read back on both engines: what hangs on it is planned anew from here. It is
        read once or twice, so that it is packed fast rather than small.
        """
        place = f"{self.uri}/{self._scratch}/{uuid.uuid4().hex}-{name}"
        frame.write.mode("overwrite").option("compression", "snappy").parquet(place)
        return self.spark.read.schema(frame.schema).parquet(place)

    def remove_staged(self) -> None:
        """Lets go of what was staged; the last thing that is done with a lake."""
        self.storage.remove_folder(self._scratch)

    def _delta_uri(self, table: Table) -> str:
        return self.path(table).replace("s3a://", "s3://")

    def _delta(self, table: Table, as_of: int | None = None) -> DeltaTable:
        uri = self._delta_uri(table)
        if not DeltaTable.is_deltatable(uri):
            raise TableMissing(f"{uri}: there is no table; run `tieout ingest` first")
        return open_table(uri, table, as_of)
