"""The transactions of orders, in their latest state: the order's own, and payouts for it."""

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.orders.day_sums import PAYMENT_KINDS
from schemas.vocabulary import Kind

#: An order sees the transactions of so many days before a run, and is open so long after its last.
DAYS_IN_SIGHT = 30
_PAYOUT_KINDS = (Kind.PAYOUT.value, Kind.PAYOUT_RETURN.value)
ITEM_COLUMNS = (
    "order_ref_norm",
    "order_ref",
    "merchant_id",
    "currency",
    "channel",
    "txn_id",
    "original_txn_id",
    "kind",
    "status",
    "amount",
    "order_amount",
    "occurred_at",
    "business_date",
    "our_ref_norm",
    "is_payout",
)


def latest_states(transactions: DataFrame) -> DataFrame:
    """Each transaction once, as it was sent last; all its rows must be among `transactions`."""
    newest_first = Window.partitionBy("txn_id").orderBy(
        F.col("business_date").desc(), F.col("amount"), F.col("status"), F.col("channel")
    )
    ranked = transactions.withColumn("place", F.row_number().over(newest_first))
    return ranked.where(F.col("place") == F.lit(1)).drop("place")


def find_orders_of_payouts(payouts: DataFrame, transactions: DataFrame) -> DataFrame:
    """`order_ref_norm` of the orders to whose payments payouts refer."""
    named = payouts.select(F.col("original_txn_id").alias("txn_id"))
    paid = transactions.where(_pays() & F.col("order_ref_norm").isNotNull())
    orders = paid.join(named, on="txn_id", how="left_semi")
    return orders.groupBy("order_ref_norm").agg(F.lit(1).alias("n")).select("order_ref_norm")


def select_order_items(
    transactions: DataFrame,
    payouts: DataFrame,
    orders: DataFrame,
    open_orders: DataFrame,
    day: date,
) -> DataFrame:
    """`ITEM_COLUMNS` of the transactions of some orders (`order_ref_norm`) in their latest state.

    In sight are the transactions of the 30 days before `day`, and those that an open order holds,
    from its `first_date` on. Of `payouts`, in their latest state, one for a payment of an
    order belongs to it, in whatever channel, and the return of such a payout; both then name the
    payment, and have its merchant.
    """
    held = open_orders.groupBy("order_ref_norm").agg(F.min("first_date").alias("held_since"))
    is_payout = F.col("kind").isin(*_PAYOUT_KINDS)
    names = [name for name in ITEM_COLUMNS if name != "is_payout"]
    # A transaction may have moved from one order to another: its latest state says where it is.
    ever = transactions.where(~is_payout).join(orders, on="order_ref_norm", how="left_semi")
    rows = transactions.join(ever.select("txn_id"), on="txn_id", how="left_semi")
    own = latest_states(rows.select(*names)).where(~is_payout)
    own = own.join(orders, on="order_ref_norm", how="left_semi")
    joined = own.join(held, on="order_ref_norm", how="left")
    since = F.coalesce(F.least("held_since", _start(day)), _start(day))
    own = joined.where(F.col("business_date") >= since).select(*names)
    payments = own.where(_pays()).select(
        F.col("txn_id").alias("payment_id"),
        *[F.col(name).alias(f"of_{name}") for name in ("order_ref_norm", "order_ref")],
        F.col("merchant_id").alias("of_merchant_id"),
    )
    payouts = payouts.select(*names)
    left = payouts.where(F.col("kind") == F.lit(Kind.PAYOUT.value))
    for_payments = left.join(
        payments, on=F.col("original_txn_id") == F.col("payment_id"), how="inner"
    )
    returns = payouts.where(F.col("kind") == F.lit(Kind.PAYOUT_RETURN.value))
    of_payout = for_payments.select(
        F.col("txn_id").alias("payout_id"),
        "payment_id",
        "of_order_ref_norm",
        "of_order_ref",
        "of_merchant_id",
    )
    came_back = returns.join(
        of_payout, on=F.col("original_txn_id") == F.col("payout_id"), how="inner"
    )
    belonging = for_payments.unionByName(came_back.drop("payout_id"))
    changed = {
        "order_ref_norm": F.col("of_order_ref_norm"),
        "order_ref": F.col("of_order_ref"),
        "merchant_id": F.col("of_merchant_id"),
        "original_txn_id": F.col("payment_id"),
        "order_amount": F.lit(None).cast("bigint"),
    }
    payouts = belonging.select(
        *[changed.get(name, F.col(name)).alias(name) for name in names],
        F.lit(True).alias("is_payout"),
    )
    return own.withColumn("is_payout", F.lit(False)).unionByName(payouts)


def _start(day: date) -> Column:
    return F.lit(day - timedelta(days=DAYS_IN_SIGHT)).cast("date")


def _pays() -> Column:
    return F.col("kind").isin(*PAYMENT_KINDS)
