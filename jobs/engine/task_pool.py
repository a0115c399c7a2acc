"""Work on files that Python does, shared out among the engine's workers."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pyarrow as pa
from pyspark.sql import SparkSession

from jobs.engine.session import is_local

T = TypeVar("T")
#: Below this many bytes files are read here, without asking the engine for tasks.
INLINE_BYTES = 8 * 2**20


def run_tasks(
    spark: SparkSession, tasks: Sequence[T], fn: Callable[[T], dict[str, Any]], total_bytes: int
) -> list[dict[str, Any]]:
    """What `work` (a function of a module) says of each task: here if they are small, else told by
    the engine's workers. What it says must be plain values.
    """
    if total_bytes <= INLINE_BYTES or len(tasks) == 1:
        return [fn(task) for task in tasks]
    if is_local(spark):
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return list(pool.map(fn, tasks))

    def worked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            told = [json.dumps(fn(tasks[i])) for i in batch.column(0).to_pylist()]
            yield pa.RecordBatch.from_pydict({"told": pa.array(told, pa.string())})

    frame = spark.range(0, len(tasks), 1, len(tasks)).mapInArrow(worked, "told string")
    return [json.loads(row["told"]) for row in frame.collect()]
