"""What each item comes to on a run date, as rows of `outcomes`."""

from collections.abc import Callable
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.actions import action
from jobs.matching.fast_path import key_hashes
from jobs.matching.item_columns import is_line, is_transaction, item_id, statuses_agree
from schemas.tables import OUTCOMES
from schemas.vocabulary import Outcome, Reason

#: A column of a line or of a transaction, by its name as an item has it.
Cells = Callable[[str], Column]


def build_pair_rows(
    lines: DataFrame, transactions: DataFrame, on: Column, matched_by: Column, late: Column
) -> DataFrame:
    """One row per pair of a line (aliased `l`) and a transaction (aliased `t`), joined one to one.

    MATCHED, or BREAK with every reason that holds; the difference is statement - internal, null
    across currencies. `late` says that one of the two broke before.
    """
    joined = lines.alias("l").join(transactions.alias("t"), on=on, how="inner")
    return joined.select(*pair_columns(_item_cells("l"), _item_cells("t"), matched_by, late))


def pair_columns(line: Cells, ours: Cells, matched_by: Column, late: Column) -> list[Column]:
    """The columns of a pair's row, from the cells of its line and of its transaction."""
    amounts = line("amount") != ours("amount")
    currencies = line("currency") != ours("currency")
    statuses = ~statuses_agree(line("status"), ours("status"))
    broken = amounts | currencies | statuses
    outcome = F.when(broken, F.lit(Outcome.BREAK.value)).when(~broken, F.lit(Outcome.MATCHED.value))
    gap = F.when(~currencies, line("amount") - ours("amount"))
    return [
        ours("txn_id").alias("unit_id"),
        outcome.alias("outcome"),
        F.when(amounts, F.lit(Reason.AMOUNT_MISMATCH.value)).alias("reason_1"),
        F.when(currencies, F.lit(Reason.CURRENCY_MISMATCH.value)).alias("reason_2"),
        F.when(statuses, F.lit(Reason.STATUS_MISMATCH.value)).alias("reason_3"),
        F.when(late, F.lit(Reason.LATE.value)).alias("reason_4"),
        matched_by.alias("matched_by"),
        ours("txn_id").alias("txn_id"),
        line("line_id").alias("line_id"),
        line("kind").alias("kind"),
        *[F.coalesce(line(x), ours(x)).alias(x) for x in ("our_ref", "channel_ref", "order_ref")],
        line("currency").alias("currency"),
        ours("currency").alias("internal_currency"),
        ours("amount").alias("internal_amount"),
        line("amount").alias("statement_amount"),
        gap.alias("difference"),
        ours("status").alias("internal_status"),
        line("status").alias("statement_status"),
        ours("item_date").alias("internal_date"),
        line("item_date").alias("statement_date"),
        line("fee").alias("fee"),
        F.least(line("first_run_date"), ours("first_run_date")).alias("first_run_date"),
        F.greatest(line("chances"), ours("chances")).alias("chances"),
        F.lit(None).cast("string").alias("duplicate_of"),
        line("our_ref_norm").alias("our_ref_norm"),
        line("channel_ref_norm").alias("channel_ref_norm"),
        line("at").alias("traded_at"),
    ]


def received_reference(name: str, side: str = "") -> Column:
    """A reference as received; one that normalizes to nothing counts as none."""
    prefix = f"{side}." if side else ""
    return F.when(F.col(f"{prefix}{name}_norm").isNotNull(), F.col(f"{prefix}{name}"))


def _item_cells(side: str) -> Cells:
    references = {
        name: received_reference(name, side) for name in ("our_ref", "channel_ref", "order_ref")
    }
    return lambda name: references[name] if name in references else F.col(f"{side}.{name}")


def build_item_rows(items: DataFrame) -> DataFrame:
    """One row per item that is no part of a pair.

    Asks for `outcome`, `reason`, `late`, `duplicate_of`, `against` (the status of the transaction
    that a line was compared with, if it was), and of a group `unit_id`, `matched_by` and `gap`.
    """
    ours, theirs = is_transaction(), is_line()
    return items.select(
        F.coalesce("unit_id", item_id()).alias("unit_id"),
        F.col("outcome"),
        F.col("reason").alias("reason_1"),
        F.lit(None).cast("string").alias("reason_2"),
        F.lit(None).cast("string").alias("reason_3"),
        F.when(F.col("late"), F.lit(Reason.LATE.value)).alias("reason_4"),
        F.col("matched_by"),
        F.col("txn_id"),
        F.col("line_id"),
        F.col("kind"),
        *[received_reference(name).alias(name) for name in ("our_ref", "channel_ref", "order_ref")],
        F.col("currency"),
        F.when(ours, F.col("currency")).alias("internal_currency"),
        F.when(ours, F.col("amount")).alias("internal_amount"),
        F.when(theirs, F.col("amount")).alias("statement_amount"),
        F.col("gap").alias("difference"),
        F.when(ours, F.col("status")).when(theirs, F.col("against")).alias("internal_status"),
        F.when(theirs, F.col("status")).alias("statement_status"),
        F.when(ours, F.col("item_date")).alias("internal_date"),
        F.when(theirs, F.col("item_date")).alias("statement_date"),
        F.col("fee"),
        F.col("first_run_date"),
        F.col("chances"),
        F.col("duplicate_of"),
        F.when(theirs, F.col("our_ref_norm")).alias("our_ref_norm"),
        F.when(theirs, F.col("channel_ref_norm")).alias("channel_ref_norm"),
        F.when(theirs, F.col("at")).alias("traded_at"),
    )


def _reason_list() -> Column:
    """The reasons that hold, in one list; most rows have none, and are spared its making."""
    names = ("reason_1", "reason_2", "reason_3", "reason_4")
    none = F.coalesce(*names).isNull()
    nothing = F.array().cast("array<string>")
    return F.when(none, nothing).when(~none, F.array_compact(F.array(*names)))


def complete_rows(rows: DataFrame, day: date, channel: str, *there: str) -> DataFrame:
    """Rows with reasons in one list, action, marks (apart from those `there`), date and channel, in
    the table's order.
    """
    listed = rows.withColumns({"reasons": _reason_list(), **key_hashes.stored(there)})
    return listed.withColumns(
        {"action": action(), "run_date": F.lit(day), "channel": F.lit(channel)}
    ).select(*OUTCOMES.columns)
