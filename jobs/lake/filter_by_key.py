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
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from jobs.engine.task_pool import run_tasks
from jobs.lake.bloom_filter import AT_ONCE, Words, add, among, empty
from jobs.lake.tables import Lake
from jobs.lake.write_checks import arrow_schema
from jobs.storage.archive import Storage
from schemas.tables import HASH_COLUMNS, Table

_MARKED = pa.schema([(name, pa.int64()) for name in HASH_COLUMNS])
#: About so many rows of a data file are one task's.
_ROWS_OF_A_TASK = 2**21


@dataclass(frozen=True)
class MarkFile:
    """A Parquet file of marks: its full path, the columns that count, rows and bytes."""

    path: str
    columns: tuple[str, ...]
    rows: int
    size: int


@dataclass(frozen=True)
class _Layer:
    """Files of marks that one task makes bits of, in a filter of about `words` words."""

    base: str
    files: tuple[MarkFile, ...]
    words: int
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
    asked: DataFrame | Sequence[MarkFile],
    columns: Sequence[str],
) -> DataFrame:
    """Rows of data files of `outcomes` with a mark of theirs among `asked`, maybe a few others.

    `files` are as `Lake.data_files` names them, `asked` is a frame of marks alone or files of them,
    any mark more than once. What comes back is computed, and kept until `Lake.forget`.
    """
    name = uuid.uuid4().hex
    out = lake.staging_path(f"{name}-sifted")
    lake.storage.fs.create_dir(lake.storage.full_path(out), recursive=True)
    folder = lake.staging_path(f"{name}-filter")
    words = filtered(lake, asked, folder)
    schema = pa.schema([arrow_schema(table).field(each) for each in columns])
    texts = [each.name for each in schema if each.type == pa.string()]
    few = tuple(name for name in texts if name in table.dictionary_columns)
    parts = [
        _Part(lake.uri, f"{table.name}/{each['path']}", place, of, words, schema, fixed, few, out)
        for each in files
        for fixed in [{name: each[f"partition.{name}"] for name in table.partitions}]
        for of in [math.ceil(int(each["num_records"]) / _ROWS_OF_A_TASK)]
        for place in range(of)
    ]
    told = run_tasks(lake.spark, parts, _sift, sum(int(each["size_bytes"]) for each in files))
    read_filter.cache_clear()
    lake.storage.remove_folder(folder)
    if not any(each["rows"] for each in told):
        # A file without rows: the embedded engine fails on unions with a frame that has no source.
        nothing = lake.storage.full_path(f"{out}/none.parquet")
        pq.write_table(schema.empty_table(), nothing, filesystem=lake.storage.fs)
    kept = StructType([table.schema[each] for each in columns])
    return lake.spark.read.schema(kept).parquet(f"{lake.uri}/{out}")


def mark_files(lake: Lake, marks: DataFrame, folder: str) -> list[MarkFile]:
    """Has the engine write marks into a folder of the lake, where tasks read them."""
    # Marks do not repeat: to begin a dictionary of them is work for nothing.
    how = {"compression": "none", "parquet.enable.dictionary": "false"}
    marks.write.mode("overwrite").options(**how).parquet(f"{lake.uri}/{folder}")
    names = tuple(marks.columns)
    return [
        MarkFile(info.path, names, rows, info.size)
        for info in lake.storage.list_parquet_files(folder)
        for rows in [pq.read_metadata(info.path, filesystem=lake.storage.fs).num_rows]
    ]


def filtered(
    lake: Lake, asked: DataFrame | Sequence[MarkFile], folder: str, room: int = 1
) -> tuple[str, ...]:
    """Writes the filter of marks, of `room` words for each, in layers that tasks made; their paths
    in the lake, for `read_filter`.
    """
    lake.storage.fs.create_dir(lake.storage.full_path(folder), recursive=True)
    files = mark_files(lake, asked, f"{folder}/marks") if isinstance(asked, DataFrame) else asked
    marks = sum(each.rows * len(each.columns) for each in files)
    count = max(min(os.cpu_count() or 1, len(files), marks // _ROWS_OF_A_TASK), 1)
    layers = [
        _Layer(lake.uri, tuple(files[place::count]), marks * room, f"{folder}/{place}.bits")
        for place in range(count)
    ]
    run_tasks(lake.spark, layers, _laid, sum(each.size for each in files))
    return tuple(each.out for each in layers)


def _laid(layer: _Layer) -> dict[str, Any]:
    """Writes a layer."""
    storage, words = Storage(layer.base), empty(layer.words)
    for file in layer.files:
        with storage.fs.open_input_file(file.path) as source:
            for batch in pq.ParquetFile(source).iter_batches(AT_ONCE, columns=file.columns):
                for column in batch.columns:
                    add(words, column.drop_null())
    with storage.fs.open_output_stream(storage.full_path(layer.out)) as target:
        target.write(words.data)
    return {}


@lru_cache(maxsize=1)
def read_filter(base: str, paths: tuple[str, ...]) -> Words:
    """All layers of a filter in one."""
    storage, layers = Storage(base), []
    for path in paths:
        with storage.fs.open_input_file(storage.full_path(path)) as source:
            layers.append(np.frombuffer(source.read_buffer(), np.uint64))
    return reduce(np.bitwise_or, layers)


def _sift(part: _Part) -> dict[str, Any]:
    """Writes the rows of a part that pass, if there are any; says how many."""
    storage = Storage(part.base)
    words = read_filter(part.base, part.words)
    found = []
    stored = [each for each in part.schema if each.name not in part.fixed]
    with storage.fs.open_input_file(storage.full_path(part.path)) as source:
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
        path = storage.full_path(f"{part.out}/{uuid.uuid4().hex}.parquet")
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
