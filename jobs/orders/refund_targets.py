"""Which payment of an overpaid order is to be refunded."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.orders.day_sums import PAYMENT_KINDS
from schemas.money import sum_amounts
from schemas.vocabulary import Kind, Status

_KEY = ("order_ref_norm", "merchant_key", "currency")


def choose_payments(items: DataFrame, overpaid: DataFrame) -> DataFrame:
    """The key of each overpaid order that has such a payment, and `target`, its `txn_id`.

    Of each payment is left what the refunds and payouts that name it, pending ones included, have
    not given back; what is under way back to us does not count. The latest payment of which just
    `to_refund` is left is the one; else the latest of which enough is left.
    """
    is_under_way = (F.col("status") == F.lit(Status.PENDING.value)) & (F.col("amount") < F.lit(0))
    counts = (F.col("status") == F.lit(Status.SUCCEEDED.value)) | is_under_way
    gives_back = F.col("kind").isin(Kind.REFUND.value, Kind.CHARGEBACK.value) | F.col("is_payout")
    given_back = (
        items.where(counts & gives_back & F.col("original_txn_id").isNotNull())
        .groupBy(*_KEY, F.col("original_txn_id").alias("txn_id"))
        .agg(sum_amounts(F.col("amount")).cast("bigint").alias("given_back"))
    )
    is_payment = F.col("kind").isin(*PAYMENT_KINDS)
    payments = items.where(is_payment & (F.col("status") == F.lit(Status.SUCCEEDED.value)))
    zero = F.lit(0).cast("bigint")
    left = F.col("amount") + F.coalesce("given_back", zero)
    fits = (
        payments.join(given_back, on=[*_KEY, "txn_id"], how="left")
        .join(overpaid, on=list(_KEY), how="inner")
        .withColumn("left_over", left)
        .where(F.col("left_over") >= F.col("to_refund"))
    )
    is_exact = (F.col("left_over") == F.col("to_refund")).alias("is_exact")
    choice = F.max(F.struct(is_exact, "business_date", "occurred_at", "txn_id"))
    return fits.groupBy(*_KEY).agg(choice["txn_id"].alias("target"))
