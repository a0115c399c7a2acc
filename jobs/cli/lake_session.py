"""The lake of one command, on a session that ends with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from jobs.engine.session import close_session, is_submitted, open_session, resolve_engine
from jobs.lake.tables import STAGING, Lake

#: Who has staged nothing for so many days is taken for dead.
STAGED_DAYS_MAX = 7


@contextmanager
def open_lake(
    lake_uri: str, engine: str | None, writes: bool = True, lazy_session: bool = False
) -> Iterator[Lake]:
    """The lake of a command on a session that ends with it; its tables are there if it writes, and
    what a process that was killed has staged is gone a week later.

    A command that `asks` may do without a session: it is opened once something needs one. Below
    `spark-submit` it always is, as a cluster takes a driver without one for failed.

    Raises:
        ConfigurationError: there is no such engine.
    """
    resolve_engine(engine)
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
