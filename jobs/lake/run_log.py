"""The rows that commands leave in `runs`, one per job, channel and date."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from jobs import __version__
from jobs.engine.session import engine_in_use
from jobs.lake.tables import Lake
from schemas.tables import RUNS
from schemas.vocabulary import RunResult


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

    def to_row(self, engine: str) -> dict[str, Any]:
        """The row of `runs`, ended now."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {
            "run_id": uuid.uuid4().hex,
            "ended_at": datetime.now(UTC),
            "engine": engine,
            "software_version": __version__,
        }


def latest_run(lake: Lake, job: str, channel: str, day: date) -> dict[str, Any] | None:
    """The last finished run of a job for a channel and date; None if there is none."""
    runs = lake.read_rows(RUNS, job=job, channel=channel, business_date=day)
    return max(runs, key=lambda row: row["ended_at"], default=None)


def record_runs(lake: Lake, *runs: Run) -> None:
    """Adds finished runs to `runs`: only then do they count."""
    if runs:
        lake.append_rows(RUNS, [run.to_row(engine_in_use(lake.spark)) for run in runs])
