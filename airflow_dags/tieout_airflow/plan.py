"""The channels that DAGs are made of, from the file that `tieout schedule write` writes.

Read while Airflow parses the DAGs: environment variables only, no Airflow variables.
"""

import json
import os
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tieout_airflow.settings import DEFAULTS

#: The form of the file that this code reads.
FORM = 1


@dataclass(frozen=True)
class Channel:
    """One channel of the plan; see `tieout schedule`."""

    name: str
    zone: str
    first_date: date
    days: int
    at: time
    give_up: time
    has_due: bool
    in_parts: bool
    launch: str

    def due_at(self, day: date) -> datetime:
        """The moment at which the files of a business date are due."""
        return datetime.combine(day + timedelta(days=self.days), self.at, ZoneInfo(self.zone))

    def gives_up_at(self, day: date) -> datetime:
        """The channel's last moment for a business date: nobody waits for its files after it."""
        return datetime.combine(day + timedelta(days=self.days), self.give_up, ZoneInfo(self.zone))


def find_plan() -> Path:
    """The plan's file: TIEOUT_SCHEDULE, else `schedule.json` in the configuration."""
    home = os.environ.get("TIEOUT_HOME", DEFAULTS["home"])
    config = os.environ.get("TIEOUT_CONFIG", f"{home}/config")
    return Path(os.environ.get("TIEOUT_SCHEDULE", f"{config}/schedule.json"))


def read_plan(path: Path) -> dict[str, Channel]:
    """Reads the channels by name.

    Raises:
        FileNotFoundError: nobody has written the file.
        ValueError: the file is of another form.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; write it with `tieout schedule write`, or set TIEOUT_SCHEDULE"
        )
    plan = json.loads(path.read_text("utf-8"))
    if plan.get("form") != FORM:
        raise ValueError(f"{path}: of form {plan.get('form')}, not {FORM}; write it again")
    return {name: _read_channel(name, entry) for name, entry in plan["channels"].items()}


def _read_channel(name: str, entry: dict[str, Any]) -> Channel:
    due = entry["due"]
    return Channel(
        name=name,
        zone=entry["zone"],
        first_date=date.fromisoformat(entry["first_date"]),
        days=due["days"],
        at=time.fromisoformat(due["at"]),
        give_up=time.fromisoformat(due["give_up"]),
        has_due=entry["has_due"],
        in_parts=entry["in_parts"],
        launch=entry["launch"],
    )


def choose_date(requested: str | None, partition: str | None, at: datetime, zone: str) -> str:
    """The business date of a run, as text: of the form, else of the schedule, else the day before
    `at` in the zone. It never depends on the clock: a run that is cleared later keeps its date.

    Raises ValueError if `requested` or `partition` is no date.
    """
    chosen = requested or partition
    if chosen:
        return date.fromisoformat(chosen).isoformat()
    return (at.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)).isoformat()


def read_business_date(context: Any, zone: str) -> str:
    """The business date of the run that a task belongs to."""
    run = context["dag_run"]
    partition = getattr(run, "partition_key", None)
    requested = context["params"].get("business_date")
    return choose_date(requested, partition, run.logical_date or run.run_after, zone)
