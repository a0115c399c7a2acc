"""Statement files of one channel and date: recorded, read, judged, landed or set aside."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from jobs.archive import Archived, Storage, receive
from jobs.gate import totals_of, verdict
from jobs.inbox import WHOLE, Found, files_of
from jobs.lake import Lake
from jobs.landing import Landed, Task, land, tasks_of
from jobs.reading import plain_of, planned
from jobs.statements.dialect import Plan
from schemas.errors import FileRefused
from schemas.profile import Files, Profile
from schemas.tables import REJECTED_LINES, STATEMENT_FILES, STATEMENT_LINES
from schemas.vocabulary import FileStatus

ACCEPTED, SUPERSEDED = FileStatus.ACCEPTED.value, FileStatus.SUPERSEDED.value
QUARANTINED, RECEIVED = FileStatus.QUARANTINED.value, FileStatus.RECEIVED.value
#: The part of a file that says: no trades today.
MARKER = "marker"


@dataclass
class Received:
    """What one channel's reception came to: counts by file status, lines, and every refusal."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: list[str] = field(default_factory=list)


@dataclass
class _Item:
    row: dict[str, Any]
    kept: Archived
    plan: Plan | None = None
    tasks: list[Task] = field(default_factory=list)


def receive_day(lake: Lake, profile: Profile, inbox: Storage, day: date) -> Received:
    """Takes in what lies in the inbox for a channel and date; run twice leaves the same lines.

    Each file is archived and recorded before it is parsed. One that cannot be read or does not add
    up is quarantined with its reason; an earlier accepted version of it stays in force.
    """
    files = profile.files
    out = Received()
    if files is None:
        return out
    rows = lake.rows(STATEMENT_FILES)
    own = [row for row in rows if row["channel"] == profile.channel and row["business_date"] == day]
    found = files_of(inbox, files.pattern, day)
    if files.marker:
        found += [replace(each, part=MARKER) for each in files_of(inbox, files.marker, day)]
    items: list[_Item] = []
    before = [dict(row) for row in own]
    for each in found:
        new = [item.row for item in items]
        item = _recorded(lake, profile, inbox, each, day, own, rows, new)
        if item is not None:
            items.append(item)
    if own != before:
        lake.replace_rows(STATEMENT_FILES, own, day, profile.channel)
    for item in items:
        _plan(lake, item, profile, day)
    landed = land(lake, [task for item in items for task in item.tasks])
    for item in items:
        if item.row["status"] == RECEIVED:
            _judge(item, landed.get(item.row["file_id"], Landed(item.row["file_id"])), files, day)
    if items:
        _commit(lake, day, profile.channel, items, landed, own)
    out.counts.update(row["status"] for row in own)
    out.counts["lines"] = sum(row["line_count"] or 0 for row in own if row["status"] == ACCEPTED)
    out.counts["rejected"] = sum(row["rejected_count"] or 0 for row in own)
    out.reasons = [row["reason"] for row in own if row["status"] == QUARANTINED]
    return out


def _recorded(
    lake: Lake,
    profile: Profile,
    inbox: Storage,
    each: Found,
    day: date,
    own: list[dict[str, Any]],
    rows: Sequence[dict[str, Any]],
    new: Sequence[dict[str, Any]],
) -> _Item | None:
    """Archives a file and adds or finds its row; None where the same bytes are known already."""
    with inbox.fs.open_input_stream(each.path, compression=None) as source:
        kept = receive(lake.storage, source)
    same = [row for row in own if row["part"] == each.part and row["file_id"] == kept.file_id]
    known = [
        row
        for row in same
        if row["status"] in (ACCEPTED, SUPERSEDED) or any(row is one for one in new)
    ]
    row = _row(profile.channel, day, each, kept)
    row["version"] = max([r["version"] for r in own if r["part"] == each.part] or [0]) + 1
    if known:
        version = known[0]["version"]
        row |= {"version": version, "status": FileStatus.DUPLICATE.value}
        row["reason"] = f"the same bytes as version {version}"
        again = [r for r in same if r["status"] == row["status"] and r["file_name"] == each.name]
        own[:] = [r for r in own if not any(r is old for old in again)] + [row]
        return None
    if same:
        row["version"] = same[0]["version"]
        own[:] = [r for r in own if r is not same[0]]
    refused = _elsewhere(row, [*rows, *new]) or _unknown_part(each, profile)
    if refused is not None:
        row |= {"status": QUARANTINED, "reason": refused}
    own.append(row)
    return _Item(row, kept)


def _row(channel: str, day: date, each: Found, kept: Archived) -> dict[str, Any]:
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


def _elsewhere(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> str | None:
    """Why a file is refused whose bytes are in force, with lines, under another place."""
    place = ("channel", "business_date", "part")
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


def _plan(lake: Lake, item: _Item, profile: Profile, day: date) -> None:
    """Unpacks and plans a recorded file; one that cannot be read is quarantined."""
    row, files = item.row, profile.files
    if row["status"] != RECEIVED or row["part"] == MARKER or files is None:
        return
    name = row["file_name"]
    try:
        scratch = lake.scratch("unpacked")
        plain = plain_of(lake.storage, item.kept, name, scratch, profile)
        item.plan = planned(lake.storage, plain, name, profile)
        item.tasks = tasks_of(lake.storage, plain, item.plan, profile, day)
    except FileRefused as fault:
        row |= {"status": QUARANTINED, "reason": str(fault)}


def _judge(item: _Item, landed: Landed, files: Files, day: date) -> None:
    row = item.row
    row |= {"line_count": landed.line_count, "rejected_count": landed.rejected_count}
    reason = None
    if item.plan is not None:
        row["totals"], _ = totals_of(landed, item.plan)
        reason = verdict(landed, item.plan, files, row["file_name"], day)
    row |= {"status": QUARANTINED if reason else ACCEPTED, "reason": reason}


def _commit(
    lake: Lake,
    day: date,
    channel: str,
    items: Sequence[_Item],
    landed: dict[str, Landed],
    own: list[dict[str, Any]],
) -> None:
    """Lines and rejected lines first, then the files' rows: a kill in between is healed by a rerun.

    Of several accepted versions of a part the last is in force, the others are superseded.
    """
    for part in {row["part"] for row in own}:
        good = sorted(
            (row for row in own if row["part"] == part and row["status"] == ACCEPTED),
            key=lambda row: int(row["version"]),
        )
        for row in good[:-1]:
            row["status"] = SUPERSEDED
    in_force = {row["file_id"] for row in own if row["status"] == ACCEPTED}
    read = {item.row["file_id"] for item in items}
    add = [
        file
        for item in items
        if item.row["file_id"] in in_force
        for file in landed.get(item.row["file_id"], Landed("")).lines
    ]
    rejected = [
        file for item in items for file in landed.get(item.row["file_id"], Landed("")).rejected
    ]

    def replaced(of: str, name: str) -> bool:
        file_id = name.split("-", 1)[0]
        return of == channel and (file_id in read or file_id not in in_force)

    lake.commit_files(STATEMENT_LINES, day, add, replaced, channel)
    lake.commit_files(
        REJECTED_LINES,
        day,
        rejected,
        lambda of, name: of == channel and name.split("-", 1)[0] in read,
        channel,
    )
    lake.replace_rows(STATEMENT_FILES, own, day, channel)
