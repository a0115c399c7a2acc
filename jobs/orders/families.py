"""Payment families: a payment and all that names it, refunds, chargebacks and payouts.

More must not go out than came in, and a refund and a chargeback must not both give the money back.
"""

from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.orders.day_sums import PAYMENT_KINDS
from jobs.orders.items import latest_states
from schemas.money import sum_amounts
from schemas.tables import ALL_CHANNELS, PAYMENT_FAMILIES
from schemas.vocabulary import Action, FamilyReason, Kind, Reason, Status

_LINE_KINDS = (Kind.REFUND.value, Kind.CHARGEBACK.value)
_LINE_COLUMNS = ("line_id", "channel", "kind", "amount", "currency", "business_date",
                 "original_ref_norm")  # fmt: skip
_TXN_COLUMNS = ("txn_id", "original_txn_id", "channel", "kind", "status", "amount", "currency",
                "business_date")  # fmt: skip
_MEMBER_COLUMNS = ("payment_id", "member_id", "kind", "amount", "currency", "member_date")


def latest_of_lines(outcomes: DataFrame) -> DataFrame:
    """The last row of each line in outcomes, in a pair or not."""
    latest_first = Window.partitionBy("line_id").orderBy(F.col("run_date").desc(), "txn_id")
    rows = outcomes.where(F.col("line_id").isNotNull())
    ranked = rows.withColumn("place", F.row_number().over(latest_first))
    return ranked.where(F.col("place") == F.lit(1)).drop("place")


def select_single_lines(lines: DataFrame, outcomes: DataFrame) -> DataFrame:
    """Refunds and chargebacks of statements that name a payment and that our books do not know: the
    latest outcome of each is STATEMENT_ONLY. `lines` and `outcomes` are of the dates in sight.
    """
    gives_back = F.col("kind").isin(*_LINE_KINDS) & F.col("original_ref_norm").isNotNull()
    paid = F.col("status") == F.lit(Status.SUCCEEDED.value)
    naming = lines.where(gives_back & paid).select(*_LINE_COLUMNS)
    about = outcomes.select("line_id", "txn_id", "run_date", "reasons").join(
        naming.select("line_id"), on="line_id", how="left_semi"
    )
    is_single = F.array_contains("reasons", Reason.STATEMENT_ONLY.value)
    single = latest_of_lines(about).where(is_single).select("line_id")
    return naming.join(single, on="line_id", how="left_semi")


def select_naming(transactions: DataFrame) -> DataFrame:
    """Our transactions that name another, no payments: those in whose rows an `original_txn_id`
    stands, in their latest state.
    """
    names = F.col("original_txn_id").isNotNull() & ~_pays()
    ids = transactions.where(names).select("txn_id")
    narrow = transactions.select(*_TXN_COLUMNS)
    return latest_states(narrow.join(ids, on="txn_id", how="left_semi")).where(names)


def select_payments(transactions: DataFrame, payment_ids: DataFrame) -> DataFrame:
    """Payments with some ids (`txn_id`) in their latest state."""
    narrow = transactions.select(*_TXN_COLUMNS)
    return latest_states(narrow.join(payment_ids, on="txn_id", how="left_semi")).where(_pays())


def list_members(
    naming: DataFrame, lines: DataFrame, transactions: DataFrame, outcomes: DataFrame
) -> DataFrame:
    """One row per payment and what names it: `_MEMBER_COLUMNS`.

    `naming` are those of `select_naming`, `lines` those of `select_single_lines`; `transactions`
    and `outcomes` are all that are in sight. A line names a payment by its our_ref or channel_ref;
    the channel_ref of a pair is its line's. The return of a payout belongs to the payout's payment.
    """
    succeeded = F.col("status") == F.lit(Status.SUCCEEDED.value)
    ours = naming.where(succeeded).select(
        F.col("original_txn_id").alias("named_id"),
        F.col("txn_id").alias("member_id"),
        "kind",
        "amount",
        "currency",
        F.col("business_date").alias("member_date"),
    )
    first = ours.select(F.col("member_id").alias("named_id"), F.col("named_id").alias("of_payment"))
    ours = ours.join(first, on="named_id", how="left")
    ours = ours.withColumn("payment_id", F.coalesce("of_payment", "named_id"))
    named = lines.select("channel", F.col("original_ref_norm").alias("reference")).distinct()
    by_line = lines.select(
        F.col("line_id").alias("member_id"),
        "channel",
        "kind",
        "amount",
        "currency",
        F.col("business_date").alias("member_date"),
        F.col("original_ref_norm").alias("reference"),
    ).join(_references(transactions, outcomes, named), on=["channel", "reference"], how="inner")
    # Attempts share our_ref: a line is about the payment that stands, else about the first one.
    best = Window.partitionBy("member_id").orderBy(
        F.col("stands").desc(), "payment_date", "payment_id"
    )
    ranked = by_line.withColumn("place", F.row_number().over(best))
    by_line = ranked.where(F.col("place") == F.lit(1))
    both = ours.select(*_MEMBER_COLUMNS).unionByName(by_line.select(*_MEMBER_COLUMNS))
    return both.distinct()


def _references(transactions: DataFrame, outcomes: DataFrame, named: DataFrame) -> DataFrame:
    """Payments by the references in `named` (`channel`, `reference`), with `payment_id`,
    `payment_date` and `stands`.
    """
    payments = transactions.where(_pays()).withColumn("payment_id", F.col("txn_id"))
    pairs = outcomes.where(_pays() & F.col("txn_id").isNotNull())
    pairs = pairs.select(F.col("txn_id").alias("payment_id"), "channel", "channel_ref_norm")
    every = [
        rows.where(F.col(name).isNotNull()).select(
            "channel", F.col(name).alias("reference"), "payment_id"
        )
        for rows, names in ((payments, ("our_ref_norm", "channel_ref_norm")),
                            (pairs, ("channel_ref_norm",)))
        for name in names
    ]  # fmt: skip
    references = reduce(DataFrame.unionByName, every).join(
        named, on=["channel", "reference"], how="left_semi"
    )
    references = references.distinct()
    states = select_payments(transactions, references.select(F.col("payment_id").alias("txn_id")))
    states = states.select(
        F.col("txn_id").alias("payment_id"),
        F.col("business_date").alias("payment_date"),
        (F.col("status") == F.lit(Status.SUCCEEDED.value)).alias("stands"),
    )
    return references.join(states, on="payment_id", how="inner")


def check_families(members: DataFrame, transactions: DataFrame, day: date) -> DataFrame:
    """Rows of `payment_families` of a run date: families of which something came or changed then.

    `transactions` are all that are in sight. A family whose payment is not says nothing.
    """
    ids = members.select(F.col("payment_id").alias("txn_id"))
    payments = select_payments(transactions, ids).select(
        F.col("txn_id").alias("payment_id"),
        F.col("channel").alias("payment_channel"),
        F.col("status").alias("payment_status"),
        F.col("amount").alias("payment_amount"),
        "currency",
        F.col("business_date").alias("payment_date"),
    )
    is_chargeback = F.col("kind") == F.lit(Kind.CHARGEBACK.value)

    def went_out(condition: Column) -> Column:
        sums = -sum_amounts(F.when(condition, F.col("amount"))).cast("bigint")
        return F.coalesce(sums, F.lit(0).cast("bigint"))

    sums = members.groupBy("payment_id", "currency").agg(
        went_out(is_chargeback).alias("charged_back"),
        went_out(~is_chargeback).alias("refunded"),
        F.sort_array(F.collect_set("member_id")).alias("member_ids"),
        F.max("member_date").alias("last_date"),
    )
    stands = F.col("payment_status") == F.lit(Status.SUCCEEDED.value)
    came_in = F.when(stands, F.col("payment_amount")).otherwise(F.lit(0).cast("bigint"))
    joined = sums.join(payments, on=["payment_id", "currency"], how="inner").withColumns(
        {"came_in": came_in, "went_out": F.col("refunded") + F.col("charged_back")}
    )
    zero = F.lit(0)
    twice = (F.col("refunded") > zero) & (F.col("charged_back") > zero)
    more = F.col("went_out") > F.col("came_in")
    reasons = F.array_compact(
        F.array(
            F.when(more, F.lit(FamilyReason.MORE_OUT_THAN_IN.value)),
            F.when(twice, F.lit(FamilyReason.REFUND_AND_CHARGEBACK.value)),
        )
    )
    is_today = F.greatest("last_date", "payment_date") == F.lit(day)
    values = {
        "run_date": F.lit(day),
        "channel": F.lit(ALL_CHANNELS),
        "reasons": reasons,
        "action": F.lit(Action.REVIEW.value),
    }
    return joined.where(is_today & (more | twice)).select(
        *[values.get(name, F.col(name)).alias(name) for name in PAYMENT_FAMILIES.columns]
    )


def _pays() -> Column:
    return F.col("kind").isin(*PAYMENT_KINDS)
