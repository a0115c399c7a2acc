"""A person withdraws a version of a file, or accepts one that a limit stopped.

Source: docs/reference/files.md.
"""

from collections.abc import Sequence
from datetime import date

from jobs.ingestion.file_register import (
    ACCEPTED,
    BY_HAND,
    DUPLICATE,
    QUARANTINED,
    RECEIVED,
    SUPERSEDED,
    WITHDRAWN,
    Row,
    elsewhere_in_force,
)
from jobs.ingestion.receive_statements import own_rows, settle
from jobs.lake.tables import Lake
from schemas.errors import VersionRefused
from schemas.profile.channel import Profile
from schemas.tables import STATEMENT_FILES

#: The limits that a person may pass over.
MAY_PASS = ("SHRUNK", "TOO_LATE")


#: So much of a SHA-256 names a file.
PREFIX_MIN = 8


def withdrawn(lake: Lake, profile: Profile, row: Row, why: str) -> Row:
    """Takes a file's lines out again; its row says so and why. Nothing takes its place.

    The row is written before the lines go: killed in between, the next ingest takes them out.

    Raises:
        VersionRefused: the file is neither in force nor quarantined.
    """
    if row["status"] not in (ACCEPTED, QUARANTINED):
        raise VersionRefused(
            f"{file_label(row)}: it is {row['status']}, there is nothing to withdraw"
        )
    return _again(lake, profile, row, WITHDRAWN, f"{WITHDRAWN} {why}")


def accepted(lake: Lake, profile: Profile, row: Row, why: str) -> Row:
    """Reads a file from the archive again, and takes it whatever its size and its age are.

    The totals must hold all the same. Killed in between, the next ingest goes on.

    Raises:
        VersionRefused: it is in force, a later version is, or it was refused for something else.
    """
    later = [
        each
        for each in own_rows(lake, row["channel"], row["business_date"])
        if each["part"] == row["part"]
        and each["status"] == ACCEPTED
        and each["version"] > row["version"]
    ]
    if later:
        raise VersionRefused(
            f"{file_label(row)}: {file_label(later[0])} is in force; withdraw it first"
        )
    if row["status"] == QUARANTINED:
        codes = [each.split(":")[0] for each in str(row["reason"]).split(" | ")]
        if any(code not in MAY_PASS for code in codes):
            raise VersionRefused(
                f"{file_label(row)}: it was refused as {', '.join(codes)}; only"
                f" {' and '.join(MAY_PASS)} can be accepted. Its reason: {row['reason']}"
            )
    elif row["status"] not in (SUPERSEDED, WITHDRAWN):
        raise VersionRefused(f"{file_label(row)}: it is {row['status']} already")
    spans = profile.files is not None and profile.files.spans
    same = lake.rows(STATEMENT_FILES, file_id=row["file_id"])
    fault = elsewhere_in_force(row, same, spans)
    if fault:
        raise VersionRefused(fault)
    return _again(lake, profile, row, RECEIVED, f"{BY_HAND} {why}")


def _again(lake: Lake, profile: Profile, row: Row, status: str, reason: str) -> Row:
    """Writes a row's new state, then makes the tables follow it; returns the row as it ends."""
    own = own_rows(lake, row["channel"], row["business_date"])
    mine = next(each for each in own if each == row)
    mine |= {"status": status, "reason": reason}
    lake.replace_rows(STATEMENT_FILES, own, row["business_date"], row["channel"])
    settle(lake, profile, row["business_date"], own, [])
    return mine


def named_by(
    lake: Lake, file_id: str, channels: Sequence[str] = (), dates: Sequence[date] = ()
) -> Row:
    """The row of a received file by its SHA-256, or the first digits of it.

    Raises:
        VersionRefused: none or several of that name.
    """
    if len(file_id) < PREFIX_MIN:
        raise VersionRefused(f"{file_id}: give at least {PREFIX_MIN} digits of the FILE_ID")
    rows = [
        row
        for row in lake.rows(STATEMENT_FILES)
        if row["file_id"].startswith(file_id.lower())
        and row["status"] != DUPLICATE
        and (not channels or row["channel"] in channels)
        and (not dates or row["business_date"] in dates)
    ]
    if len(rows) != 1:
        told = (
            "; ".join(file_label(row) for row in rows) or "no such file; `tieout files` lists them"
        )
        many = ": name one with --channel, --business-date or more digits: " if rows else ": "
        raise VersionRefused(f"{file_id}{many}{told}")
    return rows[0]


def file_label(row: Row) -> str:
    """How messages name a received file: its name, the first digits of its id, its version."""
    return f"{row['file_name']} {row['file_id'][:12]} ({row['part']} version {row['version']})"
