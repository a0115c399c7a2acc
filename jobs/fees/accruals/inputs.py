"""What an accrual depends on: our snapshots, and the rate card as it stands around the date.

A card that changes for later dates only, as a new entry `from` a date does, changes nothing before.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from schemas.business_calendar import Calendar
from schemas.fee_schedule import UNTIL_SETTLED, FeeSchedule
from schemas.profile.channel import Profile
from schemas.vocabulary import FileStatus

#: Raised when the rules of accruals change: all dates are then accrued again.
RULES_VERSION = 1
#: A trade may lie so many days after its business date: zones, and hours of the channel.
_AHEAD = timedelta(days=2)

Snapshot = tuple[date, str]


def list_snapshots(files: Iterable[Mapping[str, Any]], channel: str) -> list[Snapshot]:
    """Date and id of each accepted snapshot with rows of a channel, sorted; rows of
    `snapshot_files`.
    """
    accepted = FileStatus.ACCEPTED.value
    return sorted(
        (row["business_date"], row["file_id"])
        for row in files
        if row["status"] == accepted and dict(row["channels"] or {}).get(channel)
    )


def fingerprint_accrual(
    profile: Profile, schedule: FeeSchedule, snapshots: Sequence[Snapshot], day: date
) -> str:
    """SHA-256 of what the accrual of a date reads: snapshots of it and of the `lookback_days`
    before, and the entries that may price a trade of these dates.
    """
    since = day - timedelta(days=schedule.lookback_days)
    inputs = [
        RULES_VERSION,
        [f"{on}:{file_id}" for on, file_id in snapshots if since <= on <= day],
        _card_in_force(schedule, since, day + _AHEAD),
        profile.zone,
        profile.match.lookback,
        _calendar_text(schedule, profile.calendar),
    ]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def find_changed_accruals(
    profile: Profile,
    schedule: FeeSchedule,
    accruals: Iterable[Mapping[str, Any]],
    files: Iterable[Mapping[str, Any]],
) -> list[date]:
    """The dates whose last accrual read something else than there is now, in order.

    `accruals` are rows of `runs` of the channel, `files` those of `snapshot_files`.
    """
    last: dict[date, tuple[Any, str]] = {}
    for run in accruals:
        entry = run["ended_at"], str(run["fingerprint"])
        last[run["business_date"]] = max(last.get(run["business_date"], entry), entry)
    snapshots = list_snapshots(files, profile.channel)
    return [
        day
        for day, (_, fingerprint) in sorted(last.items())
        if fingerprint != fingerprint_accrual(profile, schedule, snapshots, day)
    ]


def _card_in_force(schedule: FeeSchedule, first: date, last: date) -> list[Any]:
    """A card as far as it says something of trades of some dates."""
    entries = []
    for entry in schedule.entries:
        from_ = entry.from_ if entry.from_ and entry.from_ > first else None
        to = entry.to if entry.to and entry.to < last else None
        if (from_ or first) <= last and (to or last) >= first:
            values = entry.model_dump(mode="json", exclude={"from_", "to"})
            entries.append([values, str(from_), str(to)])
    return [schedule.lookback_days, schedule.return_unknown, entries]


def _calendar_text(schedule: FeeSchedule, calendar: Calendar) -> str:
    if all(entry.refund_rule != UNTIL_SETTLED for entry in schedule.entries):
        return ""
    return calendar.model_dump_json()
