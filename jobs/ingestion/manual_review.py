"""A person withdraws a version of a file, or accepts a version that a limit stopped.

Source: docs/reference/files.md.
"""

from collections.abc import Callable, Sequence
from datetime import date

from jobs.ingestion.file_register import ACCEPTED_BY_HAND, Row, find_row, find_same_content
from jobs.ingestion.receive_statements import process_pending
from jobs.lake.control_rows import RowReader, RowsChange
from jobs.lake.tables import Lake
from jobs.storage.archive import verify_archived
from schemas.errors import VersionRefused
from schemas.profile.channel import Profile
from schemas.tables import STATEMENT_FILES
from schemas.vocabulary import FileStatus

#: A person may accept a file that was refused for these limits.
REVIEWABLE_LIMITS = ("SHRUNK", "STALE_FILE")
#: At least so many digits of a SHA-256 name a file.
PREFIX_MIN = 8


def withdraw_file(lake: Lake, profile: Profile, row: Row, why: str) -> Row:
    """Removes a file's lines and writes the reason to its row. No other version replaces it.

    The function writes the row before it removes the lines. If it is killed in between, the next
    ingest removes them, or the next call. A file that is withdrawn already stays as it is.

    Raises:
        VersionRefused: the file is neither in force nor quarantined.
    """

    def check(_: RowReader, __: Sequence[Row], current: Row) -> bool:
        if current["status"] == FileStatus.WITHDRAWN:
            return False
        if current["status"] not in (FileStatus.ACCEPTED, FileStatus.QUARANTINED):
            raise VersionRefused(
                f"{format_file_label(current)}: it is {current['status']}, there is nothing to"
                " withdraw"
            )
        return True

    status = FileStatus.WITHDRAWN.value
    return _change_status(lake, profile, row, status, f"{status} {why}", check)


def accept_file(lake: Lake, profile: Profile, row: Row, why: str) -> Row:
    """Reads a file from the archive again and accepts it, whatever its size and its age.

    Its control totals must still agree. If the function is killed, the next ingest goes on, or the
    next call. A file that is in force already stays as it is.

    Raises:
        VersionRefused: the file or a later version is in force, or it was refused for a fault that
            a person cannot accept.
        ArchiveDamaged: the archive no longer has the bytes that were received.
    """
    spans = profile.files is not None and profile.files.spans

    def check(read: RowReader, day_files: Sequence[Row], current: Row) -> bool:
        is_begun = str(current["reason"] or "").startswith(ACCEPTED_BY_HAND)
        if current["status"] == FileStatus.ACCEPTED or (
            current["status"] == FileStatus.RECEIVED and is_begun
        ):
            return False
        _check_acceptable(day_files, current)
        fault = find_same_content(current, read(file_id=current["file_id"]), spans)
        if fault:
            raise VersionRefused(fault)
        return True

    verify_archived(lake.storage, row["archived_path"], row["file_id"])
    received = FileStatus.RECEIVED.value
    return _change_status(lake, profile, row, received, f"{ACCEPTED_BY_HAND} {why}", check)


def _check_acceptable(day_files: Sequence[Row], row: Row) -> None:
    later = [
        other
        for other in day_files
        if other["part"] == row["part"]
        and other["status"] == FileStatus.ACCEPTED
        and other["version"] > row["version"]
    ]
    label = format_file_label(row)
    if later:
        raise VersionRefused(
            f"{label}: {format_file_label(later[0])} is in force; withdraw it first"
        )
    if row["status"] == FileStatus.QUARANTINED:
        codes = [fault.split(":")[0] for fault in str(row["reason"]).split(" | ")]
        if any(code not in REVIEWABLE_LIMITS for code in codes):
            raise VersionRefused(
                f"{label}: it was refused as {', '.join(codes)}; you can accept only"
                f" {' and '.join(REVIEWABLE_LIMITS)}. Its reason: {row['reason']}"
            )
    elif row["status"] not in (FileStatus.SUPERSEDED, FileStatus.WITHDRAWN):
        raise VersionRefused(f"{label}: it is {row['status']} already")


def _change_status(
    lake: Lake,
    profile: Profile,
    row: Row,
    status: str,
    reason: str,
    check: Callable[[RowReader, Sequence[Row], Row], bool],
) -> Row:
    """Writes the row's new status if `check` allows it, then processes the day.

    `check` returns False if the row has that status already: then only what a killed call left is
    done.
    Check and change are one transaction. Returns the row in its final state.
    """
    day, channel = row["business_date"], row["channel"]

    def decide(read: RowReader) -> RowsChange | None:
        day_files = read(channel=channel, business_date=day)
        current = find_row(day_files, row)
        if current is None:
            raise VersionRefused(f"{format_file_label(row)}: another process has replaced its row")
        if not check(read, day_files, current):
            return None
        current |= {"status": status, "reason": reason}
        return RowsChange(day_files, day, channel)

    lake.change_rows(STATEMENT_FILES, decide)
    return find_row(process_pending(lake, profile, day, ()), row) or row


def find_file(
    lake: Lake, file_id: str, channels: Sequence[str] = (), dates: Sequence[date] = ()
) -> Row:
    """Finds the row of a received file by its SHA-256, or by at least its first eight digits.

    Raises:
        VersionRefused: no file or several files have this id.
    """
    if len(file_id) < PREFIX_MIN:
        raise VersionRefused(f"{file_id}: give at least {PREFIX_MIN} digits of the FILE_ID")
    rows = [
        row
        for row in lake.read_rows(STATEMENT_FILES)
        if row["file_id"].startswith(file_id.lower())
        and row["status"] != FileStatus.DUPLICATE
        and (not channels or row["channel"] in channels)
        and (not dates or row["business_date"] in dates)
    ]
    if not rows:
        raise VersionRefused(f"{file_id}: no such file; `tieout files` lists them")
    if len(rows) > 1:
        labels = "; ".join(format_file_label(row) for row in rows)
        raise VersionRefused(
            f"{file_id}: name one with --channel, --business-date or more digits: {labels}"
        )
    return rows[0]


def format_file_label(row: Row) -> str:
    """Formats a received file for messages: its name, the first digits of its id, its version."""
    return f"{row['file_name']} {row['file_id'][:12]} ({row['part']} version {row['version']})"
