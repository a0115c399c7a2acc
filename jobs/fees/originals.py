"""Finds the payment that a refund returns, and the refund that another one takes back."""

from collections.abc import Callable
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from schemas.fee_schedule import PAYING_KINDS
from schemas.vocabulary import Status

#: How a refund refers to its payment, best first: column of the refund, column of the payment.
REFERENCE_PAIRS = (
    ("original_ref_norm", "channel_ref_norm"),
    ("original_ref_norm", "our_ref_norm"),
    ("order_ref_norm", "our_ref_norm"),
)
#: How a refund that takes another one back refers to it.
_TAKE_BACK_PAIRS = REFERENCE_PAIRS[:2]
_PAYMENT_COLUMNS = (
    "line_id", "kind", "status", "amount", "currency", "traded_at", "business_date",
    "settlement_date", "product", "card_type", "merchant_id", "channel_ref_norm", "our_ref_norm",
    "extra",
)  # fmt: skip


def find_payments(
    refunds: DataFrame, lines: DataFrame, materialize: Callable[[DataFrame, str], DataFrame]
) -> DataFrame:
    """The payment of each refund: `refund_id`, and the columns of the payment's line.

    One row per refund whose payment is found, on the refund's own date or before. Of several
    payments the first one counts: by `REFERENCE_PAIRS`, then SUCCEEDED before others, then by
    `business_date`, `traded_at` (nulls last), `line_id`.
    """
    kinds = [kind.value for kind in PAYING_KINDS]
    payments = lines.where(F.col("kind").isin(*kinds)).select(*_PAYMENT_COLUMNS)
    # Stored, so that the engine knows that they are few, and sends them to the payments.
    names = materialize(_list_names(refunds), "refund_names")
    candidates = _candidates(names, payments, "channel_ref_norm").unionByName(
        _candidates(names, payments, "our_ref_norm")
    )
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
    return first.select("refund_id", *_PAYMENT_COLUMNS)


def find_refunds_of(payments: DataFrame, refunds: DataFrame) -> DataFrame:
    """The refunds, each once, that name one of the payments by `REFERENCE_PAIRS`.

    Their payment may be another one, which they name by a better reference.
    """
    parts = []
    for refund_column, payment_column in REFERENCE_PAIRS:
        reference = F.col(payment_column).alias("reference")
        names = payments.where(F.col(payment_column).isNotNull()).select(reference).distinct()
        is_named = F.col(refund_column) == F.col("reference")
        parts.append(refunds.join(names, on=is_named, how="left_semi").select("line_id"))
    naming = reduce(DataFrame.unionByName, parts).distinct()
    return refunds.join(naming, on="line_id", how="left_semi")


def find_take_backs(refunds: DataFrame, reversed_refunds: DataFrame) -> DataFrame:
    """The refund that each other one takes back: `take_id`, `refund_id`, `is_repeat`.

    One row per positive refund that names another one of its date or before by its `original_ref`,
    and per line that takes its place (`reversals.find_taking_lines`). A second one for the same
    refund is a repeat: there is nothing left to take back. `since_at` and `since_id` say from where
    on in its date neither counts: a statement that lists the newest first, or without times, has
    the refund behind the one that takes it back.
    """
    taking = refunds.where(F.col("amount") > F.lit(0)).select(
        F.col("line_id").alias("take_id"),
        F.col("business_date").alias("take_date"),
        F.col("at").alias("take_at"),
        "original_ref_norm",
    )
    pairs = None
    for rank, (_, column) in enumerate(_TAKE_BACK_PAIRS):
        named = refunds.where(F.col("amount") <= F.lit(0)).select(
            F.col("line_id").alias("refund_id"), "business_date", "at", F.col(column).alias("its")
        )
        part = taking.join(named, on=F.col("original_ref_norm") == F.col("its"), how="inner")
        part = part.withColumn("named_by", F.lit(rank))
        pairs = part if pairs is None else pairs.unionByName(part)
    assert pairs is not None
    order = ("named_by", "business_date", "at", "refund_id")
    is_before = F.col("business_date") <= F.col("take_date")
    behind = _is_behind()
    first = _first_of(pairs.where(is_before), "take_id", order).select(
        "take_id", "refund_id", "take_date", "take_at",
        F.when(behind, F.col("at")).otherwise(F.col("take_at")).alias("since_at"),
        F.when(behind, F.concat("refund_id", F.lit("~"))).otherwise(F.col("take_id"))
        .alias("since_id"),
    )  # fmt: skip
    replaced = reversed_refunds.select(
        "take_id",
        F.col("taken_id").alias("refund_id"),
        F.col("business_date").alias("take_date"),
        F.col("at").alias("take_at"),
        F.col("at").alias("since_at"),
        F.col("take_id").alias("since_id"),
    )
    by_refund = Window.partitionBy("refund_id").orderBy("take_date", "take_at", "take_id")
    place = F.row_number().over(by_refund)
    return first.unionByName(replaced).withColumn("is_repeat", place > F.lit(1))


def _is_behind() -> Column:
    """Whether the refund stands behind the one that takes it back, in their date."""
    same_date = F.col("business_date") == F.col("take_date")
    same_time = F.col("at") == F.col("take_at")
    by_id = same_time & (F.col("refund_id") > F.col("take_id"))
    return same_date & ((F.col("at") > F.col("take_at")) | by_id)


def _first_of(frame: DataFrame, key: str, order: tuple[str, ...]) -> DataFrame:
    place = F.row_number().over(Window.partitionBy(key).orderBy(*order))
    return frame.withColumn("place", place).where(F.col("place") == F.lit(1))


def _list_names(refunds: DataFrame) -> DataFrame:
    """How refunds refer to their payments, a row per reference; a null reference names none."""
    references = [
        F.struct(
            F.lit(rank).alias("named_by"),
            F.lit(payment_column).alias("column"),
            F.col(refund_column).alias("reference"),
        )
        for rank, (refund_column, payment_column) in enumerate(REFERENCE_PAIRS)
    ]
    names = refunds.select(
        F.col("line_id").alias("refund_id"),
        F.col("business_date").alias("refund_date"),
        F.explode(F.array(*references)).alias("n"),
    )
    columns = [F.col(f"n.{name}") for name in ("named_by", "column", "reference")]
    return names.select("refund_id", "refund_date", *columns).where(F.col("reference").isNotNull())


def _candidates(names: DataFrame, payments: DataFrame, column: str) -> DataFrame:
    """Payments whose `column` equals a reference, on the refund's date or before."""
    named = names.where(F.col("column") == F.lit(column)).drop("column")
    is_named = F.col("reference") == F.col(column)
    pairs = payments.join(F.broadcast(named), on=is_named, how="inner")
    is_before = F.col("business_date") <= F.col("refund_date")
    return pairs.where(is_before).select("refund_id", "named_by", *_PAYMENT_COLUMNS)
