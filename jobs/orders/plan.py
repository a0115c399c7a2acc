"""The dates whose orders are to be checked, and a fingerprint of the inputs of each.

A date depends on its snapshots, on what matches said of it, and on the date before. So a late or
new snapshot changes the fingerprints of its date and of all later dates; these are checked again.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from schemas.tables.latest_runs import find_latest_runs
from schemas.vocabulary import FileStatus

#: Raised when the rules change: all dates are then checked again.
RULES_VERSION = 2


def plan_checks(
    requested: Collection[date],
    snapshots: Iterable[Mapping[str, Any]],
    runs: Iterable[Mapping[str, Any]],
    first_here: date = date.min,
) -> list[tuple[date, str]]:
    """The dates to check and their fingerprints, in order: requested, never checked, or changed.

    `snapshots` are rows of `snapshot_files`, `runs` rows of `runs` of the jobs match and
    check_orders. A date counts if it has a snapshot, was checked before, or is requested; none
    later than the latest that is requested or was checked. Dates before `first_here` have moved to
    the history lake: they stay as they were checked.
    """
    in_force: dict[date, set[str]] = {}
    for row in snapshots:
        if row["status"] == FileStatus.ACCEPTED:
            in_force.setdefault(row["business_date"], set()).add(str(row["file_id"]))
    runs = [*runs]
    matched: dict[date, list[tuple[str, str]]] = {}
    of_match = (run for run in runs if run["job"] == "match")
    for (day, name), run in find_latest_runs(of_match, ("business_date", "channel")).items():
        matched.setdefault(day, []).append((name, str(run["fingerprint"])))
    checks = (run for run in runs if run["job"] != "match")
    latest = find_latest_runs(checks, ("business_date",))
    recorded = {day: str(run["fingerprint"]) for (day,), run in latest.items()}
    last = max([*requested, *recorded], default=date.min)
    planned, previous = [], ""
    for day in sorted({*in_force, *recorded, *requested}):
        if day > last:
            break
        matches = sorted(matched.get(day, ()))
        inputs = [RULES_VERSION, str(day), sorted(in_force.get(day, ())), matches, previous]
        fingerprint = hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
        if day < first_here:
            previous = recorded.get(day, fingerprint)
            continue
        if day in requested or day not in recorded or recorded[day] != fingerprint:
            planned.append((day, fingerprint))
        previous = fingerprint
    return planned
