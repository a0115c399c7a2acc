"""What each item comes to on a run date, as rows of `outcomes`."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.actions import action
from schemas.tables import OUTCOMES
from schemas.vocabulary import Outcome, Reason, Side, Status

_FAILED = (Status.FAILED.value, Status.CLOSED.value)


def of_pairs(
    lines: DataFrame, transactions: DataFrame, on: Column, matched_by: Column
) -> DataFrame:
    """One row per pair of a line (aliased `l`) and a transaction (aliased `t`), joined one to one.

    MATCHED, or BREAK with every reason that holds; the difference is statement - internal, null
    across currencies.
    """
    amounts = F.col("l.amount") != F.col("t.amount")
    currencies = F.col("l.currency") != F.col("t.currency")
    statuses = ~statuses_agree(F.col("l.status"), F.col("t.status"))
    broken = amounts | currencies | statuses
    outcome = F.when(broken, F.lit(Outcome.BREAK.value)).when(~broken, F.lit(Outcome.MATCHED.value))
    gap = F.when(~currencies, F.col("l.amount") - F.col("t.amount"))
    return (
        lines.alias("l")
        .join(transactions.alias("t"), on=on, how="inner")
        .select(
            F.col("t.txn_id").alias("unit_id"),
            outcome.alias("outcome"),
            F.when(amounts, F.lit(Reason.AMOUNT_MISMATCH.value)).alias("reason_1"),
            F.when(currencies, F.lit(Reason.CURRENCY_MISMATCH.value)).alias("reason_2"),
            F.when(statuses, F.lit(Reason.STATUS_MISMATCH.value)).alias("reason_3"),
            matched_by.alias("matched_by"),
            F.col("t.txn_id").alias("txn_id"),
            F.col("l.line_id").alias("line_id"),
            F.col("l.kind").alias("kind"),
            *[_reference(name) for name in ("our_ref", "channel_ref", "order_ref")],
            F.col("l.currency").alias("currency"),
            F.col("t.currency").alias("internal_currency"),
            F.col("t.amount").alias("internal_amount"),
            F.col("l.amount").alias("statement_amount"),
            gap.alias("difference"),
            F.col("t.status").alias("internal_status"),
            F.col("l.status").alias("statement_status"),
            F.col("t.item_date").alias("internal_date"),
            F.col("l.item_date").alias("statement_date"),
            F.col("l.fee").alias("fee"),
            F.least("l.first_run_date", "t.first_run_date").alias("first_run_date"),
            F.greatest("l.chances", "t.chances").alias("chances"),
            F.lit(None).cast("string").alias("duplicate_of"),
        )
    )


def statuses_agree(line: Column, ours: Column) -> Column:
    """Whether two statuses say the same: paid, reversed, or not paid on both sides."""
    lasting = (Status.SUCCEEDED.value, Status.REVERSED.value)
    same = (line == ours) & line.isin(*lasting)
    return same | (line.isin(*_FAILED) & ours.isin(*_FAILED))


def _received(name: str, side: str = "") -> Column:
    """A reference as received; one that normalizes to nothing counts as none."""
    prefix = f"{side}." if side else ""
    return F.when(F.col(f"{prefix}{name}_norm").isNotNull(), F.col(f"{prefix}{name}"))


def _reference(name: str) -> Column:
    return F.coalesce(_received(name, "l"), _received(name, "t")).alias(name)


def of_items(items: DataFrame) -> DataFrame:
    """One row per item left alone, from its `outcome`, `reason`, `duplicate_of` and `against`.

    `against` is the status of the transaction that a line was compared with, if it was.
    """
    ours = F.col("side") == F.lit(Side.INTERNAL.value)
    theirs = F.col("side") == F.lit(Side.STATEMENT.value)
    return items.select(
        F.coalesce("txn_id", "line_id").alias("unit_id"),
        F.col("outcome"),
        F.col("reason").alias("reason_1"),
        F.lit(None).cast("string").alias("reason_2"),
        F.lit(None).cast("string").alias("reason_3"),
        F.lit(None).cast("string").alias("matched_by"),
        F.col("txn_id"),
        F.col("line_id"),
        F.col("kind"),
        *[_received(name).alias(name) for name in ("our_ref", "channel_ref", "order_ref")],
        F.col("currency"),
        F.when(ours, F.col("currency")).alias("internal_currency"),
        F.when(ours, F.col("amount")).alias("internal_amount"),
        F.when(theirs, F.col("amount")).alias("statement_amount"),
        F.lit(None).cast("bigint").alias("difference"),
        F.when(ours, F.col("status")).when(theirs, F.col("against")).alias("internal_status"),
        F.when(theirs, F.col("status")).alias("statement_status"),
        F.when(ours, F.col("item_date")).alias("internal_date"),
        F.when(theirs, F.col("item_date")).alias("statement_date"),
        F.col("fee"),
        F.col("first_run_date"),
        F.col("chances"),
        F.col("duplicate_of"),
    )


def finished(rows: DataFrame, day: date, channel: str) -> DataFrame:
    """Rows with their reasons in one list, action, date and channel, in the table's order."""
    reasons = F.array_compact(F.array("reason_1", "reason_2", "reason_3"))
    listed = rows.withColumn("reasons", reasons)
    return listed.withColumns(
        {"action": action(), "run_date": F.lit(day), "channel": F.lit(channel)}
    ).select(*OUTCOMES.columns)
