"""The register of received files: `ingest` archives and records a file before it reads it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jobs.ingestion.inbox import InboxFile
from jobs.ingestion.parse_tasks import ParseTask
from jobs.lake.control_rows import RowReader, RowsChange
from jobs.lake.tables import Lake
from jobs.statements.parser import Plan
from jobs.storage.archive import ArchivedFile, Storage, archive_file, verify_archived
from schemas.errors import ArchiveDamaged
from schemas.profile.channel import Profile
from schemas.profile.day_parts import MARKER, WHOLE_DAY
from schemas.tables import SNAPSHOT_FILES, STATEMENT_FILES
from schemas.vocabulary import FileStatus

Row = dict[str, Any]
#: The reason of a file that a person accepted, in spite of a limit, begins with this.
ACCEPTED_BY_HAND = "ACCEPTED_BY_HAND"
#: Statuses of files that ingest has accepted at some time; it does not read their bytes again.
ACCEPTED_ONCE = (FileStatus.ACCEPTED, FileStatus.SUPERSEDED, FileStatus.WITHDRAWN)


@dataclass
class PendingFile:
    """A file to read: its row of `statement_files`, its archived bytes, its plan and its tasks.

    `fault` says why it cannot be read. The file is in force already if `is_repair`: then only its
    lines are missing from the tables.
    """

    row: Row
    archived: ArchivedFile | None
    plan: Plan | None = None
    tasks: list[ParseTask] = field(default_factory=list)
    fault: str | None = None
    is_repair: bool = False


@dataclass(frozen=True)
class PartRules:
    """Which parts a side's day may have, by the key of the configuration that lists them, and
    whether one file `spans` several days.
    """

    parts: Collection[str]
    key: str
    spans: bool = False


def register_files(
    lake: Lake, profile: Profile, inbox: Storage, inbox_files: Sequence[InboxFile], day: date
) -> list[PendingFile]:
    """Archives the inbox files and records them in `statement_files`; returns the files to read.

    Bytes that the part has already are recorded as DUPLICATE, unless the earlier file was
    quarantined.
    """
    channel, archived_files = profile.channel, []
    rules = _part_rules(profile)
    for inbox_file in inbox_files:
        with inbox.open_received(inbox_file.path) as source:
            archived_files.append(archive_file(lake.storage, source))
    file_ids = [archived.file_id for archived in archived_files]
    pending: list[PendingFile] = []

    def decide(read: RowReader) -> RowsChange | None:
        pending.clear()
        day_files = read(channel=channel, business_date=day)
        before = [dict(row) for row in day_files]
        rows_by_id: dict[str, list[Row]] = defaultdict(list)
        for row in read(file_id=file_ids) if file_ids else ():
            if (row["channel"], row["business_date"]) != (channel, day):
                rows_by_id[row["file_id"]].append(row)
        for row in day_files:
            rows_by_id[row["file_id"]].append(row)
        for inbox_file, archived in zip(inbox_files, archived_files, strict=True):
            new_rows = [file.row for file in pending]
            other_files = rows_by_id[archived.file_id]
            new_row = _new_row(channel, day, inbox_file, archived)
            if register_file(rules, new_row, day_files, other_files, new_rows):
                pending.append(PendingFile(new_row, archived))
        return RowsChange(day_files, day, channel) if day_files != before else None

    lake.change_rows(STATEMENT_FILES, decide)
    return pending


def reopen_file(lake: Lake, row: Row, is_repair: bool) -> PendingFile:
    """A recorded file to read from the archive; it has a fault if the archive is damaged."""
    try:
        archived = verify_archived(lake.storage, row["archived_path"], row["file_id"])
    except ArchiveDamaged as fault:
        return PendingFile(row, None, fault=str(fault), is_repair=is_repair)
    return PendingFile(row, archived, is_repair=is_repair)


def find_damaged_archive(
    lake: Lake, channels: Sequence[str], dates: Sequence[date]
) -> tuple[int, list[Row]]:
    """Proves the SHA-256 of every received file that the archive keeps, of all channels and dates
    or of the named ones. Returns how many files it has read, and a row per damaged file: channel,
    business_date, file_name, file_id, fault.
    """
    damaged: list[Row] = []
    verified: dict[str, str | None] = {}
    for table in (STATEMENT_FILES, SNAPSHOT_FILES):
        for row in lake.read_rows(table):
            is_named = not channels or row["channel"] in (*channels, None)
            if not is_named or (dates and row["business_date"] not in dates):
                continue
            names = row["file_name"].split("\n") if table is SNAPSHOT_FILES else [row["file_name"]]
            paths = row["archived_path"].split("\n")
            for name, path in zip(names, paths, strict=True):
                file_id = path.rsplit("/", 1)[-1]
                if file_id not in verified:
                    verified[file_id] = _find_archive_fault(lake, path, file_id)
                if fault := verified[file_id]:
                    place = {key: row[key] for key in ("channel", "business_date")}
                    damaged.append(place | {"file_name": name, "file_id": file_id, "fault": fault})
    return len(verified), damaged


def _find_archive_fault(lake: Lake, path: str, file_id: str) -> str | None:
    try:
        verify_archived(lake.storage, path, file_id)
    except ArchiveDamaged as fault:
        return str(fault)
    return None


def find_row(day_files: Iterable[Row], row: Row) -> Row | None:
    """The row of the same part and bytes among the rows of a channel and date."""
    same = (
        other
        for other in day_files
        if (other["part"], other["file_id"]) == (row["part"], row["file_id"])
        and other["status"] != FileStatus.DUPLICATE
    )
    return next(same, None)


def _part_rules(profile: Profile) -> PartRules:
    files = profile.files
    parts = (files.parts if files else ()) or (WHOLE_DAY,)
    return PartRules((*parts, MARKER), "files.parts", files is not None and files.spans)


def register_file(
    rules: PartRules, row: Row, day_files: list[Row], other_files: Sequence[Row],
    new_rows: Sequence[Row],
) -> bool:  # fmt: skip
    """Adds the row of a file to `day_files`; False if its bytes are a duplicate.

    `other_files` have the same bytes, on any channel and date; `new_rows` are those of this call.
    The row is QUARANTINED where these bytes are in force elsewhere, or nobody knows its part.
    """
    part = row["part"]
    same = [old for old in day_files if (old["part"], old["file_id"]) == (part, row["file_id"])]
    known = [
        old
        for old in same
        if old["status"] in ACCEPTED_ONCE or any(old is new_row for new_row in new_rows)
    ]
    row["version"] = max([old["version"] for old in day_files if old["part"] == part] or [0]) + 1
    if known:
        version = known[0]["version"]
        gone = ", which was withdrawn" if known[0]["status"] == FileStatus.WITHDRAWN else ""
        row |= {"version": version, "status": FileStatus.DUPLICATE.value}
        row["reason"] = f"the same bytes as version {version}{gone}"
        repeated = [
            old
            for old in same
            if old["status"] == row["status"] and old["file_name"] == row["file_name"]
        ]
        day_files[:] = [old for old in day_files if not any(old is again for again in repeated)]
        day_files.append(row)
        return False
    unread = [old for old in same if old["status"] != FileStatus.DUPLICATE]
    if unread:
        before = unread[0]
        row["version"] = before["version"]
        is_by_hand = str(before["reason"]).startswith(ACCEPTED_BY_HAND)
        if before["status"] == FileStatus.RECEIVED and is_by_hand:
            row["reason"] = before["reason"]
        day_files[:] = [old for old in day_files if old is not before]
    fault = find_same_content(row, [*other_files, *new_rows], rules.spans)
    fault = fault or _part_fault(row, rules)
    if fault is not None:
        row |= {"status": FileStatus.QUARANTINED.value, "reason": fault}
    day_files.append(row)
    return True


def _new_row(channel: str, day: date, inbox_file: InboxFile, archived: ArchivedFile) -> Row:
    return {
        "channel": channel,
        "business_date": day,
        "part": inbox_file.part,
        "status": FileStatus.RECEIVED.value,
        "file_id": archived.file_id,
        "file_name": inbox_file.name,
        "archived_path": archived.path,
        "byte_size": archived.byte_size,
        "line_count": None,
        "rejected_count": None,
        "totals": None,
        "balances": None,
        "reason": None,
        "received_at": inbox_file.arrived_at,
    }


def find_same_content(row: Row, rows: Sequence[Row], spans: bool) -> str | None:
    """The fault of a file whose bytes are in force, with lines, for another date, part or channel.

    A file that `spans` several days is in force on each of them.
    """
    place = ("channel", "part") if spans else ("channel", "business_date", "part")
    for other in rows:
        is_same = other["file_id"] == row["file_id"]
        # Ingest has not checked a file of this call yet: the first of two counts.
        is_in_force = other["status"] == FileStatus.RECEIVED or (
            other["status"] == FileStatus.ACCEPTED and other["line_count"]
        )
        if is_same and is_in_force and any(other[name] != row[name] for name in place):
            return (
                f"DUPLICATE_CONTENT: {row['file_name']}: these bytes are in force as"
                f" {other['channel'] or 'snapshot'} {other['business_date']} {other['part']};"
                " have the right file sent"
            )
    return None


def _part_fault(row: Row, rules: PartRules) -> str | None:
    if row["part"] in rules.parts:
        return None
    return (
        f"UNKNOWN_PART: {row['file_name']}: part {row['part']} is not in {rules.key};"
        " add it there or have the file renamed"
    )
