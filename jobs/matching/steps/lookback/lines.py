"""Step 2 for lines: which line that an earlier run closed comes again, and in which state."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import (
    NOT_PAID,
    UNDONE,
    is_line,
    line_order,
    partition_by_key,
    statuses_agree,
)
from jobs.matching.steps.lookback.base_rows import LINE_ORDER
from jobs.matching.steps.lookback.closed_rows import CHANNEL_REF_KEY, OUR_REF_KEY
from schemas.vocabulary import Status

#: Cases in which a line takes the place of a closed line as the state of its pair.
LATER_STATES = ("later state", "later state differs", "void", "void differs")
#: What a line may void: our_ref, amount and currency, and the place among all such payments.
_VOID_KEY, _VOID_NUMBER = "void_key", "void_number"
_OF_LATEST_LINE = (
    "pair_txn",
    "pair_status",
    "pair_amount",
    "pair_currency",
    "is_beside_failed_pair",
)
_PAID = Status.SUCCEEDED.value


def classify_lines(items: DataFrame, rows: DataFrame, sent: DataFrame) -> DataFrame:
    """Adds `line_case`, the lines that it names (`copy_of`, `paid_line`, `replaced_line`,
    `voided_line`), `compared_status`: the status of the transaction of that line's pair, sent today
    or else the last one; and of a later state `pair_line` and `reported_status`, `reported_amount`.

    `rows` are those of `find_lookup_rows`, `sent` today's transactions (`compared_txn`,
    `sent_status`). A line whose pair failed on both sides takes part again when a later attempt did
    not fail, under whichever number.
    """
    status = F.col("status")
    joined = (
        _number_voids(items.join(_copies(rows), on=[CHANNEL_REF_KEY, "status"], how="left"))
        .join(_latest_lines(rows), on=CHANNEL_REF_KEY, how="left")
        .join(_payments(rows), on=OUR_REF_KEY, how="left")
        .join(_voidable_lines(rows, sent), on=[_VOID_KEY, _VOID_NUMBER], how="left")
    )
    is_own_number = F.coalesce(F.col("paid_number") == F.col(CHANNEL_REF_KEY), F.lit(False))
    payment = F.when(is_own_number, F.col("next_payment")).otherwise(F.col("first_payment"))
    names = {"line_id": "paid_line", "pair_txn": "paid_txn", "pair_status": "paid_status"}
    joined = joined.withColumn("payment", payment)
    joined = joined.withColumns({name: F.col("payment")[f] for f, name in names.items()})
    failed = status.isin(*NOT_PAID)
    paid_before = F.col("paid_line").isNotNull()
    voids = F.col("voided_line").isNotNull()
    both_failed = F.col("replaced_status").isin(*NOT_PAID) & F.when(
        F.col("pair_txn").isNotNull(), F.col("pair_status").isin(*NOT_PAID)
    ).otherwise(F.col("is_beside_failed_pair"))
    takes_part_again = F.coalesce(both_failed, F.lit(False)) & ~failed
    later = F.col("replaced_line").isNotNull() & ~takes_part_again
    compared_txn = F.when(later, F.col("pair_txn")).when(paid_before, F.col("paid_txn"))
    last_status = F.when(later, F.col("pair_status")).when(paid_before, F.col("paid_status"))
    keyed = joined.withColumns(
        {
            "compared_txn": compared_txn,
            "last_status": last_status,
            "replaces_state": later,
            "voids": voids,
            "paid_elsewhere": paid_before & ~takes_part_again,
        }
    )
    compared = F.when(F.col("voids"), F.col("voided_status")).otherwise(
        F.coalesce("sent_status", "last_status")
    )
    is_void, reversed_ = F.col("voids"), F.lit(Status.REVERSED.value)
    amount = F.when(is_void, F.col("voided_amount")).otherwise(
        F.coalesce("sent_amount", "pair_amount")
    )
    currency = F.when(is_void, F.col("voided_currency")).otherwise(
        F.coalesce("sent_currency", "pair_currency")
    )
    reported = F.when(is_void, -F.col("amount")).otherwise(F.col("amount"))
    return (
        keyed.join(sent, on="compared_txn", how="left")
        .withColumn("compared_status", compared)
        .withColumns(
            {
                "line_case": _case(),
                "pair_line": F.when(is_void, F.col("voided_pair")).otherwise(F.col("pair_line")),
                "reported_status": F.when(is_void, reversed_).otherwise(status),
                "reported_amount": reported,
                "state_difference": F.when(F.col("currency") == currency, reported - amount),
            }
        )
    )


def _case() -> Column:
    status, compared = F.col("status"), F.col("compared_status")
    voids, later = F.col("voids"), F.col("replaces_state")
    paid_before = F.col("paid_line").isNotNull()
    # Of an aside number another status takes part: it meets the open line of its number in step 3.
    takes_part = F.coalesce("is_number_aside", F.lit(False))
    paid_elsewhere, failed_elsewhere = (
        F.col("paid_elsewhere") & ~takes_part,
        paid_before & ~takes_part,
    )
    return case_tables.first_true_case(
        [
            ("copy", F.col("copy_of").isNotNull()),
            ("void", voids & (compared == F.lit(Status.REVERSED.value))),
            ("void differs", voids),
            ("paid again", paid_before & (status == F.lit(_PAID))),
            ("later state", later & statuses_agree(status, compared)),
            ("later state differs", later),
            ("reversed elsewhere", paid_elsewhere & (status == F.lit(Status.REVERSED.value))),
            ("failed elsewhere", failed_elsewhere & status.isin(*NOT_PAID)),
        ]
    )


def _money_key(amount: Column, currency: str) -> Column:
    """Our reference and an amount with its currency as one text; null without a reference."""
    return F.concat("our_ref_norm", F.lit("|"), amount.cast("string"), F.lit("|"), currency)


def _number_voids(items: DataFrame) -> DataFrame:
    """Numbers the lines that may void one payment: one line voids one payment, in their order."""
    may_void = (
        is_line()
        & F.col("is_new")
        & F.col("copy_of").isNull()
        & (F.col("status") == F.lit(_PAID))
        & (F.col("amount") != F.lit(0))
    )
    key = F.when(may_void, _money_key(-F.col("amount"), "currency"))
    in_order = Window.partitionBy(*partition_by_key(key)).orderBy(*line_order())
    return items.withColumns({_VOID_KEY: key, _VOID_NUMBER: F.row_number().over(in_order)})


def _copies(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_first_of_status") & F.col(CHANNEL_REF_KEY).isNotNull()).select(
        CHANNEL_REF_KEY, F.col("line_status").alias("status"), F.col("line_id").alias("copy_of")
    )


def _latest_lines(rows: DataFrame) -> DataFrame:
    """The line that a later state of its number replaces: none where the number is aside."""
    is_state = F.col("is_latest_state")
    values = {
        "replaced_line": "line_id",
        "replaced_status": "line_status",
        "pair_line": "base_line",
        **{name: name for name in _OF_LATEST_LINE},
    }
    is_last = (is_state | F.col("is_number_aside")) & F.col(CHANNEL_REF_KEY).isNotNull()
    return rows.where(is_last).select(
        CHANNEL_REF_KEY,
        "is_number_aside",
        *[F.when(is_state, F.col(value)).alias(name) for name, value in values.items()],
    )


def _payments(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_first_payment") & F.col(OUR_REF_KEY).isNotNull()).select(
        OUR_REF_KEY,
        F.col(CHANNEL_REF_KEY).alias("paid_number"),
        F.struct("line_id", "pair_txn", "pair_status").alias("first_payment"),
        F.struct(
            F.col("next_payment")["line_id"].alias("line_id"),
            F.col("next_payment")["pair_txn"].alias("pair_txn"),
            F.col("next_payment")["pair_status"].alias("pair_status"),
        ).alias("next_payment"),
    )


def _voidable_lines(rows: DataFrame, sent: DataFrame) -> DataFrame:
    """Payments in force whose transaction does not stand: lines of the other direction and the
    same money under the same our_ref void them, in their order.
    """
    paired = rows.where(F.col("is_payment_in_force") & F.col("pair_txn").isNotNull())
    paired = paired.join(sent, on=F.col("pair_txn") == F.col("compared_txn"), how="left")
    is_undone = F.coalesce("sent_status", "pair_status").isin(*UNDONE)
    key = _money_key(F.col("line_amount"), "line_currency")
    keyed = paired.where(is_undone).withColumn(_VOID_KEY, key).where(F.col(_VOID_KEY).isNotNull())
    in_order = Window.partitionBy(_VOID_KEY).orderBy(*LINE_ORDER)
    return keyed.select(
        _VOID_KEY,
        F.row_number().over(in_order).alias(_VOID_NUMBER),
        F.col("line_id").alias("voided_line"),
        F.col("base_line").alias("voided_pair"),
        F.coalesce("sent_status", "pair_status").alias("voided_status"),
        F.coalesce("sent_amount", "pair_amount").alias("voided_amount"),
        F.coalesce("sent_currency", "pair_currency").alias("voided_currency"),
    )
