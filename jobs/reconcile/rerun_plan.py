"""The run dates that a match has to run, and a fingerprint of the inputs of each.

A date's fingerprint covers its own inputs and the fingerprint of the date before. So a late or new
file changes the fingerprints of its date and of all later dates. The match runs those again, in
order. Earlier dates keep their fingerprints and are not run.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from jobs.ingestion.day_state import DayState
from schemas.profile.channel import Profile

#: Raised when the rules change: the match then runs all dates again.
RULES_VERSION = 7


@dataclass(frozen=True)
class DueRun:
    """A run date that is due: its fingerprint and the reason.

    `base` is the fingerprint of all inputs except the date's files and parts.
    """

    business_date: date
    fingerprint: str
    why: str
    base: str


def compute_fingerprint(
    profile: Profile, state: DayState, previous: str, decision_ids: Sequence[str] = ()
) -> str:
    """SHA-256 of all inputs of a channel's run date, in hex.

    `previous` is the fingerprint of the date before; `decision_ids` are the approved decisions
    about this date.
    """
    profile_values = profile.model_dump(
        mode="json", include={"channel", "zone", "first_date", "references", "scope", "match"}
    )
    inputs = [
        RULES_VERSION,
        profile_values,
        str(state.business_date),
        state.files,
        state.is_complete,
        _snapshot_input(state),
        previous,
        *sorted(decision_ids),
    ]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _snapshot_input(state: DayState) -> object:
    """What a run depends on of our own side: the snapshot's id, or its parts and whether all came.

    The rows of each part are in it, because a part listed later takes some from earlier ones.
    """
    if not state.snapshot_in_parts:
        return state.snapshots[0][1] if state.snapshots else None
    return [state.snapshots, state.has_snapshot]


def _without_files(state: DayState) -> DayState:
    """The state without what the next part may add to.

    It is complete if a side is whole: then a pair has made an attempt.
    """
    if not state.snapshot_in_parts:
        return replace(state, files=(), missing=())
    missing = () if state.is_complete or state.has_snapshot else ("any",)
    return replace(state, files=(), missing=missing, snapshots=(), snapshot_missing=("any",))


def list_run_dates(
    profile: Profile, requested: Sequence[date], recorded: Mapping[date, str]
) -> list[date]:
    """Every date from the channel's first to the latest that was requested or has a run."""
    last = max([*requested, *recorded], default=profile.first_date)
    days = (last - profile.first_date).days
    return [profile.first_date + timedelta(days=i) for i in range(days + 1)]


def plan_runs(
    profile: Profile,
    states: Mapping[date, DayState],
    recorded: Mapping[date, str],
    requested: Sequence[date],
    decision_ids: Mapping[date, Sequence[str]],
    earlier_snapshots: Sequence[str] = (),
    first_here: date = date.min,
) -> list[DueRun]:
    """The dates to run, in order: requested, never run, or with changed inputs.

    `states` has every date of `list_run_dates`, `recorded` the fingerprints of finished runs,
    `decision_ids` the approved decisions about each date. `earlier_snapshots` are the ids of the
    snapshots of the look-back before the first date: advice of the first dates depends on them.
    Dates before `first_here` have moved to the history lake: they stay as they were last run.
    """
    out: list[DueRun] = []
    previous = "+".join(earlier_snapshots)
    for day in sorted(states):
        if day < first_here and day in recorded:
            previous = recorded[day]
            continue
        fingerprint = compute_fingerprint(profile, states[day], previous, decision_ids.get(day, ()))
        if day < first_here:
            why = ""
        elif day in requested:
            why = "asked"
        elif day not in recorded:
            why = "never run"
        else:
            why = "" if recorded[day] == fingerprint else "inputs changed"
        if why:
            base_state = _without_files(states[day])
            base = compute_fingerprint(profile, base_state, previous, decision_ids.get(day, ()))
            out.append(DueRun(day, fingerprint, why, base))
        previous = fingerprint
    return out
