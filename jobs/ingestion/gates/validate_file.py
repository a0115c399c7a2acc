"""Decides whether a file that was read is accepted, or quarantined for which faults.

Source: docs/reference/files.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from pyspark.sql import functions as F

from jobs.ingestion.file_register import ACCEPTED_BY_HAND, Row
from jobs.ingestion.gates.acceptance_limits import (
    VersionSize,
    check_age,
    check_card_references,
    check_duplicate_lines,
    check_shrinking,
    check_usual_volume,
    measure_size,
)
from jobs.ingestion.gates.control_totals import compare_totals, control_total_failures
from jobs.ingestion.gates.likely_causes import likely_cause
from jobs.ingestion.parse_tasks import ParsedFile
from jobs.lake.tables import Lake
from jobs.statements.parser import Plan
from schemas.money import sum_amounts
from schemas.profile.channel import Profile
from schemas.tables import STATEMENT_LINES
from schemas.vocabulary import FileStatus


def check_repair(row: Row, parsed: ParsedFile) -> None:
    """Quarantines a file in force whose archived bytes no longer give the lines that it had."""
    before = (int(row["line_count"] or 0), int(row["rejected_count"] or 0))
    now = (parsed.line_count, parsed.rejected_count)
    if now != before:
        row["status"] = FileStatus.QUARANTINED.value
        row["reason"] = (
            f"LINES_DIFFER: {row['file_name']}: its lines are gone from the lake, and the archived"
            f" file gives {now[0]} lines and {now[1]} rejected ones, not {before[0]} and"
            f" {before[1]}: the profile has changed since; have the file sent again"
        )
        row["line_count"], row["rejected_count"] = now


@dataclass(frozen=True)
class DayInputs:
    """What a file is compared with: the rows of its channel and date, the files that were parsed
    with it by id, and the accepted files of the channel, for the usual volume.
    """

    day_files: Sequence[Row]
    parsed_files: Mapping[str, ParsedFile]
    accepted: Sequence[Row]


def validate_file(
    lake: Lake,
    row: Row,
    plan: Plan | None,
    parsed: ParsedFile,
    profile: Profile,
    inputs: DayInputs,
) -> None:
    """Checks a file's control totals, then the profile's limits, and writes every fault to its
    row.
    """
    files = profile.files
    assert files is not None
    name, day = row["file_name"], row["business_date"]
    is_by_hand = str(row["reason"] or "").startswith(ACCEPTED_BY_HAND)
    row |= {"line_count": parsed.line_count, "rejected_count": parsed.rejected_count}
    faults: list[str | None] = []
    if plan is not None:
        row["totals"], differences = compare_totals(parsed, plan)
        row["balances"] = [asdict(span) for span in parsed.balance_spans] or None
        faults.append(control_total_failures(parsed, plan, files, name, day))
        if differences:
            faults.append(likely_cause(lake.storage, parsed, row["totals"]))
        faults.append(check_duplicate_lines(lake.storage, parsed.line_files, files, name))
        allowed = profile.card_number_references
        faults.append(check_card_references(name, parsed.card_counts, allowed))
    adds_up = plan is not None and not any(faults)
    if not is_by_hand:
        zone = profile.zone_info
        faults.append(check_age(name, row["received_at"], day, files, zone, row["file_id"]))
        if adds_up:
            before, version = _replaced_version(lake, row, inputs)
            now = measure_size(lake.storage, parsed.line_files if before.lines else ())
            faults.append(check_shrinking(name, files, before, version, now, row["file_id"]))
    reason = " | ".join(filter(None, faults))
    if reason:
        row |= {"status": FileStatus.QUARANTINED.value, "reason": reason}
        return
    warning = check_usual_volume(row, inputs.accepted, files)
    reviewed = row["reason"] if is_by_hand else None
    row["status"] = FileStatus.ACCEPTED.value
    row["reason"] = " | ".join(filter(None, (reviewed, warning))) or None


def _replaced_version(lake: Lake, row: Row, inputs: DayInputs) -> tuple[VersionSize, int]:
    """The size and number of the version that a new version would replace."""
    older = [
        other
        for other in inputs.day_files
        if other["part"] == row["part"]
        and other["status"] == FileStatus.ACCEPTED
        and other["version"] < row["version"]
    ]
    if not older:
        return VersionSize(0, {}), 0
    last = max(older, key=lambda other: int(other["version"]))
    version, file_id = int(last["version"]), last["file_id"]
    if file_id in inputs.parsed_files:
        return measure_size(lake.storage, inputs.parsed_files[file_id].line_files), version
    lines = lake.read_day(STATEMENT_LINES, row["business_date"], row["channel"])
    gross = sum_amounts(F.abs(F.col("amount"))).alias("gross")
    by_currency = lines.where(F.col("file_id") == F.lit(file_id)).groupBy("currency").agg(gross)
    sums = {total["currency"]: int(total["gross"]) for total in by_currency.collect()}
    return VersionSize(int(last["line_count"] or 0), sums), version
