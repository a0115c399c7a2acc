"""Which rows of large data files have one of many marks, told without moving the rest.

The marks asked for become a Bloom filter: bits that each of them sets, in one word of 64. Each data
file's marks are held against it where they lie, and of the rows that pass, which are all that have
such a mark and a few in ten thousand others, the columns asked for are read.
Source: B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970.
"""

import math
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from jobs.archive import Storage
from jobs.lake import Lake
from jobs.lake_guard import arrow_schema
from jobs.workers import told_by
from schemas.tables import MARKS, Table

Words = npt.NDArray[np.uint64]
_MARKED = pa.schema([(name, pa.int64()) for name in MARKS])
#: Words of a filter, as powers of two: one for each mark, half a gigabyte at most.
_POWER_MIN, _POWER_MAX = 10, 26
#: Bits of a mark, from the last on, that name the bits it sets in its word.
_PLACES = (0, 6, 12, 18)
#: So many marks are looked at at once: what is made of them stays in the processor's cache.
_AT_ONCE = 2**16
#: About so many rows of a data file are one task's.
_ROWS_OF_A_TASK = 2**21


@dataclass(frozen=True)
class _Layer:
    """Files of marks that one task makes bits of, in a filter for about `rows` marks."""

    base: str
    paths: tuple[str, ...]
    rows: int
    out: str


@dataclass(frozen=True)
class _Part:
    """Some row groups of a data file, every `of`-th from `place` on, and what is asked of them."""

    base: str
    path: str
    place: int
    of: int
    words: tuple[str, ...]
    schema: pa.Schema
    fixed: Mapping[str, Any]
    repeated: tuple[str, ...]
    out: str


def sifted(
    lake: Lake,
    table: Table,
    files: Sequence[Mapping[str, Any]],
    asked: DataFrame,
    columns: Sequence[str],
) -> DataFrame:
    """Rows of data files of `outcomes` with a mark of theirs among `asked`, maybe a few others.

    `files` are as `Lake.data_files` names them, `asked` has one column, a mark, any of it more than
    once. What comes back is computed, and kept until `Lake.forget`.
    """
    name = uuid.uuid4().hex
    out = lake.scratch(f"{name}-sifted")
    lake.storage.fs.create_dir(lake.storage.full(out), recursive=True)
    folder = lake.scratch(f"{name}-filter")
    words = _filtered(lake, asked, folder)
    schema = pa.schema([arrow_schema(table).field(each) for each in columns])
    texts = [each.name for each in schema if each.type == pa.string()]
    few = tuple(name for name in texts if name in table.repeated)
    parts = [
        _Part(lake.uri, f"{table.name}/{each['path']}", place, of, words, schema, fixed, few, out)
        for each in files
        for fixed in [{name: each[f"partition.{name}"] for name in table.partitions}]
        for of in [math.ceil(int(each["num_records"]) / _ROWS_OF_A_TASK)]
        for place in range(of)
    ]
    told = told_by(lake, parts, _sift, sum(int(each["size_bytes"]) for each in files))
    _read.cache_clear()
    lake.storage.remove(folder)
    if not any(each["rows"] for each in told):
        # A file without rows: the embedded engine fails on unions with a frame that has no source.
        nothing = lake.storage.full(f"{out}/none.parquet")
        pq.write_table(schema.empty_table(), nothing, filesystem=lake.storage.fs)
    kept = StructType([table.schema[each] for each in columns])
    return lake.spark.read.schema(kept).parquet(f"{lake.uri}/{out}")


def _filtered(lake: Lake, asked: DataFrame, folder: str) -> tuple[str, ...]:
    """Writes the filter of marks, in layers that tasks made; their paths in the lake."""
    lake.storage.fs.create_dir(lake.storage.full(folder), recursive=True)
    marks = f"{folder}/marks"
    asked.write.mode("overwrite").option("compression", "none").parquet(f"{lake.uri}/{marks}")
    infos = lake.storage.parquet(marks)
    paths = [info.path for info in infos]
    rows = sum(pq.read_metadata(path, filesystem=lake.storage.fs).num_rows for path in paths)
    count = max(min(os.cpu_count() or 1, len(paths), rows // _ROWS_OF_A_TASK), 1)
    layers = [
        _Layer(lake.uri, tuple(paths[place::count]), rows, f"{folder}/{place}.bits")
        for place in range(count)
    ]
    told_by(lake, layers, _laid, sum(info.size for info in infos))
    return tuple(each.out for each in layers)


def _laid(layer: _Layer) -> dict[str, Any]:
    """Writes a layer."""
    storage, words = Storage(layer.base), empty(layer.rows)
    for path in layer.paths:
        with storage.fs.open_input_file(path) as source:
            for batch in pq.ParquetFile(source).iter_batches(_AT_ONCE):
                add(words, batch.column(0))
    with storage.fs.open_output_stream(storage.full(layer.out)) as target:
        target.write(words.data)
    return {}


@lru_cache(maxsize=1)
def _read(base: str, paths: tuple[str, ...]) -> Words:
    """All layers of a filter in one."""
    storage, layers = Storage(base), []
    for path in paths:
        with storage.fs.open_input_file(storage.full(path)) as source:
            layers.append(np.frombuffer(source.read_buffer(), np.uint64))
    return reduce(np.bitwise_or, layers)


def _sift(part: _Part) -> dict[str, Any]:
    """Writes the rows of a part that pass, if there are any; says how many."""
    storage = Storage(part.base)
    words = _read(part.base, part.words)
    found = []
    stored = [each for each in part.schema if each.name not in part.fixed]
    with storage.fs.open_input_file(storage.full(part.path)) as source:
        parquet = pq.ParquetFile(source, read_dictionary=part.repeated)
        for group in range(part.place, parquet.num_row_groups, part.of):
            hit = among(words, _columns(parquet, group, _MARKED).columns)
            if len(hit):
                found.append(_columns(parquet, group, stored).take(hit))
    rows = sum(each.num_rows for each in found)
    if rows:
        table = pa.concat_tables(found)
        columns = [
            pa.array([part.fixed[each.name]] * rows, each.type)
            if each.name in part.fixed
            else table[each.name].cast(each.type)
            for each in part.schema
        ]
        path = storage.full(f"{part.out}/{uuid.uuid4().hex}.parquet")
        pq.write_table(pa.table(columns, schema=part.schema), path, filesystem=storage.fs)
    return {"rows": rows}


def _columns(parquet: pq.ParquetFile, group: int, fields: Sequence[pa.Field]) -> pa.Table:
    """Some columns of a row group; those that its file was written without are null."""
    there = set(parquet.schema_arrow.names)
    table = parquet.read_row_group(group, [each.name for each in fields if each.name in there])
    rows = parquet.metadata.row_group(group).num_rows
    for place, each in enumerate(fields):
        if each.name not in there:
            table = table.add_column(place, each, pa.nulls(rows, each.type))
    return table


def empty(marks: int) -> Words:
    """A filter for about so many marks, with none in it."""
    power = math.ceil(math.log2(max(marks, 1)))
    return np.zeros(2 ** min(max(power, _POWER_MIN), _POWER_MAX), np.uint64)


def add(words: Words, marks: pa.Array) -> None:
    """Adds marks, 64-bit integers, to a filter."""
    at, bits = _told(words, marks.to_numpy(zero_copy_only=False))
    np.bitwise_or.at(words, at, bits)


def among(words: Words, columns: Sequence[pa.ChunkedArray]) -> npt.NDArray[np.int64]:
    """The places of rows of which one column is a mark that was added, or is taken for one."""
    passed = np.zeros(len(columns[0]), bool)
    for column in columns:
        there = column.is_valid().to_numpy()
        marks = column.fill_null(0).to_numpy()
        for start in range(0, len(marks), _AT_ONCE):
            piece = slice(start, start + _AT_ONCE)
            at, bits = _told(words, marks[piece])
            passed[piece] |= ((words[at] & bits) == bits) & there[piece]
    return np.flatnonzero(passed)


def _told(words: Words, marks: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Words]:
    """The word of each mark, and the bits that it sets there."""
    given = marks.view(np.uint64)
    power = len(words).bit_length() - 1
    at = (given >> np.uint64(64 - power)).astype(np.int64)
    bits = np.zeros(len(given), np.uint64)
    for place in _PLACES:
        bits |= np.uint64(1) << ((given >> np.uint64(place)) & np.uint64(63))
    return at, bits
