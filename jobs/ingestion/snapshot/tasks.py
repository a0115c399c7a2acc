"""Pieces of a snapshot for workers: read, checked and written below the table's folder.

Nothing is seen until the lake commits it. Memory is bounded by a row group or a block.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.ingestion.snapshot.columns import channels_of, schema_faults, transactions
from jobs.lake.commit import DataFile
from jobs.lake.parquet_options import GROUP_ROWS_MAX, writer_options
from jobs.lake.tables import Lake
from jobs.lake.write_checks import arrow_schema
from jobs.statements.reading.cells import read_cells
from jobs.statements.reading.shape import RejectedLines, Shape
from jobs.storage.archive import ArchivedFile, Block, Storage
from jobs.storage.unpack import UnpackLimits, unpack
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS

BYTES_MAX = 40 * 2**30
HEADER_BYTES_MAX = 64 * 1024
#: How many faults a refusal names.
FAULTS_MAX = 20
SCHEMA = pa.schema(
    [
        each
        for each in arrow_schema(INTERNAL_TRANSACTIONS)
        if each.name not in INTERNAL_TRANSACTIONS.partitions
    ]
)


@dataclass(frozen=True)
class Piece:
    """Rows of one file for one worker: row groups of Parquet, or blocks of CSV with their header.

    `without` are transactions to leave out, because another row of theirs is the latest;
    `size` is about how many bytes.
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


def pieces_of(
    lake: Lake,
    kept: ArchivedFile,
    name: str,
    file_id: str,
    day: date,
    profiles: Mapping[str, Profile],
) -> Iterator[Piece]:
    """The pieces of one file of a snapshot.

    Raises:
        FileRefused: no Parquet and no CSV with the columns that a snapshot needs.
    """
    storage = lake.storage
    with storage.fs.open_input_file(kept.path) as source:
        start = source.read(4)
        if start == b"PAR1":
            try:
                parquet = pq.ParquetFile(source)
            except (pa.ArrowInvalid, OSError) as fault:
                raise FileRefused(
                    "BAD_SNAPSHOT", name, f"no Parquet file ({fault})", "write the snapshot again"
                ) from fault
            refuse(name, schema_faults(parquet.schema_arrow))
            for group in range(parquet.num_row_groups):
                yield Piece(
                    storage.uri,
                    kept.path,
                    name,
                    file_id,
                    day,
                    profiles,
                    (group,),
                    size=kept.byte_size // parquet.num_row_groups,
                )
            return
    plain = unpack(storage, kept, name, lake.staging_path("unpacked"), UnpackLimits(BYTES_MAX))
    with storage.fs.open_input_file(plain.path) as source:
        start = source.read(HEADER_BYTES_MAX)
    first = start[: start.find(b"\n") + 1] or start
    header = tuple(
        cell.strip().strip('"') for cell in first.decode("utf-8-sig", "replace").strip().split(",")
    )
    refuse(name, schema_faults(pa.schema([(each, pa.string()) for each in header])))
    for block in plain.blocks:
        skip = len(first) if block.offset == 0 else 0
        if block.length > skip:
            cut = Block(block.offset + skip, block.length - skip, block.first_line + bool(skip))
            yield Piece(
                storage.uri,
                plain.path,
                name,
                file_id,
                day,
                profiles,
                (),
                (cut,),
                header,
                size=cut.length,
            )


def refuse(name: str, faults: list[str]) -> None:
    """Raises FileRefused with every fault, if there are any."""
    if faults:
        more = f"; and {len(faults) - FAULTS_MAX} more" if len(faults) > FAULTS_MAX else ""
        raise FileRefused(
            "BAD_SNAPSHOT",
            name,
            "; ".join(faults[:FAULTS_MAX]) + more,
            "have the snapshot written again",
        )


def carried_out(piece: Piece) -> dict[str, Any]:
    """Reads a piece and writes its channels' rows; says what it left, or what is wrong."""
    try:
        return _carried_out(piece)
    except FileRefused as fault:
        return {"files": [], "faults": [str(fault)]}


def _carried_out(piece: Piece) -> dict[str, Any]:
    storage = Storage(piece.base)
    files: list[dict[str, Any]] = []
    faults: list[str] = []
    for at, table in _tables(storage, piece):
        named = pc.fill_null(table["channel"].cast(pa.string()), "")
        if pc.any(pc.equal(named, "")).as_py():
            faults.append(f"{piece.name}: a row from {at} on has no channel")
        for channel in channels_of(table):
            own = table.filter(pc.equal(table["channel"].cast(pa.string()), channel))
            columns, wrong = transactions(own, channel, piece.profiles.get(channel), piece.day)
            for row in sorted(wrong)[:FAULTS_MAX]:
                faults.append(f"txn_id {own['txn_id'][row].as_py()}: {wrong[row]}")
            if wrong:
                continue
            count = own.num_rows
            made = pa.table(
                [
                    columns[each.name].cast(each.type)
                    if each.name in columns
                    else pa.nulls(count, each.type)
                    for each in SCHEMA
                ],
                schema=SCHEMA,
            )
            if piece.without:
                gone = pc.is_in(made["txn_id"], pa.array(sorted(piece.without)))
                made = made.filter(pc.invert(gone))
            files.append(vars(write(storage, piece, channel, made)))
    return {"files": files, "faults": faults[: FAULTS_MAX + 1]}


def _tables(storage: Storage, piece: Piece) -> Iterable[tuple[int, pa.Table]]:
    with storage.fs.open_input_file(piece.path) as source:
        if piece.row_groups:
            parquet = pq.ParquetFile(source)
            for group in piece.row_groups:
                yield 1, parquet.read_row_group(group)
        for block in piece.blocks:
            source.seek(block.offset)
            refused = RejectedLines()
            shape = Shape("utf-8", ",", '"', len(piece.header), tuple(range(len(piece.header))))
            cells = read_cells(source.read(block.length), block.first_line, shape, refused)
            if refused.line_no:
                raise FileRefused(
                    "BAD_SNAPSHOT",
                    piece.name,
                    refused.reason[0],
                    "have the snapshot written again",
                    refused.line_no[0],
                )
            yield (
                block.first_line,
                pa.table(
                    [cells.columns[place] for place in range(len(piece.header))], list(piece.header)
                ),
            )


def write(storage: Storage, piece: Piece, channel: str, rows: pa.Table) -> DataFile:
    """Writes one channel's canonical rows as a data file of the day."""
    folder = f"business_date={piece.day}/channel={channel}"
    path = f"{folder}/{piece.file_id}-{uuid.uuid4().hex}.parquet"
    full = storage.full_path(f"{INTERNAL_TRANSACTIONS.name}/{path}")
    storage.fs.create_dir(full.rsplit("/", 1)[0], recursive=True)
    options = writer_options(INTERNAL_TRANSACTIONS, rows)
    pq.write_table(rows, full, GROUP_ROWS_MAX, filesystem=storage.fs, **options)
    return DataFile(channel, path, storage.file_size(full), rows.num_rows)
