"""Today's marks, kept in the staging area and counted there.

The engine writes them as narrow files. They are sorted here, a piece of their range at a time,
which costs a fraction of what it takes an engine to bring equal ones together.
"""

import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql.types import LongType, StructField, StructType

from jobs.engine.task_pool import run_tasks
from jobs.lake.bloom_filter import AT_ONCE, among
from jobs.lake.filter_by_key import MarkFile, filtered, mark_files, read_filter
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.reference_hashes import KEY, NO_KEY

Marks = npt.NDArray[np.int64]
#: Columns of marks that a line and its transaction share, and that of what a line has alone.
_SHARED, _ALONE = ("our_mark", "second_mark"), "other_mark"
_MARKS = [*_SHARED, _ALONE]
#: The column of marks that are odd, and how many words of their filter each of them gets: one row
#: in some hundred thousand others is taken for odd.
_ODD, _ROOM = "mark", 8
#: About so many marks are sorted at once: a task takes up to half a gigabyte for it.
_SORTED_AT_ONCE = 2**23


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
    """A file of today's marks, held against the filter of odd ones."""

    base: str
    path: str
    odd: tuple[str, ...]
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
        place = self._lake.staging_path(f"{uuid.uuid4().hex}-today")
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
        """The marks that look-back asks, which are those of `matching.marks.asked_of`."""
        lines = [replace(each, columns=("our_mark", "other_mark")) for each in self.theirs]
        return lines + [replace(each, columns=("other_mark",)) for each in self.ours]

    def odd_keys(self, also: DataFrame) -> DataFrame:
        """See `matching.keeping.TodaysMarks`."""
        lake, files = self.lake, (*self.theirs, *self.ours)
        folder, size = (
            lake.staging_path(f"{uuid.uuid4().hex}-odd"),
            sum(each.size for each in files),
        )
        for each in ("odd", "keys"):
            lake.storage.fs.create_dir(lake.storage.full_path(f"{folder}/{each}"), recursive=True)
        told = run_tasks(lake.spark, self._counts(f"{folder}/odd"), _count, size)
        odd = [MarkFile(each["path"], (_ODD,), each["rows"], each["size"]) for each in told]
        odd += mark_files(lake, also, f"{folder}/also")
        words = filtered(lake, odd, f"{folder}/filter", _ROOM)
        looks = [_Look(lake.uri, each.path, words, f"{folder}/keys") for each in files]
        seen = run_tasks(lake.spark, looks, _look, size)
        read_filter.cache_clear()
        assert sum(each["seen"] for each in seen) == sum(each.rows for each in files)
        seen.append(_written(lake.storage, f"{folder}/keys", KEY, np.array([NO_KEY])))
        paths = [f"{lake.uri}/{folder}/keys/{each['name']}" for each in seen if each["rows"]]
        of_keys = StructType([StructField(KEY, LongType())])
        return lake.spark.read.schema(of_keys).parquet(*paths)

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
    return _written(storage, asked.out, _ODD, uneven(sides))


def uneven(sides: list[Marks]) -> Marks:
    """Marks that do not stand just once on each side, of sides that are in order."""
    together = np.sort(np.concatenate(sides)) if len(sides) > 1 else sides[0]
    starts = np.flatnonzero(_begins(together))
    counts = np.diff(np.append(starts, len(together)))
    twice = [side[~_begins(side)] for side in sides]
    return distinct([together[starts[counts < len(sides)]], *twice])


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


def _look(look: _Look) -> dict[str, Any]:
    """Writes the keys of the rows of a file that do not pair at once, and of a few others."""
    storage, words = Storage(look.base), read_filter(look.base, look.odd)
    found, seen = [np.empty(0, np.int64)], 0
    with storage.fs.open_input_file(look.path) as source:
        for batch in pq.ParquetFile(source).iter_batches(AT_ONCE):
            rows = pa.table(batch)
            keys = [rows["our_mark"].take(among(words, rows.select(_MARKS).columns))]
            if "aside" in rows.column_names:
                keys.append(rows["our_mark"].filter(rows["aside"]))
            found += [each.drop_null().to_numpy() for each in keys]
            seen += len(rows)
    return {"seen": seen, **_written(storage, look.out, KEY, distinct(found))}


def _written(storage: Storage, folder: str, name: str, marks: Marks) -> dict[str, Any]:
    """Writes marks as a file of a folder; its name and full path, rows and bytes."""
    file = f"{uuid.uuid4().hex}.parquet"
    path = storage.full_path(f"{folder}/{file}")
    pq.write_table(pa.table({name: marks}), path, filesystem=storage.fs)
    return {"name": file, "path": path, "rows": len(marks), "size": storage.file_size(path)}
