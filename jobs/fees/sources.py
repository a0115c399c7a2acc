"""The earlier statements that a fee check has read, so that it is done again when they change.

The payment of a refund and its earlier refunds stand in them. A check of a date that needs none of
them has no fingerprint.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from schemas.vocabulary import FileStatus

Source = tuple[date, str]


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


def find_changed_checks(
    checks: Iterable[Mapping[str, Any]], files: Iterable[Mapping[str, Any]]
) -> list[date]:
    """The dates whose last check read other earlier files than there are now, in order.

    `checks` are rows of `runs`, `files` those of `statement_files`, both of one channel.
    """
    last: dict[date, Mapping[str, Any]] = {}
    for check in checks:
        day = check["business_date"]
        if day not in last or last[day]["ended_at"] < check["ended_at"]:
            last[day] = check
    sources, changed = list_sources(files), []
    for day, check in sorted(last.items()):
        fingerprint = check["fingerprint"]
        if fingerprint:
            lookback_days = int(fingerprint.partition(":")[0])
            if fingerprint != fingerprint_sources(sources, day, lookback_days):
                changed.append(day)
    return changed
