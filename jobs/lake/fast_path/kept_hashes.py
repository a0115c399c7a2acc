"""Keeps what a match computes once in the staging area: frames, and today's reference hashes."""

import uuid
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StructField, StructType

from jobs.engine.task_pool import run_tasks
from jobs.lake.fast_path.filter_by_key import HashFile, build_filter, read_filter, write_hashes
from jobs.lake.fast_path.key_counts import (
    count_range,
    count_tasks,
    scatter,
    scatter_tasks,
    write_keys,
)
from jobs.lake.tables import Lake
from schemas.reference_hashes import HASH, HASHES, KEY, NO_KEY, OTHER_HASH, OUR_HASH, VOID_MARK

#: Words of the filter for each hash looked up: one row in some hundred thousand passes by chance.
_WORDS_PER_HASH = 8


class LakeKeeper:
    """Keeps what a match computes once in the staging area of a lake."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def keep(self, frame: DataFrame, name: str) -> DataFrame:
        """The same rows, computed once; see `Lake.stage`."""
        return self._lake.stage(frame, name)

    def keep_hashes(self, lines: DataFrame, transactions: DataFrame) -> "KeptHashes":
        """The hashes of both sides, as `matching.fast_path.hash_references` lists them."""
        folder = self._lake.staging_path(f"{uuid.uuid4().hex}-today")
        return KeptHashes(
            self._lake,
            tuple(write_hashes(self._lake, lines, f"{folder}/lines")),
            tuple(write_hashes(self._lake, transactions, f"{folder}/transactions")),
            self._write_void_mark(f"{folder}/marks"),
        )

    def _write_void_mark(self, folder: str) -> HashFile:
        storage = self._lake.storage
        storage.fs.create_dir(storage.full_path(folder), recursive=True)
        full_path = storage.full_path(f"{folder}/void.parquet")
        table = pa.table({HASH: pa.array([VOID_MARK], pa.int64())})
        pq.write_table(table, full_path, filesystem=storage.fs)
        return HashFile(full_path, (HASH,), 1, storage.fs.get_file_info(full_path).size)


@dataclass(frozen=True)
class KeptHashes:
    """Today's reference hashes in files."""

    lake: Lake
    lines: tuple[HashFile, ...]
    transactions: tuple[HashFile, ...]
    #: The mark of closed rows that a line may void.
    void_mark: HashFile

    @property
    def lookup_files(self) -> list[HashFile]:
        """The files and columns of `lookup_hashes`."""
        both = (*self.lines, *self.transactions)
        hashes = [replace(file, columns=(OUR_HASH, OTHER_HASH)) for file in both]
        return [*hashes, self.void_mark]

    def lookup_hashes(self) -> DataFrame:
        """See `matching.fast_path.keeper.ReferenceKeys`."""
        read = self.lake.spark.read.schema(_longs(*HASHES))
        frames = [
            read.parquet(*map(self._uri, files))
            .where(F.col(name).isNotNull())
            .select(F.col(name).alias(HASH))
            for files in (self.lines, self.transactions)
            for name in (OUR_HASH, OTHER_HASH)
            if files
        ]
        mark = self.lake.spark.read.schema(_longs(HASH)).parquet(self._uri(self.void_mark))
        return reduce(DataFrame.unionByName, [mark, *frames])

    def non_unique_keys(self, also: DataFrame) -> DataFrame:
        """Counts without the engine; see `matching.fast_path.keeper.ReferenceKeys`."""
        lake, folder = self.lake, self.lake.staging_path(f"{uuid.uuid4().hex}-keys")
        for name in ("keys", "ranges"):
            lake.storage.fs.create_dir(lake.storage.full_path(f"{folder}/{name}"), recursive=True)
        shards = build_filter(lake, also, f"{folder}/filter", _WORDS_PER_HASH)
        size = sum(file.size for file in (*self.lines, *self.transactions))
        tasks = list(scatter_tasks(lake.storage, self.lines, self.transactions, shards, folder))
        scattered = run_tasks(lake.spark, tasks, scatter, size)
        read_filter.cache_clear()
        rows = sum(file.rows for file in (*self.lines, *self.transactions))
        assert sum(result["seen"] for result in scattered) == rows
        counts = list(count_tasks(lake.uri, scattered, folder))
        results = run_tasks(lake.spark, counts, count_range, size)
        lake.storage.remove_folder(f"{folder}/ranges")
        results += scattered
        results.append(write_keys(lake.storage, f"{folder}/keys", np.array([NO_KEY])))
        paths = [f"{lake.uri}/{folder}/keys/{each['name']}" for each in results if each["rows"]]
        return lake.spark.read.schema(_longs(KEY)).parquet(*paths)

    def _uri(self, file: HashFile) -> str:
        return f"{self.lake.uri}/{file.path.removeprefix(self.lake.storage.full_path(''))}"


def _longs(*names: str) -> StructType:
    return StructType([StructField(name, LongType()) for name in names])
