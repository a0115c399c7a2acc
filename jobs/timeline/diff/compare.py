"""Compares two runs of one date."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pyspark.sql import DataFrame

from jobs.engine.session import tune_session
from jobs.lake.point_query import Part
from jobs.lake.tables import Lake
from jobs.lake.time_travel import Past, read_version
from jobs.timeline.diff.rows import compared, counted, listed
from jobs.timeline.outcomes import moment
from schemas.tables import OUTCOMES, RUNS

#: So many differing rows of a channel and date are listed.
ROWS_MAX = 50


def run(
    lake: Lake, day: date, channels: Sequence[str] = (), as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The differences of one date, a dict per channel; nothing is written.

    They are between the last two runs that wrote outcomes, or from what stood at `as_of` to the
    last. A channel without two such runs has no counts, and says why in `note`. All channels that
    were ever matched on that date if none is named.

    Raises:
        TableMissing: there is no lake in that place.
    """
    past = Past(lake)
    made = [
        row
        for row in past.control_rows(RUNS)
        if row["job"] == "match"
        and row["business_date"] == day
        and OUTCOMES.name in (row["versions_written"] or {})
    ]
    made.sort(key=lambda row: (row["ended_at"], row["run_id"]))
    named = channels or sorted({row["channel"] for row in made})
    own = {name: [row for row in made if row["channel"] == name] for name in named}
    limit = Past(lake, as_of).at
    return [_one(lake, day, name, rows, limit) for name, rows in own.items()]


def _one(
    lake: Lake, day: date, channel: str, runs: Sequence[Mapping[str, Any]], limit: datetime | None
) -> dict[str, Any]:
    after = runs[-1] if runs else None
    earlier = runs[:-1] if limit is None else [row for row in runs if row["ended_at"] <= limit]
    before = earlier[-1] if earlier else None
    told: dict[str, Any] = {
        "business_date": str(day),
        "channel": channel,
        "runs": len(runs),
        "before": _run(before),
        "after": _run(after),
        "same_inputs": None,
        "note": None,
    }
    if after is None:
        return told | {"note": "no run of this date has written outcomes"}
    if before is None:
        when = "only one run of this date has" if limit is None else "no run of this date had"
        return told | {"note": f"{when} written outcomes, there is nothing to compare with"}
    told["same_inputs"] = before["fingerprint"] == after["fingerprint"]
    if told["same_inputs"]:
        told["note"] = "both runs had the same inputs (their fingerprints are equal)"
    if before is after:
        return told | {"note": "the run of that moment is the last one, nothing changed since"}
    tune_session(
        lake.spark, sum((after["counts"] or {}).get(n, 0) for n in ("lines", "transactions"))
    )
    sides = [_outcomes(lake, each, day, channel) for each in (before, after)]
    differing = lake.stage(compared(*sides), "differing")
    return told | counted(differing) | {"rows": listed(differing, ROWS_MAX)}


def _outcomes(lake: Lake, row: Mapping[str, Any], day: date, channel: str) -> DataFrame:
    """The outcomes of a date as one of its runs left them."""
    here = Part(frozenset([channel]), frozenset([day]))
    return read_version(lake, OUTCOMES, here, row["versions_written"][OUTCOMES.name])


def _run(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "run_id": row["run_id"],
        "ended_at": moment(row["ended_at"]),
        "result": row["result"],
        "engine": row["engine"],
        "software_version": row["software_version"],
        "fingerprint": row["fingerprint"],
        "outcomes_version": row["versions_written"][OUTCOMES.name],
    }
