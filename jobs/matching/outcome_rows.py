"""Builds the rows of `outcomes`: one per pair, and one per item without a pair."""

from collections.abc import Callable, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.actions import action
from jobs.matching.fast_path.reference_hashes import stored_hashes
from jobs.matching.item_columns import is_line, is_transaction, item_id, statuses_agree
from schemas.tables import OUTCOMES
from schemas.vocabulary import Outcome, Reason

#: Gives a column of a line or of a transaction by its name in an item.
Cells = Callable[[str], Column]


def build_pair_rows(
    lines: DataFrame,
    transactions: DataFrame,
    on: Column,
    matched_by: Column,
    late: Column,
    limit: Column | None,
) -> DataFrame:
    """One row per pair of a line (aliased `l`) and a transaction (aliased `t`), joined one to one.

    MATCHED, or BREAK with every reason that applies. The difference is statement - internal in
    minor units, null if the currencies differ; amounts of two currencies are not compared. `late`
    says that one of the two broke before, `limit` is as in `pair_columns`.
    """
    joined = lines.alias("l").join(transactions.alias("t"), on=on, how="inner")
    line_ref, own_ref = F.col("l.our_ref_norm"), F.col("t.our_ref_norm")
    internal_ref = F.when(~own_ref.eqNullSafe(line_ref), F.coalesce(own_ref, F.lit("")))
    cells = _item_cells("l"), _item_cells("t")
    return joined.select(*pair_columns(*cells, matched_by, late, internal_ref, limit))


def pair_columns(
    line: Cells,
    transaction: Cells,
    matched_by: Column,
    late: Column,
    internal_ref: Column,
    limit: Column | None,
) -> list[Column]:
    """The columns of a pair's row, from the cells of its line and of its transaction.

    `internal_ref` is the transaction's our_ref where it is not the line's; `limit` the minor units
    by which the amounts may differ if nothing else does, null for none.
    """
    kinds = line("kind") != transaction("kind")
    currencies = line("currency") != transaction("currency")
    amounts = ~currencies & (line("amount") != transaction("amount"))
    statuses = ~statuses_agree(line("status"), transaction("status"))
    within = F.lit(False)
    if limit is not None:
        is_near = F.abs(line("amount") - transaction("amount")) <= limit
        within = amounts & ~kinds & ~statuses & F.coalesce(is_near, F.lit(False))
        amounts = amounts & ~within
    broken = kinds | amounts | currencies | statuses
    outcome = F.when(broken, F.lit(Outcome.BREAK.value)).when(~broken, F.lit(Outcome.MATCHED.value))
    gap = F.when(~currencies, line("amount") - transaction("amount"))
    reasons = {
        Reason.KIND_MISMATCH: kinds,
        Reason.AMOUNT_MISMATCH: amounts,
        Reason.CURRENCY_MISMATCH: currencies,
        Reason.STATUS_MISMATCH: statuses,
        Reason.WITHIN_TOLERANCE: within,
        Reason.LATE: late,
    }
    return [
        transaction("txn_id").alias("unit_id"),
        outcome.alias("outcome"),
        list_reasons(*[F.when(holds, F.lit(name.value)) for name, holds in reasons.items()]),
        matched_by.alias("matched_by"),
        transaction("txn_id").alias("txn_id"),
        line("line_id").alias("line_id"),
        line("kind").alias("kind"),
        *[
            F.coalesce(line(x), transaction(x)).alias(x)
            for x in ("our_ref", "channel_ref", "order_ref")
        ],
        line("currency").alias("currency"),
        transaction("currency").alias("internal_currency"),
        transaction("amount").alias("internal_amount"),
        line("amount").alias("statement_amount"),
        gap.alias("difference"),
        transaction("status").alias("internal_status"),
        line("status").alias("statement_status"),
        transaction("item_date").alias("internal_date"),
        line("item_date").alias("statement_date"),
        line("fee").alias("fee"),
        F.least(line("first_run_date"), transaction("first_run_date")).alias("first_run_date"),
        F.greatest(line("chances"), transaction("chances")).alias("chances"),
        F.lit(None).cast("string").alias("duplicate_of"),
        F.lit(None).cast("array<string>").alias("related"),
        F.lit(None).cast("string").alias("overruled_by"),
        F.when(kinds, transaction("kind")).alias("internal_kind"),
        internal_ref.alias("internal_our_ref_norm"),
        gap.alias("state_difference"),
        line("our_ref_norm").alias("our_ref_norm"),
        line("channel_ref_norm").alias("channel_ref_norm"),
        line("at").alias("traded_at"),
    ]


def list_reasons(*names: Column) -> Column:
    """`reasons` of a row: the names that are not null, in their order."""
    # Most rows have none, and skip the filter.
    has_none = F.coalesce(*names).isNull()
    empty = F.array().cast("array<string>")
    listed = F.when(has_none, empty).when(~has_none, F.array_compact(F.array(*names)))
    return listed.alias("reasons")


def received_reference(name: str, side: str = "") -> Column:
    """A reference as received; null if normalization leaves nothing of it."""
    prefix = f"{side}." if side else ""
    return F.when(F.col(f"{prefix}{name}_norm").isNotNull(), F.col(f"{prefix}{name}"))


def _item_cells(side: str) -> Cells:
    references = {
        name: received_reference(name, side) for name in ("our_ref", "channel_ref", "order_ref")
    }
    return lambda name: references[name] if name in references else F.col(f"{side}.{name}")


def lasting_reasons() -> list[Column]:
    """The reasons but LATE of an item without a pair, in order; null where one does not hold."""
    copy = F.when(F.col("is_possible_copy"), F.lit(Reason.POSSIBLE_DUPLICATE.value))
    return [F.col("reason"), copy]


def build_item_rows(items: DataFrame) -> DataFrame:
    """One row per item without a pair.

    Needs the item columns, `outcome`, `reason`, `is_possible_copy`, `is_late`, `duplicate_of`,
    `compared_status` (the status of the transaction that a line was compared with), `overruled_by`,
    and of a unit `unit_id`, `matched_by` and `gap`.
    """
    internal, statement = is_transaction(), is_line()
    return items.select(
        F.coalesce("unit_id", item_id()).alias("unit_id"),
        F.col("outcome"),
        list_reasons(*lasting_reasons(), F.when(F.col("is_late"), F.lit(Reason.LATE.value))),
        F.col("matched_by"),
        F.col("txn_id"),
        F.col("line_id"),
        F.col("kind"),
        *[received_reference(name).alias(name) for name in ("our_ref", "channel_ref", "order_ref")],
        F.col("currency"),
        F.when(internal, F.col("currency")).alias("internal_currency"),
        F.when(internal, F.col("amount")).alias("internal_amount"),
        F.when(statement, F.col("amount")).alias("statement_amount"),
        F.col("gap").alias("difference"),
        F.when(internal, F.col("status"))
        .when(statement, F.col("compared_status"))
        .alias("internal_status"),
        F.when(statement, F.col("status")).alias("statement_status"),
        F.when(internal, F.col("item_date")).alias("internal_date"),
        F.when(statement, F.col("item_date")).alias("statement_date"),
        F.col("fee"),
        F.col("first_run_date"),
        F.col("chances"),
        F.col("duplicate_of"),
        F.lit(None).cast("array<string>").alias("related"),
        F.col("overruled_by"),
        F.lit(None).cast("string").alias("internal_kind"),
        F.when(internal, F.coalesce("our_ref_norm", F.lit(""))).alias("internal_our_ref_norm"),
        F.col("state_difference"),
        F.when(statement, F.col("our_ref_norm")).alias("our_ref_norm"),
        F.when(statement, F.col("channel_ref_norm")).alias("channel_ref_norm"),
        F.when(statement, F.col("at")).alias("traded_at"),
    )


def complete_rows(
    rows: DataFrame, day: date, channel: str, limits: Mapping[str, int], *hash_columns: str
) -> DataFrame:
    """Adds the action, reference hashes, run date and channel, in the table's order.

    `limits`, in minor units by currency, are differences up to which the statement is final by
    contract; `hash_columns` the reference hashes that the rows have already.
    """
    values = {"action": action(limits), "run_date": F.lit(day), "channel": F.lit(channel)}
    return rows.withColumns({**stored_hashes(hash_columns), **values}).select(*OUTCOMES.columns)
