"""Finds the rows of large data files that have one of many reference hashes, without a join.

The hashes looked up become a Bloom filter: bits that each of them sets, in one word of 64. A task
holds each data file's hashes against it where the file lies, and reads the columns asked for of the
rows that pass: all that have such a hash, and a few in ten thousand others.
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
from jobs.lake.fast_path.bloom_filter import AT_ONCE, Words, add, contains, empty
from jobs.lake.history.place import storage_of
from jobs.lake.tables import Lake
from jobs.lake.write_checks import arrow_schema
from jobs.storage.archive import Storage
from schemas.tables import HASH_COLUMNS, Table

_HASHES = pa.schema([(name, pa.int64()) for name in HASH_COLUMNS])
#: About so many rows of a data file are one task's.
_ROWS_OF_A_TASK = 2**21


@dataclass(frozen=True)
class HashFile:
    """A Parquet file of hashes: its full path, the columns that count, rows and bytes."""

    path: str
    columns: tuple[str, ...]
    rows: int
    size: int


@dataclass(frozen=True)
class FilterShard:
    """Files of hashes of which one task makes the bits, in a filter of about `words` words."""

    base: str
    files: tuple[HashFile, ...]
    words: int
    out: str


@dataclass(frozen=True)
class FilterTask:
    """Some row groups of a data file, every `of`-th from `place` on, and what is read of them.

    `source` is the URI of the lake that has the file: the one at `base`, or its history.
    `fixed` are the values of partition columns, `repeated` text columns whose values repeat.
    """

    base: str
    source: str
    path: str
    place: int
    of: int
    shards: tuple[str, ...]
    schema: pa.Schema
    fixed: Mapping[str, Any]
    repeated: tuple[str, ...]
    out: str


def filter_rows_by_key(
    lake: Lake,
    table: Table,
    files: Sequence[Mapping[str, Any]],
    keys: DataFrame | Sequence[HashFile],
    columns: Sequence[str],
) -> DataFrame:
    """Rows of data files of `outcomes` that have one of some hashes, and maybe a few others.

    `files` are as `Lake.data_files` lists them, `keys` a frame of hashes alone or files of them,
    any hash more than once. The rows are computed now, and kept until `Lake.forget`. The plain
    definition is `matching.fast_path.plain_keys.rows_with_keys`.
    """
    name = uuid.uuid4().hex
    out = lake.staging_path(f"{name}-rows")
    lake.storage.fs.create_dir(lake.storage.full_path(out), recursive=True)
    folder = lake.staging_path(f"{name}-filter")
    shards = build_filter(lake, keys, folder)
    schema = pa.schema([arrow_schema(table).field(column) for column in columns])
    texts = [field.name for field in schema if field.type == pa.string()]
    few = tuple(name for name in texts if name in table.dictionary_columns)
    tasks = [
        FilterTask(
            lake.uri,
            source,
            f"{table.name}/{file['path']}",
            place,
            of,
            shards,
            schema,
            fixed,
            few,
            out,
        )
        for file in files
        for source in [storage_of(lake.storage, file).uri]
        for fixed in [{name: file[f"partition.{name}"] for name in table.partitions}]
        for of in [math.ceil(int(file["num_records"]) / _ROWS_OF_A_TASK)]
        for place in range(of)
    ]
    total_bytes = sum(int(file["size_bytes"]) for file in files)
    results = run_tasks(lake.spark, tasks, filter_file, total_bytes)
    read_filter.cache_clear()
    lake.storage.remove_folder(folder)
    if not any(result["rows"] for result in results):
        # A file without rows: the embedded engine fails on unions with a frame that has no source.
        nothing = lake.storage.full_path(f"{out}/none.parquet")
        pq.write_table(schema.empty_table(), nothing, filesystem=lake.storage.fs)
    result_schema = StructType([table.schema[column] for column in columns])
    return lake.spark.read.schema(result_schema).parquet(f"{lake.uri}/{out}")


def write_hashes(lake: Lake, hashes: DataFrame, folder: str) -> list[HashFile]:
    """Has the engine write hashes into a folder of the lake, where tasks read them."""
    # Hashes do not repeat: to begin a dictionary of them is work for nothing.
    how = {"compression": "none", "parquet.enable.dictionary": "false"}
    hashes.write.mode("overwrite").options(**how).parquet(f"{lake.uri}/{folder}")
    names = tuple(hashes.columns)
    return [
        HashFile(info.path, names, rows, info.size)
        for info in lake.storage.list_parquet_files(folder)
        for rows in [pq.read_metadata(info.path, filesystem=lake.storage.fs).num_rows]
    ]


def build_filter(
    lake: Lake, keys: DataFrame | Sequence[HashFile], folder: str, words_per_hash: int = 1
) -> tuple[str, ...]:
    """Writes the filter of hashes in shards that tasks made; their paths in the lake, for
    `read_filter`.
    """
    lake.storage.fs.create_dir(lake.storage.full_path(folder), recursive=True)
    files = write_hashes(lake, keys, f"{folder}/hashes") if isinstance(keys, DataFrame) else keys
    hashes = sum(file.rows * len(file.columns) for file in files)
    count = max(min(os.cpu_count() or 1, len(files), hashes // _ROWS_OF_A_TASK), 1)
    shards = [
        FilterShard(
            lake.uri, tuple(files[place::count]), hashes * words_per_hash, f"{folder}/{place}.bits"
        )
        for place in range(count)
    ]
    run_tasks(lake.spark, shards, _write_shard, sum(file.size for file in files))
    return tuple(shard.out for shard in shards)


def _write_shard(shard: FilterShard) -> dict[str, Any]:
    storage, words = Storage(shard.base), empty(shard.words)
    for file in shard.files:
        with storage.fs.open_input_file(file.path) as source:
            for batch in pq.ParquetFile(source).iter_batches(AT_ONCE, columns=file.columns):
                for column in batch.columns:
                    add(words, column.drop_null())
    with storage.fs.open_output_stream(storage.full_path(shard.out)) as target:
        target.write(words.data)
    return {}


@lru_cache(maxsize=1)
def read_filter(base: str, paths: tuple[str, ...]) -> Words:
    """All shards of a filter in one."""
    storage, shards = Storage(base), []
    for path in paths:
        with storage.fs.open_input_file(storage.full_path(path)) as source:
            shards.append(np.frombuffer(source.read_buffer(), np.uint64))
    return reduce(np.bitwise_or, shards)


def filter_file(task: FilterTask) -> dict[str, Any]:
    """Writes the rows of a task that pass, if there are any; returns how many."""
    storage, source_storage = Storage(task.base), Storage(task.source)
    words = read_filter(task.base, task.shards)
    tables = []
    stored = [field for field in task.schema if field.name not in task.fixed]
    with source_storage.fs.open_input_file(source_storage.full_path(task.path)) as source:
        parquet = pq.ParquetFile(source, read_dictionary=task.repeated)
        for group in range(task.place, parquet.num_row_groups, task.of):
            passed = contains(words, _columns(parquet, group, _HASHES).columns)
            if len(passed):
                tables.append(_columns(parquet, group, stored).take(passed))
    rows = sum(table.num_rows for table in tables)
    if rows:
        table = pa.concat_tables(tables)
        columns = [
            pa.array([task.fixed[field.name]] * rows, field.type)
            if field.name in task.fixed
            else table[field.name].cast(field.type)
            for field in task.schema
        ]
        path = storage.full_path(f"{task.out}/{uuid.uuid4().hex}.parquet")
        pq.write_table(pa.table(columns, schema=task.schema), path, filesystem=storage.fs)
    return {"rows": rows}


def _columns(parquet: pq.ParquetFile, group: int, fields: Sequence[pa.Field]) -> pa.Table:
    """Some columns of a row group; those that its file was written without are null."""
    present = set(parquet.schema_arrow.names)
    names = [field.name for field in fields if field.name in present]
    table = parquet.read_row_group(group, names)
    rows = parquet.metadata.row_group(group).num_rows
    for place, field in enumerate(fields):
        if field.name not in present:
            table = table.add_column(place, field, pa.nulls(rows, field.type))
    return table
