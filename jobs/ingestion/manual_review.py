"""A person withdraws a version of a file, or accepts a version that a limit stopped.

Source: docs/reference/files.md.
"""

from collections.abc import Sequence
from datetime import date

from jobs.ingestion.file_register import ACCEPTED_BY_HAND, Row, find_same_content
from jobs.ingestion.receive_statements import load_day_files, process_pending
from jobs.lake.tables import Lake
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
    ingest removes them.

    Raises:
        VersionRefused: the file is neither in force nor quarantined.
    """
    if row["status"] not in (FileStatus.ACCEPTED, FileStatus.QUARANTINED):
        raise VersionRefused(
            f"{format_file_label(row)}: it is {row['status']}, there is nothing to withdraw"
        )
    status = FileStatus.WITHDRAWN.value
    return _change_status(lake, profile, row, status, f"{status} {why}")


def accept_file(lake: Lake, profile: Profile, row: Row, why: str) -> Row:
    """Reads a file from the archive again and accepts it, whatever its size and its age.

    Its control totals must still agree. If the function is killed, the next ingest goes on.

    Raises:
        VersionRefused: the file or a later version is in force, or it was refused for a fault that
            a person cannot accept.
    """
    later = [
        other
        for other in load_day_files(lake, row["channel"], row["business_date"])
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
    spans = profile.files is not None and profile.files.spans
    same = lake.read_rows(STATEMENT_FILES, file_id=row["file_id"])
    fault = find_same_content(row, same, spans)
    if fault:
        raise VersionRefused(fault)
    received = FileStatus.RECEIVED.value
    return _change_status(lake, profile, row, received, f"{ACCEPTED_BY_HAND} {why}")


def _change_status(lake: Lake, profile: Profile, row: Row, status: str, reason: str) -> Row:
    """Writes the row's new status, then processes the day; returns the row in its final state."""
    day_files = load_day_files(lake, row["channel"], row["business_date"])
    changed = next(other for other in day_files if other == row)
    changed |= {"status": status, "reason": reason}
    lake.replace_rows(STATEMENT_FILES, day_files, row["business_date"], row["channel"])
    process_pending(lake, profile, row["business_date"], day_files, [])
    return changed


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
