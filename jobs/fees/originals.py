"""Finds the payment that a refund returns: the payment's entry gives the fee to return."""

from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.fees.schedule import entry_number
from schemas.fee_schedule import FeeSchedule
from schemas.vocabulary import Kind, Status

#: The payment of a refund is searched so many days back.
LOOK_BACK_DAYS = 90

#: How a refund refers to its payment, best first: column of the refund, column of the payment.
REFERENCE_PAIRS = (
    ("original_ref_norm", "channel_ref_norm"),
    ("original_ref_norm", "our_ref_norm"),
    ("order_ref_norm", "our_ref_norm"),
)


def needs_originals(schedule: FeeSchedule) -> bool:
    """Whether the payment of a refund can change the fee due on the refund."""
    returns_fee = any(entry.refund == "return" for entry in schedule.entries)
    return returns_fee and len(schedule.entries) > 1


def original_entries(
    lines: DataFrame, payments: DataFrame, schedule: FeeSchedule, zone: ZoneInfo
) -> DataFrame:
    """The entry that applied to the payment of each refund: `line_id`, `original`.

    One row per succeeded refund whose payment is found; `original` is the number of the entry.
    `lines` contain the refunds and `payments` the payments, both statement lines of one channel. Of
    several payments the first one counts: by `REFERENCE_PAIRS`, then SUCCEEDED before others, then
    by `business_date`, `traded_at` (nulls last), `line_id`.
    """
    refund = F.col("kind") == F.lit(Kind.REFUND.value)
    refunds = lines.where(refund & (F.col("status") == F.lit(Status.SUCCEEDED.value)))
    candidate_payments = payments.where(F.col("kind") == F.lit(Kind.PAYMENT.value))
    candidates = _payments_by_reference(
        refunds, candidate_payments, "channel_ref_norm"
    ).unionByName(_payments_by_reference(refunds, candidate_payments, "our_ref_norm"))
    order = Window.partitionBy("refund_id").orderBy(
        F.col("named_by"),
        F.when(F.col("status") == F.lit(Status.SUCCEEDED.value), 0).otherwise(1),
        F.col("business_date"),
        F.col("traded_at").asc_nulls_last(),
        F.col("line_id"),
    )
    first = candidates.withColumn("place", F.row_number().over(order)).where(
        F.col("place") == F.lit(1)
    )
    return first.select(
        F.col("refund_id").alias("line_id"), entry_number(schedule, zone).alias("original")
    )


def _payments_by_reference(refunds: DataFrame, payments: DataFrame, column: str) -> DataFrame:
    """Payments whose `column` equals a refund's reference; a null reference finds none."""
    references = [
        _reference_struct(rank, refund_column)
        for rank, (refund_column, payment_column) in enumerate(REFERENCE_PAIRS)
        if payment_column == column
    ]
    names = (
        refunds.select(
            F.col("line_id").alias("refund_id"), F.explode(F.array(*references)).alias("n")
        )
        .select("refund_id", F.col("n.named_by"), F.col("n.reference"))
        .where(F.col("reference").isNotNull())
    )
    # Refunds are few compared with the payments of three months, so they are broadcast.
    return (
        F.broadcast(names)
        .join(payments, on=F.col("reference") == F.col(column), how="inner")
        .select(
            "refund_id", "named_by", "line_id", "kind", "status", "amount", "currency",
            "traded_at", "business_date", "product", "card_type", "merchant_id",
        )
    )  # fmt: skip


def _reference_struct(rank: int, column: str) -> Column:
    return F.struct(F.lit(rank).alias("named_by"), F.col(column).alias("reference"))
