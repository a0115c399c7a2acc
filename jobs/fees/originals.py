"""The payment that a refund gives back, where it is known: its entry prices what is returned."""

from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.fees.schedule import entry_of
from schemas.fee_schedule import FeeSchedule
from schemas.vocabulary import Kind, Status

#: How far back a refund's payment is looked for.
LOOK_BACK_DAYS = 90

#: How a payment may be named by its refund, best first: the refund's column, the payment's.
NAMED_BY = (
    ("original_ref_norm", "channel_ref_norm"),
    ("original_ref_norm", "our_ref_norm"),
    ("order_ref_norm", "our_ref_norm"),
)


def are_asked(schedule: FeeSchedule) -> bool:
    """Whether a refund's payment can change what is due on it."""
    returned = any(entry.refund == "return" for entry in schedule.entries)
    return returned and len(schedule.entries) > 1


def original_entries(
    lines: DataFrame, payments: DataFrame, schedule: FeeSchedule, zone: ZoneInfo
) -> DataFrame:
    """The number of the entry that applied to each refund's payment: `line_id`, `original`.

    `lines` hold the refunds and `payments` the payments, both statement lines of one channel. One
    row per succeeded refund whose payment is found. Of several payments the first stands, in the
    order: as in `NAMED_BY`, SUCCEEDED before others, then (`business_date`, `traded_at` nulls last,
    `line_id`).
    """
    refund = F.col("kind") == F.lit(Kind.REFUND.value)
    refunds = lines.where(refund & (F.col("status") == F.lit(Status.SUCCEEDED.value)))
    paid = payments.where(F.col("kind") == F.lit(Kind.PAYMENT.value))
    found = _named(refunds, paid, "channel_ref_norm").unionByName(
        _named(refunds, paid, "our_ref_norm")
    )
    order = Window.partitionBy("refund_id").orderBy(
        F.col("named_by"),
        F.when(F.col("status") == F.lit(Status.SUCCEEDED.value), 0).otherwise(1),
        F.col("business_date"),
        F.col("traded_at").asc_nulls_last(),
        F.col("line_id"),
    )
    first = found.withColumn("place", F.row_number().over(order)).where(F.col("place") == F.lit(1))
    return first.select(
        F.col("refund_id").alias("line_id"), entry_of(schedule, zone).alias("original")
    )


def _named(refunds: DataFrame, payments: DataFrame, column: str) -> DataFrame:
    """Payments whose `column` is what a refund names; a null reference names nobody."""
    named = [
        _name(rank, given) for rank, (given, wanted) in enumerate(NAMED_BY) if wanted == column
    ]
    names = (
        refunds.select(F.col("line_id").alias("refund_id"), F.explode(F.array(*named)).alias("n"))
        .select("refund_id", F.col("n.named_by"), F.col("n.reference"))
        .where(F.col("reference").isNotNull())
    )
    # Refunds are few beside the payments of three months: theirs is the side that is held in
    # memory, past which the payments are read.
    return (
        F.broadcast(names)
        .join(payments, on=F.col("reference") == F.col(column), how="inner")
        .select(
            "refund_id", "named_by", "line_id", "kind", "status", "amount", "currency",
            "traded_at", "business_date", "product", "card_type", "merchant_id",
        )
    )  # fmt: skip


def _name(rank: int, column: str) -> Column:
    return F.struct(F.lit(rank).alias("named_by"), F.col(column).alias("reference"))
