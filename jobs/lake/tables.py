"""The only reader and writer of Delta tables: one contract on both engines.

A day's partition is replaced whole or not at all. What an engine does not guarantee is made sure
here, before and after each write, or refused by name (docs/reference/engines.md lists the faults).
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.lake.commit import DataFile, WriteResult, commit_data_files, write_data_files
from jobs.lake.control_rows import ControlRows
from jobs.lake.history.moved_rows import list_files_everywhere
from jobs.lake.migration import stored_names
from jobs.lake.partitions import (
    assert_files_exist,
    count_rows,
    find_missing_files,
    list_add_actions,
    read_arrow_files,
    read_data_files,
)
from jobs.lake.received_files import count_rows_by_file, file_id_of
from jobs.lake.write_checks import check_schema_and_partition, retry_on_conflict
from schemas.errors import WriteNotConfirmed
from schemas.tables import Table


class Lake(ControlRows):
    """The tables below a folder or object-store URI, on a session or a function that opens one."""

    def read(self, table: Table) -> DataFrame:
        """All rows of a table.

        Raises:
            TableMissing, LogDamaged: as `open`.
            DataFilesMissing: a data file is not there, or is not whole.
        """
        if table.partitions:
            every = self._list_files(table, date.min, date.max)
            return read_data_files(self.spark, self.storage, table, every)
        stored = stored_names(self.open(table), table)
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

        Raises:
            DataFilesMissing: a data file is not there, or is not whole.
        """
        actions = self._list_files(table, first, last, channel, as_of)
        return read_data_files(self.spark, self.storage, table, actions)

    def read_arrow(
        self,
        table: Table,
        first: date,
        last: date,
        channel: str | None = None,
        where: pc.Expression | None = None,
    ) -> pa.Table:
        """The rows of some dates that meet a condition, read without an engine.

        Raises:
            DataFilesMissing: a data file is not there, or is not whole.
        """
        actions = self._list_files(table, first, last, channel)
        return read_arrow_files(self.storage, table, actions, where)

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
            {
                "path": file.path,
                named: day,
                f"partition.{table.owner}": file.channel,
                "size_bytes": file.size,
                "num_records": file.rows,
            }
            for file in files
        ]
        return read_data_files(self.spark, self.storage, table, actions)

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
        actions = list_add_actions(self.open(table), table, day, day, channel)
        expected = sum(file.rows for file in files)
        expected += count_rows(row for row in actions if row["path"] in keep_paths)
        self.commit_files(
            table, day, files, lambda of, path: of == channel and path not in keep_paths, channel
        )
        delta = self.open(table)
        version = int(delta.version())
        rows = count_rows(list_add_actions(delta, table, day, day, channel))
        if expected != rows:
            raise WriteNotConfirmed(
                f"{table.name} {day} {channel}: {expected} rows were written, {rows} are there;"
                " run it again"
            )
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

        `removes(channel, path)` says of each data file of the date whether the commit removes it.
        Of two writers with one date and `writer_key` (a channel), the second starts from what the
        first committed. Returns the version.

        Raises:
            DateMoved: the rows of the date have moved to the history lake.
            WriteConflict: other writers won every retry; nothing is committed.
        """
        self.create(table)
        retry_on_conflict(
            table,
            lambda: commit_data_files(self.open(table), table, day, add, removes, writer_key),
        )
        return self.version(table)

    def list_data_files(
        self, table: Table, day: date, channel: str | None = None, since: date | None = None
    ) -> list[dict[str, Any]]:
        """The data files of a date, or of the dates from `since` to it, and of a channel if it is
        named, as the log says.
        """
        return self._list_files(table, since or day, day, channel)

    def list_files_of(
        self, table: Table, day: date, channel: str, file_ids: Collection[str]
    ) -> list[dict[str, Any]]:
        """The data files that have rows of received files; after OPTIMIZE they may have others."""
        wanted = {None, *file_ids}
        there = self.list_data_files(table, day, channel)
        return [row for row in there if file_id_of(row["path"]) in wanted]

    def read_files(self, table: Table, files: Sequence[Mapping[str, Any]]) -> DataFrame:
        """The rows of data files that `list_data_files` or `list_files_of` named.

        Raises:
            DataFilesMissing: a data file is not there, or is not whole.
        """
        return read_data_files(self.spark, self.storage, table, files)

    def count_rows(self, table: Table, day: date, channel: str | None = None) -> int:
        """The rows of a date, and of a channel if it is named, as the log says."""
        return count_rows(self._list_files(table, day, day, channel))

    def assert_files_exist(self, table: Table, files: Sequence[Mapping[str, Any]]) -> None:
        """Proves that data files are there.

        Raises:
            DataFilesMissing: a data file is not there, or is not whole.
        """
        assert_files_exist(self.storage, table, files)

    def count_rows_by_file(
        self, table: Table, day: date, channel: str | None = None
    ) -> Counter[str]:
        """The rows of a date, and of a channel if it is named, by received file; those of missing
        data files do not count.
        """
        actions = self._list_files(table, day, day, channel)
        missing = [row["path"] for row in find_missing_files(self.storage, table, actions)]
        actions = [row for row in actions if row["path"] not in missing]
        return count_rows_by_file(self.storage, table, actions)

    def _list_files(
        self,
        table: Table,
        first: date,
        last: date,
        channel: str | None = None,
        as_of: int | None = None,
    ) -> list[dict[str, Any]]:
        """The data files of some dates, also those that moved to the history lake."""
        delta = self.open(table, as_of)
        return list_files_everywhere(self.storage, delta, table, first, last, channel)
