"""The dates that match has run, and how far a later job has followed: versions say it, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.lake.tables import Lake
from schemas.profile.channel import Profile
from schemas.tables import OUTCOMES, RUNS
from schemas.vocabulary import RunResult

_COLUMNS = ("job", "business_date", "result", "versions_read", "versions_written")


@dataclass(frozen=True)
class MatchedDate:
    """A date with outcomes: the result of its last match, and the versions of `outcomes` that this
    match wrote and that the later job read last; None if it never did.
    """

    result: str
    version: int
    version_read: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the statement was whole and our snapshot was there."""
        return self.result == RunResult.DONE

    @property
    def is_stale(self) -> bool:
        """Whether match ran it since the later job did."""
        return self.version_read is None or self.version_read < self.version


def find_matched_dates(runs: Iterable[Mapping[str, Any]], job: str) -> dict[date, MatchedDate]:
    """The dates whose match wrote outcomes, in order; `runs` are rows of `runs` of one channel."""
    matched: dict[date, tuple[int, str]] = {}
    read: dict[date, int] = {}
    for run in runs:
        day, table = run["business_date"], OUTCOMES.name
        versions = (run["versions_read"] or {}, run["versions_written"] or {})
        if run["job"] == "match" and table in versions[1]:
            latest = (int(versions[1][table]), str(run["result"]))
            matched[day] = max(matched.get(day, latest), latest)
        elif run["job"] == job and table in versions[0]:
            read[day] = max(read.get(day, -1), int(versions[0][table]))
    return {
        day: MatchedDate(result, version, read.get(day))
        for day, (version, result) in sorted(matched.items())
    }


def read_matched_dates(lake: Lake, profile: Profile, job: str) -> dict[date, MatchedDate]:
    """`find_matched_dates` of a channel, from its first date on."""
    rows = lake.read_rows(RUNS, _COLUMNS, channel=profile.channel, job=["match", job])
    return find_matched_dates((r for r in rows if r["business_date"] >= profile.first_date), job)
