"""Statement files of one channel and date: recorded, read, judged, landed or set aside.

However many parts come, lines, rejected lines and files' rows are each written once a channel and
date. Source: docs/reference/files.md.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pyspark.sql import functions as F

from jobs.ingestion.acceptance_limits import (
    WARNING,
    Size,
    copied,
    shrunk,
    size_of,
    too_late,
    unusual,
)
from jobs.ingestion.control_totals import compare_totals, control_total_failures
from jobs.ingestion.file_register import (
    ACCEPTED,
    BY_HAND,
    QUARANTINED,
    RECEIVED,
    SUPERSEDED,
    WITHDRAWN,
    Item,
    Row,
    left_over,
    recorded,
)
from jobs.ingestion.inbox import files_of
from jobs.ingestion.likely_causes import likely_cause
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import ParsedFile, plan_tasks, run_parse_tasks
from jobs.lake.commit import file_id_from_path
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.errors import FileRefused
from schemas.money import summed
from schemas.profile.channel import Profile
from schemas.profile.day_parts import MARKER
from schemas.tables import REJECTED_LINES, STATEMENT_FILES, STATEMENT_LINES


@dataclass
class Received:
    """What one channel's reception came to: counts by file status, lines, every refusal, and what
    was accepted with a warning.
    """

    counts: Counter[str] = field(default_factory=Counter)
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def receive_day(lake: Lake, profile: Profile, inbox: Storage, day: date) -> Received:
    """Takes in what lies in the inbox for a channel and date; run twice leaves the same lines.

    Each file is archived and recorded before it is parsed. One that cannot be read or does not add
    up is quarantined with its reason; an earlier accepted version of it stays in force. What a
    killed job left unfinished is finished, from the archive.
    """
    files = profile.files
    if files is None:
        return Received()
    own = own_rows(lake, profile.channel, day)
    found = files_of(inbox, files.pattern, day)
    if files.marker:
        found += [replace(each, part=MARKER) for each in files_of(inbox, files.marker, day)]
    before = [dict(row) for row in own]
    items = recorded(lake, profile, inbox, found, day, own)
    if own != before:
        lake.replace_rows(STATEMENT_FILES, own, day, profile.channel)
    settle(lake, profile, day, own, items)
    out = Received(Counter(row["status"] for row in own))
    accepted = [row for row in own if row["status"] == ACCEPTED]
    out.counts["lines"] = sum(row["line_count"] or 0 for row in accepted)
    out.counts["rejected"] = sum(
        row["rejected_count"] or 0 for row in own if row["status"] != WITHDRAWN
    )
    out.reasons = [row["reason"] for row in own if row["status"] == QUARANTINED]
    said = [each for row in accepted for each in str(row["reason"] or "").split(" | ")]
    out.warnings = [each for each in said if each.startswith(WARNING)]
    return out


def own_rows(lake: Lake, channel: str, day: date) -> list[Row]:
    """The rows of `statement_files` of a channel and date."""
    return lake.read_rows(STATEMENT_FILES, channel=channel, business_date=day)


def settle(lake: Lake, profile: Profile, day: date, own: list[Row], items: list[Item]) -> None:
    """Reads, judges and lands what is recorded and not read yet, and takes out what is not in
    force; `own` are the rows of the channel and date.

    Killed anywhere in between, the next one ends it: rows say what is to be done before it is done.
    """
    files = profile.files
    items = [*items, *left_over(lake, own, items)]
    for item in items:
        _plan(lake, item, profile, day)
    landed = run_parse_tasks(lake, [task for item in items for task in item.tasks])
    before: list[Row] = []
    if items and files is not None and files.volume_change_warn is not None:
        before = lake.read_rows(STATEMENT_FILES, channel=profile.channel, status=ACCEPTED)
    for item in items:
        if files is not None and item.row["status"] == RECEIVED:
            mine = landed.get(item.row["file_id"], ParsedFile(item.row["file_id"]))
            _judge(lake, item, mine, profile, own, landed, before)
    if items or _strays(lake, own, profile.channel, day):
        _commit(lake, day, profile.channel, items, landed, own)


def _plan(lake: Lake, item: Item, profile: Profile, day: date) -> None:
    """Unpacks and plans a recorded file; one that cannot be read is quarantined."""
    row, files = item.row, profile.files
    if row["status"] != RECEIVED or row["part"] == MARKER or files is None:
        return
    name = row["file_name"]
    try:
        scratch = lake.staging_path("unpacked")
        plain = decompress(lake.storage, item.kept, name, scratch, profile)
        item.plan = plan_file(lake.storage, plain, name, profile, day)
        item.tasks = plan_tasks(lake.storage, plain, item.plan, profile, day)
    except FileRefused as fault:
        row |= {"status": QUARANTINED, "reason": str(fault)}


def _judge(
    lake: Lake, item: Item, landed: ParsedFile, profile: Profile, own: Sequence[Row],
    others: Mapping[str, ParsedFile], rows: Sequence[Row],
) -> None:  # fmt: skip
    """The gate's word on a file: its totals, then the profile's limits, all that is wrong."""
    row, files = item.row, profile.files
    assert files is not None
    name, day = row["file_name"], row["business_date"]
    by_hand = str(row["reason"] or "").startswith(BY_HAND)
    row |= {"line_count": landed.line_count, "rejected_count": landed.rejected_count}
    faults: list[str | None] = []
    if item.plan is not None:
        row["totals"], differs = compare_totals(landed, item.plan)
        faults.append(control_total_failures(landed, item.plan, files, name, day))
        if differs:
            faults.append(likely_cause(lake.storage, landed, row["totals"]))
        faults.append(copied(lake.storage, landed.lines, files, name))
    adds_up = item.plan is not None and not any(faults)
    if not by_hand:
        zone = profile.zone_info
        faults.append(too_late(name, row["received_at"], day, files, zone, row["file_id"]))
        if adds_up:
            before, version = _in_force_before(lake, row, own, others)
            now = size_of(lake.storage, landed.lines) if before.lines else Size(0, {})
            faults.append(shrunk(name, files, before, version, now, row["file_id"]))
    reason = " | ".join(filter(None, faults))
    if reason:
        row |= {"status": QUARANTINED, "reason": reason}
        return
    warning = unusual(row, rows, files)
    kept = row["reason"] if by_hand else None
    row |= {"status": ACCEPTED, "reason": " | ".join(filter(None, (kept, warning))) or None}


def _in_force_before(
    lake: Lake, row: Row, own: Sequence[Row], landed: Mapping[str, ParsedFile]
) -> tuple[Size, int]:
    """The size and number of the version that a new one would replace."""
    older = [
        each
        for each in own
        if each["part"] == row["part"]
        and each["status"] == ACCEPTED
        and each["version"] < row["version"]
    ]
    if not older:
        return Size(0, {}), 0
    last = max(older, key=lambda each: int(each["version"]))
    version, file_id = int(last["version"]), last["file_id"]
    if file_id in landed:
        return size_of(lake.storage, landed[file_id].lines), version
    there = lake.read_day(STATEMENT_LINES, row["business_date"], row["channel"])
    gross = summed(F.abs(F.col("amount"))).alias("gross")
    mine = there.where(F.col("file_id") == F.lit(file_id)).groupBy("currency").agg(gross)
    sums = {each["currency"]: int(each["gross"]) for each in mine.collect()}
    return Size(int(last["line_count"] or 0), sums), version


def _strays(lake: Lake, own: Sequence[Row], channel: str, day: date) -> bool:
    """Whether lines are there of files that are not in force: a job was killed taking them out."""
    if not own:
        return False
    accepted = sum(int(row["line_count"] or 0) for row in own if row["status"] == ACCEPTED)
    if lake.count_rows(STATEMENT_LINES, day, channel) != accepted:
        return True
    gone = [row["file_id"] for row in own if row["status"] == WITHDRAWN]
    return bool(gone and lake.count_rows(REJECTED_LINES, day, channel, gone))


def _commit(
    lake: Lake,
    day: date,
    channel: str,
    items: Sequence[Item],
    landed: Mapping[str, ParsedFile],
    own: list[Row],
) -> None:
    """Lines and rejected lines first, then the files' rows: a kill in between is healed by a rerun.

    Of several accepted versions of a part the last is in force, the others are superseded.
    """
    good: dict[str, list[Row]] = defaultdict(list)
    for row in own:
        if row["status"] == ACCEPTED:
            good[row["part"]].append(row)
    for versions in good.values():
        for row in sorted(versions, key=lambda row: int(row["version"]))[:-1]:
            row["status"] = SUPERSEDED
    in_force = {row["file_id"] for row in own if row["status"] == ACCEPTED}
    gone = {row["file_id"] for row in own if row["status"] == WITHDRAWN} - in_force
    read = {item.row["file_id"] for item in items}
    none = ParsedFile("")
    mine = [(item.row["file_id"], landed.get(item.row["file_id"], none)) for item in items]
    add = [file for file_id, each in mine if file_id in in_force for file in each.lines]
    rejected = [file for _, each in mine for file in each.rejected]

    def replaced(of: str, path: str) -> bool:
        file_id = file_id_from_path(path)
        return of == channel and (file_id in read or file_id not in in_force)

    def refused(of: str, path: str) -> bool:
        return of == channel and file_id_from_path(path) in read | gone

    lake.commit_files(STATEMENT_LINES, day, add, replaced, channel)
    lake.commit_files(REJECTED_LINES, day, rejected, refused, channel)
    lake.replace_rows(STATEMENT_FILES, own, day, channel)
