"""Checks the fees of one channel and date against the channel's rate card."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from jobs.fees.compare import check_fees, sum_fees, wrong_fees
from jobs.fees.originals import LOOK_BACK_DAYS, needs_originals, original_entries
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from schemas.errors import LakeInconsistent
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import FEE_CHECKS, FEE_TOTALS, STATEMENT_FILES, STATEMENT_LINES
from schemas.vocabulary import FileStatus


@dataclass(frozen=True)
class FeesSummary:
    """Result of the fee check of one channel and date; amounts per currency in minor units.

    `due` and `difference` leave out lines without an entry of the rate card; `wrong` counts the
    rows of `fee_checks`. `versions_read` and `versions_written` are by table name.
    """

    channel: str
    business_date: date
    lines: int
    wrong: int
    charged: dict[str, int]
    due: dict[str, int]
    difference: dict[str, int]
    versions_read: dict[str, int]
    versions_written: dict[str, int]


def check_fees_of_day(
    lake: Lake, profile: Profile, schedule: FeeSchedule, day: date
) -> FeesSummary:
    """Replaces the day's `fee_checks` and `fee_totals` of one channel.

    Raises:
        LakeInconsistent: the day has other lines than its accepted files; run ingest again.
        LakeError: a table is missing, or a write failed; run the command again.
    """
    _assert_lines_are_accepted(lake, profile.channel, day)
    # Both tables come from one version of the lines, even if an ingest runs at the same time.
    version = lake.version(STATEMENT_LINES)
    lines = lake.read_day(STATEMENT_LINES, day, profile.channel, version)
    originals = None
    if needs_originals(schedule):
        since = day - timedelta(days=LOOK_BACK_DAYS)
        payments = lake.read_days(STATEMENT_LINES, since, day, profile.channel, version)
        payment_entries = original_entries(lines, payments, schedule, profile.zone_info)
        originals = lake.stage(payment_entries, f"originals-{profile.channel}-{day}")
    checks = check_fees(lines, originals, schedule, profile.zone_info, lake.stage)
    totals_written = lake.replace_day(FEE_TOTALS, sum_fees(checks), day, profile.channel)
    checks_written = lake.replace_day(FEE_CHECKS, wrong_fees(checks), day, profile.channel)
    rows = lake.read_day(FEE_TOTALS, day, profile.channel).collect()
    return FeesSummary(
        channel=profile.channel,
        business_date=day,
        lines=sum(row["lines"] for row in rows),
        wrong=checks_written.rows,
        charged=_per_currency(rows, "charged"),
        due=_per_currency(rows, "due"),
        difference=_per_currency(rows, "difference"),
        versions_read={STATEMENT_LINES.name: version},
        versions_written={
            FEE_CHECKS.name: checks_written.version,
            FEE_TOTALS.name: totals_written.version,
        },
    )


def _assert_lines_are_accepted(lake: Lake, channel: str, day: date) -> None:
    accepted = lake.read_rows(
        STATEMENT_FILES, channel=channel, business_date=day, status=FileStatus.ACCEPTED.value
    )
    expected = sum(int(row["line_count"] or 0) for row in accepted)
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
    job.counts = {"lines": summary.lines, "wrong": summary.wrong}
    job.amounts = summary.difference
    record_runs(lake, job)
    return summary
