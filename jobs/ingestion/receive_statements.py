"""Receives the statement files of one channel and date: registers, reads, validates, commits.

However many parts arrive, one call writes lines, rejected lines and file rows once each.
Source: docs/reference/files.md.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from jobs.ingestion.day_state import clear_payers_text, has_other_payers
from jobs.ingestion.file_register import (
    PendingFile,
    Row,
    find_row,
    register_files,
    reopen_file,
)
from jobs.ingestion.gates.acceptance_limits import (
    UNUSUAL_VOLUME,
)
from jobs.ingestion.gates.balance_gaps import BALANCE_GAP, note_balance_gaps
from jobs.ingestion.gates.validate_file import DayInputs, check_repair, validate_file
from jobs.ingestion.inbox import find_files
from jobs.ingestion.lines_in_force import (
    commit_lines,
    find_damaged_files,
    has_leftovers,
    list_stored_lines,
    remove_unused,
)
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import ParsedFile, plan_tasks, run_parse_tasks
from jobs.lake.control_rows import RowReader, RowsChange
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.dialect_options.bank import BANK_DIALECTS
from schemas.errors import FileRefused, WriteConflict
from schemas.profile.channel import Profile
from schemas.profile.day_parts import MARKER
from schemas.tables import STATEMENT_FILES
from schemas.vocabulary import FileStatus

#: How often a day is settled again because another process worked on it at the same time.
ROUNDS_MAX = 8


@dataclass
class ReceiveSummary:
    """The result of receiving one channel: counts, reasons of refusal, and warnings.

    `counts` has files by status, `lines` and `rejected`.
    """

    counts: Counter[str] = field(default_factory=Counter)
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def receive_day(lake: Lake, profile: Profile, inbox: Storage, day: date) -> ReceiveSummary:
    """Takes in the inbox files of a channel and date; a second call leaves the same lines.

    The function archives and records each file before it parses it. It quarantines a file that it
    cannot read, or whose totals differ; an earlier accepted version stays in force. It also
    finishes files that a killed job left, and reads lines again that are gone, from the archive.
    It names links in the inbox, and follows none.
    """
    files = profile.files
    if files is None:
        return ReceiveSummary()
    in_inbox = find_files(inbox, files.pattern, day)
    inbox_files, links = in_inbox.files, in_inbox.link_faults
    if files.marker:
        markers = find_files(inbox, files.marker, day)
        inbox_files += [replace(marker, part=MARKER) for marker in markers.files]
        links += markers.link_faults
    pending = register_files(lake, profile, inbox, inbox_files, day) if inbox_files else []
    summary = _summarize(process_pending(lake, profile, day, pending))
    summary.reasons += dict.fromkeys(map(str, links))
    return summary


def _summarize(day_files: Sequence[Row]) -> ReceiveSummary:
    summary = ReceiveSummary(Counter(row["status"] for row in day_files))
    accepted = [row for row in day_files if row["status"] == FileStatus.ACCEPTED]
    summary.counts["lines"] = sum(row["line_count"] or 0 for row in accepted)
    summary.counts["rejected"] = sum(
        row["rejected_count"] or 0 for row in day_files if row["status"] != FileStatus.WITHDRAWN
    )
    quarantined = [row for row in day_files if row["status"] == FileStatus.QUARANTINED]
    summary.reasons = [row["reason"] for row in quarantined]
    notes = [note for row in accepted for note in str(row["reason"] or "").split(" | ")]
    summary.warnings = [note for note in notes if note.startswith((UNUSUAL_VOLUME, BALANCE_GAP))]
    return summary


def load_day_files(lake: Lake, channel: str, day: date) -> list[Row]:
    """The rows of `statement_files` of a channel and date."""
    return lake.read_rows(STATEMENT_FILES, channel=channel, business_date=day)


def process_pending(
    lake: Lake, profile: Profile, day: date, pending: Sequence[PendingFile]
) -> list[Row]:
    """Reads, validates and commits every recorded file that is not read yet, and removes the lines
    of files that are not in force. Returns the rows of the channel and date.

    A row says what is to be done before it is done: if the process is killed, the next call
    finishes the work. If another process works on the same day, the function decides again with
    the rows that the other wrote.

    Raises:
        WriteConflict: other processes changed the day every time; run it again.
    """
    channel = profile.channel
    for _ in range(ROUNDS_MAX):
        day_files = load_day_files(lake, channel, day)
        todo = [*pending, *_unfinished_files(lake, profile, day_files, pending, day)]
        if not todo and not has_leftovers(lake, day_files, day, channel):
            return day_files
        for file in todo:
            _plan_pending(lake, file, profile, day)
        _settle_day(lake, profile, day, todo)
        if profile.dialect in BANK_DIALECTS:
            _note_gaps_behind(lake, channel, day)
        pending = ()
    raise WriteConflict(
        f"{channel} {day}: other processes changed the day {ROUNDS_MAX} times; run it again"
    )


def _unfinished_files(
    lake: Lake,
    profile: Profile,
    day_files: Sequence[Row],
    pending: Sequence[PendingFile],
    day: date,
) -> list[PendingFile]:
    """Files to read from the archive: RECEIVED ones, as a job was killed or a person accepted them,
    and those whose lines are not in the tables, or were read under other rules.
    """
    known = {(file.row["part"], file.row["file_id"]) for file in pending}
    received = [row for row in day_files if row["status"] == FileStatus.RECEIVED]
    damaged = find_damaged_files(lake, day_files, day, day_files[0]["channel"]) if day_files else []
    damaged += [row for row in day_files if row not in damaged and has_other_payers(row, profile)]
    return [
        reopen_file(lake, row, row["status"] != FileStatus.RECEIVED)
        for row in (*received, *damaged)
        if (row["part"], row["file_id"]) not in known
    ]


def _plan_pending(lake: Lake, file: PendingFile, profile: Profile, day: date) -> None:
    """Unpacks and plans a recorded file; a file that cannot be read gets a fault."""
    row = file.row
    is_read = row["status"] == FileStatus.RECEIVED or file.is_repair
    if not is_read or row["part"] == MARKER or profile.files is None or file.archived is None:
        return
    name = row["file_name"]
    try:
        scratch = lake.staging_path("unpacked")
        plain = decompress(lake.storage, file.archived, name, scratch, profile)
        file.plan = plan_file(lake.storage, plain, name, profile, day)
        file.tasks = plan_tasks(lake.storage, plain, file.plan, profile, day)
    except FileRefused as fault:
        file.fault = str(fault)


def _settle_day(lake: Lake, profile: Profile, day: date, pending: Sequence[PendingFile]) -> None:
    """Parses files, decides which are in force, and commits their lines and the file rows, as one
    transaction on the rows of `statement_files`.
    """
    parsed = run_parse_tasks(lake, [task for file in pending for task in file.tasks])
    files, channel = profile.files, profile.channel
    accepted: list[Row] = []
    has_limit = bool(pending) and files is not None and files.volume_change_warn is not None
    if has_limit or profile.dialect in BANK_DIALECTS:
        status = FileStatus.ACCEPTED.value
        accepted = lake.read_rows(STATEMENT_FILES, channel=channel, status=status)
    stored = list_stored_lines(lake, day, channel)
    used: set[str] = set()

    def decide(read: RowReader) -> RowsChange | None:
        day_files = read(channel=channel, business_date=day)
        before = [dict(row) for row in day_files]
        settled: list[ParsedFile] = []
        for file in pending:
            row = find_row(day_files, file.row)
            parsed_file = parsed.get(file.row["file_id"], ParsedFile(file.row["file_id"]))
            if row is None or (row["status"] != FileStatus.RECEIVED) != file.is_repair:
                continue  # another process has settled it, or a person has withdrawn it
            if file.fault is not None:
                row |= {"status": FileStatus.QUARANTINED.value, "reason": file.fault}
                row |= {"line_count": None, "rejected_count": None}
            elif file.is_repair:
                check_repair(row, parsed_file)
                row["clear_payers"] = clear_payers_text(profile)
            elif files is not None:
                inputs = DayInputs(day_files, parsed, accepted)
                validate_file(lake, row, file.plan, parsed_file, profile, inputs)
                row["clear_payers"] = clear_payers_text(profile)
            settled.append(parsed_file)
        supersede_versions(day_files)
        note_balance_gaps(day_files, accepted)
        used.update(commit_lines(lake, day_files, settled, stored, day, channel))
        return RowsChange(day_files, day, channel) if day_files != before else None

    lake.change_rows(STATEMENT_FILES, decide)
    remove_unused(lake, parsed.values(), used)


def _note_gaps_behind(lake: Lake, channel: str, day: date) -> None:
    """Notes anew which gaps the next date with balances has: this one may have filled them."""
    rows = lake.read_rows(STATEMENT_FILES, channel=channel)
    accepted = [row for row in rows if row["status"] == FileStatus.ACCEPTED and row["balances"]]
    later = {row["business_date"] for row in accepted if row["business_date"] > day}
    if not later:
        return

    def decide(read: RowReader) -> RowsChange | None:
        day_files = read(channel=channel, business_date=min(later))
        before = [dict(row) for row in day_files]
        note_balance_gaps(day_files, accepted)
        return RowsChange(day_files, min(later), channel) if day_files != before else None

    lake.change_rows(STATEMENT_FILES, decide)


def supersede_versions(day_files: Sequence[Row]) -> None:
    """Of several accepted versions of a part the last is in force; the others become SUPERSEDED."""
    accepted_by_part: dict[str, list[Row]] = defaultdict(list)
    for row in day_files:
        if row["status"] == FileStatus.ACCEPTED:
            accepted_by_part[row["part"]].append(row)
    for versions in accepted_by_part.values():
        for row in sorted(versions, key=lambda row: int(row["version"]))[:-1]:
            row["status"] = FileStatus.SUPERSEDED.value
