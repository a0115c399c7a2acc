"""Checks the fees of one channel and date against the channel's rate card."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.fees.accruals.price_changes import add_accrued
from jobs.fees.attributes import add_attributes, keep_attributes, needs_transactions
from jobs.fees.compare import check_fees, describe_fees, sum_fees, wrong_fees
from jobs.fees.refunds import Card, price_refunds, select_refunds
from jobs.fees.reversals import find_reversals, may_take_back, reverse_fees
from jobs.fees.sources import fingerprint_sources, list_sources
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from schemas.errors import LakeInconsistent
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import (
    FEE_ACCRUALS,
    FEE_CHECKS,
    FEE_TOTALS,
    INTERNAL_TRANSACTIONS,
    OUTCOMES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from schemas.vocabulary import FileStatus

#: A transaction that is paired with a line of a date is at most so many days older.
TRANSACTION_AGE_DAYS = 62


@dataclass(frozen=True)
class FeesSummary:
    """Result of the fee check of one channel and date; amounts per currency in minor units.

    `due` and `difference` leave out lines without an entry of the rate card; `wrong` counts the
    rows of `fee_checks`. `sources` stands for the earlier statements that were read, None if none
    was needed. `versions_read` and `versions_written` are by table name.
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
    """Replaces the day's `fee_checks` and `fee_totals` of one channel.

    Raises:
        LakeInconsistent: the day has other lines than its accepted files; run ingest again.
        LakeError: a table is missing, or a write failed; run the command again.
    """
    files = lake.read_rows(STATEMENT_FILES, channel=profile.channel)
    assert_lines_are_accepted(lake, profile.channel, day, files)
    # Both tables come from one version of the lines, even if an ingest runs at the same time.
    channel, versions = profile.channel, read_versions(lake)
    version, outcomes_version = versions
    fingerprint = fingerprint_sources(list_sources(files), day, schedule.lookback_days)
    checks, reads_earlier = compute_checks(lake, profile, schedule, day, versions)
    totals = add_accrued(sum_fees(checks, schedule), lake.read_day(FEE_ACCRUALS, day, channel))
    totals_written = lake.replace_day(FEE_TOTALS, totals, day, channel)
    wrong = lake.stage(wrong_fees(checks), "wrong_fees")
    outcomes = lake.read_day(OUTCOMES, day, channel, outcomes_version)
    if wrong.head(1):
        described = describe_fees(wrong, outcomes, schedule)
    else:
        described = lake.spark.createDataFrame([], FEE_CHECKS.schema)
    checks_written = lake.replace_day(FEE_CHECKS, described, day, channel)
    rows = lake.read_day(FEE_TOTALS, day, profile.channel).collect()
    return FeesSummary(
        channel=profile.channel,
        business_date=day,
        lines=sum(row["lines"] for row in rows),
        wrong=checks_written.rows,
        charged=_per_currency(rows, "charged"),
        due=_per_currency(rows, "due"),
        difference=_per_currency(rows, "difference"),
        sources=fingerprint if reads_earlier else None,
        versions_read={STATEMENT_LINES.name: version, OUTCOMES.name: outcomes_version},
        versions_written={
            FEE_CHECKS.name: checks_written.version,
            FEE_TOTALS.name: totals_written.version,
        },
    )


class Versions(NamedTuple):
    """The versions of `statement_lines` and `outcomes` that a check reads."""

    lines: int
    outcomes: int


def read_versions(lake: Lake) -> Versions:
    """The newest versions of both tables."""
    return Versions(lake.version(STATEMENT_LINES), lake.version(OUTCOMES))


class DayChecks(NamedTuple):
    """The checks of a date's lines, and whether they needed earlier statements."""

    checks: DataFrame
    reads_earlier: bool


def compute_checks(
    lake: Lake,
    profile: Profile,
    schedule: FeeSchedule,
    day: date,
    versions: Versions,
    keep: Sequence[str] = (),
    reads_transactions: bool | None = None,
) -> DayChecks:
    """Computes the fees of one channel and date, writing to no table: rows of `compare.check_fees`.

    `keep` are further columns of the lines for the rows. `reads_transactions`: whether attributes
    come from the transactions; as the card needs it if None.
    """
    channel, since = profile.channel, day - timedelta(days=schedule.lookback_days)
    lines = lake.read_day(STATEMENT_LINES, day, channel, versions.lines)
    if reads_transactions is None:
        reads_transactions = needs_transactions(schedule)
    of_day, of_span = (
        _attributes_of_channel(lake, channel, first, day, versions.outcomes)
        if reads_transactions
        else keep_attributes
        for first in (day, since)
    )
    reversal_days = min(profile.match.lookback, schedule.lookback_days)
    card = Card(schedule, profile.zone_info, of_span, reversal_days, profile.calendar)
    refunds = _price_refunds_of_day(lake, channel, card, day, versions.lines)
    reversals = _reverse_fees_of_day(lake, channel, card, day, versions.lines)
    checks = check_fees(
        of_day(lines), refunds, schedule, profile.zone_info, lake.stage, reversals, keep
    )
    return DayChecks(checks, refunds is not None or reversals is not None)


def _attributes_of_channel(
    lake: Lake, channel: str, since: date, day: date, outcomes_version: int
) -> Callable[[DataFrame], DataFrame]:
    """What adds the columns of `attributes` to the lines of dates from `since` to `day`."""
    outcomes = lake.read_days(OUTCOMES, since, day, channel, outcomes_version)
    # A line can be paired with a transaction that has waited.
    oldest = since - timedelta(days=TRANSACTION_AGE_DAYS)
    transactions = lake.read_days(INTERNAL_TRANSACTIONS, oldest, day, channel)
    return lambda lines: add_attributes(lines, outcomes, transactions)


def _price_refunds_of_day(
    lake: Lake, channel: str, card: Card, day: date, version: int
) -> DataFrame | None:
    """What the refunds of a day owe; None if it has none."""
    of_day = select_refunds(lake.read_day(STATEMENT_LINES, day, channel, version))
    if not of_day.head(1):
        return None
    since = day - timedelta(days=card.schedule.lookback_days)
    lines = lake.read_days(STATEMENT_LINES, since, day, channel, version)
    refunds = lake.stage(select_refunds(lines), "refunds")
    return lake.stage(price_refunds(refunds, lines, day, card, lake.stage), "priced_refunds")


def _reverse_fees_of_day(
    lake: Lake, channel: str, card: Card, day: date, version: int
) -> DataFrame | None:
    """What the lines of a day owe that take back an earlier one; None if there are none."""
    of_day = lake.read_day(STATEMENT_LINES, day, channel, version)
    if not of_day.where(may_take_back()).select("line_id").head(1):
        return None
    since = day - timedelta(days=card.reversal_days)
    lines = lake.read_days(STATEMENT_LINES, since, day, channel, version)
    reversals = lake.stage(find_reversals(lines, day, card.reversal_days), "reversals")
    if not reversals.head(1):
        return None
    named = reversals.select(F.col("taken_id").alias("line_id"))
    taken_lines = lake.stage(
        lines.join(F.broadcast(named), on="line_id", how="left_semi"), "taken_lines"
    )
    fees = reverse_fees(reversals, card.add_attributes(taken_lines), card.schedule, card.zone)
    return lake.stage(fees, "reversed_fees")


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
