"""Which run dates a match has to carry out, and what stands for all that goes into each.

A date's fingerprint is made of its own inputs and of the fingerprint before it. So a late or new
file changes the fingerprints of its date and of all later ones, and those are run again, in order;
dates before it keep theirs and are left alone.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from jobs.ingestion.day_state import DayState
from schemas.profile.channel import Profile

#: To be raised when the rules change, so that what was decided by older ones is run again.
RULES_VERSION = 6


@dataclass(frozen=True)
class DueRun:
    """A run date to carry out: its fingerprint, why it is due, and what stands for all that goes
    into it beside the files of the date (`base`).
    """

    business_date: date
    fingerprint: str
    why: str
    base: str


def compute_fingerprint(
    profile: Profile, state: DayState, before: str, decided: Sequence[str] = ()
) -> str:
    """What stands for all that goes into a channel's run of a date; `decided` are the ids of the
    decisions about it.
    """
    page = profile.model_dump(
        mode="json", include={"channel", "zone", "first_date", "references", "scope", "match"}
    )
    told = [
        RULES_VERSION,
        page,
        str(state.business_date),
        state.files,
        state.is_complete,
        state.snapshot_id,
        before,
        *sorted(decided),
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def list_run_dates(
    profile: Profile, asked: Sequence[date], recorded: Mapping[date, str]
) -> list[date]:
    """Every run date from the channel's first to the latest asked for or run."""
    last = max([*asked, *recorded], default=profile.first_date)
    days = (last - profile.first_date).days
    return [profile.first_date + timedelta(days=i) for i in range(days + 1)]


def plan_runs(
    profile: Profile,
    states: Mapping[date, DayState],
    recorded: Mapping[date, str],
    asked: Sequence[date],
    decided: Mapping[date, Sequence[str]],
) -> list[DueRun]:
    """The run dates to carry out, in order: asked for, never run, or with other inputs than then.

    `states` has every date of `dates_of`, `recorded` the fingerprints of runs that were finished,
    `decided` the ids of approved decisions.
    """
    out: list[DueRun] = []
    before = ""
    for day in sorted(states):
        now = compute_fingerprint(profile, states[day], before, decided.get(day, ()))
        if day in asked:
            why = "asked"
        elif day not in recorded:
            why = "never run"
        else:
            why = "" if recorded[day] == now else "inputs changed"
        if why:
            without = replace(states[day], files=(), missing=())
            base = compute_fingerprint(profile, without, before, decided.get(day, ()))
            out.append(DueRun(day, now, why, base))
        before = now
    return out
