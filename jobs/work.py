"""One command at work: its session and lake, its clock, and the rows it leaves in `runs`."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import SparkSession

from jobs import __version__
from jobs.lake import STAGING, Lake
from jobs.session import close_session, engine_in_use, engine_of, is_submitted, open_session
from schemas.tables import RUNS
from schemas.vocabulary import RunResult

#: Who has staged nothing for so many days is taken for dead.
STAGED_DAYS_MAX = 7


@contextmanager
def at_work(
    lake_uri: str, engine: str | None, writes: bool = True, asks: bool = False
) -> Iterator[Lake]:
    """The lake of a command on a session that ends with it; its tables are there if it writes, and
    what a process that was killed has staged is gone a week later.

    A command that `asks` may do without a session: it is opened once something needs one. Below
    `spark-submit` it always is, as a cluster takes a driver without one for failed.

    Raises:
        ConfigurationError: there is no such engine.
    """
    engine_of(engine)
    opened: list[SparkSession] = []

    def session() -> SparkSession:
        opened.append(open_session(engine))
        return opened[-1]

    lake = Lake(session if asks and not is_submitted() else session(), lake_uri)
    try:
        if writes:
            lake.prepare().storage.remove_idle(STAGING, STAGED_DAYS_MAX)
        yield lake
    finally:
        lake.forget()
        for spark in opened:
            close_session(spark)


@dataclass
class Run:
    """One job for one channel and date, as `runs` keeps it; `seconds` are per step."""

    job: str
    channel: str | None
    business_date: date
    result: str = RunResult.DONE.value
    fingerprint: str | None = None
    versions_read: dict[str, int] = field(default_factory=dict)
    versions_written: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    amounts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times a step; a step done twice adds up."""
        begun = time.monotonic()
        try:
            yield
        finally:
            took = time.monotonic() - begun
            self.seconds[name] = round(self.seconds.get(name, 0.0) + took, 3)

    def row(self, engine: str) -> dict[str, Any]:
        """The row of `runs`, ended now."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {
            "run_id": uuid.uuid4().hex,
            "ended_at": datetime.now(UTC),
            "engine": engine,
            "software_version": __version__,
        }


def sealed(lake: Lake, *runs: Run) -> None:
    """Adds finished runs to `runs`: only then do they count."""
    if runs:
        lake.append_rows(RUNS, [run.row(engine_in_use(lake.spark)) for run in runs])
