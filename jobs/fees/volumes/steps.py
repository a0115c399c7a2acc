"""From volumes to steps: which step of tiers by volume a date, merchant and currency has."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.fees.tiers import Tiers

_ONE_DAY = timedelta(days=1)
_SCHEMA = "its_start date, its_merchant string, its_currency string, its_step int"


class StepRow(NamedTuple):
    """A step above the first one, of the lines whose month (or date) begins with `start`.

    `merchant_id` is null for lines without a merchant, and in tiers per channel.
    """

    column: str
    start: date
    merchant_id: str | None
    currency: str
    step: int


def span_of(tiers: Tiers, day: date) -> tuple[date, date]:
    """The first and the last date of the volume for lines of a date; empty on the first of a month
    by `month_to_date`.
    """
    first = day.replace(day=1)
    if tiers.by == "month_to_date":
        return first, day - _ONE_DAY
    last = first - _ONE_DAY
    return last.replace(day=1), last


def first_date_of(volumes: Iterable[Tiers], day: date) -> date:
    """The first date whose volume lines of a date ask for."""
    return min(span_of(tiers, day)[0] for tiers in volumes)


def find_steps(table: pa.Table, volumes: Sequence[Tiers], days: Sequence[date]) -> list[StepRow]:
    """The steps above the first one for lines of some dates, sorted; `table` has the columns of
    `fee_volumes`. A volume up to `to`, included, is of that step; one below 0 of the first.
    """
    rows: list[StepRow] = []
    for tiers in volumes:
        for start in sorted({start_of(tiers, day) for day in days}):
            rows += _steps_of(table, tiers, start)
    return sorted(rows, key=str)


def step_of(tiers: Tiers, volume: int) -> int:
    """The number (from 0) of the step into which a volume falls, `to` being included."""
    return bisect_left(tiers.limits, volume)


def start_of(tiers: Tiers, day: date) -> date:
    """What lines of one volume have in common: their month, or their date."""
    return day if tiers.by == "month_to_date" else day.replace(day=1)


def _steps_of(table: pa.Table, tiers: Tiers, start: date) -> Iterator[StepRow]:
    first, last = span_of(tiers, start)
    dated = pc.field("business_date")
    of_span = table.filter((dated >= pa.scalar(first)) & (dated <= pa.scalar(last)))
    keys = ["currency"] if tiers.per == "channel" else ["currency", "merchant_id"]
    sums = of_span.group_by(keys).aggregate([("gross", "sum"), ("refunds", "sum")])
    for row in sums.to_pylist():
        volume = row["gross_sum"] - (row["refunds_sum"] if tiers.of == "net" else 0)
        step = step_of(tiers, volume)
        if step:
            yield StepRow(tiers.step_column, start, row.get("merchant_id"), row["currency"], step)


def fingerprint_steps(rows: Iterable[StepRow]) -> str:
    """Stands for steps, whatever the volumes that they come from."""
    return sha256("\n".join(map(str, rows)).encode()).hexdigest()


def add_steps(lines: DataFrame, volumes: Sequence[Tiers], rows: Sequence[StepRow]) -> DataFrame:
    """The lines with the number (from 0) of their step, in the `step_column` of each of `volumes`.

    Reads `business_date`, `merchant_id` and `currency`.
    """
    for tiers in volumes:
        column = tiers.step_column
        own = [tuple(row)[1:] for row in rows if row.column == column]
        if not own:
            lines = lines.withColumn(column, F.lit(0))
            continue
        start = F.col("business_date")
        if tiers.by == "previous_month":
            start = F.date_sub(start, F.dayofmonth(start) - F.lit(1))
        fits = (start == F.col("its_start")) & (F.col("currency") == F.col("its_currency"))
        if tiers.per == "merchant":
            fits = fits & F.col("merchant_id").eqNullSafe(F.col("its_merchant"))
        steps = F.broadcast(lines.sparkSession.createDataFrame(own, _SCHEMA))
        joined = lines.join(steps, on=fits, how="left")
        lines = joined.withColumn(column, F.coalesce("its_step", F.lit(0))).drop(
            "its_start", "its_merchant", "its_currency", "its_step"
        )
    return lines
