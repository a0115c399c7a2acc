"""Compares two runs of one date."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pyspark.sql import DataFrame

from jobs.engine.session import tune_session
from jobs.lake.point_query import PartitionFilter
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf, read_version
from jobs.timeline.diff.rows import compare_outcomes, count_changes, list_changes
from jobs.timeline.outcomes import format_time
from schemas.tables import OUTCOMES, RUNS

#: The most differing rows to list, per channel and date.
ROWS_MAX = 50


def compare_runs(
    lake: Lake, day: date, channels: Sequence[str] = (), as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """Compares the last two runs of a date that wrote outcomes; one dict per channel.

    With `as_of` (UTC) it compares the outcomes at that time with the last run. Without `channels`
    it compares every channel that was ever matched on the date. A channel without two such runs has
    no counts, and `note` says why. Writes nothing.

    Raises:
        TableMissing: the lake does not exist.
    """
    past = LakeAsOf(lake)
    runs = [
        row
        for row in past.read_rows(RUNS)
        if row["job"] == "match"
        and row["business_date"] == day
        and OUTCOMES.name in (row["versions_written"] or {})
    ]
    runs.sort(key=lambda row: (row["ended_at"], row["run_id"]))
    names = channels or sorted({row["channel"] for row in runs})
    runs_by_channel = {name: [row for row in runs if row["channel"] == name] for name in names}
    limit = LakeAsOf(lake, as_of).at
    return [
        _compare_channel(lake, day, name, rows, limit) for name, rows in runs_by_channel.items()
    ]


def _compare_channel(
    lake: Lake, day: date, channel: str, runs: Sequence[Mapping[str, Any]], limit: datetime | None
) -> dict[str, Any]:
    after = runs[-1] if runs else None
    earlier = runs[:-1] if limit is None else [row for row in runs if row["ended_at"] <= limit]
    before = earlier[-1] if earlier else None
    diff: dict[str, Any] = {
        "business_date": str(day),
        "channel": channel,
        "runs": len(runs),
        "before": _describe_run(before),
        "after": _describe_run(after),
        "same_inputs": None,
        "note": None,
    }
    if after is None:
        return diff | {"note": "no run of this date wrote outcomes"}
    if before is None:
        when = "only one run of this date" if limit is None else "no run before that time"
        return diff | {"note": f"{when} wrote outcomes, there is nothing to compare with"}
    diff["same_inputs"] = before["fingerprint"] == after["fingerprint"]
    if diff["same_inputs"]:
        diff["note"] = "both runs had the same inputs (their fingerprints are equal)"
    if before is after:
        return diff | {"note": "that run is also the last run: nothing changed since"}
    tune_session(
        lake.spark, sum((after["counts"] or {}).get(n, 0) for n in ("lines", "transactions"))
    )
    sides = [_read_outcomes(lake, run, day, channel) for run in (before, after)]
    differing = lake.stage(compare_outcomes(*sides), "differing")
    return diff | count_changes(differing) | {"rows": list_changes(differing, ROWS_MAX)}


def _read_outcomes(lake: Lake, row: Mapping[str, Any], day: date, channel: str) -> DataFrame:
    """The outcomes of a date in the version that one run wrote."""
    partitions = PartitionFilter(frozenset([channel]), frozenset([day]))
    return read_version(lake, OUTCOMES, partitions, row["versions_written"][OUTCOMES.name])


def _describe_run(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "run_id": row["run_id"],
        "ended_at": format_time(row["ended_at"]),
        "result": row["result"],
        "engine": row["engine"],
        "software_version": row["software_version"],
        "fingerprint": row["fingerprint"],
        "outcomes_version": row["versions_written"][OUTCOMES.name],
    }
