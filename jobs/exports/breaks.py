"""The rows and columns of `breaks.csv` and `breaks.xlsx`."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.exports.workbook import Heading
from jobs.reports.labels import ACTION_WORDS, REASON_WORDS
from jobs.reports.money_text import Cell, harmless, money
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


def broken(outcomes: DataFrame) -> DataFrame:
    """The rows of a day that are breaks, the largest |difference| first, as `cells` takes them.

    Rows without a difference come last; then by `txn_id` and `line_id`, which no two rows share.
    """
    dates = ("run_date", "internal_date", "statement_date", "first_run_date")
    texts = {name: F.col(name).cast("string").alias(name) for name in dates}
    texts["reasons"] = F.concat_ws(" ", F.col("reasons")).alias("reasons")
    taken = outcomes.where(F.col("outcome") == F.lit(Outcome.BREAK.value)).select(
        *[texts.get(name, F.col(name)) for name in _TAKEN]
    )
    # The order is the last step: what comes after it may be dealt out to several workers again,
    # and the embedded engine then hands the rows over as the workers finish.
    return taken.orderBy(
        F.abs(F.col("difference")).desc_nulls_last(),
        F.col("txn_id").asc_nulls_last(),
        F.col("line_id").asc_nulls_last(),
    )


def cells(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Cell, ...]]:
    """The cells of each row of `broken`, one per heading; amounts in major units.

    Raises:
        KeyError: a currency is none of ISO 4217.
    """
    for row in rows:
        of = _Row(*row)
        ours = of.internal_currency or of.currency
        yield (
            of.run_date,
            of.channel,
            "; ".join([REASON_WORDS[code] for code in of.reasons.split()]),
            ACTION_WORDS[of.action],
            harmless(of.our_ref),
            harmless(of.channel_ref),
            of.currency,
            money(of.internal_amount, ours),
            money(of.statement_amount, of.currency),
            money(of.difference, of.currency),
            money(of.fee, of.currency),
            of.kind,
            of.internal_status,
            of.statement_status,
            of.internal_date,
            of.statement_date,
            of.first_run_date,
            of.chances,
            of.internal_currency,
            harmless(of.order_ref),
            harmless(of.txn_id),
            of.line_id,
            harmless(of.duplicate_of),
            of.reasons,
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


_TAKEN = _Row._fields
