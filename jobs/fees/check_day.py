"""Checks the fees of one channel and date against the channel's rate card."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from jobs.fees.accruals.price_changes import add_accrued
from jobs.fees.batches.rows import Checks, describe_batches
from jobs.fees.compare import describe_fees, wrong_fees
from jobs.fees.lines.check_day import (
    DayChecks,
    DayInputs,
    compute_checks,
    read_inputs,
    read_versions,
)
from jobs.fees.sources import (
    describe_own_files,
    fingerprint_sources,
    join_parts,
    list_sources,
)
from jobs.fees.sums.check_day import write_months
from jobs.fees.sums.totals import sum_fees
from jobs.fees.volumes.check_day import write_volumes
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from schemas.errors import LakeInconsistent
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import (
    FEE_ACCRUALS,
    FEE_CHECKS,
    FEE_MONTHS,
    FEE_TOTALS,
    FEE_VOLUMES,
    OUTCOMES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from schemas.vocabulary import FileStatus


@dataclass(frozen=True)
class FeesSummary:
    """Result of the fee check of one channel and date; amounts per currency in minor units.

    `due` and `difference` leave out lines without an entry of the rate card; `wrong` counts the
    rows of `fee_checks`. `sources` stands for what was read beside the lines and their pairs:
    earlier statements, steps of volumes; None if nothing was. `versions_read` and
    `versions_written` are by table name.
    """

    channel: str
    business_date: date
    lines: int
    wrong: int
    charged: dict[str, int]
    due: dict[str, int]
    difference: dict[str, int]
    sources: str | None
    versions_read: dict[str, int]
    versions_written: dict[str, int]


def check_fees_of_day(
    lake: Lake, profile: Profile, schedule: FeeSchedule, day: date
) -> FeesSummary:
    """Replaces the day's `fee_checks`, `fee_totals` and `fee_volumes` of one channel, and the
    `fee_months` in which the day counts.

    Raises:
        LakeInconsistent: the day has other lines than its accepted files; run ingest again.
        LakeError: a table is missing, or a write failed; run the command again.
    """
    files = lake.read_rows(STATEMENT_FILES, channel=profile.channel)
    assert_lines_are_accepted(lake, profile.channel, day, files)
    # All tables come from one version of the lines, even if an ingest runs at the same time.
    channel, versions = profile.channel, read_versions(lake)
    inputs = read_inputs(lake, profile, schedule, day, versions)
    volumes_version = write_volumes(inputs.to_reader(), schedule, day)
    computed = compute_checks(inputs)
    fingerprint = _join_fingerprint(computed, schedule, files, day)
    incomplete = computed.steps.incomplete if computed.steps else ()
    totals = sum_fees(computed.checks, schedule, incomplete, computed.fee_lines)
    accruals_version = lake.version(FEE_ACCRUALS)
    accruals = lake.read_day(FEE_ACCRUALS, day, channel, accruals_version)
    totals = add_accrued(totals, accruals)
    totals_written = lake.replace_day(FEE_TOTALS, totals, day, channel)
    described = _describe_wrong(lake, computed.checks, inputs)
    checks_written = lake.replace_day(FEE_CHECKS, described, day, channel)
    months_version = write_months(lake, profile, schedule, day, files)
    rows = lake.read_day(FEE_TOTALS, day, profile.channel).collect()
    versions_read = {
        STATEMENT_LINES.name: versions.lines,
        OUTCOMES.name: versions.outcomes,
        FEE_ACCRUALS.name: accruals_version,
    }
    if computed.steps is not None:
        versions_read[FEE_VOLUMES.name] = computed.steps.version
    return FeesSummary(
        channel=profile.channel,
        business_date=day,
        lines=sum(row["lines"] for row in rows),
        wrong=checks_written.rows,
        charged=_per_currency(rows, "charged"),
        due=_per_currency(rows, "due"),
        difference=_per_currency(rows, "difference"),
        sources=fingerprint,
        versions_read=versions_read,
        versions_written={
            FEE_CHECKS.name: checks_written.version,
            FEE_TOTALS.name: totals_written.version,
            FEE_VOLUMES.name: volumes_version,
            FEE_MONTHS.name: months_version,
        },
    )


def _describe_wrong(lake: Lake, checks: Checks, inputs: DayInputs) -> DataFrame:
    """The rows of `fee_checks` of a date."""
    described = lake.spark.createDataFrame([], FEE_CHECKS.schema)
    wrong = lake.stage(wrong_fees(checks.lines), "wrong_fees")
    if wrong.head(1):
        version = inputs.versions.outcomes
        outcomes = lake.read_day(OUTCOMES, inputs.day, inputs.profile.channel, version)
        described = describe_fees(wrong, outcomes, inputs.schedule.by_line())
    if checks.batches is None:
        return described
    return described.unionByName(describe_batches(checks.batches))


def _join_fingerprint(
    computed: DayChecks, schedule: FeeSchedule, files: Iterable[Mapping[str, Any]], day: date
) -> str | None:
    """Stands for what a check read beside its own lines and pairs; None if nothing."""
    sources, parts = list_sources(files), list[str]()
    if computed.reads_earlier:
        parts.append(fingerprint_sources(sources, day, schedule.lookback_days))
    if computed.steps is not None:
        parts.append(computed.steps.part)
    if schedule.has_months:
        parts.append(describe_own_files(sources, day))
    return join_parts(parts)


def assert_lines_are_accepted(
    lake: Lake, channel: str, day: date, files: Iterable[Mapping[str, Any]]
) -> None:
    """Proves that a date has as many lines as its accepted files, rows of `statement_files`.

    Raises:
        LakeInconsistent: it has not; run ingest again.
    """
    accepted = FileStatus.ACCEPTED.value
    expected = sum(
        int(row["line_count"] or 0)
        for row in files
        if row["business_date"] == day and row["status"] == accepted
    )
    stored = lake.count_rows(STATEMENT_LINES, day, channel)
    if stored != expected:
        raise LakeInconsistent(
            f"{channel} {day}: {expected} lines were accepted, the lake has {stored};"
            " run `tieout ingest` for that date again"
        )


def _per_currency(rows: Iterable[Any], column: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: str(row["currency"])):
        if row[column] is not None:
            sums[row["currency"]] = sums.get(row["currency"], 0) + row[column]
    return sums


def record_fee_check(lake: Lake, profile: Profile, schedule: FeeSchedule, day: date) -> FeesSummary:
    """Checks the fees of a day, and records the check in the table `runs`."""
    job = Run("check_fees", profile.channel, day)
    with job.step("check_fees"):
        summary = check_fees_of_day(lake, profile, schedule, day)
    job.versions_read, job.versions_written = summary.versions_read, summary.versions_written
    job.fingerprint = summary.sources
    job.counts = {"lines": summary.lines, "wrong": summary.wrong}
    job.amounts = summary.difference
    record_runs(lake, job)
    return summary
