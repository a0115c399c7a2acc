"""Counts today's reference hashes outside the engine: which keys are not unique.

The engine writes the hashes as narrow files. Tasks scatter them by range, each file once, so that
every range is small enough to sort in memory; then a task reads the pieces of its range alone.
Bytes read and written per row are the same at any size of a day.
"""

import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.lake.fast_path.bloom_filter import contains
from jobs.lake.fast_path.filter_by_key import HashFile, read_filter
from jobs.storage.archive import Storage
from schemas.reference_hashes import (
    HASHES,
    KEY,
    NO_KEY,
    OTHER_HASH,
    OUR_HASH,
    OUT_OF_SCOPE,
    SECOND_HASH,
)

Hashes = npt.NDArray[np.int64]
Pair = tuple[str, str]
#: Hashes that tasks scatter by the range of the first column, each with the second one: of both
#: sides, and of lines alone.
BOTH_SIDES, LINE_ONLY = (OUR_HASH, SECOND_HASH), (OTHER_HASH, OUR_HASH)
#: About so many rows a task scatters or sorts at once, in some 60 bytes of memory for each.
_ROWS_OF_A_TASK = 2**22
#: Bytes of a row's pair of hashes.
_PAIR_BYTES = 16


@dataclass(frozen=True)
class ScatterTask:
    """Row groups of a file of today's hashes, its side (0: lines, 1: transactions), the pairs of
    columns to scatter, each into `2 ** power` ranges, and the shards of the filter of hashes that
    are not unique in any case.
    """

    base: str
    path: str
    row_groups: tuple[int, ...]
    side: int
    pairs: tuple[tuple[Pair, int], ...]
    shards: tuple[str, ...]
    out: str


@dataclass(frozen=True)
class Piece:
    """Pairs of hashes of one range in a file that a task scattered: a full path, the first byte,
    and how many.
    """

    path: str
    start: int
    count: int


@dataclass(frozen=True)
class CountTask:
    """All pieces of a range: of lines and transactions, or of lines alone."""

    base: str
    sides: tuple[tuple[Piece, ...], ...]
    out: str


def scatter_tasks(
    storage: Storage,
    lines: Sequence[HashFile],
    transactions: Sequence[HashFile],
    shards: tuple[str, ...],
    out: str,
) -> Iterator[ScatterTask]:
    """The tasks that scatter today's hashes into a folder; `shards` are those of the filter."""
    of_lines = sum(file.rows for file in lines)
    both = BOTH_SIDES, _power(of_lines + sum(file.rows for file in transactions))
    sides = ((lines, (both, (LINE_ONLY, _power(of_lines)))), (transactions, (both,)))
    for side, (files, pairs) in enumerate(sides):
        for file in files:
            for groups in _row_groups(storage, file.path):
                yield ScatterTask(storage.uri, file.path, groups, side, pairs, shards, out)


def count_tasks(base: str, scattered: Sequence[Mapping[str, Any]], out: str) -> Iterator[CountTask]:
    """The tasks that count what `scatter` wrote, one for each range; results in any order."""
    pieces: dict[tuple[str, int], tuple[list[Piece], list[Piece]]] = {}
    for result in scattered:
        start = 0
        for column, counts in result["counts"]:
            for place, rows in enumerate(counts):
                sides = pieces.setdefault((column, place), ([], []))
                sides[result["side"]].append(Piece(result["path"], start, rows))
                start += rows * _PAIR_BYTES
    for (column, _), (lines, transactions) in pieces.items():
        counted = (lines, transactions) if column == BOTH_SIDES[0] else (lines,)
        yield CountTask(base, tuple(tuple(side) for side in counted), out)


def _power(rows: int) -> int:
    """Of how many ranges so many rows are, as a power of two."""
    return math.ceil(math.log2(max(rows / _ROWS_OF_A_TASK, 1)))


def _row_groups(storage: Storage, path: str) -> Iterator[tuple[int, ...]]:
    """Row groups of a file, as many for each task as it may take."""
    metadata = pq.read_metadata(path, filesystem=storage.fs)
    groups: list[int] = []
    rows = 0
    for group in range(metadata.num_row_groups):
        more = metadata.row_group(group).num_rows
        if groups and rows + more > _ROWS_OF_A_TASK:
            yield tuple(groups)
            groups, rows = [], 0
        groups.append(group)
        rows += more
    yield tuple(groups)


def scatter(task: ScatterTask) -> dict[str, Any]:
    """Writes the hashes of a task by range, and the keys of its rows that are not unique in any
    case: those out of scope, and those that the filter knows, with a few others.
    """
    storage, words = Storage(task.base), read_filter(task.base, task.shards)
    with storage.fs.open_input_file(task.path) as source:
        rows = pq.ParquetFile(source).read_row_groups(task.row_groups)
    keys = [rows[OUR_HASH].take(contains(words, rows.select(HASHES).columns))]
    if OUT_OF_SCOPE in rows.column_names:
        keys.append(rows[OUR_HASH].filter(rows[OUT_OF_SCOPE]))
    path, counts = storage.full_path(f"{task.out}/ranges/{uuid.uuid4().hex}"), []
    with storage.fs.open_output_stream(path) as target:
        for (first, second), power in task.pairs:
            complete = rows.filter(rows[first].is_valid())
            hashes = complete[first].to_numpy()
            others = complete[second].fill_null(NO_KEY).to_numpy()
            ranges = hashes.view(np.uint64) >> np.uint64(32) >> np.uint64(32 - power)
            order = np.argsort(ranges.astype(np.uint16), kind="stable")
            sizes = np.bincount(ranges.astype(np.int64), minlength=2**power).tolist()
            for place in np.split(order, np.cumsum(sizes)[:-1]):
                target.write(hashes[place].data)
                target.write(others[place].data)
            counts.append((first, sizes))
    distinct_keys = distinct([column.drop_null().to_numpy() for column in keys])
    written = write_keys(storage, f"{task.out}/keys", distinct_keys)
    return {**written, "seen": len(rows), "side": task.side, "path": path, "counts": counts}


def count_range(task: CountTask) -> dict[str, Any]:
    """Writes the keys of a range that are not unique."""
    storage = Storage(task.base)
    sides = [_read_pieces(storage, pieces) for pieces in task.sides]
    keys = keys_without_unique_partner(*sides) if len(sides) == 2 else keys_of_repeated(*sides)
    return write_keys(storage, f"{task.out}/keys", keys)


def _read_pieces(storage: Storage, pieces: Sequence[Piece]) -> Hashes:
    """Pairs of hashes as two rows of an array."""
    arrays = [np.empty((2, 0), np.int64)]
    for piece in pieces:
        with storage.fs.open_input_file(piece.path) as source:
            data = source.read_at(piece.count * _PAIR_BYTES, piece.start)
        arrays.append(np.frombuffer(data, np.int64).reshape(2, piece.count))
    return np.concatenate(arrays, axis=1)


def keys_without_unique_partner(lines: Hashes, transactions: Hashes) -> Hashes:
    """Keys (first row) that do not stand once on each side with the same second hash."""
    keys, seconds = np.concatenate([lines, transactions], axis=1)
    order = np.argsort(keys)
    keys, seconds, is_line = keys[order], seconds[order], order < lines.shape[1]
    starts = np.flatnonzero(_is_first(keys))
    sizes = np.diff(np.append(starts, len(keys)))
    two = starts[sizes == 2]
    is_unique = (is_line[two] != is_line[two + 1]) & (seconds[two] == seconds[two + 1])
    return np.concatenate([keys[starts[sizes != 2]], keys[two[~is_unique]]])


def keys_of_repeated(lines: Hashes) -> Hashes:
    """Keys (second row) of lines whose number (first row) another line has, too."""
    numbers, keys = lines
    in_order = np.sort(numbers)
    repeated = distinct([in_order[~_is_first(in_order)]])
    if not len(repeated):
        return repeated
    place = np.minimum(np.searchsorted(repeated, numbers), len(repeated) - 1)
    return distinct([keys[repeated[place] == numbers]])


def distinct(hashes: Sequence[Hashes]) -> Hashes:
    """All of some hashes in order, each once; `numpy.unique` hashes them first, which is slower."""
    together = np.sort(np.concatenate([np.empty(0, np.int64), *hashes]))
    return together[_is_first(together)]


def _is_first(hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Which of hashes in order differ from the one before."""
    return np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)]


def write_keys(storage: Storage, folder: str, keys: Hashes) -> dict[str, Any]:
    """Writes keys as a file of a folder; returns its name and how many there are."""
    name = f"{uuid.uuid4().hex}.parquet"
    with storage.fs.open_output_stream(storage.full_path(f"{folder}/{name}")) as target:
        pq.write_table(pa.table({KEY: keys}), target)
    return {"name": name, "rows": len(keys)}
