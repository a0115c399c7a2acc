"""Receives our daily snapshot: archives it, checks all of it, and commits or refuses it whole.

One fault anywhere refuses the snapshot: a partial one would turn good lines of the channels into
one-sided breaks. All files of one date together are one version.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from jobs.ingestion.inbox import InboxFile, find_files
from jobs.ingestion.snapshot.archived import archive_files, read_archived
from jobs.lake.control_rows import Row, RowReader, RowsChange
from jobs.lake.received_files import UNKNOWN_FILE, file_id_of
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.errors import WriteConflict
from schemas.profile.channel import Profile, Snapshots
from schemas.profile.day_parts import WHOLE_DAY
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
    row = _register(lake, inbox, inbox_files, day) if inbox_files else None
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


def _register(lake: Lake, inbox: Storage, inbox_files: list[InboxFile], day: date) -> Row:
    """Records a snapshot in `snapshot_files`; returns its row, or that of the same bytes."""
    row = archive_files(lake, inbox, inbox_files, WHOLE_DAY, day)
    file_id = row["file_id"]

    def decide(read: RowReader) -> RowsChange | None:
        day_rows = read(business_date=day)
        same = [old for old in day_rows if old["file_id"] == file_id]
        # Another process, or one that was killed, may have recorded it and not read it yet.
        if same and same[-1]["status"] in (FileStatus.ACCEPTED, FileStatus.RECEIVED):
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
    # Parts of a time when the snapshot came in parts stay until one comes that is whole.
    whole = [row for row in day_rows if row["part"] == WHOLE_DAY]
    unread = [row for row in whole if row["status"] == FileStatus.RECEIVED]
    for row in whole:
        stored = counts[row["file_id"]] + counts[UNKNOWN_FILE]
        others = counts.total() - stored
        if row["status"] == FileStatus.ACCEPTED and (stored, others) != (row["line_count"], 0):
            unread.append(row)
    return unread


def _read_and_settle(lake: Lake, row: Row, profiles: Mapping[str, Profile], day: date) -> None:
    """Reads a snapshot from the archive; commits its rows if it is good and the latest.

    Decision and change of `snapshot_files` are one transaction.
    """
    file_id, snapshot = row["file_id"], read_archived(lake, row, profiles, day)
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
        if snapshot.fault is not None:
            lake.commit_files(
                INTERNAL_TRANSACTIONS, day, [], lambda _, path: file_id_of(path) == file_id
            )
            own |= {"status": FileStatus.QUARANTINED.value, "reason": snapshot.fault}
            return RowsChange(day_rows, day, None)
        unread = {other["file_id"] for other in day_rows if other["status"] == FileStatus.RECEIVED}
        unread -= {file_id}

        def removes(_: str, path: str) -> bool:
            other_id = file_id_of(path)
            return other_id == file_id or (path in stored and other_id not in unread)

        lake.commit_files(INTERNAL_TRANSACTIONS, day, snapshot.files, removes)
        counts: Counter[str] = Counter()
        for data_file in snapshot.files:
            counts[data_file.channel] += data_file.rows
        for other in accepted:
            other["status"] = FileStatus.SUPERSEDED.value
        own |= {
            "status": FileStatus.ACCEPTED.value,
            "line_count": counts.total(),
            "rejected_count": snapshot.older_count,
            "channels": dict(counts),
        }
        return RowsChange(day_rows, day, None)

    lake.change_rows(SNAPSHOT_FILES, decide)
