"""The state of a channel's day: the files in force, the missing parts, and our snapshot.

Source: docs/reference/rules.md, "When something is missing".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.ingestion.inbox import WHOLE_DAY, fill_date
from schemas.profile.channel import Profile
from schemas.profile.day_parts import MARKER
from schemas.vocabulary import FileStatus, RunResult

#: A message names at most so many missing parts.
PARTS_SHOWN_MAX = 12


@dataclass(frozen=True)
class DayState:
    """The inputs of a run of one channel and date.

    `files` are the (part, file_id) in force and `line_count` their lines. `missing` are the parts
    that are not in force. `snapshot_id` is the id of our snapshot, None if there is none, and
    `snapshot_rows` its transactions of the channel. `refusals` are the reasons of refused files of
    missing parts, and `pattern` is what the names of the files must fit.
    """

    business_date: date
    files: tuple[tuple[str, str], ...]
    line_count: int
    missing: tuple[str, ...]
    snapshot_id: str | None
    snapshot_rows: int
    rejected_count: int = 0
    refusals: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def statement_state(self) -> str:
        """The state of the statement: `whole`, `refused` (a missing part came and was quarantined),
        `incomplete`, `absent`, or `zero-trade` (whole, with no line).
        """
        if self.refusals:
            return "refused"
        if not self.files:
            return "absent"
        if self.missing:
            return "incomplete"
        return "whole" if self.line_count or self.rejected_count else "zero-trade"

    @property
    def is_complete(self) -> bool:
        """Whether every part of the statement is in force."""
        return not self.missing

    @property
    def result(self) -> RunResult:
        """The result of a run with these inputs."""
        if self.refusals:
            return RunResult.STATEMENT_REFUSED
        if not self.files:
            return RunResult.STATEMENT_MISSING
        if self.missing:
            return RunResult.STATEMENT_INCOMPLETE
        return RunResult.DONE if self.snapshot_id else RunResult.SNAPSHOT_MISSING

    def describe_fault(self, channel: str) -> str:
        """One sentence on what is missing, with the pattern that was looked for; "" if nothing is.

        The reasons of refused files are not in it: `refusals` has them.
        """
        if self.result == RunResult.DONE:
            return ""
        problem = {
            RunResult.STATEMENT_REFUSED: "a file came and was refused",
            RunResult.STATEMENT_MISSING: f"no file came that fits {self.pattern}",
            RunResult.STATEMENT_INCOMPLETE: (
                f"{format_parts(self.missing)}; no file came that fits {self.pattern}"
            ),
            RunResult.SNAPSHOT_MISSING: "our snapshot did not come",
        }[self.result]
        return f"{self.result}: {channel} {self.business_date}: {problem}"


def format_parts(parts: Sequence[str]) -> str:
    """Formats missing parts for a message; the JSON summary has all of them."""
    more = f" and {len(parts) - PARTS_SHOWN_MAX} more" if len(parts) > PARTS_SHOWN_MAX else ""
    return f"{', '.join(parts[:PARTS_SHOWN_MAX])}{more}"


def list_ingested_dates(
    channel: str, files: Iterable[Mapping[str, Any]], runs: Iterable[Mapping[str, Any]]
) -> set[date]:
    """The dates that some ingest looked for, from rows of `statement_files` and `runs`.

    A file that is only RECEIVED was recorded by an ingest that did not end.
    """
    received = FileStatus.RECEIVED
    dates = {
        row["business_date"] for row in runs if (row["job"], row["channel"]) == ("ingest", channel)
    }
    return dates | {
        row["business_date"]
        for row in files
        if row["channel"] == channel and row["status"] != received
    }


def resolve_day_state(
    profile: Profile,
    day: date,
    files: Iterable[Mapping[str, Any]],
    snapshots: Iterable[Mapping[str, Any]],
) -> DayState:
    """Resolves the state of a channel's day from rows of `statement_files` and `snapshot_files`."""
    of_day = [
        row for row in files if row["channel"] == profile.channel and row["business_date"] == day
    ]
    in_force = [row for row in of_day if row["status"] == FileStatus.ACCEPTED]
    parts = (profile.files.parts if profile.files else ()) or (WHOLE_DAY,)
    parts_in_force = {row["part"] for row in in_force}
    missing = () if MARKER in parts_in_force else tuple(p for p in parts if p not in parts_in_force)
    refusals = [
        str(row["reason"])
        for row in of_day
        if missing and row["status"] == FileStatus.QUARANTINED and row["part"] not in parts_in_force
    ]
    accepted = [
        row
        for row in snapshots
        if row["business_date"] == day and row["status"] == FileStatus.ACCEPTED
    ]
    counts = dict(accepted[-1]["channels"] or {}) if accepted else {}
    return DayState(
        day,
        tuple(sorted((row["part"], row["file_id"]) for row in in_force)),
        sum(int(row["line_count"] or 0) for row in in_force),
        missing,
        accepted[-1]["file_id"] if accepted else None,
        int(counts.get(profile.channel, 0)),
        sum(int(row["rejected_count"] or 0) for row in in_force),
        tuple(refusals),
        fill_date(profile.files.pattern, day) if profile.files else "",
    )
