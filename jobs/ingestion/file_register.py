"""Received files on record: each is archived and has its row before anything of it is read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jobs.ingestion.inbox import WHOLE, Found
from jobs.ingestion.parse_tasks import ParseTask
from jobs.lake.tables import Lake
from jobs.statements.parser import Plan
from jobs.storage.archive import ArchivedFile, Storage, archive_file
from schemas.profile.channel import Profile
from schemas.profile.day_parts import MARKER
from schemas.tables import STATEMENT_FILES
from schemas.vocabulary import FileStatus

Row = dict[str, Any]
ACCEPTED, SUPERSEDED = FileStatus.ACCEPTED.value, FileStatus.SUPERSEDED.value
QUARANTINED, RECEIVED = FileStatus.QUARANTINED.value, FileStatus.RECEIVED.value
DUPLICATE, WITHDRAWN = FileStatus.DUPLICATE.value, FileStatus.WITHDRAWN.value
#: What begins the reason of a row that a person has accepted, over the limits that a person may.
BY_HAND = "ACCEPTED_BY_HAND"


@dataclass
class Item:
    """A file to be read: its row of `statement_files`, its bytes, and how they are read."""

    row: Row
    kept: ArchivedFile
    plan: Plan | None = None
    tasks: list[ParseTask] = field(default_factory=list)


def recorded(
    lake: Lake, profile: Profile, inbox: Storage, found: Sequence[Found], day: date,
    own: list[Row],
) -> list[Item]:  # fmt: skip
    """Archives what was found and adds its rows to `own`, those of the channel and date; returns
    what is to be read.

    Bytes that are known for that part are recorded as DUPLICATE, unless they were quarantined.
    """
    archived = []
    for each in found:
        with inbox.fs.open_input_stream(each.path, compression=None) as source:
            archived.append(archive_file(lake.storage, source))
    known: dict[str, list[Row]] = defaultdict(list)
    for row in lake.read_rows(STATEMENT_FILES, file_id=[kept.file_id for kept in archived]):
        if (row["channel"], row["business_date"]) != (profile.channel, day):
            known[row["file_id"]].append(row)
    for row in own:
        known[row["file_id"]].append(row)
    items: list[Item] = []
    for each, kept in zip(found, archived, strict=True):
        new = [item.row for item in items]
        made = _recorded(profile, each, kept, day, own, known[kept.file_id], new)
        if made is not None:
            items.append(Item(made, kept))
    return items


def left_over(lake: Lake, own: Iterable[Row], items: Sequence[Item]) -> list[Item]:
    """Files that a killed job left unread, or that a person accepted: from the archive."""
    out = []
    for row in own:
        if row["status"] == RECEIVED and not any(row is item.row for item in items):
            out.append(Item(row, kept_of(lake, row)))
    return out


def kept_of(lake: Lake, row: Row) -> ArchivedFile:
    """An archived file again, with its blocks; a lake that was moved has its archive with it."""
    file_id = row["file_id"]
    places = (row["archived_path"], lake.storage.full_path(f"archive/{file_id[:2]}/{file_id}"))
    there = [path for path in places if lake.storage.fs.get_file_info(path).is_file]
    with lake.storage.fs.open_input_stream(there[0] if there else places[0], None) as source:
        return archive_file(lake.storage, source)


def _recorded(
    profile: Profile, each: Found, kept: ArchivedFile, day: date, own: list[Row],
    elsewhere: Sequence[Row], new: Sequence[Row],
) -> Row | None:  # fmt: skip
    """Adds or finds the row of a file; None where the same bytes are known already."""
    same = [row for row in own if row["part"] == each.part and row["file_id"] == kept.file_id]
    known = [
        row
        for row in same
        if row["status"] in (ACCEPTED, SUPERSEDED, WITHDRAWN) or any(row is one for one in new)
    ]
    row = _row(profile.channel, day, each, kept)
    row["version"] = max([r["version"] for r in own if r["part"] == each.part] or [0]) + 1
    if known:
        version = known[0]["version"]
        gone = ", which was withdrawn" if known[0]["status"] == WITHDRAWN else ""
        row |= {"version": version, "status": DUPLICATE}
        row["reason"] = f"the same bytes as version {version}{gone}"
        again = [r for r in same if r["status"] == row["status"] and r["file_name"] == each.name]
        own[:] = [r for r in own if not any(r is old for old in again)] + [row]
        return None
    unread = [each for each in same if each["status"] != DUPLICATE]
    if unread:
        before = unread[0]
        row["version"] = before["version"]
        if before["status"] == RECEIVED and str(before["reason"]).startswith(BY_HAND):
            row["reason"] = before["reason"]
        own[:] = [r for r in own if r is not before]
    spans = profile.files is not None and profile.files.spans
    refused = elsewhere_in_force(row, [*elsewhere, *new], spans) or _unknown_part(each, profile)
    if refused is not None:
        row |= {"status": QUARANTINED, "reason": refused}
    own.append(row)
    return row


def _row(channel: str, day: date, each: Found, kept: ArchivedFile) -> Row:
    return {
        "channel": channel,
        "business_date": day,
        "part": each.part,
        "status": RECEIVED,
        "file_id": kept.file_id,
        "file_name": each.name,
        "archived_path": kept.path,
        "byte_size": kept.byte_size,
        "line_count": None,
        "rejected_count": None,
        "totals": None,
        "reason": None,
        "received_at": each.came_at,
    }


def elsewhere_in_force(row: Row, rows: Sequence[Row], spans: bool) -> str | None:
    """Why a file is refused whose bytes are in force, with lines, under another place.

    A file that `spans` several days is in force on each of them.
    """
    place = ("channel", "part") if spans else ("channel", "business_date", "part")
    for other in rows:
        same = other["file_id"] == row["file_id"]
        # A file of this very reception is not judged yet: the first of two counts.
        holds = other["status"] == RECEIVED or (other["status"] == ACCEPTED and other["line_count"])
        if same and holds and any(other[name] != row[name] for name in place):
            return (
                f"SAME_BYTES: {row['file_name']}: these bytes are in force as {other['channel']}"
                f" {other['business_date']} {other['part']}; have the right file sent"
            )
    return None


def _unknown_part(each: Found, profile: Profile) -> str | None:
    parts = (profile.files.parts if profile.files else ()) or (WHOLE,)
    if each.part in (*parts, MARKER):
        return None
    return (
        f"UNKNOWN_PART: {each.name}: part {each.part} is not in files.parts;"
        " add it to the profile or have the file renamed"
    )
