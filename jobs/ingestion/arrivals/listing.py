"""Lists what lies in the inbox, what each file would be, and what is still missing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from jobs.ingestion.arrivals.scan import Arrival, Claim, describe_unknown, scan_inbox
from jobs.ingestion.arrivals.standing import Standing, compare_with_lake
from jobs.ingestion.day_state import format_parts, resolve_day_state
from jobs.lake.history.place import find_first_date
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.configuration import Configuration
from schemas.dates import format_dates
from schemas.errors import TableMissing
from schemas.profile.channel import Profile, Snapshots
from schemas.profile.day_parts import MARKER, WHOLE_DAY
from schemas.tables import SNAPSHOT_FILES, STATEMENT_FILES, Table
from schemas.vocabulary import FileStatus

#: Stands for a channel in the row of our own snapshot.
SNAPSHOT = "snapshot"


@dataclass(frozen=True)
class Awaited:
    """The parts of a channel's date, or of our snapshot of it, that have not come.

    A part that came and was refused is not awaited.
    """

    channel: str
    business_date: date
    parts: tuple[str, ...]


@dataclass(frozen=True)
class InboxListing:
    """What lies in the inbox.

    `files` has one row per file and what it would be: file, channel, business_date, part, standing,
    byte_size, arrived_at. `unknown` and `missing` are sentences; `awaited` is what they say of
    parts that have not come.
    """

    files: list[dict[str, Any]]
    unknown: list[str]
    missing: list[str]
    awaited: list[Awaited]

    def to_lines(self) -> list[str]:
        """The listing as lines of text."""
        width = max([len(row["channel"]) for row in self.files] or [0])
        lines = [
            f"{row['channel']:<{width}}  {row['business_date']}  {row['part']:<8}"
            f" {row['standing']:<9} {row['byte_size']:>13,} bytes  {row['file']}"
            for row in self.files
        ]
        return [*(lines or ["The inbox has no file of a channel."]), *self.unknown, *self.missing]


def list_arrivals(
    lake: Lake,
    config: Configuration,
    inbox: Storage,
    now: datetime,
    dates: Sequence[date] = (),
    all_channels: bool = True,
) -> InboxListing:
    """Lists the inbox against a lake, which need not exist; of some dates if they are given.

    Statements and snapshots of a date are missing from the next day on, in the channel's zone;
    `now` is a time with a zone. Of dates whose rows have moved to the history lake nothing is
    missing, and a new file is `moved`. Without `all_channels`, files that fit no pattern are left
    out.
    """
    arrivals = scan_inbox(inbox, config)
    files, snapshots = _read_rows(lake, STATEMENT_FILES), _read_rows(lake, SNAPSHOT_FILES)
    standings = compare_with_lake(inbox, arrivals, files, snapshots)
    first_here = find_first_date(lake.storage)
    for (name, claim), standing in standings.items():
        if standing.is_due and claim.business_date < first_here:
            standings[name, claim] = Standing.MOVED
    rows = [
        _row_of(arrival, claim, standings[arrival.file.name, claim])
        for arrival in arrivals
        for claim in arrival.claims
        if not dates or claim.business_date in dates
    ]
    rows.sort(key=lambda row: (row["business_date"], row["channel"], row["part"], row["file"]))
    unknown = describe_unknown(config, arrivals) if all_channels and not dates else []
    due = {claim for (_, claim), standing in standings.items() if standing.is_due}
    missing: list[str] = []
    awaited: list[Awaited] = []
    for name, profile in config.profiles.items():
        of_channel = [row for row in files if row["channel"] == name]
        if profile.files is not None:
            days = [day for day in _expected_dates(profile, now, dates) if day >= first_here]
            missing += _describe_missing(profile, days, of_channel, due, awaited)
    expected = {
        day
        for profile in config.profiles.values()
        if profile.statement == "files"
        for day in _expected_dates(profile, now, dates)
        if day >= first_here
    }
    missing += _describe_missing_snapshots(config.snapshots, expected, snapshots, due, awaited)
    return InboxListing(rows, unknown, missing, awaited)


def _read_rows(lake: Lake, table: Table) -> list[dict[str, Any]]:
    """The rows of a control table; none where there is no lake."""
    try:
        return lake.read_rows(table)
    except TableMissing:
        return []


def _row_of(arrival: Arrival, claim: Claim, standing: Standing) -> dict[str, Any]:
    return {
        "file": arrival.file.name,
        "channel": claim.channel or SNAPSHOT,
        "business_date": str(claim.business_date),
        "part": claim.part,
        "standing": standing.value,
        "byte_size": arrival.file.byte_size,
        "arrived_at": arrival.file.arrived_at.isoformat(),
    }


def _expected_dates(profile: Profile, now: datetime, dates: Sequence[date]) -> list[date]:
    """The dates whose files should be there: from the first date to yesterday in the zone."""
    days = (now.astimezone(profile.zone_info).date() - profile.first_date).days
    expected = (profile.first_date + timedelta(days=n) for n in range(days))
    return [day for day in expected if not dates or day in dates]


def _describe_missing_snapshots(
    expected: Snapshots,
    days: set[date],
    rows: Sequence[dict[str, Any]],
    due: set[Claim],
    awaited: list[Awaited],
) -> Iterator[str]:
    """One sentence for all dates without our snapshot, and one for each that lacks parts of it;
    adds both to `awaited`.
    """
    come = defaultdict(set)
    for row in rows:
        if row["status"] == FileStatus.ACCEPTED:
            come[row["business_date"]].add(row["part"])
    for claim in due:
        if claim.channel is None:
            come[claim.business_date].add(claim.part)
    absent = {day for day in days if not come[day]}
    for day in sorted(days - absent):
        parts = [part.name for part in expected.parts if part.name not in come[day]]
        if parts and WHOLE_DAY not in come[day]:
            awaited.append(Awaited(SNAPSHOT, day, tuple(parts)))
            yield f"missing: our snapshot {day}: {format_parts(parts)}: {expected.pattern}"
    whole = tuple(part.name for part in expected.parts) or (WHOLE_DAY,)
    awaited += [Awaited(SNAPSHOT, day, whole) for day in sorted(absent)]
    if absent:
        yield f"missing: our snapshot {format_dates(absent)}: {expected.pattern}"


def _describe_missing(
    profile: Profile,
    days: Sequence[date],
    files: Sequence[dict[str, Any]],
    due: set[Claim],
    awaited: list[Awaited],
) -> Iterator[str]:
    """One sentence for all dates without any file, and one for each that lacks parts; adds what
    was not refused to `awaited`.
    """
    of_day = defaultdict(list)
    for row in files:
        of_day[row["business_date"]].append(row)
    come = {(claim.business_date, claim.part) for claim in due if claim.channel == profile.channel}
    pattern = profile.files.pattern if profile.files else ""
    absent: list[date] = []
    for day in days:
        state = resolve_day_state(profile, day, of_day[day], [], Snapshots())
        parts = [part for part in state.missing if (day, part) not in come]
        if not parts or (day, MARKER) in come:
            continue
        if state.refusals:
            yield f"refused: {profile.channel} {day}: {' | '.join(state.refusals)}"
            continue
        awaited.append(Awaited(profile.channel, day, tuple(parts)))
        if parts == [WHOLE_DAY] or (len(parts) == len(state.missing) and not state.files):
            absent.append(day)
        else:
            yield f"missing: {profile.channel} {day}: {format_parts(parts)}: {pattern}"
    if absent:
        yield f"missing: {profile.channel} {format_dates(absent)}: {pattern}"
