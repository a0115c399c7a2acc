"""The dates whose fee check or export does not follow their latest match.

A late file makes `match` run later dates again. What was checked or exported of those dates before
tells rows that are gone. Versions of tables in `runs` say it, no clock: a match records the
versions that it read and wrote, and a later job the version that it read. A fee check that read
earlier statements, for its refunds, has a fingerprint of their files; one by volumes, of their
steps; an accrual one of our snapshots and of the rate card.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

from jobs.fees.accruals.check_day import JOB as ACCRUAL
from jobs.fees.accruals.inputs import find_changed_accruals
from jobs.fees.sources import find_changed_checks, find_unchecked_markers, list_whole_dates
from jobs.fees.volumes.stale import find_changed_steps
from jobs.ingestion.day_state import list_ingested_dates
from jobs.lake.history.place import find_first_date
from jobs.lake.tables import Lake
from schemas.configuration import Configuration
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import (
    FEE_ACCRUALS,
    FEE_CHECKS,
    FEE_VOLUMES,
    OUTCOMES,
    RUNS,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)

#: By job, the table that it reads of a date.
READS = {"check_fees": STATEMENT_LINES.name, "export": OUTCOMES.name}
_OF_SNAPSHOTS = ("business_date", "status", "file_id", "channels")


def find_stale_dates(runs: Iterable[Mapping[str, Any]]) -> dict[str, list[date]]:
    """By job, the dates that were matched and whose job has not run since, in order.

    `runs` are rows of `runs` of one channel. A match counts if it wrote outcomes: one of a date
    without any rows did not. A fee check also follows the accrual of its date, whose sums it has,
    and an export the fee check, which it lists.
    """
    runs = list(runs)
    checked: dict[date, int] = defaultdict(lambda: -1)
    listed: dict[date, int] = defaultdict(lambda: -1)
    for run in runs:
        day = run["business_date"]
        if run["job"] == "check_fees":
            checked[day] = max(
                checked[day], (run["versions_written"] or {}).get(FEE_CHECKS.name, -1)
            )
        elif run["job"] == "export":
            listed[day] = max(listed[day], (run["versions_read"] or {}).get(FEE_CHECKS.name, -1))
    paired: dict[date, int] = defaultdict(lambda: -1)
    accrued: dict[date, int] = defaultdict(lambda: -1)
    summed: dict[date, int] = defaultdict(lambda: -1)
    wanted: dict[str, dict[date, int]] = {job: defaultdict(lambda: -1) for job in READS}
    done: dict[str, dict[date, int]] = {job: defaultdict(lambda: -1) for job in READS}
    for run in runs:
        day, job = run["business_date"], run["job"]
        read, written = run["versions_read"] or {}, run["versions_written"] or {}
        if job == "match" and OUTCOMES.name in written:
            for later_job, table in READS.items():
                version = written.get(table, read.get(table, 0))
                wanted[later_job][day] = max(wanted[later_job][day], version)
        elif job in READS:
            done[job][day] = max(done[job][day], read.get(READS[job], -1))
            if job == "check_fees" and OUTCOMES.name in read:
                paired[day] = max(paired[day], read[OUTCOMES.name])
            if FEE_ACCRUALS.name in read:
                summed[day] = max(summed[day], read[FEE_ACCRUALS.name])
        elif job == ACCRUAL:
            accrued[day] = max(accrued[day], written.get(FEE_ACCRUALS.name, -1))
    stale = {
        job: {day for day, version in wanted[job].items() if done[job][day] < version}
        for job in READS
    }
    # A check that read outcomes follows them; one of an earlier version of the software did not.
    stale["check_fees"] |= {
        day for day, version in paired.items() if version < wanted["export"].get(day, -1)
    }
    stale["check_fees"] |= {day for day, version in summed.items() if version < accrued[day]}
    stale["export"] |= {day for day in wanted["export"] if listed[day] < checked[day]}
    return {job: sorted(days) for job, days in stale.items()}


def read_stale_dates(
    lake: Lake,
    profile: Profile,
    schedule: FeeSchedule | None = None,
    first_here: date | None = None,
) -> dict[str, list[date]]:
    """`find_stale_dates` of a channel, from its first date on, by the lake's `runs`; without dates
    whose rows have moved to the history lake, or before `first_here` if that is given.

    With the dates whose fee check read other statements than there are now, or other steps of
    volumes; with the channel's rate card also those whose accrual read another card, or other
    snapshots, and those without trades that a month needs and no check has looked at.
    """
    columns = (
        "job", "business_date", "versions_read", "versions_written", "fingerprint", "ended_at"
    )  # fmt: skip
    rows = lake.read_rows(RUNS, columns, channel=profile.channel, job=["match", ACCRUAL, *READS])
    rows = [row for row in rows if row["business_date"] >= profile.first_date]
    stale = find_stale_dates(rows)
    checks = [row for row in rows if row["job"] == "check_fees"]
    accruals = [row for row in rows if row["job"] == ACCRUAL]
    changed: set[date] = set()
    if any(row["fingerprint"] for row in checks):
        files = lake.read_rows(STATEMENT_FILES, channel=profile.channel)
        changed |= {*find_changed_checks(checks, files)}
        whole = list_whole_dates(profile, files)
        read_volumes = partial(lake.read_arrow, FEE_VOLUMES, channel=profile.channel)
        changed |= {*find_changed_steps(checks, whole, read_volumes)}
        changed |= {*find_changed_steps(checks, whole, read_volumes, accruals)}
    if schedule is not None and schedule.has_months:
        files = lake.read_rows(STATEMENT_FILES, channel=profile.channel)
        changed |= {*find_unchecked_markers(profile, checks, files)}
    if schedule is not None and accruals:
        snapshots = lake.read_rows(SNAPSHOT_FILES, _OF_SNAPSHOTS)
        changed |= {*find_changed_accruals(profile, schedule, accruals, snapshots)}
    stale["check_fees"] = sorted({*stale["check_fees"], *changed})
    first_here = find_first_date(lake.storage) if first_here is None else first_here
    return {job: [day for day in days if day >= first_here] for job, days in stale.items()}


def list_dates_to_do(
    lake: Lake,
    profile: Profile,
    day: date,
    requested: Collection[date],
    schedule: FeeSchedule | None = None,
) -> dict[str, list[date]]:
    """By job, a date and the stale dates, in order; without requested dates that are yet to come.

    A run over several dates does these when it comes to them.
    """
    later = {other for other in requested if other > day}
    return {
        job: sorted({day, *stale_dates} - later)
        for job, stale_dates in read_stale_dates(lake, profile, schedule).items()
    }


def list_fee_dates(
    lake: Lake, profile: Profile, day: date, requested: Collection[date], schedule: FeeSchedule
) -> list[date]:
    """Of `list_dates_to_do` those whose fees are to be checked."""
    return list_dates_to_do(lake, profile, day, requested, schedule)["check_fees"]


def list_stale_checks(
    lake: Lake, profile: Profile, schedule: FeeSchedule, among: Collection[date] | None = None
) -> list[date]:
    """The dates, of all or of some, whose fees are to be checked again, in order."""
    stale_dates = read_stale_dates(lake, profile, schedule)["check_fees"]
    return [day for day in stale_dates if among is None or day in among]


def read_ingested_dates(lake: Lake, channel: str) -> set[date]:
    """The dates of a channel that some ingest looked for."""
    runs = lake.read_rows(RUNS, job="ingest", channel=channel)
    return list_ingested_dates(channel, lake.read_rows(STATEMENT_FILES, channel=channel), runs)


def summarize_stale_dates(lake: Lake, config: Configuration) -> dict[str, list[str]]:
    """For the JSON summary: by job, the stale dates of all channels of a configuration, in order.

    Fees are checked of channels with a fee schedule, exports written of channels with files.
    """
    dates: dict[str, set[date]] = {job: set() for job in READS}
    for name, profile in config.profiles.items():
        if profile.statement == "none":
            continue
        stale_dates = read_stale_dates(lake, profile, config.schedules.get(name))
        dates["export"].update(stale_dates["export"])
        if name in config.schedules:
            dates["check_fees"].update(stale_dates["check_fees"])
    return {job: [str(day) for day in sorted(days)] for job, days in dates.items()}
