"""The statements that a fee check has read, so that it is done again when they change.

The payment of a refund and its earlier refunds stand in earlier ones. A check of a date that needs
none of them, no volume and no month has no fingerprint.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from schemas.profile.channel import Profile
from schemas.profile.day_parts import find_missing_parts
from schemas.tables.latest_runs import find_latest_runs
from schemas.vocabulary import FileStatus

Source = tuple[date, str]
#: The part of a fingerprint for the files of the check's own date.
OWN_FILES = "files"


def list_sources(files: Iterable[Mapping[str, Any]]) -> list[Source]:
    """Date and id of each accepted file of a channel, sorted; `files` as in `statement_files`."""
    accepted = (row for row in files if row["status"] == FileStatus.ACCEPTED.value)
    return sorted((row["business_date"], row["file_id"]) for row in accepted)


def fingerprint_sources(sources: Sequence[Source], day: date, lookback_days: int) -> str:
    """Stands for the files of the `lookback_days` before a date; names that number first."""
    first = bisect_left(sources, (day - timedelta(days=lookback_days), ""))
    end = bisect_left(sources, (day, ""))
    text = "\n".join(f"{on} {file_id}" for on, file_id in sources[first:end])
    return f"{lookback_days}:{sha256(text.encode()).hexdigest()}"


def describe_own_files(sources: Sequence[Source], day: date) -> str:
    """The part of a check's fingerprint for the files of its own date: a marker brings no lines,
    but makes the date whole.
    """
    text = "\n".join(file_id for on, file_id in sources if on == day)
    return f"{OWN_FILES}={sha256(text.encode()).hexdigest()}"


def list_whole_dates(profile: Profile, files: Iterable[Mapping[str, Any]]) -> set[date]:
    """The dates of a channel with a whole accepted statement, or with a marker: no trades."""
    in_force: dict[date, set[str]] = {}
    for row in files:
        if row["status"] == FileStatus.ACCEPTED.value:
            in_force.setdefault(row["business_date"], set()).add(row["part"])
    expected = profile.files.parts if profile.files else ()
    return {day for day, parts in in_force.items() if not find_missing_parts(expected, parts)}


def join_parts(parts: Iterable[str | None]) -> str | None:
    """The fingerprint of a check: what it read, part by part; None if it read nothing else."""
    return " ".join(part for part in parts if part) or None


def find_part(fingerprint: str | None, name: str = "") -> str | None:
    """A part of a fingerprint, `name=text`; without a name that of the earlier statements."""
    for part in (fingerprint or "").split():
        head, sign, text = part.partition("=")
        if (head if sign else "") == name:
            return text if sign else part
    return None


def latest_checks(checks: Iterable[Mapping[str, Any]]) -> dict[date, Mapping[str, Any]]:
    """The last check of each date, by date in order; `checks` are rows of `runs` of a channel."""
    latest = find_latest_runs(checks, ("business_date",))
    return {day: check for (day,), check in latest.items()}


def find_changed_checks(
    checks: Iterable[Mapping[str, Any]], files: Iterable[Mapping[str, Any]]
) -> list[date]:
    """The dates whose last check read other files of its own or earlier dates than there are now,
    in order.

    `checks` are rows of `runs`, `files` those of `statement_files`, both of one channel.
    """
    sources, changed = list_sources(files), []
    for day, check in latest_checks(checks).items():
        earlier, own = (find_part(check["fingerprint"], name) for name in ("", OWN_FILES))
        is_changed = bool(own) and describe_own_files(sources, day) != f"{OWN_FILES}={own}"
        if earlier:
            lookback_days = int(earlier.partition(":")[0])
            is_changed |= earlier != fingerprint_sources(sources, day, lookback_days)
        if is_changed:
            changed.append(day)
    return changed


def find_unchecked_markers(
    profile: Profile, checks: Iterable[Mapping[str, Any]], files: Iterable[Mapping[str, Any]]
) -> list[date]:
    """The dates without trades that no check has looked at, in order: no match asks for a check of
    them, and a month needs them to be complete.

    `checks` are rows of `runs`, `files` those of `statement_files`, both of one channel.
    """
    files = [*files]
    with_lines = {
        row["business_date"] for row in files
        if row["status"] == FileStatus.ACCEPTED.value and row["line_count"]
    }  # fmt: skip
    checked = {check["business_date"] for check in checks}
    empty = list_whole_dates(profile, files) - with_lines - checked
    return sorted(day for day in empty if day >= profile.first_date)
