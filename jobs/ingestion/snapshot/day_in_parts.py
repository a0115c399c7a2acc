"""Receives our own side of a date in parts: each part is taken, refused or replaced by itself.

Parts are recorded as those of a statement are. The rows of all parts that are read and the rows of
`snapshot_files` are settled together. Source: docs/reference/snapshots.md, "In parts".
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from jobs.ingestion.day_state import count_overridden
from jobs.ingestion.file_register import PartRules, register_file
from jobs.ingestion.inbox import InboxFile, find_files, part_in_name
from jobs.ingestion.snapshot.archived import ReadSnapshot, archive_files, read_archived
from jobs.ingestion.snapshot.settle_parts import Settlement
from jobs.ingestion.snapshot.write import remove_data_files
from jobs.lake.control_rows import Row, RowReader, RowsChange
from jobs.lake.received_files import file_id_of, list_merged_files
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.errors import FileRefused, WriteConflict
from schemas.profile.channel import Profile, Snapshots
from schemas.tables import INTERNAL_TRANSACTIONS, SNAPSHOT_FILES
from schemas.vocabulary import FileStatus

#: How often a date is settled again because another process worked on it at the same time.
ROUNDS_MAX = 8


def receive_parts(
    lake: Lake, snapshots: Snapshots, profiles: Mapping[str, Profile], inbox: Storage, day: date
) -> list[Row]:
    """Takes in the parts of a date that lie in the inbox; returns the date's rows of
    `snapshot_files`.

    A part that a killed job left, or whose rows are no longer in the lake, is read again from the
    archive. A part with a link among its files is not taken.

    Raises:
        WriteConflict: other processes changed the date every time; run it again.
    """
    _register_parts(lake, snapshots, inbox, day)
    for _ in range(ROUNDS_MAX):
        day_rows = lake.read_rows(SNAPSHOT_FILES, business_date=day)
        stored = lake.list_data_files(INTERNAL_TRANSACTIONS, day)
        unread = _find_unread(lake, day_rows, stored, day)
        if not unread and not _has_leftovers(day_rows, stored):
            return day_rows
        read = {
            (row["part"], row["file_id"]): _read_part(lake, row, snapshots, profiles, day)
            for row in unread
        }
        Settlement(lake, snapshots, day, unread, read, stored).settle()
    raise WriteConflict(
        f"snapshot of {day}: other processes changed it {ROUNDS_MAX} times; run it again"
    )


def _register_parts(lake: Lake, snapshots: Snapshots, inbox: Storage, day: date) -> None:
    """Archives the files of each part, and records each part in `snapshot_files`."""
    in_inbox = find_files(inbox, snapshots.pattern, day)
    # Without the file behind a link a part would not be whole; a folder may hide any part.
    linked = [part_in_name(snapshots.pattern, name, day) for name in in_inbox.links]
    by_part: dict[str, list[InboxFile]] = defaultdict(list)
    for file in in_inbox.files:
        if None not in linked and file.part not in linked:
            by_part[file.part].append(file)
    new = [archive_files(lake, inbox, files, part, day) for part, files in by_part.items()]
    names = [part.name for part in snapshots.parts]
    rules = PartRules(frozenset(names), "parts of internal.yaml")

    def decide(read: RowReader) -> RowsChange | None:
        day_rows = read(business_date=day)
        before = [dict(row) for row in day_rows]
        for row in new:
            # Whether its bytes are in force elsewhere is told when it is known if it has rows.
            register_file(rules, dict(row), day_rows, (), ())
        return RowsChange(day_rows, day, None) if day_rows != before else None

    if new:
        lake.change_rows(SNAPSHOT_FILES, decide)


def _find_unread(
    lake: Lake, day_rows: Sequence[Row], stored: Sequence[Mapping[str, Any]], day: date
) -> list[Row]:
    """Parts to read: new ones; those whose rows are not in the lake; and, where a part comes anew,
    those of which a later part had some rows: it may have them no more.
    """
    received = [row for row in day_rows if row["status"] == FileStatus.RECEIVED]
    accepted = [row for row in day_rows if row["status"] == FileStatus.ACCEPTED]
    counts = lake.count_rows_by_file(INTERNAL_TRANSACTIONS, day)
    parts_anew = {row["part"] for row in received} & {row["part"] for row in accepted}
    is_merged = bool(list_merged_files(stored))
    damaged = [
        row
        for row in accepted
        if counts[row["file_id"]] != sum(dict(row["channels"] or {}).values())
        # A data file of several parts cannot be replaced part by part.
        or (is_merged and row["line_count"])
    ]
    is_changed = bool(parts_anew or damaged)
    again = [row for row in accepted if row in damaged or (is_changed and count_overridden(row))]
    in_order = sorted(received, key=lambda row: (row["received_at"], row["file_name"]))
    return [*in_order, *again]


def _has_leftovers(day_rows: Sequence[Row], stored: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the lake has rows of parts that are not in force."""
    in_force = {row["file_id"] for row in day_rows if row["status"] == FileStatus.ACCEPTED}
    return bool({file_id_of(str(file["path"])) for file in stored} - in_force)


def _read_part(
    lake: Lake, row: Row, snapshots: Snapshots, profiles: Mapping[str, Profile], day: date
) -> ReadSnapshot:
    """Reads a part; one with rows of a channel that it does not hold has a fault."""
    read = read_archived(lake, row, profiles, day)
    part = next((part for part in snapshots.parts if part.name == row["part"]), None)
    channels = {file.channel for file in read.files if file.rows}
    others = sorted(name for name in channels if part is not None and not part.holds(name))
    if not others:
        return read
    remove_data_files(lake, list(read.files))
    fault = FileRefused(
        "BAD_SNAPSHOT",
        row["file_name"],
        f"part {row['part']} has rows of {', '.join(others)}, which its `channels` do not name",
        "have the part written again, or add the channel to it in internal.yaml",
    )
    return ReadSnapshot(fault=str(fault))
