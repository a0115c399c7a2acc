"""Opens the lake of one command, on a session that closes with it."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from pyspark.sql import SparkSession

from jobs.cli.console import Report
from jobs.engine.session import close_session, is_submitted, open_session, resolve_engine
from jobs.lake.history.place import describe_moved, find_first_date
from jobs.lake.listed_tables import check_listed_tables, is_lake
from jobs.lake.staging import STAGING
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from jobs.storage.local_files import restrict_new_files

log = logging.getLogger("tieout")
#: A process that staged nothing for so many days is dead: its staged data is removed.
STAGED_DAYS_MAX = 7


@contextmanager
def open_lake(
    lake_uri: str, engine: str | None, writes: bool = True, lazy_session: bool = False
) -> Iterator[Lake]:
    """Opens the lake of one command, on a session that closes with it.

    A command that `writes` creates missing tables, says so if that makes a new lake, and removes
    staged data that is older than `STAGED_DAYS_MAX`. With `lazy_session` the session opens when
    something first needs it; below `spark-submit` it always opens, because a cluster takes a driver
    without a session for failed.

    Raises:
        ConfigurationError: the engine is unknown.
        TableGone: the lake had tables that are no longer there.
    """
    resolve_engine(engine)
    restrict_new_files()  # before the session: the JVM that it starts inherits the setting
    storage = Storage(lake_uri)
    check_listed_tables(storage)
    is_new = writes and not is_lake(storage)
    opened: list[SparkSession] = []

    def session() -> SparkSession:
        opened.append(open_session(engine))
        return opened[-1]

    lake = Lake(session if lazy_session and not is_submitted() else session(), lake_uri)
    lake.is_new = is_new
    try:
        if writes:
            lake.prepare().storage.remove_idle_folders(STAGING, STAGED_DAYS_MAX)
        if lake.is_new:
            log.warning("made a new lake at %s", lake.uri)
        yield lake
    finally:
        lake.remove_staged()
        for spark in opened:
            close_session(spark)


def keep_dates_here(lake: Lake, dates: Iterable[date], report: Report) -> tuple[date, ...]:
    """The dates whose rows are in the lake; the report names the others, with exit status 3."""
    dates, first_here = tuple(dates), find_first_date(lake.storage)
    if moved := [day for day in dates if day < first_here]:
        report.warn(describe_moved(moved))
    return tuple(day for day in dates if day >= first_here)
