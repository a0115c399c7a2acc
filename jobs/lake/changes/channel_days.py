"""Reads rows of a channel, decides, and writes several of its dates, as one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from jobs.lake.commit import DataFile, commit_changes
from jobs.lake.partitions import list_add_actions, read_data_files
from jobs.lake.tables import Lake
from jobs.lake.write_checks import retry_on_conflict
from schemas.tables import Table

#: Reads the rows of a channel between two dates, both included; None if there is no data file.
DaysReader = Callable[[date, date], DataFrame | None]


@dataclass(frozen=True)
class DaysChange:
    """New rows of a channel by date, and the dates whose earlier rows go."""

    rows: Mapping[date, DataFrame]
    replaced: frozenset[date] = frozenset()


def change_days(
    lake: Lake, table: Table, channel: str, decide: Callable[[DaysReader], DaysChange | None]
) -> list[DataFile]:
    """Commits what `decide` returns, and returns the data files that this added.

    `decide` gets a reader of one version; it returns None for no change. If another process changes
    the channel in between, nothing is committed and `decide` is called again with the new version.

    Raises:
        ColumnsDiffer, RowsOutsideDay: as `Lake.write_files`.
        WriteConflict: other writers won every time; nothing is committed.
    """
    lake.create(table)
    written: list[tuple[date, DataFile]] = []

    def attempt() -> None:
        written.clear()
        delta = lake.open(table)

        def list_days(first: date, last: date) -> list[dict[str, Any]]:
            return list_add_actions(delta, table, first, last, channel)

        def read_days(first: date, last: date) -> DataFrame | None:
            files = list_days(first, last)
            return read_data_files(lake.spark, lake.storage, table, files) if files else None

        change = decide(read_days)
        if change is None:
            return
        removed = [row for day in sorted(change.replaced) for row in list_days(day, day)]
        try:
            for day, frame in change.rows.items():
                files = lake.write_files(table, frame, day, channel)
                written.extend((day, file) for file in files)
            if removed or any(file.rows for _, file in written):
                commit_changes(delta, table, written, removed, channel)
            else:
                lake.discard_files(table, [file for _, file in written])
        except BaseException:
            lake.discard_files(table, [file for _, file in written])
            raise

    retry_on_conflict(table, attempt)
    return [file for _, file in written if file.rows]
