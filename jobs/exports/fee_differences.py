"""The sheet of fee differences: lines whose fee is not what the rate card says."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.exports.file_places import FilePlaces
from jobs.exports.workbook import Heading
from jobs.reports.money_text import Cell, escape_formula, money_cell

NAME = "Fee differences"
#: Rows of the sheet at most, those with the largest differences.
ROWS_MAX = 10_000
HEADINGS = (
    Heading("Business date", 13),
    Heading("Channel", 12),
    Heading("Result", 16),
    Heading("Rate card", 20),
    Heading("Currency", 9),
    Heading("Difference", 14),
    Heading("Charged", 14),
    Heading("Due", 14),
    Heading("Amount", 14),
    Heading("Kind", 14),
    Heading("Our reference", 30),
    Heading("Channel reference", 32),
    Heading("File", 34),
    Heading("Line", 9),
)


def select_fee_rows(checks: DataFrame) -> DataFrame:
    """Rows of `fee_checks`, the largest differences first, currency by currency."""
    named = {
        "business_date": F.col("business_date").cast("string"),
        # A batch with one price has no line, and no reference but its own.
        "channel_ref": F.when(F.col("line_id").isNull(), F.col("batch_ref")).otherwise(
            F.col("channel_ref")
        ),
    }
    rows = checks.select(*[named.get(name, F.col(name)).alias(name) for name in _Row._fields])
    return rows.orderBy(
        F.col("currency").asc_nulls_last(),
        F.abs("difference").desc_nulls_last(),
        F.col("line_id").asc_nulls_last(),
        "schedule",
    ).limit(ROWS_MAX)


def render_fee_rows(
    rows: Iterable[tuple[Any, ...]], places: FilePlaces
) -> Iterator[tuple[Cell, ...]]:
    """Yields the cells of each row of `select_fee_rows`; amounts in major units.

    Raises:
        KeyError: a currency is not in ISO 4217.
    """
    for row in rows:
        values = _Row(*row)
        file_name, line_no = places.place_of(values.line_id)
        yield (
            values.business_date,
            values.channel,
            values.result,
            escape_formula(values.schedule),
            values.currency,
            money_cell(values.difference, values.currency),
            money_cell(values.charged, values.currency),
            money_cell(values.due, values.currency),
            money_cell(values.amount, values.currency),
            values.kind,
            escape_formula(values.our_ref),
            escape_formula(values.channel_ref),
            escape_formula(file_name),
            line_no,
        )


class _Row(NamedTuple):
    business_date: str
    channel: str
    result: str
    schedule: str | None
    currency: str | None
    difference: int | None
    charged: int | None
    due: int | None
    amount: int | None
    kind: str | None
    our_ref: str | None
    channel_ref: str | None
    line_id: str | None
