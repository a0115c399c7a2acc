"""The rows and columns of `breaks.csv` and `breaks.xlsx`."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.exports.workbook import Heading
from jobs.reports.labels import ACTION_LABELS, REASON_LABELS
from jobs.reports.money_text import Cell, escape_formula, money_cell
from schemas.vocabulary import Outcome

HEADINGS = (
    Heading("Run date", 11),
    Heading("Channel", 12),
    Heading("What is wrong", 34),
    Heading("What to do", 36),
    Heading("Our reference", 30),
    Heading("Channel reference", 32),
    Heading("Currency", 9),
    Heading("Our amount", 14),
    Heading("Statement amount", 17),
    Heading("Difference", 14),
    Heading("Fee", 11),
    Heading("Kind", 14),
    Heading("Our status", 12),
    Heading("Statement status", 16),
    Heading("Our date", 11),
    Heading("Statement date", 14),
    Heading("Open since", 11),
    Heading("Chances", 8),
    Heading("Our currency", 12),
    Heading("Order reference", 28),
    Heading("Transaction", 28),
    Heading("Statement line", 30),
    Heading("Duplicate of", 30),
    Heading("Reason codes", 34),
)


def sorted_breaks(outcomes: DataFrame) -> DataFrame:
    """The breaks of a day, one row each, with the columns that `render_rows` reads.

    Sorted by |difference| descending, rows without a difference last, then by `txn_id` and
    `line_id`, which together are unique.
    """
    dates = ("run_date", "internal_date", "statement_date", "first_run_date")
    texts = {name: F.col(name).cast("string").alias(name) for name in dates}
    texts["reasons"] = F.concat_ws(" ", F.col("reasons")).alias("reasons")
    breaks = outcomes.where(F.col("outcome") == F.lit(Outcome.BREAK.value)).select(
        *[texts.get(name, F.col(name)) for name in _COLUMNS]
    )
    # The sort must be the last step: the embedded engine may distribute a later step to several
    # workers, and then returns the rows in the order in which the workers finish.
    return breaks.orderBy(
        F.abs(F.col("difference")).desc_nulls_last(),
        F.col("txn_id").asc_nulls_last(),
        F.col("line_id").asc_nulls_last(),
    )


def render_rows(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Cell, ...]]:
    """Yields the cells of each row of `sorted_breaks`, one per heading; amounts in major units.

    Raises:
        KeyError: a currency is not in ISO 4217.
    """
    for row in rows:
        values = _Row(*row)
        internal_currency = values.internal_currency or values.currency
        yield (
            values.run_date,
            values.channel,
            "; ".join([REASON_LABELS[code] for code in values.reasons.split()]),
            ACTION_LABELS[values.action],
            escape_formula(values.our_ref),
            escape_formula(values.channel_ref),
            values.currency,
            money_cell(values.internal_amount, internal_currency),
            money_cell(values.statement_amount, values.currency),
            money_cell(values.difference, values.currency),
            money_cell(values.fee, values.currency),
            values.kind,
            values.internal_status,
            values.statement_status,
            values.internal_date,
            values.statement_date,
            values.first_run_date,
            values.chances,
            values.internal_currency,
            escape_formula(values.order_ref),
            escape_formula(values.txn_id),
            values.line_id,
            escape_formula(values.duplicate_of),
            values.reasons,
        )


class _Row(NamedTuple):
    run_date: str
    channel: str
    reasons: str
    action: str
    our_ref: str | None
    channel_ref: str | None
    order_ref: str | None
    currency: str | None
    internal_currency: str | None
    internal_amount: int | None
    statement_amount: int | None
    difference: int | None
    fee: int | None
    kind: str | None
    internal_status: str | None
    statement_status: str | None
    internal_date: str | None
    statement_date: str | None
    first_run_date: str | None
    chances: int | None
    txn_id: str | None
    line_id: str | None
    duplicate_of: str | None


_COLUMNS = _Row._fields
