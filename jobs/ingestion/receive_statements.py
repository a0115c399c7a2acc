"""Receives the statement files of one channel and date: registers, reads, validates, commits.

However many parts arrive, one call writes lines, rejected lines and file rows once each.
Source: docs/reference/files.md.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pyspark.sql import functions as F

from jobs.ingestion.acceptance_limits import (
    UNUSUAL_VOLUME,
    VersionSize,
    check_age,
    check_duplicate_lines,
    check_shrinking,
    check_usual_volume,
    measure_size,
)
from jobs.ingestion.control_totals import compare_totals, control_total_failures
from jobs.ingestion.file_register import (
    ACCEPTED_BY_HAND,
    PendingFile,
    Row,
    register_files,
    unfinished_files,
)
from jobs.ingestion.inbox import find_files
from jobs.ingestion.likely_causes import likely_cause
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import ParsedFile, plan_tasks, run_parse_tasks
from jobs.lake.commit import file_id_from_path
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.errors import FileRefused
from schemas.money import sum_amounts
from schemas.profile.channel import Profile
from schemas.profile.day_parts import MARKER
from schemas.tables import REJECTED_LINES, STATEMENT_FILES, STATEMENT_LINES
from schemas.vocabulary import FileStatus


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
    finishes files that a killed job left, from the archive.
    """
    files = profile.files
    if files is None:
        return ReceiveSummary()
    day_files = load_day_files(lake, profile.channel, day)
    inbox_files = find_files(inbox, files.pattern, day)
    if files.marker:
        markers = find_files(inbox, files.marker, day)
        inbox_files += [replace(marker, part=MARKER) for marker in markers]
    before = [dict(row) for row in day_files]
    pending = register_files(lake, profile, inbox, inbox_files, day, day_files)
    if day_files != before:
        lake.replace_rows(STATEMENT_FILES, day_files, day, profile.channel)
    process_pending(lake, profile, day, day_files, pending)
    return _summarize(day_files)


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
    summary.warnings = [note for note in notes if note.startswith(UNUSUAL_VOLUME)]
    return summary


def load_day_files(lake: Lake, channel: str, day: date) -> list[Row]:
    """The rows of `statement_files` of a channel and date."""
    return lake.read_rows(STATEMENT_FILES, channel=channel, business_date=day)


def process_pending(
    lake: Lake, profile: Profile, day: date, day_files: list[Row], pending: list[PendingFile]
) -> None:
    """Reads, validates and commits every recorded file that is not read yet, and removes the lines
    of files that are not in force. `day_files` are the rows of the channel and date.

    If the process is killed, the next call finishes the work: a row says what is to be done before
    it is done.
    """
    files = profile.files
    pending = [*pending, *unfinished_files(lake, day_files, pending)]
    for file in pending:
        _plan_pending(lake, file, profile, day)
    parsed = run_parse_tasks(lake, [task for file in pending for task in file.tasks])
    accepted: list[Row] = []
    if pending and files is not None and files.volume_change_warn is not None:
        status = FileStatus.ACCEPTED.value
        accepted = lake.read_rows(STATEMENT_FILES, channel=profile.channel, status=status)
    for file in pending:
        if files is not None and file.row["status"] == FileStatus.RECEIVED:
            file_id = file.row["file_id"]
            parsed_file = parsed.get(file_id, ParsedFile(file_id))
            _validate(lake, file, parsed_file, profile, day_files, parsed, accepted)
    if pending or _has_orphan_lines(lake, day_files, profile.channel, day):
        _commit_day(lake, day, profile.channel, pending, parsed, day_files)


def _plan_pending(lake: Lake, file: PendingFile, profile: Profile, day: date) -> None:
    """Unpacks and plans a recorded file; quarantines a file that cannot be read."""
    row = file.row
    is_received = row["status"] == FileStatus.RECEIVED
    if not is_received or row["part"] == MARKER or profile.files is None:
        return
    name = row["file_name"]
    try:
        scratch = lake.staging_path("unpacked")
        plain = decompress(lake.storage, file.archived, name, scratch, profile)
        file.plan = plan_file(lake.storage, plain, name, profile, day)
        file.tasks = plan_tasks(lake.storage, plain, file.plan, profile, day)
    except FileRefused as fault:
        row |= {"status": FileStatus.QUARANTINED.value, "reason": str(fault)}


def _validate(
    lake: Lake, file: PendingFile, parsed: ParsedFile, profile: Profile,
    day_files: Sequence[Row], parsed_files: Mapping[str, ParsedFile], accepted: Sequence[Row],
) -> None:  # fmt: skip
    """Checks a file's control totals, then the profile's limits, and writes every fault to its row.

    `accepted` are the accepted files of the channel, for the usual volume.
    """
    row, files = file.row, profile.files
    assert files is not None
    name, day = row["file_name"], row["business_date"]
    is_by_hand = str(row["reason"] or "").startswith(ACCEPTED_BY_HAND)
    row |= {"line_count": parsed.line_count, "rejected_count": parsed.rejected_count}
    faults: list[str | None] = []
    if file.plan is not None:
        row["totals"], differences = compare_totals(parsed, file.plan)
        faults.append(control_total_failures(parsed, file.plan, files, name, day))
        if differences:
            faults.append(likely_cause(lake.storage, parsed, row["totals"]))
        faults.append(check_duplicate_lines(lake.storage, parsed.line_files, files, name))
    adds_up = file.plan is not None and not any(faults)
    if not is_by_hand:
        zone = profile.zone_info
        faults.append(check_age(name, row["received_at"], day, files, zone, row["file_id"]))
        if adds_up:
            before, version = _replaced_version(lake, row, day_files, parsed_files)
            now = measure_size(lake.storage, parsed.line_files if before.lines else ())
            faults.append(check_shrinking(name, files, before, version, now, row["file_id"]))
    reason = " | ".join(filter(None, faults))
    if reason:
        row |= {"status": FileStatus.QUARANTINED.value, "reason": reason}
        return
    warning = check_usual_volume(row, accepted, files)
    reviewed = row["reason"] if is_by_hand else None
    row["status"] = FileStatus.ACCEPTED.value
    row["reason"] = " | ".join(filter(None, (reviewed, warning))) or None


def _replaced_version(
    lake: Lake, row: Row, day_files: Sequence[Row], parsed_files: Mapping[str, ParsedFile]
) -> tuple[VersionSize, int]:
    """The size and number of the version that a new version would replace."""
    older = [
        other
        for other in day_files
        if other["part"] == row["part"]
        and other["status"] == FileStatus.ACCEPTED
        and other["version"] < row["version"]
    ]
    if not older:
        return VersionSize(0, {}), 0
    last = max(older, key=lambda other: int(other["version"]))
    version, file_id = int(last["version"]), last["file_id"]
    if file_id in parsed_files:
        return measure_size(lake.storage, parsed_files[file_id].line_files), version
    lines = lake.read_day(STATEMENT_LINES, row["business_date"], row["channel"])
    gross = sum_amounts(F.abs(F.col("amount"))).alias("gross")
    by_currency = lines.where(F.col("file_id") == F.lit(file_id)).groupBy("currency").agg(gross)
    sums = {total["currency"]: int(total["gross"]) for total in by_currency.collect()}
    return VersionSize(int(last["line_count"] or 0), sums), version


def _has_orphan_lines(lake: Lake, day_files: Sequence[Row], channel: str, day: date) -> bool:
    """Whether the tables have lines of files that are not in force: a job was killed in between."""
    if not day_files:
        return False
    accepted = [row for row in day_files if row["status"] == FileStatus.ACCEPTED]
    line_count = sum(int(row["line_count"] or 0) for row in accepted)
    if lake.count_rows(STATEMENT_LINES, day, channel) != line_count:
        return True
    withdrawn = [row["file_id"] for row in day_files if row["status"] == FileStatus.WITHDRAWN]
    return bool(withdrawn and lake.count_rows(REJECTED_LINES, day, channel, withdrawn))


def _commit_day(
    lake: Lake, day: date, channel: str, pending: Sequence[PendingFile],
    parsed_files: Mapping[str, ParsedFile], day_files: list[Row],
) -> None:  # fmt: skip
    """Commits lines and rejected lines, then the file rows: a rerun repairs a kill in between.

    Of several accepted versions of a part the last is in force; the others become SUPERSEDED.
    """
    accepted_by_part: dict[str, list[Row]] = defaultdict(list)
    for row in day_files:
        if row["status"] == FileStatus.ACCEPTED:
            accepted_by_part[row["part"]].append(row)
    for versions in accepted_by_part.values():
        for row in sorted(versions, key=lambda row: int(row["version"]))[:-1]:
            row["status"] = FileStatus.SUPERSEDED.value
    in_force = {row["file_id"] for row in day_files if row["status"] == FileStatus.ACCEPTED}
    withdrawn = {row["file_id"] for row in day_files if row["status"] == FileStatus.WITHDRAWN}
    withdrawn -= in_force
    read = [file.row["file_id"] for file in pending]
    results = [parsed_files.get(file_id, ParsedFile(file_id)) for file_id in read]
    accepted = [result for result in results if result.file_id in in_force]
    lines = [data_file for result in accepted for data_file in result.line_files]
    rejected = [data_file for result in results for data_file in result.rejected_files]

    def removes_lines(of_channel: str, path: str) -> bool:
        file_id = file_id_from_path(path)
        return of_channel == channel and (file_id in read or file_id not in in_force)

    def removes_rejected(of_channel: str, path: str) -> bool:
        return of_channel == channel and file_id_from_path(path) in {*read, *withdrawn}

    lake.commit_files(STATEMENT_LINES, day, lines, removes_lines, channel)
    lake.commit_files(REJECTED_LINES, day, rejected, removes_rejected, channel)
    lake.replace_rows(STATEMENT_FILES, day_files, day, channel)
