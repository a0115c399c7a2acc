"""The statement lines that a replay reads: those of the bank as they are, those of channels as
batches.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.fees.reversals import find_taking_lines, may_take_back
from jobs.ingestion.day_state import has_other_payers
from jobs.lake.tables import Lake
from jobs.settlement.bridge.causes import Causes
from jobs.settlement.inputs import BankLine, DayBatch, InTransit
from jobs.settlement.lines.day_batches import build_day_batches
from jobs.settlement.lines.reduce import place_lines, select_settlement_lines, sum_batches
from jobs.treasury.our_side import has_our_side, read_causes, select_in_transit
from schemas.dates import NO_TIME, format_dates, list_dates
from schemas.errors import LakeInconsistent
from schemas.profile.channel import Profile
from schemas.profile.settlement import Settlement
from schemas.tables import STATEMENT_LINES
from schemas.vocabulary import FileStatus, Status

_BANK_COLUMNS = (
    "line_id", "business_date", "currency", "amount", "value_date", "line_no", "our_ref",
    "channel_ref", "order_ref", "batch_ref", "original_ref", "payer_name", "text",
)  # fmt: skip


def read_bank_lines(
    lake: Lake, bank: str, first: date, last: date, line_ids: Collection[str] | None = None
) -> list[BankLine]:
    """The SUCCEEDED lines of a bank account of some dates, both included, read without an engine;
    of them those with some ids, if these are given.

    Raises:
        DataFilesMissing: a data file is not there, or is not whole.
    """
    condition = pc.field("status") == Status.SUCCEEDED.value
    if line_ids is not None:
        condition = condition & pc.field("line_id").isin(sorted(line_ids))
    rows = lake.read_arrow(STATEMENT_LINES, first, last, bank, condition)
    rows = rows.append_column("value_date", rows["settlement_date"])
    return [BankLine(**row) for row in rows.select(_BANK_COLUMNS).to_pylist()]


class ChannelDays(NamedTuple):
    """What the dates of a channel bring: lines as batches with their causes, and what of ours has
    no line of its date.
    """

    batches: dict[date, tuple[DayBatch, ...]]
    in_transit: dict[date, tuple[InTransit, ...]]


def read_channel_days(
    lake: Lake, profile: Profile, rules: Settlement, first: date, last: date
) -> ChannelDays:
    """The lines of a channel of some dates, both included, reduced to batches by the engine, beside
    our transactions of these dates.

    Raises:
        SettlementUnbalanced: the sums of a batch do not come to what its lines come to, or our
            transactions not to those in the bridge.
        DataFilesMissing: a data file is not there, or is not whole.
    """
    channel = profile.channel
    sums: list[Mapping[str, Any]] = []
    settlement_lines: list[Mapping[str, Any]] = []
    takes, earlier = None, None
    if _count_lines(lake, channel, first, last):
        lines = lake.read_days(STATEMENT_LINES, first, last, channel)
        takes, earlier = _find_takes(lake, profile, lines, first, last)
        placed = place_lines(lines, takes, earlier, rules)
        sums = [row.asDict() for row in sum_batches(placed).collect()]
        if rules.batch_by == "settlement":
            rows = select_settlement_lines(placed).collect()
            settlement_lines = [row.asDict() for row in rows]
    causes: dict[tuple[Any, ...], Causes] = {}
    for day in list_dates(first, last):
        if has_our_side(lake, channel, day):
            of_day = lake.read_day(STATEMENT_LINES, day, channel)
            base = of_day if earlier is None else earlier
            its_lines = place_lines(of_day, takes, base, rules)
            causes |= read_causes(lake, profile, rules, day, its_lines)
    batches = build_day_batches(sums, settlement_lines, causes)
    return ChannelDays(batches, select_in_transit(causes, sums))


def _count_lines(lake: Lake, channel: str, first: date, last: date) -> int:
    files = lake.list_data_files(STATEMENT_LINES, last, channel, since=first)
    return sum(int(row["num_records"]) for row in files)


def _find_takes(
    lake: Lake, profile: Profile, lines: DataFrame, first: date, last: date
) -> tuple[DataFrame | None, DataFrame]:
    """The lines that take a SUCCEEDED one back, and the lines among which these are; None if no
    line does.
    """
    if not lines.where(may_take_back()).select("line_id").head(1):
        return None, lines
    days = profile.match.lookback
    since = first - timedelta(days=days)
    earlier = lake.read_days(STATEMENT_LINES, since, last, profile.channel)
    stood = earlier.where(F.col("status") != F.lit(Status.PENDING.value))
    stood = stood.withColumn("at", F.coalesce("traded_at", F.lit(NO_TIME)))
    takes = find_taking_lines(stood, days).where(F.col("business_date") >= F.lit(first))
    return lake.stage(takes.select("take_id", "taken_id"), "takes"), earlier


def assert_payers_are_known(
    bank: Profile, files: Iterable[Mapping[str, Any]], first: date, last: date
) -> None:
    """Proves that the bank's lines have in clear the payers that today's payer rules name.

    Raises:
        LakeInconsistent: files were read under other rules; run ingest again.
    """
    days = {
        row["business_date"]
        for row in files
        if row["channel"] == bank.channel
        and has_other_payers(row, bank)
        and first <= row["business_date"] <= last
    }
    if days:
        raise LakeInconsistent(
            f"{bank.channel} {format_dates(days)}: the payer rules of `find` have changed"
            " since the statements were read; run `tieout ingest` for these dates again, which"
            " reads them from the archive"
        )


def assert_lines_are_accepted(
    lake: Lake, files: Iterable[Mapping[str, Any]], names: Collection[str], first: date, last: date
) -> None:
    """Proves that the lake has as many lines of each channel and date as its accepted files.

    Raises:
        LakeInconsistent: it has others; run ingest again.
    """
    expected: dict[tuple[str, date], int] = {}
    for row in files:
        place = row["channel"], row["business_date"]
        is_of_span = row["channel"] in names and first <= (row["business_date"] or date.min) <= last
        if is_of_span and row["status"] == FileStatus.ACCEPTED:
            expected[place] = expected.get(place, 0) + int(row["line_count"] or 0)
    stored: dict[tuple[str, date], int] = {}
    for row in lake.list_data_files(STATEMENT_LINES, last, since=first):
        place = row["partition.channel"], row["partition.business_date"]
        if place[0] in names:
            stored[place] = stored.get(place, 0) + int(row["num_records"])
    for name, day in sorted({*expected, *stored}):
        accepted, there = expected.get((name, day), 0), stored.get((name, day), 0)
        if accepted != there:
            raise LakeInconsistent(
                f"{name} {day}: {accepted} lines were accepted, the lake has {there};"
                " run `tieout ingest` for that date again"
            )
