"""Reads and writes the volumes of a channel by date, and reads the steps that follow from them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.fees.reversals import find_taking_lines, may_take_back
from jobs.fees.sources import list_whole_dates
from jobs.fees.volumes.daily import select_left_out, sum_volumes
from jobs.fees.volumes.stale import describe_steps, find_whole_spans
from jobs.fees.volumes.steps import StepRow, find_steps, fingerprint_steps, first_date_of
from jobs.lake.changes.channel_days import DaysChange, change_arrow_days
from jobs.lake.tables import Lake
from jobs.lake.write_checks import rows_to_arrow
from schemas.dates import NO_TIME, list_dates
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import FEE_VOLUMES, OUTCOMES, STATEMENT_LINES
from schemas.vocabulary import FileStatus, Status

AddAttributes = Callable[[DataFrame], DataFrame]


class Reader(NamedTuple):
    """What volumes are computed from: the channel, versions of its tables, how lines get their
    attributes, `attributes(first, last)`, and whether these are those of transactions.
    """

    lake: Lake
    profile: Profile
    lines_version: int
    outcomes_version: int
    reversal_days: int
    attributes: Callable[[date, date], AddAttributes]
    by_transaction: bool


class Steps(NamedTuple):
    """The steps of volumes for lines of a date and, of some, of dates before it.

    `incomplete` names the entries of the card for whose volumes a date has no whole statement.
    `part` is what a check's fingerprint says of the steps, `accrual_part` that of an accrual, which
    does not tell whether a span is whole; `version` is that of `fee_volumes`.
    """

    rows: tuple[StepRow, ...]
    incomplete: frozenset[str]
    part: str
    accrual_part: str
    version: int


def write_volumes(reader: Reader, schedule: FeeSchedule, day: date) -> int:
    """Replaces the volumes of a date; returns the version of the table.

    A card without volumes needs none, and those of an earlier card are removed: a later card has
    those of its dates computed when they are read.
    """
    lake, channel = reader.lake, reader.profile.channel
    if not schedule.volumes and not lake.count_rows(FEE_VOLUMES, day, channel):
        return lake.version(FEE_VOLUMES)
    rows = _compute_volumes(reader, [day]) if schedule.volumes else []
    tables = {day: rows_to_arrow(FEE_VOLUMES, rows)} if rows else {}
    change_arrow_days(lake, FEE_VOLUMES, channel, lambda _: DaysChange(tables, frozenset([day])))
    return lake.version(FEE_VOLUMES)


def read_steps(
    reader: Reader,
    schedule: FeeSchedule,
    since: date,
    day: date,
    files: Iterable[Mapping[str, Any]],
) -> Steps:
    """The steps for the lines of the dates from `since` to `day`; `files` are the channel's rows
    of `statement_files`.

    A date with lines whose volume no check has written yet is computed here.
    """
    lake, volumes, files = reader.lake, schedule.volumes, [*files]
    version = lake.version(FEE_VOLUMES)
    first, last = first_date_of(volumes, since), day - timedelta(days=1)
    table = lake.read_arrow(FEE_VOLUMES, first, last, reader.profile.channel)
    with_lines = {row["business_date"] for row in files if _has_lines(row)}
    missing = _list_missing(reader, schedule, table, with_lines, list_dates(first, last))
    if missing:
        table = _without_days(table, missing)
        computed = rows_to_arrow(FEE_VOLUMES, _compute_volumes(reader, missing))
        table = pa.concat_tables([table.cast(computed.schema), computed])
    rows = find_steps(table, volumes, list_dates(since, day))
    whole, steps = list_whole_dates(reader.profile, files), fingerprint_steps(rows)
    incomplete = frozenset(
        entry.name for entry in schedule.entries
        if not all(find_whole_spans(entry.volumes, day, whole))
    )  # fmt: skip
    part = describe_steps(volumes, since, find_whole_spans(volumes, day, whole), steps)
    accrual_part = describe_steps(volumes, since, (), steps)
    return Steps(tuple(rows), incomplete, part, accrual_part, version)


def _has_lines(file: Mapping[str, Any]) -> bool:
    return file["status"] == FileStatus.ACCEPTED.value and bool(file["line_count"])


def _list_missing(
    reader: Reader, schedule: FeeSchedule, table: pa.Table, with_lines: set[date],
    days: Sequence[date],
) -> list[date]:  # fmt: skip
    """The dates with lines and no volumes, or with merchants as only the lines say them."""
    rows = table.select(["business_date", "by_transaction"]).to_pylist()
    per_merchant = any(volume.per == "merchant" for volume in schedule.volumes)
    known = {
        row["business_date"] for row in rows
        if row["by_transaction"] or not (per_merchant and reader.by_transaction)
    }  # fmt: skip
    return [day for day in days if day in with_lines and day not in known]


def _without_days(table: pa.Table, days: Sequence[date]) -> pa.Table:
    kept = [value not in days for value in table["business_date"].to_pylist()]
    return table.filter(pa.array(kept, pa.bool_()))


def _compute_volumes(reader: Reader, days: Sequence[date]) -> list[dict[str, Any]]:
    """The rows of `fee_volumes` of some dates, in order."""
    lake, channel = reader.lake, reader.profile.channel
    first, last = min(days), max(days)
    of_days = F.col("business_date").isin(*days)
    read = partial(lake.read_days, STATEMENT_LINES, channel=channel, as_of=reader.lines_version)
    lines, reversals, since = read(first, last).where(of_days), None, first
    if lines.where(may_take_back()).select("line_id").head(1):
        since = first - timedelta(days=reader.reversal_days)
        earlier = read(since, last)
        stood = earlier.where(F.col("status") != F.lit(Status.PENDING.value))
        stood = stood.withColumn("at", F.coalesce("traded_at", F.lit(NO_TIME)))
        taking = find_taking_lines(stood, reader.reversal_days).where(of_days)
        takes = lake.stage(taking.select("take_id", "taken_id", "business_date"), "volume_takes")
        named = F.broadcast(takes.select(F.col("taken_id").alias("line_id")))
        taken_lines = earlier.join(named, on="line_id", how="left_semi")
        reversals = takes, reader.attributes(since, last)(taken_lines)
    outcomes = lake.read_days(OUTCOMES, since, last, channel, reader.outcomes_version)
    with_attributes = reader.attributes(first, last)(lines)
    sums = sum_volumes(with_attributes, reversals, select_left_out(outcomes))
    rows = [row.asDict() | {"by_transaction": reader.by_transaction} for row in sums.collect()]
    return sorted(rows, key=lambda row: str((row["business_date"], row["merchant_id"] or "",
                                             row["currency"])))  # fmt: skip
