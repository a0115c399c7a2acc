"""The state of a channel's day: which files are in force, whether it is whole, is our side there.

Source: docs/reference/rules.md, "When something is missing".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.ingestion.file_register import ACCEPTED
from jobs.ingestion.inbox import WHOLE
from schemas.profile.channel import Profile
from schemas.profile.day_parts import MARKER
from schemas.vocabulary import RunResult


@dataclass(frozen=True)
class DayState:
    """What a run of one channel and date has to go on.

    `files` are (part, file_id) in force, `line_count` their lines; `whole` whether the statement is
    all there; `snapshot_id` stands for our own snapshot, None where there is none.
    """

    business_date: date
    files: tuple[tuple[str, str], ...]
    line_count: int
    missing: tuple[str, ...]
    snapshot_id: str | None
    snapshot_rows: int
    rejected_count: int = 0

    @property
    def statement(self) -> str:
        """The state of the statement in a word: whole, incomplete, absent, or zero-trade, which is
        whole without a line.
        """
        if not self.files:
            return "absent"
        if self.missing:
            return "incomplete"
        return "whole" if self.line_count or self.rejected_count else "zero-trade"

    @property
    def whole(self) -> bool:
        """Whether every part of the statement is in force."""
        return not self.missing

    @property
    def result(self) -> RunResult:
        """How a run on this state is marked."""
        if not self.files:
            return RunResult.STATEMENT_MISSING
        if self.missing:
            return RunResult.STATEMENT_INCOMPLETE
        return RunResult.DONE if self.snapshot_id else RunResult.SNAPSHOT_MISSING


def resolve_day_state(
    profile: Profile,
    day: date,
    files: Iterable[Mapping[str, Any]],
    snapshots: Iterable[Mapping[str, Any]],
) -> DayState:
    """The state of a day from rows of `statement_files` and `snapshot_files`."""
    own = [
        row
        for row in files
        if row["channel"] == profile.channel
        and row["business_date"] == day
        and row["status"] == ACCEPTED
    ]
    parts = (profile.files.parts if profile.files else ()) or (WHOLE,)
    there = {row["part"] for row in own}
    missing = () if MARKER in there else tuple(part for part in parts if part not in there)
    good = [row for row in snapshots if row["business_date"] == day and row["status"] == ACCEPTED]
    counts = dict(good[-1]["channels"] or {}) if good else {}
    return DayState(
        day,
        tuple(sorted((row["part"], row["file_id"]) for row in own)),
        sum(int(row["line_count"] or 0) for row in own),
        missing,
        good[-1]["file_id"] if good else None,
        int(counts.get(profile.channel, 0)),
        sum(int(row["rejected_count"] or 0) for row in own),
    )
