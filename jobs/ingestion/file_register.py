"""The register of received files: `ingest` archives and records a file before it reads it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jobs.ingestion.inbox import WHOLE_DAY, InboxFile
from jobs.ingestion.parse_tasks import ParseTask
from jobs.lake.tables import Lake
from jobs.statements.parser import Plan
from jobs.storage.archive import ArchivedFile, Storage, archive_file
from schemas.profile.channel import Profile
from schemas.profile.day_parts import MARKER
from schemas.tables import STATEMENT_FILES
from schemas.vocabulary import FileStatus

Row = dict[str, Any]
#: The reason of a file that a person accepted, in spite of a limit, begins with this.
ACCEPTED_BY_HAND = "ACCEPTED_BY_HAND"
#: Statuses of files that ingest has accepted at some time; it does not read their bytes again.
ACCEPTED_ONCE = (FileStatus.ACCEPTED, FileStatus.SUPERSEDED, FileStatus.WITHDRAWN)


@dataclass
class PendingFile:
    """A file to read: its row of `statement_files`, its archived bytes, its plan and its tasks."""

    row: Row
    archived: ArchivedFile
    plan: Plan | None = None
    tasks: list[ParseTask] = field(default_factory=list)


def register_files(
    lake: Lake, profile: Profile, inbox: Storage, inbox_files: Sequence[InboxFile], day: date,
    day_files: list[Row],
) -> list[PendingFile]:  # fmt: skip
    """Archives the inbox files and adds their rows to `day_files`; returns the files to read.

    `day_files` are the rows of `statement_files` of the channel and date. Bytes that the part has
    already are recorded as DUPLICATE, unless the earlier file was quarantined.
    """
    archived_files = []
    for inbox_file in inbox_files:
        with inbox.fs.open_input_stream(inbox_file.path, compression=None) as source:
            archived_files.append(archive_file(lake.storage, source))
    rows_by_id: dict[str, list[Row]] = defaultdict(list)
    file_ids = [archived.file_id for archived in archived_files]
    for row in lake.read_rows(STATEMENT_FILES, file_id=file_ids):
        if (row["channel"], row["business_date"]) != (profile.channel, day):
            rows_by_id[row["file_id"]].append(row)
    for row in day_files:
        rows_by_id[row["file_id"]].append(row)
    pending: list[PendingFile] = []
    for inbox_file, archived in zip(inbox_files, archived_files, strict=True):
        new_rows = [file.row for file in pending]
        other_files = rows_by_id[archived.file_id]
        new_row = _new_row(profile.channel, day, inbox_file, archived)
        if _register_file(profile, new_row, day_files, other_files, new_rows):
            pending.append(PendingFile(new_row, archived))
    return pending


def unfinished_files(
    lake: Lake, day_files: Iterable[Row], pending: Sequence[PendingFile]
) -> list[PendingFile]:
    """The RECEIVED files that are not pending yet: a job was killed, or a person accepted them."""
    unfinished = []
    for row in day_files:
        if row["status"] == FileStatus.RECEIVED and not any(row is file.row for file in pending):
            unfinished.append(PendingFile(row, reopen_archived(lake, row)))
    return unfinished


def reopen_archived(lake: Lake, row: Row) -> ArchivedFile:
    """Reads an archived file again and cuts it into blocks.

    If the recorded path is gone, the function looks in the lake's own archive: the lake was moved.

    Raises:
        FileNotFoundError: the archive no longer has the file.
    """
    file_id = row["file_id"]
    paths = (row["archived_path"], lake.storage.full_path(f"archive/{file_id[:2]}/{file_id}"))
    existing = [path for path in paths if lake.storage.fs.get_file_info(path).is_file]
    with lake.storage.fs.open_input_stream(existing[0] if existing else paths[0], None) as source:
        return archive_file(lake.storage, source)


def _register_file(
    profile: Profile, row: Row, day_files: list[Row], other_files: Sequence[Row],
    new_rows: Sequence[Row],
) -> bool:  # fmt: skip
    """Adds the row of a file to `day_files`; False if its bytes are a duplicate.

    `other_files` have the same bytes, on any channel and date; `new_rows` are those of this call.
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
    spans = profile.files is not None and profile.files.spans
    fault = find_same_content(row, [*other_files, *new_rows], spans) or _part_fault(row, profile)
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
                f" {other['channel']} {other['business_date']} {other['part']};"
                " have the right file sent"
            )
    return None


def _part_fault(row: Row, profile: Profile) -> str | None:
    parts = (profile.files.parts if profile.files else ()) or (WHOLE_DAY,)
    if row["part"] in (*parts, MARKER):
        return None
    return (
        f"UNKNOWN_PART: {row['file_name']}: part {row['part']} is not in files.parts;"
        " add it to the profile or have the file renamed"
    )
