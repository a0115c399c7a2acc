"""Reads rows of a channel, decides, and writes several of its dates, as one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyspark.sql import DataFrame

from jobs.lake.commit import DataFile, commit_changes, write_arrow_file
from jobs.lake.history.moved_rows import list_files_everywhere
from jobs.lake.partitions import list_add_actions, read_arrow_files, read_data_files
from jobs.lake.tables import Lake
from jobs.lake.write_checks import retry_on_conflict
from schemas.tables import Table

#: Reads the rows of a channel between two dates, both included; None if there is no data file.
DaysReader = Callable[[date, date], DataFrame | None]


class ArrowReader(Protocol):
    """Reads the rows of a channel between two dates, both included, without an engine."""

    def __call__(self, first: date, last: date, where: pc.Expression | None = None) -> pa.Table:
        """The rows that meet a condition, as `read_arrow_files`."""


@dataclass(frozen=True)
class DaysChange:
    """New rows of a channel by date, and the dates whose earlier rows go. Rows in Arrow are
    written without an engine.
    """

    rows: Mapping[date, DataFrame | pa.Table]
    replaced: frozenset[date] = frozenset()


def change_days(
    lake: Lake, table: Table, channel: str, decide: Callable[[DaysReader], DaysChange | None]
) -> list[DataFile]:
    """Commits what `decide` returns, and returns the data files that this added.

    `decide` gets a reader of one version; it returns None for no change. If another process changes
    the channel in between, nothing is committed and `decide` is called again with the new version.

    Raises:
        ColumnsDiffer, RowsOutsideDay: as `Lake.write_files`.
        DateMoved: the rows of a date have moved to the history lake.
        WriteConflict: other writers won every time; nothing is committed.
    """

    def decide_on(delta: DeltaTable) -> DaysChange | None:
        def read_days(first: date, last: date) -> DataFrame | None:
            files = list_files_everywhere(lake.storage, delta, table, first, last, channel)
            return read_data_files(lake.spark, lake.storage, table, files) if files else None

        return decide(read_days)

    return _change(lake, table, channel, decide_on)


def change_arrow_days(
    lake: Lake, table: Table, channel: str, decide: Callable[[ArrowReader], DaysChange | None]
) -> list[DataFile]:
    """As `change_days`, with a reader that needs no engine."""

    def decide_on(delta: DeltaTable) -> DaysChange | None:
        def read_days(first: date, last: date, where: pc.Expression | None = None) -> pa.Table:
            files = list_files_everywhere(lake.storage, delta, table, first, last, channel)
            return read_arrow_files(lake.storage, table, files, where)

        return decide(read_days)

    return _change(lake, table, channel, decide_on)


def _change(
    lake: Lake, table: Table, channel: str, decide_on: Callable[[DeltaTable], DaysChange | None]
) -> list[DataFile]:
    lake.create(table)
    written: list[tuple[date, DataFile]] = []

    def attempt() -> None:
        written.clear()
        delta = lake.open(table)
        change = decide_on(delta)
        if change is None:
            return
        removed: list[dict[str, Any]] = []
        for day in sorted(change.replaced):
            removed += list_add_actions(delta, table, day, day, channel)
        try:
            for day, rows in change.rows.items():
                written.extend((day, file) for file in _write(lake, table, rows, day, channel))
            if removed or any(file.rows for _, file in written):
                commit_changes(delta, table, written, removed, channel)
            else:
                lake.discard_files(table, [file for _, file in written])
        except BaseException:
            lake.discard_files(table, [file for _, file in written])
            raise

    retry_on_conflict(table, attempt)
    return [file for _, file in written if file.rows]


def _write(
    lake: Lake, table: Table, rows: DataFrame | pa.Table, day: date, channel: str
) -> list[DataFile]:
    if isinstance(rows, pa.Table):
        return [write_arrow_file(lake.storage, table, rows, day, channel)] if len(rows) else []
    return lake.write_files(table, rows, day, channel)
