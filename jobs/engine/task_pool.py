"""Runs Python tasks over files, on this machine or on the engine's workers."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pyarrow as pa
from pyspark.sql import SparkSession

from jobs.engine.session import is_local

T = TypeVar("T")
#: Up to so many bytes this process runs the tasks itself, one after the other.
INLINE_BYTES = 8 * 2**20


def run_tasks(
    spark: SparkSession, tasks: Sequence[T], fn: Callable[[T], dict[str, Any]], total_bytes: int
) -> list[dict[str, Any]]:
    """Runs `fn` for each task and returns the results in the order of the tasks.

    Small tasks run in this process. Larger ones run in threads if the engine is on this machine,
    else on the engine's workers. `fn` is a function of a module and returns plain (JSON) values.
    """
    if total_bytes <= INLINE_BYTES or len(tasks) == 1:
        return [fn(task) for task in tasks]
    if is_local(spark):
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return list(pool.map(fn, tasks))

    def run_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            results = [json.dumps(fn(tasks[i])) for i in batch.column(0).to_pylist()]
            yield pa.RecordBatch.from_pydict({"result": pa.array(results, pa.string())})

    frame = spark.range(0, len(tasks), 1, len(tasks)).mapInArrow(run_batches, "result string")
    return [json.loads(row["result"]) for row in frame.collect()]
