"""The columns of `breaks.csv` and of the sheets of `breaks.xlsx` that list outcomes."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.exports.file_places import FilePlaces
from jobs.exports.sections import ORDER_COLUMNS, Section, sort_sections
from jobs.exports.workbook import Heading
from jobs.reports.labels import ACTION_LABELS, DECISION_LABELS, REASON_LABELS
from jobs.reports.money_text import Cell, escape_formula, money_cell

HEADINGS = (
    Heading("Run date", 11),
    Heading("Channel", 12),
    Heading("What is wrong", 34),
    Heading("What to do", 36),
    Heading("Currency", 9),
    Heading("At stake", 14),
    Heading("Our amount", 14),
    Heading("Statement amount", 17),
    Heading("Difference", 14),
    Heading("Age in days", 12),
    Heading("Kind", 14),
    Heading("Our reference", 30),
    Heading("Channel reference", 32),
    Heading("Order reference", 28),
    Heading("Our status", 12),
    Heading("Statement status", 16),
    Heading("Our date", 11),
    Heading("Statement date", 14),
    Heading("Trade time", 20),
    Heading("Product", 16),
    Heading("Merchant", 18),
    Heading("File", 34),
    Heading("Line", 9),
    Heading("Transaction", 28),
    Heading("Group", 30),
    Heading("Candidates", 40),
    Heading("Duplicate of", 34),
    Heading("Related", 34),
    Heading("Fee", 11),
    Heading("Our currency", 12),
    Heading("Matching attempts", 10),
    Heading("Reason codes", 34),
    Heading("Break", 20),
    Heading("Line id", 20),
)
#: What a reviewer fills in, before the other columns of the sheet of breaks: the workbook is read
#: back by `tieout decide import`.
DECISION_HEADINGS = (Heading("Decision", 15, tuple(DECISION_LABELS)), Heading("Comment", 24))


def select_cells(rows: DataFrame) -> DataFrame:
    """The columns that `render_rows` reads, of rows of `sections.add_details`, in order.

    The columns that only sort come last: to drop them would be a step after the sort.
    """
    dates = ("run_date", "internal_date", "statement_date")
    texts = {name: F.col(name).cast("string").alias(name) for name in dates}
    texts["reasons"] = F.concat_ws(" ", "reasons").alias("reasons")
    is_group = (F.col("unit_id") != F.coalesce("txn_id", F.lit(""))) & (
        F.col("unit_id") != F.coalesce("line_id", F.lit(""))
    )
    texts["group"] = F.when(is_group, F.col("unit_id")).alias("group")
    order = [name for name in ORDER_COLUMNS if name not in _Row._fields]
    return sort_sections(
        rows.select(*[texts.get(name, F.col(name)) for name in _Row._fields], *order)
    )


def render_rows(
    rows: Iterable[tuple[Any, ...]], places: FilePlaces
) -> Iterator[tuple[Section, tuple[Cell, ...]]]:
    """Yields section and cells of each row of `select_cells`, one per heading; amounts in major
    units.

    Raises:
        KeyError: a currency is not in ISO 4217.
    """
    for row in rows:
        values = _Row(*row[: len(_Row._fields)])
        internal_currency = values.internal_currency or values.currency
        file_name, line_no = places.place_of(values.line_id)
        yield (
            Section(values.section),
            (
                values.run_date,
                values.channel,
                "; ".join([REASON_LABELS[code] for code in values.reasons.split()]),
                ACTION_LABELS[values.action],
                values.currency,
                money_cell(values.at_stake, values.currency),
                money_cell(values.internal_amount, internal_currency),
                money_cell(values.statement_amount, values.currency),
                money_cell(values.difference, values.currency),
                values.age_days,
                values.kind,
                escape_formula(values.our_ref),
                escape_formula(values.channel_ref),
                escape_formula(values.order_ref),
                values.internal_status,
                values.statement_status,
                values.internal_date,
                values.statement_date,
                values.trade_time,
                escape_formula(values.product),
                escape_formula(values.merchant_id),
                escape_formula(file_name),
                line_no,
                escape_formula(values.txn_id),
                escape_formula(values.group),
                escape_formula(_candidates_text(values, places)),
                escape_formula(places.text_of(values.duplicate_of)),
                escape_formula("; ".join(places.text_of(x) or "" for x in values.related or ())),
                money_cell(values.fee, values.currency),
                values.internal_currency,
                values.chances,
                values.reasons,
                values.break_id,
                values.line_id,
            ),
        )


def _candidates_text(values: "_Row", places: FilePlaces) -> str | None:
    """The nearest candidates, the likeliest first, and how many there are if not all are named."""
    ids = list(dict.fromkeys(values.candidate_ids or ()))
    if not ids:
        return None
    text = "; ".join(places.text_of(own_id) or "" for own_id in ids)
    more = (values.candidate_count or 0) - len(ids)
    return f"{text} and {more} more" if more > 0 else text


class _Row(NamedTuple):
    section: str
    run_date: str
    channel: str
    reasons: str
    action: str
    our_ref: str | None
    channel_ref: str | None
    order_ref: str | None
    currency: str | None
    internal_currency: str | None
    at_stake: int | None
    internal_amount: int | None
    statement_amount: int | None
    difference: int | None
    fee: int | None
    kind: str | None
    internal_status: str | None
    statement_status: str | None
    internal_date: str | None
    statement_date: str | None
    trade_time: str | None
    product: str | None
    merchant_id: str | None
    age_days: int | None
    chances: int | None
    txn_id: str | None
    line_id: str | None
    group: str | None
    candidate_ids: list[str] | None
    candidate_count: int | None
    duplicate_of: str | None
    related: list[str] | None
    break_id: str | None
