"""The dates of a month, and which of them a claim can be made of."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from jobs.ingestion.day_state import resolve_day_state
from schemas.profile.channel import Profile, Snapshots
from schemas.vocabulary import FileStatus


@dataclass(frozen=True)
class ClaimMonth:
    """The dates of a month from the channel's first date on.

    Of `unchecked` there are statement lines whose fees were not checked, or others than are there
    now; of `not_whole` the statement, or a part of it, has not come.
    """

    first: date
    last: date
    unchecked: tuple[date, ...]
    not_whole: tuple[date, ...]


def resolve_month(
    profile: Profile,
    month: date,
    files: Iterable[Mapping[str, Any]],
    checks: Iterable[Mapping[str, Any]],
    stale: Iterable[date],
) -> ClaimMonth:
    """The state of a month, which its first day names.

    `files` are rows of `statement_files`, `checks` those of `runs` of the fee check, both of the
    channel; `stale` are the dates whose fee check does not follow their latest match.
    """
    last = month.replace(day=monthrange(month.year, month.month)[1])
    first = max(month, profile.first_date)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    of_month = [row for row in files if row["business_date"] in days]
    latest = {row["business_date"]: row for row in sorted(checks, key=lambda row: row["ended_at"])}
    states = {day: resolve_day_state(profile, day, of_month, [], Snapshots()) for day in days}
    out_of_date = {*stale}
    unchecked = [
        day for day, state in states.items()
        if state.line_count
        and (day in out_of_date or _is_other(latest.get(day), state.line_count, day, of_month))
    ]  # fmt: skip
    not_whole = [day for day, state in states.items() if not state.is_complete]
    return ClaimMonth(first, last, tuple(unchecked), tuple(not_whole))


def _is_other(
    check: Mapping[str, Any] | None, lines: int, day: date, files: Iterable[Mapping[str, Any]]
) -> bool:
    """Whether a check is missing, has seen another number of lines, or is older than a file."""
    if check is None or dict(check["counts"] or {}).get("lines") != lines:
        return True
    return any(
        row["received_at"] > check["ended_at"] for row in files
        if row["business_date"] == day and row["status"] == FileStatus.ACCEPTED
    )  # fmt: skip
