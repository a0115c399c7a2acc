"""Whether the files of each date came in time, and what had to come again."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from schemas.private_text import safe_text
from schemas.profile.channel import Profile
from schemas.profile.day_parts import MARKER, WHOLE_DAY
from schemas.profile.due_time import find_due_moment
from schemas.vocabulary import FileStatus

Row = dict[str, Any]
#: Versions that were in force once: a part has come with the first of them.
_WERE_IN_FORCE = (FileStatus.ACCEPTED, FileStatus.SUPERSEDED, FileStatus.WITHDRAWN)


@dataclass(frozen=True)
class Arrival:
    """A date: when its files were due and when the last part came that was in force; None if the
    page has no due time, or parts are missing.
    """

    day: date
    due: datetime | None
    complete: datetime | None

    @property
    def lateness(self) -> timedelta | None:
        """How much later than due; 0 in time, None if it cannot be said."""
        if self.due is None or self.complete is None:
            return None
        return max(self.complete - self.due, timedelta(0))


@dataclass
class FileScore:
    """Files of a channel and month.

    `arrivals` are all expected dates. `reissues` are versions after the first one of a part that
    were in force, `refused` counts files by the code of their refusal, `rejected` lines.
    """

    arrivals: Sequence[Arrival] = ()
    reissues: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    rejected: int = 0

    @property
    def missing(self) -> list[date]:
        """Dates whose files did not all come."""
        return [one.day for one in self.arrivals if one.complete is None]

    @property
    def late(self) -> list[Arrival]:
        """Dates whose files came after they were due, latest first."""
        late = [one for one in self.arrivals if one.lateness]
        return sorted(late, key=lambda one: (-(one.lateness or timedelta()), one.day))

    @property
    def in_time(self) -> int | None:
        """Dates whose files came in time; None if the page has no due time."""
        if self.arrivals and all(one.due is None for one in self.arrivals):
            return None
        return sum(one.lateness == timedelta(0) for one in self.arrivals)


def score_files(profile: Profile, days: Iterable[date], files: Iterable[Row]) -> FileScore:
    """Scores the rows of `statement_files` of a channel on the expected dates."""
    score, by_day = FileScore(), dict[date, list[Row]]()
    for row in files:
        by_day.setdefault(row["business_date"], []).append(row)
    arrivals = []
    for day in days:
        own = by_day.get(day, [])
        arrivals.append(_find_arrival(profile, day, own))
        # Of each part the first version that was in force is no re-issue.
        versions = [row["part"] for row in own if row["status"] in _WERE_IN_FORCE]
        score.reissues += len(versions) - len(set(versions))
        for row in own:
            if row["status"] == FileStatus.DUPLICATE:
                score.duplicates += 1
            elif row["status"] == FileStatus.QUARANTINED:
                code = (row["reason"] or "").partition(":")[0].strip()
                score.refused[safe_text(code) or "UNKNOWN"] += 1
            elif row["status"] == FileStatus.ACCEPTED:
                score.rejected += int(row["rejected_count"] or 0)
    score.arrivals = arrivals
    return score


def _find_arrival(profile: Profile, day: date, files: Sequence[Row]) -> Arrival:
    came: dict[str, datetime] = {}
    for row in files:
        if row["status"] in _WERE_IN_FORCE:
            part = row["part"] or ""
            came[part] = min(came.get(part, row["received_at"]), row["received_at"])
    parts = (profile.files.parts if profile.files else ()) or (WHOLE_DAY,)
    due = find_due_moment(profile.files.due if profile.files else None, day, profile.zone_info)
    if MARKER in came:
        return Arrival(day, due, came[MARKER])
    is_whole = all(part in came for part in parts)
    return Arrival(day, due, max(came[part] for part in parts) if is_whole else None)
