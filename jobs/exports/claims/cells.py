"""The columns of a claim's files."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.exports.file_places import FilePlaces
from jobs.exports.workbook import Heading
from jobs.reports.money_text import Cell, escape_formula, money_cell

#: Sheets of the workbook.
SUMS, CLAIMED, OTHERS = "Sums", "Claimed", "Not claimed"
_LINE_HEADINGS = (
    Heading("Business date", 13),
    Heading("Channel", 12),
    Heading("Trade time", 20),
    Heading("Kind", 14),
    Heading("Currency", 9),
    Heading("Amount", 14),
    Heading("Charged", 14),
    Heading("Due", 14),
    Heading("Difference", 14),
    Heading("Result", 16),
    Heading("Clause of the rate card", 24),
    Heading("Working", 44),
    Heading("Our reference", 30),
    Heading("Channel reference", 32),
    Heading("Order reference", 28),
    Heading("Settlement batch", 24),
    Heading("Merchant", 18),
    Heading("Product", 16),
    Heading("Card type", 14),
    Heading("File", 34),
    Heading("Line", 9),
)
#: Of claimed lines, and of a sum: its lines.
CLAIMED_HEADINGS = (Heading("Row", 6), *_LINE_HEADINGS, Heading("Lines", 9))
#: Of lines that are not claimed.
OTHER_HEADINGS = (Heading("Why", 16), *_LINE_HEADINGS)
SUM_HEADINGS = (
    Heading("Channel", 12),
    Heading("Month", 9),
    Heading("What", 14),
    Heading("Why", 16),
    Heading("Result", 16),
    Heading("Currency", 9),
    Heading("Lines", 9),
    Heading("Amount", 14),
    Heading("Charged", 14),
    Heading("Due", 14),
    Heading("Difference", 14),
)
#: Amounts that are summed, minor units.
AMOUNTS = ("amount", "charged", "due", "difference")


class ClaimRow(NamedTuple):
    """A line, or a batch with one price, whose fee is wrong; amounts in minor units, `why` as
    `select_rows.classify_rows`. A batch has no kind, reference, file and line.
    """

    why: str | None
    business_date: str
    channel: str
    trade_time: str | None
    kind: str | None
    currency: str
    amount: int
    charged: int
    due: int | None
    difference: int | None
    result: str
    schedule: str | None
    explanation: str | None
    our_ref: str | None
    channel_ref: str | None
    order_ref: str | None
    batch_ref: str | None
    merchant_id: str | None
    line_product: str | None
    line_card_type: str | None
    line_id: str | None


def sort_rows(rows: DataFrame, zone: str) -> DataFrame:
    """Rows of `classify_rows` in the columns of `ClaimRow`, by currency, date and line; `zone` is
    that of the trade times.
    """
    trade_time = F.date_format(F.from_utc_timestamp("traded_at", zone), "yyyy-MM-dd HH:mm:ss")
    texts = {
        "trade_time": trade_time.alias("trade_time"),
        "business_date": F.col("business_date").cast("string").alias("business_date"),
    }
    selected = rows.select(*(texts.get(name, F.col(name)) for name in ClaimRow._fields))
    return selected.orderBy("currency", "business_date", "line_id", "schedule", "batch_ref")


def render_row(row: ClaimRow, places: FilePlaces) -> tuple[Cell, ...]:
    """The cells of a line, one per heading of a line; amounts in major units.

    Raises:
        KeyError: the currency is not in ISO 4217.
    """
    file_name, line_no = places.place_of(row.line_id)
    money = [money_cell(getattr(row, name), row.currency) for name in AMOUNTS]
    return (
        row.business_date,
        row.channel,
        row.trade_time,
        row.kind,
        row.currency,
        *money,
        row.result,
        escape_formula(row.schedule),
        escape_formula(row.explanation),
        escape_formula(row.our_ref),
        escape_formula(row.channel_ref),
        escape_formula(row.order_ref),
        escape_formula(row.batch_ref),
        escape_formula(row.merchant_id),
        escape_formula(row.line_product),
        escape_formula(row.line_card_type),
        escape_formula(file_name),
        line_no,
    )


def render_sums(
    channel: str, month: str, sums: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Cell, ...]]:
    """The rows of the sheet of sums: `sums` as `select_rows.sum_rows`, minor units."""
    for row in sums:
        money = [_money(row[name], row["currency"]) for name in AMOUNTS]
        what = OTHERS if row["why"] else CLAIMED
        counted = (row["why"], row["result"], row["currency"], row["lines"])
        yield (channel, month, what, *counted, *money)


def order_sums(row: Mapping[str, Any]) -> list[str]:
    """What sorts the rows of `select_rows.sum_rows`: claimed ones first."""
    return [str(row[name] or "") for name in ("why", "currency", "result")]


def render_claim_sums(sums: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[Cell, ...]]:
    """The last rows of the claimed lines: their sums, by currency, minor units."""
    for currency, of_currency in sums.items():
        by_heading: dict[str, Cell] = {
            name.capitalize(): _money(of_currency[name], currency) for name in AMOUNTS
        }
        by_heading |= {"Row": "sum", "Currency": currency, "Lines": of_currency["lines"]}
        yield tuple(by_heading.get(heading.text) for heading in CLAIMED_HEADINGS)


def _money(minor: Any, currency: str) -> Cell:
    return money_cell(None if minor is None else int(minor), currency)
