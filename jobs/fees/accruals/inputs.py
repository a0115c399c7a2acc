"""What an accrual depends on: our snapshots, the rate card as it stands around the date, and the
steps of its volumes.

A card that changes for later dates only, as a new entry `from` a date does, changes nothing before.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from jobs.fees.sources import find_part, latest_checks
from schemas.business_calendar import Calendar
from schemas.fee_schedule import UNTIL_SETTLED, FeeSchedule
from schemas.profile.channel import Profile
from schemas.vocabulary import FileStatus

#: Raised when the rules of accruals change: all dates are then accrued again.
RULES_VERSION = 2
#: A trade may lie so many days after its business date: zones, and hours of the channel.
_AHEAD = timedelta(days=2)

Snapshot = tuple[date, str]
#: The part of the fingerprint for the first date whose snapshot was read.
_SINCE = "since"


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
    profile: Profile, schedule: FeeSchedule, snapshots: Sequence[Snapshot], day: date, since: date
) -> str:
    """Stands for what the accrual of a date reads, its volumes apart: the first date whose snapshot
    may say something, the snapshots from then on, and the entries that may price a trade.
    """
    first = min(since, day - timedelta(days=schedule.lookback_days))
    inputs = [
        RULES_VERSION,
        [f"{on}:{file_id}" for on, file_id in snapshots if first <= on <= day],
        _card_in_force(schedule, first, day + _AHEAD),
        profile.zone,
        profile.match.lookback,
        _calendar_text(schedule, profile.calendar),
    ]
    text = hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
    return f"{text} {_SINCE}={first}"


def find_changed_accruals(
    profile: Profile,
    schedule: FeeSchedule,
    accruals: Iterable[Mapping[str, Any]],
    files: Iterable[Mapping[str, Any]],
) -> list[date]:
    """The dates whose last accrual read another card or other snapshots than there are now, in
    order; what it read of volumes says `volumes.stale.find_changed_steps`.

    `accruals` are rows of `runs` of the channel, `files` those of `snapshot_files`.
    """
    snapshots = list_snapshots(files, profile.channel)
    changed = []
    for day, run in latest_checks(accruals).items():
        own, since = (find_part(run["fingerprint"], name) for name in ("", _SINCE))
        first = date.fromisoformat(since) if since else day
        now = fingerprint_accrual(profile, schedule, snapshots, day, first)
        if [own, since] != [find_part(now), find_part(now, _SINCE)]:
            changed.append(day)
    return changed


def _card_in_force(schedule: FeeSchedule, first: date, last: date) -> list[Any]:
    """A card as far as it says something of trades until a date: of entries that ended before the
    first one all, as a payment of that date may have been traded long before.
    """
    entries = []
    for entry in schedule.entries:
        from_ = entry.from_ if entry.from_ and entry.from_ > first else None
        to = entry.to if entry.to and entry.to < last else None
        if (from_ or first) <= last:
            values = entry.model_dump(mode="json", exclude={"from_", "to"})
            entries.append([values, str(from_), str(to)])
    return [schedule.lookback_days, schedule.return_unknown, entries]


def _calendar_text(schedule: FeeSchedule, calendar: Calendar) -> str:
    if all(entry.refund_rule != UNTIL_SETTLED for entry in schedule.entries):
        return ""
    return calendar.model_dump_json()
