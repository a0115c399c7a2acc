"""Which runs to start: of files that came, and of dates that a person names; and their names."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from tieout_airflow.commands import DONE, Command, fail_task
from tieout_airflow.plan import Channel


def name_run(day: str, why: str) -> str:
    """The name of a run that another DAG starts: business date, why, and when."""
    return f"{day}__{why}__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"


def choose_runs(
    arrived: list[dict[str, Any]], channels: dict[str, Channel], now: datetime
) -> list[dict[str, Any]]:
    """The DAG, name and form of each run that new files make due, in order of date.

    A snapshot of ours makes the runs of all channels that it holds due. Dates for whose files a run
    still waits are left to that run, except those that come in parts.
    """
    due = set()
    for file in arrived:
        day = date.fromisoformat(file["business_date"])
        for channel in filter(None, map(channels.get, file["channels"])):
            if channel.in_parts or channel.gives_up_at(day) < now:
                due.add((day.isoformat(), channel.name))
    return [_start_of(name, day, "file_came") for day, name in sorted(due)]


def _start_of(channel: str, day: str, why: str) -> dict[str, Any]:
    return {
        "trigger_dag_id": f"channel_{channel}",
        "trigger_run_id": name_run(day, why),
        "conf": {"business_date": day, "wait": False},
        "note": f"{day} {channel}: {why.replace('_', ' ')}",
    }


def list_replay(
    chosen: list[str], first: str, last: str, channels: dict[str, Channel]
) -> list[str]:
    """The arguments of a replay of the chosen channels, or of all of them.

    Raises ValueError if the dates are in the wrong order.
    """
    if date.fromisoformat(last) < date.fromisoformat(first):
        raise ValueError(f"through {last} is before from {first}")
    named = [word for name in chosen for word in ("--channel", name)]
    engine = choose_engine([channels[name] for name in chosen or channels])
    return ["--business-date", first, "--through", last, *named, *engine]


def choose_engine(channels: Iterable[Channel]) -> list[str]:
    """The engine of a process on the worker: without a JVM, if all its channels are small enough;
    else the command's own choice.
    """
    is_small = all(channel.launch == "embedded" for channel in channels)
    return ["--engine", "sail"] if is_small else []


def run_to_end(context: Any, step: str, *words: str) -> dict[str, Any]:
    """Runs a command on the worker and logs what it prints; returns its summary.

    Ends the task red if the command ends with anything but 0.
    """
    outcome = Command(step, *words).run(context["ti"].task.log.info)
    if outcome.status != DONE:
        fail_task(context, outcome.status, outcome.reasons)
    return outcome.summary
