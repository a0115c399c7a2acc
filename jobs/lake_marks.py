"""Today's marks, kept in the staging area and counted there.

The engine writes them as narrow files. They are sorted here, a piece of their range at a time,
which costs a fraction of what it takes an engine to bring equal ones together.
"""

import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql.types import LongType, StructField, StructType

from jobs.archive import Storage
from jobs.bits import AT_ONCE, Words, add, among, empty
from jobs.lake import Lake
from jobs.lake_sieve import MarkFile, mark_files
from jobs.matching.bulk import KEY, NO_KEY
from jobs.workers import told_by

Marks = npt.NDArray[np.int64]
#: Columns of marks that a line and its transaction share, and that of what a line has alone.
_SHARED, _ALONE = ("our_mark", "second_mark"), "other_mark"
_MARKS = [*_SHARED, _ALONE]
#: About so many marks are sorted at once.
_SORTED_AT_ONCE = 2**24


@dataclass(frozen=True)
class _Count:
    """Marks of one column in the files of each side, and a piece of their range: of `2 ** power`
    the one at `place`.
    """

    base: str
    sides: tuple[tuple[str, ...], ...]
    column: str
    power: int
    place: int
    out: str


@dataclass(frozen=True)
class _Look:
    """A file of today's marks, held against the files of odd ones in a folder."""

    base: str
    file: MarkFile
    odd: str
    out: str


class LakeKeeper:
    """Keeps what a match computes once in the staging area of a lake."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def keep(self, frame: DataFrame, name: str) -> DataFrame:
        """The same rows, computed once; see `Lake.stage`."""
        return self._lake.stage(frame, name)

    def marked(self, theirs: DataFrame, ours: DataFrame) -> "KeptMarks":
        """The marks of both sides, as `matching.bulk.marked` lists them."""
        place = self._lake.scratch(f"{uuid.uuid4().hex}-today")
        return KeptMarks(
            self._lake,
            tuple(mark_files(self._lake, theirs, f"{place}/lines")),
            tuple(mark_files(self._lake, ours, f"{place}/transactions")),
        )


@dataclass(frozen=True)
class KeptMarks:
    """Today's marks in files: of the lines, and of the transactions."""

    lake: Lake
    theirs: tuple[MarkFile, ...]
    ours: tuple[MarkFile, ...]

    @property
    def asked(self) -> list[MarkFile]:
        """The marks that look-back asks; the same as `matching.marks.asked_of`."""
        lines = [replace(each, columns=("our_mark", "other_mark")) for each in self.theirs]
        return lines + [replace(each, columns=("other_mark",)) for each in self.ours]

    def odd_keys(self, also: DataFrame) -> DataFrame:
        """See `matching.keeping.TodaysMarks`."""
        lake, storage = self.lake, self.lake.storage
        folder = lake.scratch(f"{uuid.uuid4().hex}-odd")
        odd, keys = f"{folder}/marks", f"{folder}/keys"
        for each in (odd, keys):
            storage.fs.create_dir(storage.full(each), recursive=True)
        mark_files(lake, also, odd)
        files = (*self.theirs, *self.ours)
        size = sum(each.size for each in files)
        told_by(lake, self._counts(odd), _count, size)
        told_by(lake, [_Look(lake.uri, each, odd, keys) for each in files], _look, size)
        _odd.cache_clear()
        _write(storage, keys, KEY, np.array([NO_KEY]))
        of_keys = StructType([StructField(KEY, LongType())])
        return lake.spark.read.schema(of_keys).parquet(f"{lake.uri}/{keys}")

    def _counts(self, out: str) -> list[_Count]:
        theirs, ours = ([each.path for each in side] for side in (self.theirs, self.ours))
        lines, rows = (sum(each.rows for each in side) for side in (self.theirs, self.ours))
        asked = [(name, (theirs, ours), lines + rows) for name in _SHARED]
        return [
            _Count(self.lake.uri, tuple(map(tuple, sides)), name, power, place, out)
            for name, sides, count in [*asked, (_ALONE, (theirs,), lines)]
            for power in [math.ceil(math.log2(max(count / _SORTED_AT_ONCE, 1)))]
            for place in range(2**power)
        ]


def _count(asked: _Count) -> dict[str, Any]:
    """Writes the marks that do not stand just once on each side."""
    storage = Storage(asked.base)
    sides = [_marks(storage, paths, asked) for paths in asked.sides]
    _write(storage, asked.out, asked.column, uneven(sides))
    return {}


def uneven(sides: list[Marks]) -> Marks:
    """Marks that do not stand just once on each side, of sides that are in order."""
    together = np.sort(np.concatenate(sides)) if len(sides) > 1 else sides[0]
    starts = np.flatnonzero(_begins(together))
    counts = np.diff(np.append(starts, len(together)))
    twice = [side[~_begins(side)] for side in sides]
    return distinct([together[starts[counts != len(sides)]], *twice])


def distinct(marks: list[Marks]) -> Marks:
    """All of some marks in order, each once; `numpy.unique` hashes them first, which is slower."""
    together = np.sort(np.concatenate([np.empty(0, np.int64), *marks]))
    return together[_begins(together)]


def _begins(marks: Marks) -> npt.NDArray[np.bool_]:
    """Which of marks in order differ from the one before."""
    return np.append(True, marks[1:] != marks[:-1])[: len(marks)]


def _marks(storage: Storage, paths: Iterable[str], asked: _Count) -> Marks:
    """All marks of a column and a piece of their range, in order."""
    found = []
    for path in paths:
        with storage.fs.open_input_file(path) as source:
            for batch in pq.ParquetFile(source).iter_batches(AT_ONCE, columns=[asked.column]):
                marks = batch.column(0).drop_null().to_numpy()
                if asked.power:
                    piece = marks.view(np.uint64) >> np.uint64(64 - asked.power)
                    marks = marks[piece == np.uint64(asked.place)]
                found.append(marks)
    return np.sort(np.concatenate([np.empty(0, np.int64), *found]))


@lru_cache(maxsize=1)
def _odd(base: str, folder: str) -> tuple[Words, Marks]:
    """The marks of a folder in order, and a filter of them."""
    storage = Storage(base)
    files = [pq.read_table(info.path, filesystem=storage.fs) for info in storage.parquet(folder)]
    marks = distinct([each[0].to_numpy() for each in files])
    words = empty(len(marks))
    for start in range(0, len(marks), AT_ONCE):
        add(words, pa.array(marks[start : start + AT_ONCE]))
    return words, marks


def _look(look: _Look) -> dict[str, Any]:
    """Writes the keys of the rows of a file that do not pair at once."""
    storage, (words, odd) = Storage(look.base), _odd(look.base, look.odd)
    near, keys = [], []
    with storage.fs.open_input_file(look.file.path) as source:
        parquet = pq.ParquetFile(source)
        for batch in parquet.iter_batches(AT_ONCE):
            rows = pa.table(batch)
            near.append(rows.take(among(words, rows.select(_MARKS).columns)))
            if "aside" in rows.column_names:
                keys.append(rows.filter(rows["aside"])["our_mark"])
    if near:
        maybe = pa.concat_tables(near)
        hit = [_held(odd, each.fill_null(NO_KEY)) for each in maybe.select(_MARKS).columns]
        keys.append(maybe["our_mark"].filter(pa.array(np.logical_or.reduce(hit))))
        found = [each.drop_null().to_numpy() for each in keys]
        _write(storage, look.out, KEY, distinct(found))
    return {}


def _held(odd: Marks, marks: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Which of some marks are among odd ones, which are in order."""
    given = marks.to_numpy()
    at = np.searchsorted(odd, given)
    found = np.zeros(len(given), bool)
    inside = at < len(odd)
    found[inside] = odd[at[inside]] == given[inside]
    return found


def _write(storage: Storage, folder: str, name: str, marks: Marks) -> None:
    """Writes marks as a file of a folder, if there are any."""
    if len(marks):
        path = storage.full(f"{folder}/{uuid.uuid4().hex}.parquet")
        pq.write_table(pa.table({name: marks}), path, filesystem=storage.fs)
