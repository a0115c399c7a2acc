"""Opens the lake of one command, on a session that closes with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from jobs.engine.session import close_session, is_submitted, open_session, resolve_engine
from jobs.lake.staging import STAGING
from jobs.lake.tables import Lake
from jobs.storage.local_files import restrict_new_files

#: A process that staged nothing for so many days is dead: its staged data is removed.
STAGED_DAYS_MAX = 7


@contextmanager
def open_lake(
    lake_uri: str, engine: str | None, writes: bool = True, lazy_session: bool = False
) -> Iterator[Lake]:
    """Opens the lake of one command, on a session that closes with it.

    A command that `writes` creates missing tables, and removes staged data that is older than
    `STAGED_DAYS_MAX`. With `lazy_session` the session opens when something first needs it; below
    `spark-submit` it always opens, because a cluster takes a driver without a session for failed.

    Raises:
        ConfigurationError: the engine is unknown.
    """
    resolve_engine(engine)
    restrict_new_files()  # before the session: the JVM that it starts inherits the setting
    opened: list[SparkSession] = []

    def session() -> SparkSession:
        opened.append(open_session(engine))
        return opened[-1]

    lake = Lake(session if lazy_session and not is_submitted() else session(), lake_uri)
    try:
        if writes:
            lake.prepare().storage.remove_idle_folders(STAGING, STAGED_DAYS_MAX)
        yield lake
    finally:
        lake.remove_staged()
        for spark in opened:
            close_session(spark)
