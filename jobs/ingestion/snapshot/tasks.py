"""Tasks of a snapshot: each reads, checks and writes rows below the table's folder.

Readers do not see the rows until the lake commits them. Memory is bounded by a row group or block.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.ingestion.snapshot.columns import find_schema_faults, list_channels, to_transactions
from jobs.lake.commit import DataFile
from jobs.lake.parquet_options import GROUP_ROWS_MAX, writer_options
from jobs.lake.tables import Lake
from jobs.lake.write_checks import arrow_schema
from jobs.statements.canonical.money import sum_by_currency
from jobs.statements.canonical.references import add_card_counts
from jobs.statements.reading.cells import read_cells
from jobs.statements.reading.line_format import LineFormat, RejectedLines
from jobs.storage.archive import ArchivedFile, Block, Storage
from jobs.storage.unpack import UnpackLimits, unpack
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS

BYTES_MAX = 40 * 2**30
HEADER_BYTES_MAX = 64 * 1024
#: A refusal names at most so many faults.
FAULTS_MAX = 20
SCHEMA = pa.schema(
    [
        column
        for column in arrow_schema(INTERNAL_TRANSACTIONS)
        if column.name not in INTERNAL_TRANSACTIONS.partitions
    ]
)


@dataclass(frozen=True)
class SnapshotTask:
    """Rows of one file for one worker: row groups of Parquet, or blocks of CSV with their header.

    `without` are transactions to leave out, because another row of theirs is the latest. `size` is
    the approximate number of bytes.
    """

    base: str
    path: str
    name: str
    file_id: str
    day: date
    profiles: Mapping[str, Profile]
    row_groups: tuple[int, ...] = ()
    blocks: tuple[Block, ...] = ()
    header: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()
    size: int = 0


def plan_tasks(
    lake: Lake,
    archived: ArchivedFile,
    name: str,
    file_id: str,
    day: date,
    profiles: Mapping[str, Profile],
) -> Iterator[SnapshotTask]:
    """Plans the tasks of one file of a snapshot.

    Raises:
        FileRefused: the file is neither Parquet nor CSV with the columns that a snapshot needs.
    """
    storage = lake.storage
    with storage.fs.open_input_file(archived.path) as source:
        start = source.read(4)
        if start == b"PAR1":
            try:
                parquet = pq.ParquetFile(source)
            except (pa.ArrowInvalid, OSError) as fault:
                raise FileRefused(
                    "BAD_SNAPSHOT", name, f"no Parquet file ({fault})", "write the snapshot again"
                ) from fault
            refuse_snapshot(name, find_schema_faults(parquet.schema_arrow))
            for group in range(parquet.num_row_groups):
                yield SnapshotTask(
                    storage.uri,
                    archived.path,
                    name,
                    file_id,
                    day,
                    profiles,
                    (group,),
                    size=archived.byte_size // parquet.num_row_groups,
                )
            return
    plain = unpack(storage, archived, name, lake.staging_path("unpacked"), UnpackLimits(BYTES_MAX))
    with storage.fs.open_input_file(plain.path) as source:
        start = source.read(HEADER_BYTES_MAX)
    first = start[: start.find(b"\n") + 1] or start
    header = tuple(
        cell.strip().strip('"') for cell in first.decode("utf-8-sig", "replace").strip().split(",")
    )
    refuse_snapshot(
        name, find_schema_faults(pa.schema([(column, pa.string()) for column in header]))
    )
    for block in plain.blocks:
        skip = len(first) if block.offset == 0 else 0
        if block.length > skip:
            rows = Block(block.offset + skip, block.length - skip, block.first_line + bool(skip))
            yield SnapshotTask(
                storage.uri,
                plain.path,
                name,
                file_id,
                day,
                profiles,
                (),
                (rows,),
                header,
                size=rows.length,
            )


def refuse_snapshot(name: str, faults: list[str]) -> None:
    """Refuses the snapshot if there are faults.

    Raises:
        FileRefused: there are faults; it names the first `FAULTS_MAX`.
    """
    if faults:
        more = f"; and {len(faults) - FAULTS_MAX} more" if len(faults) > FAULTS_MAX else ""
        raise FileRefused(
            "BAD_SNAPSHOT",
            name,
            "; ".join(faults[:FAULTS_MAX]) + more,
            "have the snapshot written again",
        )


def write_task_rows(task: SnapshotTask) -> dict[str, Any]:
    """Writes a task's rows by channel; returns `files`, `faults`, `gross`, and, by channel,
    `card_counts`, as plain values.

    `gross` holds (channel, currency, sum of |amount| in minor units).
    """
    try:
        return _write_channels(task)
    except FileRefused as fault:
        return {"files": [], "faults": [str(fault)], "gross": [], "card_counts": {}}


def _write_channels(task: SnapshotTask) -> dict[str, Any]:
    storage = Storage(task.base)
    files: list[dict[str, Any]] = []
    faults: list[str] = []
    card_counts: dict[str, dict[str, Counter[str]]] = {}
    gross: list[tuple[str, str, int]] = []
    for first_row, table in _read_tables(storage, task):
        channels = pc.fill_null(table["channel"].cast(pa.string()), "")
        if pc.any(pc.equal(channels, "")).as_py():
            faults.append(f"{task.name}: a row from {first_row} on has no channel")
        for channel in list_channels(table):
            rows = table.filter(pc.equal(table["channel"].cast(pa.string()), channel))
            columns, row_faults = to_transactions(
                rows, channel, task.profiles.get(channel), task.day
            )
            for row in sorted(row_faults)[:FAULTS_MAX]:
                faults.append(f"txn_id {rows['txn_id'][row].as_py()}: {row_faults[row]}")
            if row_faults:
                continue
            add_card_counts(card_counts.setdefault(channel, {}), columns)
            count = rows.num_rows
            transactions = pa.table(
                [
                    columns[column.name].cast(column.type)
                    if column.name in columns
                    else pa.nulls(count, column.type)
                    for column in SCHEMA
                ],
                schema=SCHEMA,
            )
            if task.without:
                excluded = pa.array(sorted(task.without))
                is_excluded = pc.is_in(transactions["txn_id"], excluded)
                transactions = transactions.filter(pc.invert(is_excluded))
            written = write_rows(storage, task.day, task.file_id, channel, transactions)
            files.append(vars(written))
            sums = sum_by_currency(transactions["currency"], pc.abs(transactions["amount"]))
            gross += [(channel, code, value) for code, value in sums.items()]
    return {
        "files": files,
        "faults": faults[: FAULTS_MAX + 1],
        "gross": gross,
        "card_counts": card_counts,
    }


def _read_tables(storage: Storage, task: SnapshotTask) -> Iterable[tuple[int, pa.Table]]:
    with storage.fs.open_input_file(task.path) as source:
        if task.row_groups:
            parquet = pq.ParquetFile(source)
            for group in task.row_groups:
                yield 1, parquet.read_row_group(group)
        for block in task.blocks:
            source.seek(block.offset)
            rejected = RejectedLines()
            shape = LineFormat("utf-8", ",", '"', len(task.header), tuple(range(len(task.header))))
            cells = read_cells(source.read(block.length), block.first_line, shape, rejected)
            if rejected.line_no:
                raise FileRefused(
                    "BAD_SNAPSHOT",
                    task.name,
                    rejected.reason[0],
                    "have the snapshot written again",
                    rejected.line_no[0],
                )
            yield (
                block.first_line,
                pa.table(
                    [cells.columns[place] for place in range(len(task.header))], list(task.header)
                ),
            )


def write_rows(storage: Storage, day: date, file_id: str, channel: str, rows: pa.Table) -> DataFile:
    """Writes one channel's canonical rows as a data file of the day."""
    folder = f"business_date={day}/channel={channel}"
    path = f"{folder}/{file_id}-{uuid.uuid4().hex}.parquet"
    full = storage.full_path(f"{INTERNAL_TRANSACTIONS.name}/{path}")
    place = SCHEMA.get_field_index("file_id")
    rows = rows.set_column(place, SCHEMA.field(place), pa.repeat(file_id, rows.num_rows))
    storage.fs.create_dir(full.rsplit("/", 1)[0], recursive=True)
    options = writer_options(INTERNAL_TRANSACTIONS, rows)
    pq.write_table(rows, full, GROUP_ROWS_MAX, filesystem=storage.fs, **options)
    return DataFile(channel, path, storage.file_size(full), rows.num_rows)
