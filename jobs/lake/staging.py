"""The staging area of a lake: frames that one process computes once and reads again."""

import uuid
from collections.abc import Callable
from functools import cached_property

from pyspark.sql import DataFrame, SparkSession

from jobs.engine.session import engine_in_use
from jobs.storage.archive import Storage

#: The folder of a lake in which each process has a folder of its own.
STAGING = "_staging"


class StagingArea:
    """A session, opened when it is first used, and this process's staging folder of a lake.

    `is_new` says that this command made the lake.
    """

    def __init__(self, spark: SparkSession | Callable[[], SparkSession], uri: str) -> None:
        self._session = spark
        self.is_new = False
        self.storage = Storage(uri)
        self.uri = self.storage.uri
        self._folder = f"{STAGING}/{uuid.uuid4().hex}"

    @cached_property
    def spark(self) -> SparkSession:
        """The session; the first use opens it."""
        return self._session() if callable(self._session) else self._session

    def staging_path(self, name: str) -> str:
        """A path in the staging folder, relative to the lake; `remove_staged` removes it."""
        return f"{self._folder}/{name}"

    def stage(self, frame: DataFrame, name: str) -> DataFrame:
        """The same rows, computed once and kept in the staging folder until `remove_staged`.

        Both engines write and read back, so that a plan on top starts from files. The rows are read
        once or twice: snappy packs faster, zstd smaller.
        """
        path = f"{self.uri}/{self._folder}/{uuid.uuid4().hex}-{name}"
        frame.write.mode("overwrite").option("compression", "snappy").parquet(path)
        if engine_in_use(self.spark) == "sail":
            # The embedded engine plans a frame anew to say its schema; files with rows say it, too.
            kept = self.spark.read.parquet(path)
            if kept.columns:
                return kept
        return self.spark.read.schema(frame.schema).parquet(path)

    def remove_staged(self) -> None:
        """Removes the staging folder; the last use of a lake."""
        self.storage.remove_folder(self._folder)
