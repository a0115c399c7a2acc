"""Accrues the fees of one channel and date from our own transactions, before any statement."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.fees.accruals.inputs import fingerprint_accrual, list_snapshots
from jobs.fees.accruals.our_lines import COLUMNS
from jobs.fees.accruals.price_changes import price_changes
from jobs.fees.accruals.state_changes import find_changes, is_final, select_first
from jobs.fees.lines.check_day import read_inputs, read_versions
from jobs.fees.refunds import Card
from jobs.fees.sources import join_parts
from jobs.fees.volumes.check_day import Steps, read_steps
from jobs.lake.partitions import count_rows
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import (
    FEE_ACCRUALS,
    FEE_VOLUMES,
    INTERNAL_TRANSACTIONS,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
)

JOB = "accrue_fees"
#: A transaction stands in no snapshot that is so many days older than itself.
_ZONES = timedelta(days=2)


class Changes(NamedTuple):
    """A date's rows of `state_changes.find_changes`, None if it has no transactions, and the first
    date whose snapshot may say something of them.
    """

    rows: DataFrame | None
    since: date


def record_accruals(lake: Lake, profile: Profile, schedule: FeeSchedule, day: date) -> None:
    """Replaces the day's `fee_accruals` of a channel, and records it in the table `runs`.

    Raises:
        LakeError: a table is missing, or a write failed; run the command again.
    """
    channel = profile.channel
    job = Run(JOB, channel, day)
    files = lake.read_rows(SNAPSHOT_FILES, ("business_date", "status", "file_id", "channels"))
    job.versions_read = {INTERNAL_TRANSACTIONS.name: lake.version(INTERNAL_TRANSACTIONS)}
    with job.step(JOB):
        changes = read_changes(lake, profile, day)
        snapshots, steps = list_snapshots(files, channel), None
        parts = [fingerprint_accrual(profile, schedule, snapshots, day, changes.since)]
        if changes.rows is None:
            accruals = lake.spark.createDataFrame([], FEE_ACCRUALS.schema)
        else:
            card = Card(schedule, profile.zone_info, calendar=profile.calendar)
            since, before = day - timedelta(days=schedule.lookback_days), day - timedelta(days=1)
            earlier = lake.read_days(INTERNAL_TRANSACTIONS, since, before, channel)
            steps = _read_steps(lake, profile, schedule, since, day)
            rows = steps.rows if steps else ()
            accruals = price_changes(changes.rows, earlier, day, card, lake.stage, rows)
        written = lake.replace_day(FEE_ACCRUALS, accruals, day, channel)
    if steps is not None:
        parts.append(steps.accrual_part)
        job.versions_read[FEE_VOLUMES.name] = steps.version
    job.fingerprint = join_parts(parts)
    job.versions_written = {FEE_ACCRUALS.name: written.version}
    job.counts = {"transactions": written.rows}
    record_runs(lake, job)


def _read_steps(
    lake: Lake, profile: Profile, schedule: FeeSchedule, since: date, day: date
) -> Steps | None:
    """The steps of the card's volumes, by the statements that are there; None without volumes."""
    if not schedule.volumes:
        return None
    inputs = read_inputs(lake, profile, schedule, day, read_versions(lake))
    files = lake.read_rows(STATEMENT_FILES, channel=profile.channel)
    return read_steps(inputs.to_reader(), schedule, since, day, files)


def read_changes(
    lake: Lake, profile: Profile, day: date, columns: Sequence[str] = COLUMNS
) -> Changes:
    """The date's transactions whose state turns, with some columns and `taken_date`.

    Earlier rows are looked for in the look-back of the match; of transactions that occurred before
    it, back to the dates on which they did.
    """
    channel, lookback = profile.channel, timedelta(days=profile.match.lookback)
    since, yesterday = day - lookback, day - timedelta(days=1)
    if not lake.count_rows(INTERNAL_TRANSACTIONS, day, channel):
        return Changes(None, since)
    of_day = lake.read_day(INTERNAL_TRANSACTIONS, day, channel)
    first = min(_first_occurred(of_day, since), since)
    files = lake.list_data_files(INTERNAL_TRANSACTIONS, yesterday, channel, since=first)
    if not count_rows(files):
        return Changes(select_first(of_day).select(*columns, "taken_date"), first)
    rows = lake.read_days(INTERNAL_TRANSACTIONS, since, day, channel)
    if first < since:
        old = of_day.where(F.col("occurred_at") < F.lit(_start_of(since))).select("txn_id")
        older = lake.read_days(INTERNAL_TRANSACTIONS, first, since - timedelta(days=1), channel)
        rows = rows.unionByName(
            older.join(F.broadcast(old), on="txn_id", how="left_semi").select(*rows.columns)
        )
    changes = find_changes(rows, day, lake.stage).select(*columns, "taken_date")
    return Changes(lake.stage(changes, "state_changes"), first)


def _first_occurred(of_day: DataFrame, since: date) -> date:
    """The earliest date of which a snapshot can have a transaction of the day."""
    final = of_day.where(is_final())
    oldest = final.agg(F.min("occurred_at").alias("at")).collect()[0]["at"]
    return since if oldest is None else oldest.date() - _ZONES


def _start_of(day: date) -> datetime:
    """A time before which a transaction may stand in a snapshot of before that date."""
    return datetime.combine(day, time(), UTC) + _ZONES
