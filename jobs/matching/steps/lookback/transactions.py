"""Step 2 for transactions: what was closed and comes again, and second transactions."""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.fast_path.keeper import Keep
from jobs.matching.item_columns import (
    NOT_PAID,
    UNDONE,
    is_line,
    is_transaction,
    partition_by_key,
    statuses_agree,
)
from jobs.matching.steps.lookback.closed_rows import INTERNAL_REF_KEY
from jobs.matching.steps.lookback.lines import LATER_STATES
from schemas.vocabulary import Status

_STATE = ("status", "amount", "currency")
_PAID = Status.SUCCEEDED.value


def classify_transactions(
    items: DataFrame, rows: DataFrame, since: date, zone: str, keep: Keep
) -> DataFrame:
    """Adds `case` to lines (their `line_case`) and transactions; null if an item takes part.

    `items` are the result of `classify_lines`, `rows` those of `find_lookup_rows`. A transaction is
    compared with its last state. Its look-back reaches to the day before `occurred_at` if that is
    earlier. The latest line of its pair may be one of today's. `first_txn` is the transaction that
    a second one names. Each look-up reads the items, so they are kept.
    """
    day_before = F.date_sub(F.to_date(F.from_utc_timestamp("at", zone)), 1)
    look_back_start = F.least(F.coalesce(day_before, F.lit(since)), F.lit(since))
    joined = items.join(_transaction_states(rows), on="txn_id", how="left")
    bounded = joined.withColumn("reach", look_back_start).withColumns(
        {
            "was_closed": F.col("last_run") >= F.col("reach"),
            "is_closing_in_lookback": F.col("closing_run") >= F.col("reach"),
            "was_paired": F.col("paired_run") >= F.col("reach"),
            "is_later_state": F.coalesce(F.col("line_case").isin(*LATER_STATES), F.lit(False)),
        }
    )
    line_of_pair = F.when(F.col("is_later_state"), F.col("pair_line"))
    line_of_txn = F.when(F.col("was_paired"), F.col("paired_line"))
    pair = Window.partitionBy(*partition_by_key(F.coalesce(line_of_pair, line_of_txn)))
    columns = ("reported_status", "reported_amount", "currency")
    state = [F.col(column).alias(name) for column, name in zip(columns, _STATE, strict=True)]
    latest = F.struct("is_later_state", "item_date", F.col("at").isNull(), "at", "id", *state)
    classified = bounded.withColumn("latest_today", F.max(latest).over(pair)).withColumn(
        "case", _case()
    )
    return _find_second_transactions(keep(classified, "classified_items"), rows, since)


def _transaction_states(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_last_state")).select(
        "txn_id",
        F.col("run_date").alias("last_run"),
        "txn_status",
        "txn_amount",
        "txn_currency",
        "closing_run",
        "was_excluded_by_step_3",
        "was_voided",
        "paired_run",
        "paired_line",
        *[
            F.col(f"latest_reported_line_{name}").alias(f"latest_reported_{name}")
            for name in _STATE
        ],
    )


def _case() -> Column:
    """The case of a line or a transaction; null if it takes part in the match."""
    status, last_status = F.col("status"), F.col("txn_status")
    line_status = F.col("latest_reported_status")
    paired, closed, today = F.col("was_paired"), F.col("was_closed"), F.col("latest_today")
    both_failed = (
        paired & last_status.isin(*NOT_PAID) & line_status.isin(*NOT_PAID) & ~status.isin(*NOT_PAID)
    )
    was_excluded = (
        F.col("is_closing_in_lookback")
        & F.col("was_excluded_by_step_3")
        & last_status.isin(*NOT_PAID)
    )
    was_voided = F.col("is_closing_in_lookback") & F.col("was_voided") & ~status.isin(*UNDONE)
    latest_line = {
        name: F.when(paired & today["is_later_state"], today[name]).when(
            paired, F.col(f"latest_reported_{name}")
        )
        for name in _STATE
    }
    same = (F.col("amount") == F.col("txn_amount")) & (F.col("currency") == F.col("txn_currency"))
    agrees = (F.col("amount") == latest_line["amount"]) & (
        F.col("currency") == latest_line["currency"]
    )
    again = (was_excluded & (status != last_status)) | both_failed | was_voided
    txn_case = case_tables.first_true_case(
        [
            ("unchanged", closed & same & (status == last_status)),
            ("agrees", closed & agrees & statuses_agree(latest_line["status"], status)),
            ("takes part again", closed & again),
            ("changed", closed),
        ]
    )
    return F.when(is_line(), F.col("line_case")).when(is_transaction(), txn_case)


def _find_second_transactions(classified: DataFrame, rows: DataFrame, since: date) -> DataFrame:
    """Sets the case `second` where another transaction of the same kind and our_ref stands.

    It stands if it says SUCCEEDED, as sent today or else as last seen, and so does the latest line
    of its pair. Of several, one that was not itself put away, then the earliest is named. One of
    two is left: what was put away as a second transaction does not count against one that was
    open then, nor against the one that it named.
    """
    takes_part = F.col("case").isNull() | (F.col("case") == F.lit("takes part again"))
    may_be_second = (
        is_transaction() & F.col(INTERNAL_REF_KEY).isNotNull() & takes_part
        & (F.col("status") == F.lit(_PAID))
    )  # fmt: skip
    members = classified.where(is_transaction() & takes_part).select(F.col("id").alias("other_txn"))
    today = classified.where(is_transaction() & F.col("is_sent_today"))
    today = today.select(F.col("id").alias("sent_id"), F.col("status").alias("status_today"))
    later = classified.where(F.col("is_later_state") & F.col("pair_line").isNotNull())
    order = F.struct("item_date", F.col("at").isNull(), "at", "id", "reported_status")
    later = later.groupBy(F.col("pair_line").alias("later_pair")).agg(F.max(order).alias("later"))
    others = rows.where(F.col("is_last_state") & F.col(INTERNAL_REF_KEY).isNotNull()).select(
        F.col(INTERNAL_REF_KEY).alias("other_ref"),
        F.col("txn_id").alias("other_txn"),
        F.col("run_date").alias("other_last_run"),
        F.col("txn_status").alias("other_status"),
        "closing_run",
        "was_excluded_by_step_3",
        "was_second",
        "was_second_of",
        "paired_run",
        F.col("paired_line").alias("other_line"),
        F.col("latest_reported_line_status").alias("other_line_status"),
    ).alias("o")  # fmt: skip
    others = others.join(members, on="other_txn", how="left_anti")
    others = others.join(today, on=F.col("other_txn") == F.col("sent_id"), how="left")
    others = others.join(later, on=F.col("other_line") == F.col("later_pair"), how="left")
    candidates = classified.where(may_be_second).select(
        F.col("id").alias("second_id"),
        F.col(INTERNAL_REF_KEY).alias("second_ref"),
        "reach",
        "is_new",
    )
    same = (F.col("second_ref") == F.col("other_ref")) & (F.col("second_id") != F.col("other_txn"))
    is_paired = F.col("paired_run") >= F.col("reach")
    line_status = F.coalesce(F.col("later.reported_status"), F.col("other_line_status"))
    stands = (
        (F.col("other_last_run") >= F.col("reach"))
        & (F.coalesce("status_today", "other_status") == F.lit(_PAID))
        & (~F.coalesce(is_paired, F.lit(False)) | (line_status == F.lit(_PAID)))
    )
    in_reach = F.coalesce(F.col("closing_run") >= F.col("reach"), F.lit(False))
    was_second = in_reach & F.col("was_second")
    names_it = ~F.col("is_new") | (F.col("was_second_of") == F.col("second_id"))
    put_away = was_second | (in_reach & F.col("was_excluded_by_step_3"))
    closing_run = F.when(in_reach, F.col("closing_run")).otherwise(F.col("other_last_run"))
    choice = F.struct(put_away.alias("put_away"), closing_run.alias("closed_on"), "other_txn")
    first = candidates.join(others, on=same, how="inner")
    first = first.where(stands & ~F.coalesce(was_second & names_it, F.lit(False)))
    first = first.groupBy("second_id").agg(F.min(choice).alias("choice"))
    first = first.select("second_id", F.col("choice.other_txn").alias("first_txn"))
    is_second = F.col("first_txn").isNotNull() & is_transaction()
    joined = classified.join(first, on=F.col("id") == F.col("second_id"), how="left")
    return joined.withColumn("case", F.when(is_second, F.lit("second")).otherwise(F.col("case")))
