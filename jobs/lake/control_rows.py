"""The logs of a lake's tables, and the rows of small control tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, Self

from deltalake import CommitProperties, DeltaTable, Schema, Transaction, write_deltalake
from pyspark.sql import SparkSession

from jobs.lake.listed_tables import list_table, refuse_gone_table
from jobs.lake.maintenance.join_files import join_files
from jobs.lake.migration import PROPERTIES, described_schema, migrate_table, open_table
from jobs.lake.partitions import read_rows_where
from jobs.lake.staging import StagingArea
from jobs.lake.table_log import delta_uri
from jobs.lake.write_checks import retry_on_conflict, rows_to_arrow
from schemas.tables import TABLES, Table

Row = dict[str, Any]


class RowReader(Protocol):
    """Reads the rows of one version of a control table that have the given values."""

    def __call__(self, **where: object) -> list[Row]:
        """The rows, as `Lake.read_rows`."""


@dataclass(frozen=True)
class RowsChange:
    """Rows for a control table: they replace those of `day` and `channel`, or are added if `day`
    is None.
    """

    rows: Sequence[Mapping[str, Any]]
    day: date | None = None
    channel: str | None = None


class ControlRows(StagingArea):
    """The tables of a lake: makes them, opens them, reads and changes the rows of small ones."""

    def __init__(self, spark: SparkSession | Callable[[], SparkSession], uri: str) -> None:
        super().__init__(spark, uri)
        self._created: set[str] = set()

    def path(self, table: Table) -> str:
        """Where a table lies."""
        return f"{self.uri}/{table.name}"

    def prepare(self) -> Self:
        """Creates missing tables, empty, and migrates the columns of older ones; returns itself."""
        for table in TABLES:
            self.create(table)
        return self

    def create(self, table: Table) -> None:
        """Creates a table, empty; migrates the columns of one that an earlier version made.

        Raises:
            TableGone: the lake had this table, and its folder is gone.
        """
        if table.name in self._created:
            return
        refuse_gone_table(self.storage, table)
        DeltaTable.create(
            delta_uri(self.storage, table),
            Schema.from_arrow(described_schema(table)),
            mode="ignore",
            partition_by=list(table.partitions),
            configuration=PROPERTIES,
        )
        retry_on_conflict(table, lambda: migrate_table(self.storage, table))
        list_table(self.storage, table)
        self._created.add(table.name)

    def version(self, table: Table) -> int:
        """The newest version of a table.

        Raises:
            TableMissing: nothing has created it.
            TableGone: the lake had it.
            LogDamaged: its log cannot be read.
        """
        return int(self.open(table).version())

    def open(self, table: Table, as_of: int | None = None) -> DeltaTable:
        """The log of a table, now or as of a version.

        Raises:
            ColumnsDiffer, TableMissing, LogDamaged: as `open_table`.
        """
        return open_table(self.storage, table, as_of)

    def read_rows(self, table: Table, columns: Sequence[str] = (), **where: object) -> list[Row]:
        """The rows of a control table that have the given values, as dicts with all or some
        columns; a list is any of its values.
        """
        return read_rows_where(self.open(table), table, where, columns)

    def change_rows(self, table: Table, decide: Callable[[RowReader], RowsChange | None]) -> int:
        """Reads rows of a control table, decides, and writes, as one transaction.

        `decide` gets a reader of one version, and returns the change, or None for none. If another
        process changes the table in between, nothing is written and `decide` is called again with
        the new version. Returns the version.

        Raises:
            WriteConflict: other writers won every time; nothing is written.
        """
        self.create(table)

        def attempt() -> None:
            delta = self.open(table)
            change = decide(lambda **where: read_rows_where(delta, table, where))
            if change is not None:
                _write_change(delta, table, change)

        retry_on_conflict(table, attempt)
        return self._keep_joined(table)

    def replace_rows(
        self, table: Table, rows: Sequence[Mapping[str, Any]], day: date, channel: str | None
    ) -> int:
        """Replaces a control table's rows of one date and channel; returns the version."""
        return self.change_rows(table, lambda _: RowsChange(rows, day, channel))

    def append_rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
        """Adds rows to a control table, whatever others do to it; returns the version."""
        data = rows_to_arrow(table, rows)
        self.create(table)
        retry_on_conflict(table, lambda: write_deltalake(self.open(table), data, mode="append"))
        return self._keep_joined(table)

    def _keep_joined(self, table: Table) -> int:
        """Joins the data files of a control table if it has many; returns its version."""
        delta = self.open(table)
        join_files(delta)
        return int(delta.version())


def _write_change(delta: DeltaTable, table: Table, change: RowsChange) -> None:
    """Commits a change on the version of `delta`.

    All changes of a table carry one transaction id: Delta refuses the second of two on one version.
    """
    data = rows_to_arrow(table, change.rows)
    turn = CommitProperties(app_transactions=[Transaction(table.name, int(delta.version()) + 1)])
    if change.day is None:
        write_deltalake(delta, data, mode="append", commit_properties=turn)
        return
    channel = "channel IS NULL" if change.channel is None else f"channel = '{change.channel}'"
    here = f"business_date = '{change.day}' AND {channel}"
    write_deltalake(delta, data, mode="overwrite", predicate=here, commit_properties=turn)
