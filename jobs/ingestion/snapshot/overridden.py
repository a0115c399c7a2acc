"""A transaction in several parts of our own side of a date: the part that is listed last has it.

The lake has one row per transaction and date. So the rows of the other parts are left out of their
data files; the archive keeps them, for the day on which the last part comes anew without them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from jobs.ingestion.snapshot.tasks import SCHEMA, write_rows
from jobs.ingestion.snapshot.write import INLINE_ROWS_MAX, list_repeated_ids
from jobs.lake.commit import DataFile
from jobs.lake.tables import Lake
from schemas.tables import INTERNAL_TRANSACTIONS

#: So many ids are compared at once.
BATCH_ROWS = 500_000


@dataclass(frozen=True)
class PartFiles:
    """A part's data files; `is_new` says that no other part was compared with them yet."""

    file_id: str
    files: Sequence[DataFile]
    is_new: bool


@dataclass(frozen=True)
class Trimmed:
    """A part's data files without rows that a later part has, and the rows left out by channel."""

    files: tuple[DataFile, ...]
    left_out: Counter[str]


def leave_out_overridden(
    lake: Lake, day: date, parts: Sequence[PartFiles], compare_all: bool
) -> dict[str, Trimmed]:
    """Writes data files anew without the transactions of parts listed later; by `file_id`, only
    parts that lose some. Nobody sees the files before they are committed.

    `parts` are in the order in which they are listed. Unless `compare_all`, parts that are not new
    are taken as compared with each other.
    """
    new = [file for part in parts if part.is_new for file in part.files]
    total = sum(file.rows for part in parts for file in part.files)
    if compare_all or total <= INLINE_ROWS_MAX or sum(each.rows for each in new) > INLINE_ROWS_MAX:
        every = [file for part in parts for file in part.files]
        ids = pa.array(list_repeated_ids(lake, every), pa.string())
    else:
        ids = pa.chunked_array([_read_ids(lake, file) for file in new]).combine_chunks()
    losers = _find_losers(lake, parts, ids) if len(ids) else {}
    return {
        parts[place].file_id: _trim(lake, day, parts[place], ids.take(pa.array(positions)))
        for place, positions in losers.items()
    }


def _find_losers(lake: Lake, parts: Sequence[PartFiles], ids: pa.Array) -> Mapping[int, np.ndarray]:
    """By the place of a part, the positions in `ids` of its rows that a later part has."""
    last = np.full(len(ids), -1, dtype=np.int32)
    hits: dict[int, list[np.ndarray]] = {}
    for places, values in _batches(lake, parts):
        indices = pc.index_in(values, value_set=ids)
        is_hit = np.asarray(pc.is_valid(indices))
        positions = np.asarray(indices.fill_null(0))[is_hit]
        np.maximum.at(last, positions, places[is_hit])
        for place in np.unique(places[is_hit]):
            mine = positions[places[is_hit] == place]
            hits.setdefault(int(place), []).append(mine)
    losers = {}
    for place, chunks in hits.items():
        positions = np.concatenate(chunks)
        lost = positions[last[positions] > place]
        if len(lost):
            losers[place] = lost
    return losers


def _batches(lake: Lake, parts: Sequence[PartFiles]) -> Iterator[tuple[np.ndarray, pa.Array]]:
    """The ids of all parts, some at a time, with the place of the part of each."""
    places: list[np.ndarray] = []
    values: list[pa.Array] = []
    rows = 0
    for place, part in enumerate(parts):
        for file in part.files:
            ids = _read_ids(lake, file)
            places.append(np.full(len(ids), place, dtype=np.int32))
            values.append(ids)
            rows += len(ids)
            if rows >= BATCH_ROWS:
                yield np.concatenate(places), pa.concat_arrays(values)
                places, values, rows = [], [], 0
    if values:
        yield np.concatenate(places), pa.concat_arrays(values)


def _read_ids(lake: Lake, file: DataFile) -> pa.Array:
    ids = _open(lake, file).to_table(columns=["txn_id"])["txn_id"]
    return ids.cast(pa.string()).combine_chunks()


def _trim(lake: Lake, day: date, part: PartFiles, lost: pa.Array) -> Trimmed:
    files: list[DataFile] = []
    left_out: Counter[str] = Counter()
    for file in part.files:
        rows = _open(lake, file).to_table()
        is_lost = pc.is_in(rows["txn_id"], value_set=lost)
        count = int(pc.sum(is_lost).as_py() or 0)
        if not count:
            files.append(file)
            continue
        left_out[file.channel] += count
        kept = rows.filter(pc.invert(is_lost))
        if kept.num_rows:
            files.append(write_rows(lake.storage, day, part.file_id, file.channel, kept))
    return Trimmed(tuple(files), left_out)


def _open(lake: Lake, file: DataFile) -> ds.Dataset:
    path = lake.storage.full_path(f"{INTERNAL_TRANSACTIONS.name}/{file.path}")
    return ds.dataset(path, filesystem=lake.storage.fs, schema=SCHEMA)
