"""Which dates a publication covers."""

from dataclasses import dataclass
from datetime import date

from jobs.lake.changes.matched_dates import MatchedDate, read_matched_dates
from jobs.lake.tables import Lake
from schemas.profile.channel import Profile
from schemas.tables import OUTCOMES

#: The job's name in `runs`.
JOB = "publish"


@dataclass(frozen=True)
class Scope:
    """The dates of a publication, in order: all that count, those from the first stale one on, and
    those that are held back; and the version of `outcomes` that it reads.
    """

    dates: tuple[date, ...]
    changed: tuple[date, ...]
    held_back: tuple[date, ...]
    version: int

    @property
    def before(self) -> date | None:
        """The last date that counts before those that changed."""
        return max((day for day in self.dates if day < self.changed[0]), default=None)


def plan_publication(lake: Lake, profile: Profile, requested: frozenset[date]) -> Scope:
    """The scope of a channel's next publication; `requested` dates count though not whole.

    A date that was published once counts from then on.
    """
    version = lake.version(OUTCOMES)
    matched = read_matched_dates(lake, profile, JOB)

    def counts(day: date, match: MatchedDate) -> bool:
        return match.is_whole or match.version_read is not None or day in requested

    dates = tuple(day for day, match in matched.items() if counts(day, match))
    stale = [day for day in dates if matched[day].is_stale]
    changed = tuple(day for day in dates if stale and day >= stale[0])
    held_back = tuple(day for day in matched if day not in dates)
    return Scope(dates, changed, held_back, version)
