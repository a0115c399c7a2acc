"""The money of each order, and what is to be done about it."""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.window import WindowSpec

from jobs.orders.day_sums import PAYMENT_KINDS
from jobs.orders.items import DAYS_IN_SIGHT
from jobs.orders.refund_targets import choose_payments
from schemas.money import sum_amounts
from schemas.tables import ALL_CHANNELS, ORDER_CHECKS
from schemas.vocabulary import Action, Kind, OrderResult, Status

#: Results after which an order is looked at on the next run, whether it has transactions or not.
OPEN_RESULTS = (OrderResult.OVERPAID.value, OrderResult.REFUND_PENDING.value)
KEY = ("order_ref_norm", "merchant_key", "currency")
_BACK_KINDS = (Kind.REFUND.value, Kind.CHARGEBACK.value)
#: Stands for no merchant in keys, which compare no nulls.
_NO_MERCHANT = ""


def check_orders(
    items: DataFrame, open_orders: DataFrame, requests: DataFrame, day: date
) -> DataFrame:
    """Rows of `order_checks` of a run date.

    `items` are those of `select_order_items`, `open_orders` the open rows of the run before, and
    `requests` what outcomes ask for: `order_ref_norm`, `action`. Of orders without transactions on
    the date only the open ones have a row. Currencies are checked one by one.
    """
    order = Window.partitionBy("order_ref_norm")
    last = F.max("business_date").over(order)
    keyed = items.withColumns({"merchant_key": _merchant_key(order), "last_of_order": last})
    sums = _sum_money(keyed)
    open_keyed = open_orders.select(
        "order_ref_norm",
        F.coalesce("merchant_id", F.lit(_NO_MERCHANT)).alias("merchant_key"),
        "currency",
        F.col("order_ref").alias("open_order_ref"),
        F.col("refunded").alias("refunded_before"),
        F.col("first_date").alias("open_first_date"),
        F.col("last_date").alias("open_last_date"),
        F.lit(True).alias("was_open"),
    )
    joined = sums.join(open_keyed, on=list(KEY), how="full_outer").withColumns(
        {name: F.coalesce(name, F.lit(0).cast("bigint"))
         for name in ("paid", "refunded", "refund_pending")}
    )  # fmt: skip
    surplus = F.col("paid") - F.col("refunded") - F.col("order_amount")
    with_surplus = joined.withColumns(
        {"surplus": surplus, "to_refund": surplus - F.col("refund_pending")}
    )
    judged = with_surplus.withColumn("result", _result(day)).where(F.col("result").isNotNull())
    actions = requests.groupBy("order_ref_norm").agg(
        F.sort_array(F.collect_set("action")).alias("asked_actions")
    )
    with_actions = judged.join(actions, on="order_ref_norm", how="left").withColumn(
        "actions", F.coalesce("asked_actions", F.array().cast("array<string>"))
    )
    overpaid = with_actions.where(F.col("result") == F.lit(OrderResult.OVERPAID.value))
    targets = choose_payments(keyed, overpaid.select(*KEY, "to_refund"))
    out = with_actions.join(targets, on=list(KEY), how="left")
    is_overpaid = F.col("result") == F.lit(OrderResult.OVERPAID.value)
    values = {
        "run_date": F.lit(day),
        "channel": F.lit(ALL_CHANNELS),
        "merchant_id": F.nullif(F.col("merchant_key"), F.lit(_NO_MERCHANT)),
        "order_ref": F.coalesce("order_ref", "open_order_ref"),
        "action": _action(),
        "refund_txn_id": F.when(is_overpaid, F.col("target")),
        "txn_ids": F.coalesce("txn_ids", F.array().cast("array<string>")),
        "first_date": F.coalesce("first_date", "open_first_date"),
        "last_date": F.coalesce("last_date", "open_last_date"),
    }
    return out.select(*[values.get(name, F.col(name)).alias(name) for name in ORDER_CHECKS.columns])


def _merchant_key(order: WindowSpec) -> Column:
    """The merchant where every transaction of the order has one, else none."""
    without = F.max(F.col("merchant_id").isNull().cast("int")).over(order)
    return F.when(without == F.lit(0), F.col("merchant_id")).otherwise(F.lit(_NO_MERCHANT))


def _sum_money(items: DataFrame) -> DataFrame:
    succeeded = F.col("status") == F.lit(Status.SUCCEEDED.value)
    pending = F.col("status") == F.lit(Status.PENDING.value)
    is_payment = F.col("kind").isin(*PAYMENT_KINDS)
    gives_back = F.col("kind").isin(*_BACK_KINDS) | F.col("is_payout")
    is_refund = (F.col("kind") == F.lit(Kind.REFUND.value)) | F.col("is_payout")
    # What may come back to us is not there yet: it leaves no room for another refund.
    asked_back = is_refund & (F.col("amount") < F.lit(0))
    latest = F.struct("business_date", "occurred_at", "txn_id", "order_amount")
    with_amount = F.max(F.when(F.col("order_amount").isNotNull(), latest))

    def total(condition: Column) -> Column:
        return sum_amounts(F.when(condition, F.col("amount"))).cast("bigint")

    known = items.where(is_payment).select(
        "order_ref_norm", F.col("txn_id").alias("original_txn_id")
    )
    named = items.where(succeeded & gives_back & F.col("original_txn_id").isNotNull())
    unseen = named.join(known, on=["order_ref_norm", "original_txn_id"], how="left_anti")
    unseen = unseen.groupBy(*KEY).agg(F.lit(True).alias("names_unseen"))
    return (
        items.groupBy(*KEY)
        .agg(
            F.max("order_ref").alias("order_ref"),
            with_amount["order_amount"].alias("order_amount"),
            total(succeeded & is_payment).alias("paid"),
            (-total(succeeded & gives_back)).alias("refunded"),
            (-total(pending & asked_back)).alias("refund_pending"),
            F.max(is_payment.cast("int")).alias("has_payment"),
            F.sort_array(F.collect_set("txn_id")).alias("txn_ids"),
            F.min("business_date").alias("first_date"),
            F.max("last_of_order").alias("last_date"),
        )
        .join(unseen, on=list(KEY), how="left")
    )


def _result(day: date) -> Column:
    """The result of an order; null where its money fits and it was not open."""
    was_open = F.coalesce("was_open", F.lit(False))
    is_today = F.col("last_date") == F.lit(day)
    surplus, to_refund = F.col("surplus"), F.col("to_refund")
    has_every_payment = (F.col("has_payment") == F.lit(1)) & F.col("names_unseen").isNull()
    over_refunded = (F.col("refunded") > F.col("paid")) & has_every_payment
    is_surplus = F.coalesce(surplus > F.lit(0), F.lit(False))
    is_old = F.datediff(F.lit(day), F.col("last_date")) >= F.lit(DAYS_IN_SIGHT)
    gave_back = F.col("refunded") > F.col("refunded_before")
    return F.when(
        was_open | is_today,
        F.when(over_refunded, F.lit(OrderResult.OVER_REFUNDED.value))
        .when(is_surplus & is_old, F.lit(OrderResult.EXPIRED.value))
        .when(is_surplus & (to_refund > F.lit(0)), F.lit(OrderResult.OVERPAID.value))
        .when(is_surplus, F.lit(OrderResult.REFUND_PENDING.value))
        .when(was_open & gave_back, F.lit(OrderResult.REFUNDED.value))
        .when(was_open, F.lit(OrderResult.RESOLVED.value)),
    )


def _action() -> Column:
    """REFUND needs a payment to refund, and no outcome that asks for anything about the order: what
    is in doubt, or given back already, is not refunded.
    """
    is_result = {result: F.col("result") == F.lit(result.value) for result in OrderResult}
    is_free = (F.size("actions") == F.lit(0)) & F.col("target").isNotNull()
    return (
        F.when(is_result[OrderResult.OVERPAID] & is_free, F.lit(Action.REFUND.value))
        .when(is_result[OrderResult.OVERPAID], F.lit(Action.REVIEW.value))
        .when(is_result[OrderResult.OVER_REFUNDED], F.lit(Action.REVIEW.value))
        .when(is_result[OrderResult.REFUND_PENDING], F.lit(Action.WAIT.value))
        .otherwise(F.lit(Action.NONE.value))
    )
