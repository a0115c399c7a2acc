"""Data files written beside a table's own, and the one commit that swaps them in."""

import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.transaction import AddAction, RemoveAction
from pyspark.sql import DataFrame

from jobs.engine.session import engine_in_use
from jobs.lake.history.moved_rows import refuse_moved_dates
from jobs.lake.parquet_options import writer_options
from jobs.lake.partitions import list_add_actions
from jobs.lake.write_checks import unwrap_error
from jobs.storage.archive import Storage
from schemas.errors import RowsOutsideDay
from schemas.tables import Table


@dataclass(frozen=True)
class DataFile:
    """A Parquet file that a task wrote below a table's folder and nobody sees until committed.

    `path` is relative to the table, `size` in bytes.
    """

    channel: str
    path: str
    size: int
    rows: int


@dataclass(frozen=True)
class WriteResult:
    """What a write left: the table's version and the rows now in the day."""

    version: int
    rows: int


def write_data_files(
    storage: Storage, table: Table, frame: DataFrame, day: date, channel: str
) -> list[DataFile]:
    """Has the engine write a frame as Parquet below the day's folder; nobody sees it yet."""
    folder = f"{table.partitions[0]}={day}/{table.owner}={channel}/{uuid.uuid4().hex}"
    try:
        narrow = frame.drop(*table.partitions)
        place = f"{storage.uri}/{table.name}/{folder}"
        narrow.write.mode("overwrite").options(**_options(frame, table)).parquet(place)
    except Exception as fault:
        raise unwrap_error(fault) from fault
    files = []
    for info in storage.list_parquet_files(f"{table.name}/{folder}"):
        rows = pq.read_metadata(info.path, filesystem=storage.fs).num_rows
        files.append(DataFile(channel, f"{folder}/{info.base_name}", info.size, rows))
    return files


def write_arrow_file(
    storage: Storage, table: Table, rows: pa.Table, day: date, channel: str
) -> DataFile:
    """Writes rows of one date and channel as a data file, without an engine; nobody sees it yet.

    Raises:
        RowsOutsideDay: a row belongs elsewhere; nothing is written.
    """
    dated = table.partitions[0]
    for name, value in ((dated, day), (table.owner, channel)):
        if rows[name].unique().to_pylist() not in ([value], []):
            raise RowsOutsideDay(f"{table.name}: a row is not of {day} {channel}")
    path = f"{dated}={day}/{table.owner}={channel}/{uuid.uuid4().hex}/rows.parquet"
    full_path = storage.full_path(f"{table.name}/{path}")
    storage.fs.create_dir(full_path.rsplit("/", 1)[0], recursive=True)
    narrow = rows.drop_columns(list(table.partitions))
    options = writer_options(table, narrow)
    pq.write_table(narrow, full_path, filesystem=storage.fs, **options)
    return DataFile(channel, path, storage.file_size(full_path), len(rows))


def _options(frame: DataFrame, table: Table) -> dict[str, str]:
    """How Parquet is to be written; the embedded engine begins a dictionary at little cost."""
    if engine_in_use(frame.sparkSession) == "sail":
        return {"compression": "zstd(1)"}
    # The level is in Spark's session.
    worth_it = {f"parquet.enable.dictionary#{name}": "true" for name in table.dictionary_columns}
    return {"compression": "zstd", "parquet.enable.dictionary": "false"} | worth_it


def commit_data_files(
    delta: DeltaTable,
    table: Table,
    day: date,
    add: Sequence[DataFile],
    removes: Callable[[str, str], bool],
    writer_key: str,
) -> None:
    """Adds files to a date and removes others, in one commit; see `Lake.commit_files`.

    A file that an earlier attempt has added stays: the decision about it may be taken again.

    Two commits of one date and one `writer_key` carry the same transaction id. Delta refuses the
    second of two at once as a conflict, and the lake tries it again on the new version.
    """
    own, stored = {file.path for file in add}, list_add_actions(delta, table, day, day)
    removed = [
        row
        for row in stored
        if row["path"] not in own
        and removes(str(row[f"partition.{table.owner}"]), str(row["path"]))
    ]
    there = {row["path"] for row in stored}
    added = [(day, file) for file in add if file.path not in there]
    commit_changes(delta, table, added, removed, f"{day}/{writer_key}")


def commit_changes(
    delta: DeltaTable,
    table: Table,
    add: Iterable[tuple[date, DataFile]],
    remove: Iterable[Mapping[str, Any]],
    turn_key: str,
) -> None:
    """Adds files to their dates and removes others (rows of `list_add_actions`), in one commit.

    Two commits with one `turn_key` on the same version are a conflict: Delta refuses the second.

    Raises:
        DateMoved: the rows of one of the dates have moved to the history lake.
    """
    add, remove = list(add), list(remove)
    dates = [row[f"partition.{table.partitions[0]}"] for row in remove]
    refuse_moved_dates(delta, table, [*(day for day, _ in add), *dates])
    commit_transactions(delta, table, add, remove, {turn_key: int(delta.version()) + 1})


def commit_transactions(
    delta: DeltaTable,
    table: Table,
    add: Iterable[tuple[date, DataFile]],
    remove: Iterable[Mapping[str, Any]],
    turns: Mapping[str, int],
) -> None:
    """As `commit_changes`, for any date; `turns` are transaction versions by their ids.

    Two commits that have an id in common are a conflict if they begin on the same version.
    """
    now = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = []
    for day, file in add:
        if file.rows:
            values = _values(table, day, file.channel)
            stats = f'{{"numRecords":{file.rows}}}'
            actions.append(AddAction(file.path, file.size, values, now, True, stats))
    for row in remove:
        day, owner = (row[f"partition.{name}"] for name in table.partitions)
        values = _values(table, day, owner)
        actions.append(RemoveAction(row["path"], True, now, int(row["size_bytes"]), dict(values)))
    if actions:
        delta.create_write_transaction(
            actions,
            "append",
            delta.schema(),
            list(table.partitions),
            commit_properties=CommitProperties(
                app_transactions=[Transaction(key, version) for key, version in turns.items()]
            ),
        )


def _values(table: Table, day: date, channel: str) -> dict[str, str | None]:
    return {table.partitions[0]: str(day), table.owner: channel}
