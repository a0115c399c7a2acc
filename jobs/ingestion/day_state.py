"""The state of a channel's day: the files in force on both sides, and the missing parts.

Source: docs/reference/rules.md, "When something is missing".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.ingestion.inbox import fill_date
from schemas.profile.channel import Profile, Snapshots
from schemas.profile.day_parts import MARKER, WHOLE_DAY, find_missing_parts
from schemas.vocabulary import FileStatus, RunResult

#: A message names at most so many missing parts.
PARTS_SHOWN_MAX = 12
#: What `refused_again` of a date means, for people.
REFUSED_AGAIN = "a newer file was refused, the older one is in force"


@dataclass(frozen=True)
class DayState:
    """The inputs of a run of one channel and date.

    `files` are the (part, file_id) in force and `line_count` their lines. `missing` are the parts
    that are not in force. `snapshots` are the (part, file_id, transactions of the channel) of our
    own side in force, in the order of the parts, and `snapshot_missing` the parts of it that the
    channel waits for. `refusals` are the reasons of refused files of missing parts, and `pattern`
    is what the names of the files must fit. `refused_again` are the reasons of refused files of
    parts of which an older version is in force.
    """

    business_date: date
    files: tuple[tuple[str, str], ...]
    line_count: int
    missing: tuple[str, ...]
    snapshots: tuple[tuple[str, str, int], ...]
    snapshot_missing: tuple[str, ...]
    rejected_count: int = 0
    refusals: tuple[str, ...] = ()
    pattern: str = ""
    refused_again: tuple[str, ...] = ()

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
    def has_snapshot(self) -> bool:
        """Whether our own side is whole: every part that holds the channel is in force."""
        return not self.snapshot_missing

    @property
    def snapshot_in_parts(self) -> bool:
        """Whether our own side of the day comes in parts."""
        names = (*(part for part, _, _ in self.snapshots), *self.snapshot_missing)
        return any(name != WHOLE_DAY for name in names)

    @property
    def snapshot_ids(self) -> frozenset[str]:
        """The ids of the files of our own side in force."""
        return frozenset(file_id for _, file_id, _ in self.snapshots)

    @property
    def snapshot_rows(self) -> int:
        """Our transactions of the channel."""
        return sum(rows for _, _, rows in self.snapshots)

    @property
    def result(self) -> RunResult:
        """The result of a run with these inputs."""
        if self.refusals:
            return RunResult.STATEMENT_REFUSED
        if not self.files:
            return RunResult.STATEMENT_MISSING
        if self.missing:
            return RunResult.STATEMENT_INCOMPLETE
        if self.has_snapshot:
            return RunResult.DONE
        return RunResult.SNAPSHOT_INCOMPLETE if self.snapshots else RunResult.SNAPSHOT_MISSING

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
            RunResult.SNAPSHOT_INCOMPLETE: self._describe_our_parts(),
        }[self.result]
        if self.missing and self.snapshot_missing and self.snapshot_in_parts:
            problem += f"; {self._describe_our_parts()}"
        return f"{self.result}: {channel} {self.business_date}: {problem}"

    def _describe_our_parts(self) -> str:
        return (
            f"of our own side these parts are not in force: {format_parts(self.snapshot_missing)}"
        )


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
    expected: Snapshots,
) -> DayState:
    """Resolves the state of a channel's day from rows of `statement_files` and `snapshot_files`.

    `expected` says in which parts our own side comes.
    """
    of_day = [
        row for row in files if row["channel"] == profile.channel and row["business_date"] == day
    ]
    in_force = [row for row in of_day if row["status"] == FileStatus.ACCEPTED]
    parts_in_force = {row["part"]: int(row["version"] or 0) for row in in_force}
    missing = find_missing_parts(profile.files.parts if profile.files else (), parts_in_force)
    refusals = [
        str(row["reason"])
        for row in of_day
        if missing and row["status"] == FileStatus.QUARANTINED and row["part"] not in parts_in_force
    ]
    refused_again = [
        str(row["reason"])
        for row in of_day
        if row["status"] == FileStatus.QUARANTINED
        and row["part"] in parts_in_force
        and int(row["version"] or 0) > parts_in_force[row["part"]]
    ]
    accepted = [
        row
        for row in snapshots
        if row["business_date"] == day and row["status"] == FileStatus.ACCEPTED
    ]
    return DayState(
        day,
        tuple(sorted((row["part"], row["file_id"]) for row in in_force)),
        sum(int(row["line_count"] or 0) for row in in_force),
        missing,
        *resolve_snapshots(profile.channel, accepted, expected),
        sum(int(row["rejected_count"] or 0) for row in in_force),
        tuple(refusals),
        fill_date(profile.files.pattern, day) if profile.files else "",
        tuple(refused_again),
    )


def resolve_snapshots(
    channel: str, accepted: Sequence[Mapping[str, Any]], expected: Snapshots
) -> tuple[tuple[tuple[str, str, int], ...], tuple[str, ...]]:
    """Our own side in force as far as a channel's rows depend on it, and the missing parts.

    `accepted` are the accepted rows of a date of `snapshot_files`. A snapshot that came in one,
    before the parts were listed, is whole.
    """
    place = {part.name: number for number, part in enumerate(expected.parts)}
    held = [part.name for part in expected.parts_of(channel)]
    in_order = sorted(accepted, key=lambda row: (place.get(row["part"], -1), row["part"]))
    # Which state of a transaction counts may depend on a part that does not hold the channel.
    is_overridden = any(count_overridden(row) for row in accepted)
    in_force = []
    for row in in_order:
        rows = int(dict(row["channels"] or {}).get(channel, 0))
        if rows or is_overridden or row["part"] not in place or row["part"] in held:
            in_force.append((str(row["part"]), str(row["file_id"]), rows))
    parts = {row["part"] for row in accepted}
    if WHOLE_DAY in parts or (accepted and not expected.parts):
        return tuple(in_force), ()
    missing = held if expected.parts else [WHOLE_DAY]
    return tuple(in_force), tuple(name for name in missing if name not in parts)


def clear_payers_text(profile: Profile) -> str | None:
    """The payers of a profile that are kept in clear, as `statement_files` has them."""
    return "\n".join(profile.clear_payers) or None


def has_other_payers(row: Mapping[str, Any], profile: Profile) -> bool:
    """Whether an accepted file was read while other payers were kept in clear."""
    is_in_force = row["status"] == FileStatus.ACCEPTED and row["part"] != MARKER
    return bool(is_in_force and row["clear_payers"] != clear_payers_text(profile))


def count_overridden(row: Mapping[str, Any]) -> int:
    """How many transactions of a part of ours a part listed later has, from its file row."""
    return int(row["line_count"] or 0) - sum(dict(row["channels"] or {}).values())
