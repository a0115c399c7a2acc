"""Rows of `runs`: which is the last one of a job, a channel, a date."""

from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def find_latest_runs(runs: Iterable[Row], columns: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    """The run that ended last for each value of some columns, in order of these values; of two that
    ended at once the one with the greater fingerprint.
    """
    latest: dict[tuple[Any, ...], Row] = {}
    for run in runs:
        place = tuple(run[name] for name in columns)
        latest[place] = max(latest.get(place, run), run, key=_ending)
    return dict(sorted(latest.items(), key=lambda item: str(item[0])))


def _ending(run: Row) -> tuple[Any, str]:
    return run["ended_at"], str(run["fingerprint"])
