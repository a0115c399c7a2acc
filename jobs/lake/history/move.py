"""Moves the rows of old dates to the history lake, table by table.

Data files are copied byte by byte, so their Bloom filters stay. Of each table, in this order:

1. copy: files that the history lake does not have, each whole or not at all;
2. add: one commit of the history lake, which replaces the partitions that move;
3. prove: the history lake has the files, as long as the log says, with as many rows;
4. remove: one commit of the lake, which also says from which date on rows are here.

Until step 4 readers read the lake, from then on the history lake. A kill before it leaves copies,
which the next call takes or replaces; after it the table is done. Step 4 has the transaction ids of
all who write one of the dates: if one was faster, the table is read anew and done again.
"""

import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq
from deltalake import DeltaTable

from jobs.lake.commit import DataFile, commit_transactions
from jobs.lake.history.dated_tables import HISTORY_TABLES
from jobs.lake.history.moved_rows import MOVED, first_date_here
from jobs.lake.history.place import HistoryPlace
from jobs.lake.partitions import assert_files_exist, count_rows, list_add_actions
from jobs.lake.table_log import delta_uri, open_log
from jobs.lake.tables import Lake
from jobs.lake.write_checks import retry_on_conflict
from jobs.storage.archive import Storage
from schemas.errors import CheckFailed
from schemas.tables import Table

#: The transaction id of the history lake's commits: of two moves at once the second begins anew.
_COPIED = "copied"
_COPY_BYTES = 16 * 2**20
_Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class TableMove:
    """What moves of a table, or moved: its dates, data files, rows and bytes."""

    table: str
    dates: tuple[date, ...]
    files: int
    rows: int
    bytes: int


def list_moves(storage: Storage, before: date) -> list[TableMove]:
    """What the lake has of dates before one, per table; tables without such rows are left out."""
    moves = []
    for table in HISTORY_TABLES:
        if DeltaTable.is_deltatable(delta_uri(storage, table)):
            moves.append(_describe(table, _list_old(open_log(storage, table), table, before)))
    return [move for move in moves if move.files]


def move_tables(storage: Storage, place: HistoryPlace) -> list[TableMove]:
    """Moves the rows of the dates before `place.limit`; returns what moved, per table.

    Raises:
        CheckFailed: the history lake does not have what it was given; the lake keeps the rows.
        DataFilesMissing: a data file is not there, or is not whole; its table stays as it is.
        WriteConflict: other writers won every retry; run it again.
    """
    history = Lake(_open_no_session, place.uri)
    moves = []
    for table in HISTORY_TABLES:
        if DeltaTable.is_deltatable(delta_uri(storage, table)):
            moves.append(_move_table(storage, history, table, place.limit))
    return [move for move in moves if move.files]


def _move_table(storage: Storage, history: Lake, table: Table, before: date) -> TableMove:
    moved: _Rows = ()

    def attempt() -> None:
        nonlocal moved
        delta = open_log(storage, table)
        moved = _list_old(delta, table, before)
        if moved:
            limit = first_date_here(delta)
            _keep_in_history(storage, history, table, moved, limit)
            _remove(delta, table, moved, max(before, limit))

    retry_on_conflict(table, attempt)
    return _describe(table, moved)


def _keep_in_history(
    storage: Storage, history: Lake, table: Table, moved: _Rows, limit: date
) -> None:
    """Makes data files the only ones of their partitions in the history lake, and proves it.

    Those of dates before `limit` come beside what moved there earlier.
    """
    assert_files_exist(storage, table, moved)
    history.create(table)
    places = {_partition(table, row) for row in moved}
    first, last = min(day for day, _ in places), max(day for day, _ in places)

    def attempt() -> None:
        delta = history.open(table)
        there = [
            row
            for row in list_add_actions(delta, table, first, last)
            if _partition(table, row) in places
        ]
        known = {(row["path"], row["size_bytes"]) for row in there}
        new = [row for row in moved if (row["path"], row["size_bytes"]) not in known]
        for row in new:
            copy_file(storage, history.storage, f"{table.name}/{row['path']}")
        wanted = {row["path"] for row in moved}
        commit_transactions(
            delta,
            table,
            [(_partition(table, row)[0], _data_file(table, row)) for row in new],
            [
                row
                for row in there
                if row["path"] not in wanted and _partition(table, row)[0] >= limit
            ],
            {_COPIED: int(delta.version()) + 1},
        )

    retry_on_conflict(table, attempt)
    _prove(history, table, moved, limit)


def copy_file(source: Storage, target: Storage, relative: str) -> None:
    """Copies a file to the same path below another base: a reader sees all of it, or none."""
    path = target.full_path(relative)
    partial = f"{path}.{uuid.uuid4().hex}.partial"
    target.fs.create_dir(path.rsplit("/", 1)[0], recursive=True)
    with (
        source.fs.open_input_stream(source.full_path(relative), compression=None) as stream,
        target.fs.open_output_stream(partial, compression=None) as out,
    ):
        shutil.copyfileobj(stream, out, _COPY_BYTES)
    target.fs.move(partial, path)


def _prove(history: Lake, table: Table, moved: _Rows, limit: date) -> None:
    """Proves that the history lake has the moved rows, and in partitions that it did not have
    before `limit` no others.

    Raises:
        CheckFailed: it has others; the lake keeps its rows.
        DataFilesMissing: a copy is not there, or not whole.
    """
    places = {_partition(table, row) for row in moved}
    days, paths = [day for day, _ in places], {row["path"] for row in moved}
    there = [
        row
        for row in list_add_actions(history.open(table), table, min(days), max(days))
        if row["path"] in paths
        or (_partition(table, row) in places and _partition(table, row)[0] >= limit)
    ]
    assert_files_exist(history.storage, table, there)
    full_paths = [history.storage.full_path(f"{table.name}/{row['path']}") for row in there]
    read = sum(
        pq.read_metadata(path, filesystem=history.storage.fs).num_rows for path in full_paths
    )
    expected = count_rows(moved)
    if not expected == read == count_rows(there):
        raise CheckFailed(
            f"HISTORY: {table.name}: {expected} rows were copied to {history.uri}, and {read} are"
            f" there, {count_rows(there)} by its log; nothing was removed; run it again"
        )


def _remove(delta: DeltaTable, table: Table, moved: _Rows, before: date) -> None:
    """Removes data files, in one commit that loses against every writer of one of their dates."""
    turn = int(delta.version()) + 1
    places = {_partition(table, row) for row in moved}
    keys = {key for day, owner in places for key in (f"{day}/{owner}", f"{day}/", owner)}
    turns = {**dict.fromkeys(sorted(keys), turn), MOVED: before.toordinal()}
    commit_transactions(delta, table, [], moved, turns)


def _list_old(delta: DeltaTable, table: Table, before: date) -> _Rows:
    return list_add_actions(delta, table, date.min, before - timedelta(days=1))


def _describe(table: Table, rows: _Rows) -> TableMove:
    return TableMove(
        table.name,
        tuple(sorted({_partition(table, row)[0] for row in rows})),
        len(rows),
        count_rows(rows),
        sum(int(row["size_bytes"]) for row in rows),
    )


def _partition(table: Table, row: Mapping[str, Any]) -> tuple[date, str]:
    day, owner = (row[f"partition.{name}"] for name in table.partitions)
    return day, owner


def _data_file(table: Table, row: Mapping[str, Any]) -> DataFile:
    owner = _partition(table, row)[1]
    return DataFile(owner, row["path"], int(row["size_bytes"]), int(row["num_records"]))


def _open_no_session() -> Any:
    raise AssertionError("a move needs no session")
