"""Receives our daily snapshot: archives it, checks all of it, and commits or refuses it whole.

One fault anywhere refuses the snapshot: a partial one would turn good lines of the channels into
one-sided breaks. All files of one date together are one version.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from jobs.ingestion.inbox import WHOLE_DAY, InboxFile, find_files
from jobs.ingestion.snapshot.tasks import (
    plan_tasks,
)
from jobs.ingestion.snapshot.write import write_snapshot
from jobs.lake.commit import DataFile
from jobs.lake.control_rows import Row, RowReader, RowsChange
from jobs.lake.received_files import UNKNOWN_FILE, file_id_of
from jobs.lake.tables import Lake
from jobs.storage.archive import ArchivedFile, Storage, archive_file, verify_archived
from schemas.errors import ArchiveDamaged, FileRefused, WriteConflict
from schemas.profile.channel import Profile, Snapshots
from schemas.tables import INTERNAL_TRANSACTIONS, SNAPSHOT_FILES
from schemas.vocabulary import FileStatus

#: How often a date is settled again because another process worked on it at the same time.
ROUNDS_MAX = 8


def receive_snapshot(
    lake: Lake, snapshots: Snapshots, profiles: Mapping[str, Profile], inbox: Storage, day: date
) -> dict[str, Any] | None:
    """Receives the snapshot of a date; returns its row of `snapshot_files`, None if there is none.

    The same bytes again change nothing, unless they were refused before. A snapshot that a killed
    job left, or whose rows are no longer in the lake, is read again from the archive. A snapshot
    with a link among its files is not taken.

    Raises:
        WriteConflict: other processes changed the date every time; run it again.
    """
    in_inbox = find_files(inbox, snapshots.pattern, day)
    # Without the file behind a link, the snapshot would not be whole.
    inbox_files = [] if in_inbox.links else in_inbox.files
    archived_files = [_archive(lake, inbox, inbox_file) for inbox_file in inbox_files]
    row = _register(lake, inbox_files, archived_files, day) if inbox_files else None
    for _ in range(ROUNDS_MAX):
        day_rows = lake.read_rows(SNAPSHOT_FILES, business_date=day)
        unread = _find_unread(lake, day_rows, day)
        if not unread:
            newest = max(day_rows, key=lambda other: int(other["version"]), default=None)
            same = [other for other in day_rows if row and other["file_id"] == row["file_id"]]
            return same[0] if same else newest
        for other in sorted(unread, key=lambda other: int(other["version"])):
            _read_and_settle(lake, other, profiles, day)
    raise WriteConflict(
        f"snapshot of {day}: other processes changed it {ROUNDS_MAX} times; run it again"
    )


def _register(
    lake: Lake, inbox_files: list[InboxFile], archived_files: list[ArchivedFile], day: date
) -> Row:
    """Records a snapshot in `snapshot_files`; returns its row, or that of the same bytes."""
    ids = sorted(archived.file_id for archived in archived_files)
    file_id = ids[0] if len(ids) == 1 else hashlib.sha256("\n".join(ids).encode()).hexdigest()
    row = _new_row(inbox_files, archived_files, file_id, day)

    def decide(read: RowReader) -> RowsChange | None:
        day_rows = read(business_date=day)
        same = [old for old in day_rows if old["file_id"] == file_id]
        if same and same[-1]["status"] == FileStatus.ACCEPTED:
            row.update(same[-1])
            return None
        row["version"] = 1 + max([int(old["version"]) for old in day_rows] or [0])
        others = [old for old in day_rows if old["file_id"] != file_id]
        return RowsChange([*others, row], day, None)

    lake.change_rows(SNAPSHOT_FILES, decide)
    return row


def _find_unread(lake: Lake, day_rows: list[Row], day: date) -> list[Row]:
    """Snapshots that are not read yet, and the one in force if its rows are not in the lake."""
    counts = lake.count_rows_by_file(INTERNAL_TRANSACTIONS, day)
    unread = [row for row in day_rows if row["status"] == FileStatus.RECEIVED]
    for row in day_rows:
        stored = counts[row["file_id"]] + counts[UNKNOWN_FILE]
        others = counts.total() - stored
        if row["status"] == FileStatus.ACCEPTED and (stored, others) != (row["line_count"], 0):
            unread.append(row)
    return unread


def _read_and_settle(lake: Lake, row: Row, profiles: Mapping[str, Profile], day: date) -> None:
    """Reads a snapshot from the archive; commits its rows if it is good and the latest.

    Decision and change of `snapshot_files` are one transaction.
    """
    file_id, fault = row["file_id"], None
    data_files: list[DataFile] = []
    older_count = 0
    try:
        names, paths = row["file_name"].split("\n"), row["archived_path"].split("\n")
        tasks = [
            task
            for name, path in zip(names, paths, strict=True)
            for task in plan_tasks(lake, _reopen(lake, path), name, file_id, day, profiles)
        ]
        data_files, older_count = write_snapshot(lake, tasks)
    except (FileRefused, ArchiveDamaged) as error:
        fault = str(error)
    stored = {str(file["path"]) for file in lake.list_data_files(INTERNAL_TRANSACTIONS, day)}

    def decide(read: RowReader) -> RowsChange | None:
        day_rows = read(business_date=day)
        own = next((other for other in day_rows if other["file_id"] == file_id), None)
        if own is None or own["status"] not in (FileStatus.RECEIVED, FileStatus.ACCEPTED):
            return None
        accepted = [other for other in day_rows if other["status"] == FileStatus.ACCEPTED]
        if any(int(other["version"]) > int(own["version"]) for other in accepted):
            own["status"] = FileStatus.SUPERSEDED.value
            return RowsChange(day_rows, day, None)
        if fault is not None:
            lake.commit_files(
                INTERNAL_TRANSACTIONS, day, [], lambda _, path: file_id_of(path) == file_id
            )
            own |= {"status": FileStatus.QUARANTINED.value, "reason": fault}
            return RowsChange(day_rows, day, None)
        unread = {other["file_id"] for other in day_rows if other["status"] == FileStatus.RECEIVED}
        unread -= {file_id}

        def removes(_: str, path: str) -> bool:
            other_id = file_id_of(path)
            return other_id == file_id or (path in stored and other_id not in unread)

        lake.commit_files(INTERNAL_TRANSACTIONS, day, data_files, removes)
        counts: Counter[str] = Counter()
        for data_file in data_files:
            counts[data_file.channel] += data_file.rows
        for other in accepted:
            other["status"] = FileStatus.SUPERSEDED.value
        own |= {
            "status": FileStatus.ACCEPTED.value,
            "line_count": counts.total(),
            "rejected_count": older_count,
            "channels": dict(counts),
        }
        return RowsChange(day_rows, day, None)

    lake.change_rows(SNAPSHOT_FILES, decide)


def _reopen(lake: Lake, path: str) -> ArchivedFile:
    """A file of a snapshot in the archive, whose name is its SHA-256."""
    return verify_archived(lake.storage, path, path.rsplit("/", 1)[-1])


def _archive(lake: Lake, inbox: Storage, inbox_file: InboxFile) -> ArchivedFile:
    with inbox.open_received(inbox_file.path) as source:
        return archive_file(lake.storage, source)


def _new_row(
    inbox_files: list[InboxFile], archived_files: list[ArchivedFile], file_id: str, day: date
) -> Row:
    return {
        "channel": None,
        "business_date": day,
        "part": WHOLE_DAY,
        "version": 0,
        "status": FileStatus.RECEIVED.value,
        "file_id": file_id,
        "file_name": "\n".join(file.listed_name for file in inbox_files),
        "archived_path": "\n".join(file.path for file in archived_files),
        "byte_size": sum(file.byte_size for file in archived_files),
        "line_count": None,
        "rejected_count": None,
        "totals": None,
        "reason": None,
        "received_at": max(file.arrived_at for file in inbox_files),
        "channels": None,
    }
