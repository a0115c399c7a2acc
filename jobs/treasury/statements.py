"""The statement lines that a replay reads: those of the bank as they are, those of channels as
batches.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.fees.reversals import NO_TIME, find_taking_lines, may_take_back
from jobs.ingestion.day_state import has_other_payers
from jobs.lake.tables import Lake
from jobs.settlement.inputs import BankLine, DayBatch
from jobs.settlement.lines.day_batches import build_day_batches
from jobs.settlement.lines.reduce import place_lines, select_settlement_lines, sum_batches
from schemas.dates import format_dates
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


def read_day_batches(
    lake: Lake, profile: Profile, rules: Settlement, first: date, last: date
) -> dict[date, tuple[DayBatch, ...]]:
    """The lines of a channel of some dates, both included, reduced to batches by the engine.

    Raises:
        SettlementUnbalanced: the sums of a batch do not come to what its lines come to.
        DataFilesMissing: a data file is not there, or is not whole.
    """
    if not _count_lines(lake, profile.channel, first, last):
        return {}
    lines = lake.read_days(STATEMENT_LINES, first, last, profile.channel)
    takes, earlier = _find_takes(lake, profile, lines, first, last)
    placed = place_lines(lines, takes, earlier, rules)
    settlement_lines: Iterable[Mapping[str, Any]] = ()
    if rules.batch_by == "settlement":
        settlement_lines = [row.asDict() for row in select_settlement_lines(placed).collect()]
    return build_day_batches(
        [row.asDict() for row in sum_batches(placed).collect()], settlement_lines
    )


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
