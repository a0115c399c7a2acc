"""The transactions of merchants in the outcomes of a date: what we owe, and what is not final."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.vocabulary import Outcome, Status

_TXN_COLUMNS = (
    "txn_id", "business_date", "channel", "kind", "status", "amount", "currency", "occurred_at",
    "our_ref", "channel_ref", "order_ref", "batch_ref", "order_amount", "original_txn_id",
    "merchant_id", "product", "card_type",
)  # fmt: skip


def select_rows(outcomes: DataFrame, transactions: DataFrame) -> DataFrame:
    """One row per transaction of `outcomes`: `_TXN_COLUMNS`, `run_date`, and `is_owed`.

    We owe what SUCCEEDED and is MATCHED; what SUCCEEDED or is PENDING and is in SUSPENSE or a BREAK
    is provisional; nothing else is listed. `transactions` has the rows of the outcomes' dates.
    """
    in_units = outcomes.where(F.col("txn_id").isNotNull()).select(
        "run_date", "outcome",
        F.col("txn_id").alias("its_txn"), F.col("channel").alias("its_channel"),
        F.col("internal_date").alias("its_date"),
    )  # fmt: skip
    is_its = (
        (F.col("txn_id") == F.col("its_txn"))
        & (F.col("business_date") == F.col("its_date"))
        & (F.col("channel") == F.col("its_channel"))
    )
    joined = in_units.join(transactions.select(*_TXN_COLUMNS), on=is_its, how="inner")
    is_matched = F.col("outcome") == F.lit(Outcome.MATCHED.value)
    succeeded = F.col("status") == F.lit(Status.SUCCEEDED.value)
    is_open = F.col("outcome").isin(Outcome.SUSPENSE.value, Outcome.BREAK.value)
    stands = F.col("status").isin(Status.SUCCEEDED.value, Status.PENDING.value)
    is_listed = (is_matched & succeeded) | (is_open & stands)
    return joined.where(is_listed).select("run_date", *_TXN_COLUMNS, is_matched.alias("is_owed"))


def to_lines(rows: DataFrame) -> DataFrame:
    """Rows of `select_rows` in the form of statement lines, as the fee rules read them.

    A line's date is that of the statement on which it is paid, its `channel_ref` the transaction:
    so a refund finds its payment, and those that were paid before it.
    """
    nothing = {
        "fee": "bigint", "settlement_amount": "bigint", "settlement_date": "date",
        "our_ref_norm": "string", "order_ref_norm": "string", "batch_ref_norm": "string",
        "extra": "map<string,string>",
    }  # fmt: skip
    return rows.select(
        F.col("txn_id").alias("line_id"),
        F.col("run_date").alias("business_date"),
        "channel", "kind", "status", "amount", "currency", "our_ref", "channel_ref", "batch_ref",
        "order_ref", "order_amount", "merchant_id", "product", "card_type", "is_owed",
        F.col("occurred_at").alias("traded_at"),
        F.col("txn_id").alias("channel_ref_norm"),
        F.col("original_txn_id").alias("original_ref_norm"),
        F.lit(None).cast("boolean").alias("differs"),
        F.col("product").alias("line_product"),
        F.col("card_type").alias("line_card_type"),
        *[F.lit(None).cast(kind).alias(name) for name, kind in nothing.items()],
    )  # fmt: skip
