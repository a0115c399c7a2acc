"""What a line is priced by: the attributes of its pair's transaction, else its own."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.fee_schedule import FeeSchedule

_ATTRIBUTES = ("product", "card_type", "merchant_id")


def needs_transactions(schedule: FeeSchedule) -> bool:
    """Whether the transaction of a line's pair can change its fee."""
    return any(
        any(getattr(entry, name) for name in _ATTRIBUTES)
        or any(price.base == "order_amount" for price in entry.prices.values())
        or any(volume.per == "merchant" for volume in entry.volumes)
        for entry in schedule.entries
    )


def keep_attributes(lines: DataFrame) -> DataFrame:
    """The lines with their own attributes: adds the columns of `add_attributes`, null."""
    return lines.select(
        "*",
        F.lit(None).cast("bigint").alias("order_amount"),
        F.lit(None).cast("boolean").alias("differs"),
        F.col("product").alias("line_product"),
        F.col("card_type").alias("line_card_type"),
    )


def add_attributes(lines: DataFrame, outcomes: DataFrame, transactions: DataFrame) -> DataFrame:
    """The lines, with `product`, `card_type` and `merchant_id` of their transaction where it has
    them, and its `order_amount`.

    The transaction is that of the line's pair on the run of the line's own date. `line_product` and
    `line_card_type` are what the line says; `differs` is whether both say something and not the
    same.
    """
    is_pair = F.col("line_id").isNotNull() & F.col("txn_id").isNotNull()
    pairs = outcomes.where(is_pair).select(
        F.col("line_id").alias("its_line"), F.col("run_date").alias("its_date"),
        F.col("txn_id").alias("pair_txn"), "internal_date",
    )  # fmt: skip
    theirs = transactions.select(
        F.col("txn_id").alias("their_txn"), F.col("business_date").alias("their_date"),
        F.col("order_amount"), *(F.col(name).alias(f"their_{name}") for name in _ATTRIBUTES),
    )  # fmt: skip
    is_its = (F.col("line_id") == F.col("its_line")) & (F.col("business_date") == F.col("its_date"))
    is_theirs = (F.col("pair_txn") == F.col("their_txn")) & (
        F.col("internal_date") == F.col("their_date")
    )
    with_pairs = lines.join(pairs, on=is_its, how="left").join(theirs, on=is_theirs, how="left")
    differs = [F.col(name) != F.col(f"their_{name}") for name in _ATTRIBUTES]
    any_differs = F.coalesce(differs[0], F.lit(False))
    for each in differs[1:]:
        any_differs = any_differs | F.coalesce(each, F.lit(False))
    added = with_pairs.withColumns(
        {
            "line_product": F.col("product"),
            "line_card_type": F.col("card_type"),
            "differs": any_differs,
        }
    )
    chosen = {name: F.coalesce(f"their_{name}", name) for name in _ATTRIBUTES}
    dropped = ("its_line", "its_date", "pair_txn", "internal_date", "their_txn", "their_date",
               *(f"their_{name}" for name in _ATTRIBUTES))  # fmt: skip
    return added.withColumns(chosen).drop(*dropped)
