"""Checks the fees of one channel's statement lines of one date against its rate card."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from jobs.fees.compare import checked, totals, wrong
from jobs.fees.originals import LOOK_BACK_DAYS, are_asked, original_entries
from jobs.lake.run_log import Run, sealed
from jobs.lake.tables import Lake
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import FEE_CHECKS, FEE_TOTALS, STATEMENT_LINES


@dataclass(frozen=True)
class FeesSummary:
    """What a check of one channel and date found; amounts per currency in minor units.

    `due` and `difference` leave out lines that no entry fits; `wrong` counts all rows of
    `fee_checks`. The versions are those of the tables, by name.
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


def run(lake: Lake, profile: Profile, schedule: FeeSchedule, day: date) -> FeesSummary:
    """Replaces the day's `fee_checks` and `fee_totals` of one channel.

    Raises:
        LakeError: a table is missing, or a write was refused or lost; run it again.
    """
    # Both tables are made of one version of the lines, whatever is ingested meanwhile.
    version = lake.version(STATEMENT_LINES)
    lines = lake.read_day(STATEMENT_LINES, day, profile.channel, version)
    originals = None
    if are_asked(schedule):
        since = day - timedelta(days=LOOK_BACK_DAYS)
        payments = lake.read_days(STATEMENT_LINES, since, day, profile.channel, version)
        named = original_entries(lines, payments, schedule, profile.zone_info)
        originals = lake.stage(named, f"originals-{profile.channel}-{day}")
    checks = checked(lines, originals, schedule, profile.zone_info, lake.stage)
    summed = lake.replace_day(FEE_TOTALS, totals(checks), day, profile.channel)
    found = lake.replace_day(FEE_CHECKS, wrong(checks), day, profile.channel)
    rows = lake.read_day(FEE_TOTALS, day, profile.channel).collect()
    return FeesSummary(
        channel=profile.channel,
        business_date=day,
        lines=sum(row["lines"] for row in rows),
        wrong=found.rows,
        charged=_per_currency(rows, "charged"),
        due=_per_currency(rows, "due"),
        difference=_per_currency(rows, "difference"),
        versions_read={STATEMENT_LINES.name: version},
        versions_written={FEE_CHECKS.name: found.version, FEE_TOTALS.name: summed.version},
    )


def _per_currency(rows: Iterable[Any], column: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: str(row["currency"])):
        if row[column] is not None:
            sums[row["currency"]] = sums.get(row["currency"], 0) + row[column]
    return sums


def step(lake: Lake, profile: Profile, schedule: FeeSchedule, day: date) -> FeesSummary:
    """`run`, and its row in `runs`."""
    job = Run("check_fees", profile.channel, day)
    with job.step("check_fees"):
        summary = run(lake, profile, schedule, day)
    job.versions_read, job.versions_written = summary.versions_read, summary.versions_written
    job.counts = {"lines": summary.lines, "wrong": summary.wrong}
    job.amounts = summary.difference
    sealed(lake, job)
    return summary
