"""The sums of a date's transactions per order: most orders need no closer look."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.money import sum_amounts
from schemas.tables import ORDER_DAYS
from schemas.vocabulary import Kind, Status

#: What pays an order.
PAYMENT_KINDS = (Kind.PAYMENT.value, Kind.TOP_UP.value)
_KEY = ("order_ref_norm", "merchant_id", "currency")


def sum_orders(transactions: DataFrame) -> DataFrame:
    """One row per order, merchant and currency of a date's `internal_transactions`: the columns of
    `order_days` but date and channel. A transaction without `order_ref` is in none.
    """
    succeeded = F.col("status") == F.lit(Status.SUCCEEDED.value)
    pays = succeeded & F.col("kind").isin(*PAYMENT_KINDS)
    paid = sum_amounts(F.when(pays, F.col("amount"))).cast("bigint")
    zero = F.lit(0).cast("bigint")
    return (
        transactions.where(F.col("order_ref_norm").isNotNull())
        .groupBy(*_KEY)
        .agg(
            F.min("order_amount").alias("order_amount"),
            F.coalesce(paid, zero).alias("paid"),
            F.coalesce(F.sum(F.when(~pays, F.lit(1).cast("bigint"))), zero).alias("other"),
            F.count(F.lit(1)).alias("transactions"),
        )
        .select(*[name for name in ORDER_DAYS.columns if name not in ORDER_DAYS.partitions])
    )


def find_unfit_orders(days: DataFrame, of_today: DataFrame) -> DataFrame:
    """`order_ref_norm` of today's orders whose sums do not prove that their money fits.

    `days` are rows of `order_days` of all dates in sight, today's included. Where every transaction
    is a payment that succeeded, and the sums of all days do not exceed the least amount of the
    order, nothing is overpaid and nothing was given back. Other orders may be in order as well.
    """
    today = of_today.groupBy("order_ref_norm").agg(F.lit(1).alias("is_today"))
    amount = F.min("order_amount")
    exceeds = F.coalesce(sum_amounts(F.col("paid")) > amount, F.lit(False))
    summed = (
        days.join(today, on="order_ref_norm", how="left_semi")
        .groupBy("order_ref_norm", "currency")
        .agg(exceeds.alias("exceeds"), F.max("other").alias("other"))
    )
    unfit = summed.where(F.col("exceeds") | (F.col("other") > F.lit(0)))
    return unfit.groupBy("order_ref_norm").agg(F.lit(1).alias("n")).select("order_ref_norm")
