"""Step 2: items that an earlier run closed and that come again today, in any state.

The step looks up only items that are new today; open items were looked up on their first run.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.fast_path.keeper import Keep
from jobs.matching.item_columns import (
    DIRECTED_KIND,
    NOT_PAID,
    is_line,
    is_transaction,
    kind_and_reference,
    partition_by_key,
    statuses_agree,
)
from jobs.matching.steps.lookback import CHANNEL_REF_KEY, OUR_REF_KEY, affected_rows
from schemas.profile.channel import Profile
from schemas.vocabulary import Outcome, Reason, Status

_RESULTS: dict[str, case_tables.Result] = {
    "copy": (Outcome.BREAK, Reason.DUPLICATE_LINE),
    "paid again": (Outcome.BREAK, Reason.DUPLICATE_PAYMENT),
    "later state": (Outcome.EXCLUDED, Reason.ALREADY_RECONCILED),
    "later state differs": (Outcome.BREAK, Reason.STATUS_MISMATCH),
    "reversed elsewhere": (Outcome.BREAK, Reason.STATUS_MISMATCH),
    "failed elsewhere": (Outcome.EXCLUDED, Reason.NOT_EXPECTED),
    "unchanged": (Outcome.EXCLUDED, Reason.ALREADY_RECONCILED),
    "agrees": (Outcome.EXCLUDED, Reason.ALREADY_RECONCILED),
    "changed": (Outcome.BREAK, Reason.CHANGED_AFTER_MATCH),
}
_ORIGINAL_COLUMNS = {
    "copy": "copy_of",
    "paid again": "paid_line",
    "later state": "replaced_line",
    "later state differs": "replaced_line",
    "reversed elsewhere": "paid_line",
    "failed elsewhere": "paid_line",
    "changed": "id",
}
_COMPARED_CASES = ("later state differs", "reversed elsewhere")
_STATE = ("status", "amount", "currency")
_LATER_STATES = ("later state", "later state differs")


def classify_repeats(
    participants: DataFrame,
    columns: Sequence[str],
    closed: DataFrame | None,
    day: date,
    profile: Profile,
    keep: Keep,
) -> DataFrame:
    """Adds the columns of `case_tables` to `columns`, settled for items that are closed already.

    `closed` has the outcomes of earlier run dates that look-back needs, maybe more; None if no
    participant can have one, which saves the look-up.
    """
    if closed is None:
        return participants.select(*columns, *case_tables.first_results())
    since = day - timedelta(days=profile.match.lookback)
    new_line, new_txn = F.col("is_new") & is_line(), F.col("is_new") & is_transaction()
    kind = F.col(DIRECTED_KIND)
    keyed = participants.withColumns(
        {
            "txn_id": F.when(new_txn, F.col("id")),
            CHANNEL_REF_KEY: F.when(new_line, kind_and_reference(kind, "channel_ref_norm")),
            OUR_REF_KEY: F.when(new_line, kind_and_reference(kind, "our_ref_norm")),
        }
    )
    rows = keep(affected_rows(keyed, closed, since), "closed")
    joined = (
        keyed.join(_copies(rows), on=[CHANNEL_REF_KEY, "status"], how="left")
        .join(_latest_lines(rows), on=CHANNEL_REF_KEY, how="left")
        .join(_payments_in_force(rows), on=OUR_REF_KEY, how="left")
        .join(_transaction_states(rows), on="txn_id", how="left")
    )
    sent = participants.where(is_transaction() & F.col("is_sent_today")).select(
        F.col("id").alias("compared_txn"), F.col("status").alias("sent_status")
    )
    classified = _classify_transactions(_classify_lines(joined, sent), since, profile.zone)
    outcome, reason = case_tables.result_of_case("case", _RESULTS)
    is_compared = F.col("case").isin(*_COMPARED_CASES)
    results = case_tables.first_results(
        step_outcome=outcome,
        step_reason=reason,
        duplicate_of=case_tables.column_by_case("case", _ORIGINAL_COLUMNS),
        compared_status=F.when(is_compared, F.col("compared_status")),
    )
    return classified.select(*columns, *results)


# ---- look-up tables -------------------------------------------------------------------------


def _copies(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_first_of_status") & F.col(CHANNEL_REF_KEY).isNotNull()).select(
        CHANNEL_REF_KEY, F.col("line_status").alias("status"), F.col("line_id").alias("copy_of")
    )


def _latest_lines(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_latest_state") & F.col(CHANNEL_REF_KEY).isNotNull()).select(
        CHANNEL_REF_KEY,
        F.col("line_id").alias("replaced_line"),
        F.col("line_status").alias("replaced_status"),
        F.col("base_line").alias("pair_line"),
        "pair_txn",
        "pair_status",
    )


def _payments_in_force(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_payment_in_force") & F.col(OUR_REF_KEY).isNotNull()).select(
        OUR_REF_KEY,
        F.col("line_id").alias("paid_line"),
        F.col("pair_txn").alias("paid_txn"),
        F.col("pair_status").alias("paid_status"),
    )


def _transaction_states(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_last_state")).select(
        "txn_id",
        F.col("run_date").alias("last_run"),
        "txn_status",
        "txn_amount",
        "txn_currency",
        "closing_run",
        "was_excluded_by_step_3",
        "paired_run",
        "paired_line",
        *[
            F.col(f"latest_reported_line_{name}").alias(f"latest_reported_{name}")
            for name in _STATE
        ],
    )


# ---- lines ----------------------------------------------------------------------------------


def _classify_lines(joined: DataFrame, sent: DataFrame) -> DataFrame:
    """Adds `line_case`, and `compared_status`: the status of the transaction of the line's pair.

    That is the status sent today, else the last one. A line whose pair failed on both sides takes
    part again when a later attempt did not fail.
    """
    status = F.col("status")
    failed = status.isin(*NOT_PAID)
    paid_before = F.col("paid_line").isNotNull()
    both_failed = F.col("replaced_status").isin(*NOT_PAID) & F.col("pair_status").isin(*NOT_PAID)
    takes_part_again = F.coalesce(both_failed, F.lit(False)) & ~failed
    later = F.col("replaced_line").isNotNull() & ~takes_part_again
    compared_txn = F.when(later, F.col("pair_txn")).when(paid_before, F.col("paid_txn"))
    last_status = F.when(later, F.col("pair_status")).when(paid_before, F.col("paid_status"))
    keyed = joined.withColumns(
        {"compared_txn": compared_txn, "last_status": last_status, "is_later_state": later}
    )
    compared = F.coalesce("sent_status", "last_status")
    later, paid_elsewhere = F.col("is_later_state"), paid_before & ~takes_part_again
    case = case_tables.first_true_case(
        [
            ("copy", F.col("copy_of").isNotNull()),
            ("paid again", paid_before & (status == F.lit(Status.SUCCEEDED.value))),
            ("later state", later & statuses_agree(status, F.col("compared_status"))),
            ("later state differs", later),
            ("reversed elsewhere", paid_elsewhere & (status == F.lit(Status.REVERSED.value))),
            ("failed elsewhere", paid_before & failed),
        ]
    )
    return (
        keyed.join(sent, on="compared_txn", how="left")
        .withColumn("compared_status", compared)
        .withColumn("line_case", case)
    )


# ---- transactions ---------------------------------------------------------------------------


def _classify_transactions(lines: DataFrame, since: date, zone: str) -> DataFrame:
    """Adds `case` to lines and transactions; a transaction is compared with its last state.

    Look-back for a transaction reaches to the day before `occurred_at` if that is earlier. The
    latest line of its pair may be one of today's.
    """
    day_before = F.date_sub(F.to_date(F.from_utc_timestamp("at", zone)), 1)
    look_back_start = F.least(F.coalesce(day_before, F.lit(since)), F.lit(since))
    bounded = lines.withColumns(
        {
            "was_closed": F.col("last_run") >= look_back_start,
            "is_closing_in_lookback": F.col("closing_run") >= look_back_start,
            "was_paired": F.col("paired_run") >= look_back_start,
            "is_later_state": F.coalesce(F.col("line_case").isin(*_LATER_STATES), F.lit(False)),
        }
    )
    line_of_pair = F.when(F.col("is_later_state"), F.col("pair_line"))
    line_of_txn = F.when(F.col("was_paired"), F.col("paired_line"))
    pair = Window.partitionBy(*partition_by_key(F.coalesce(line_of_pair, line_of_txn)))
    latest = F.struct("is_later_state", "item_date", F.col("at").isNull(), "at", "id", *_STATE)
    return bounded.withColumn("latest_today", F.max(latest).over(pair)).withColumn("case", _case())


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
    txn_case = case_tables.first_true_case(
        [
            ("unchanged", closed & same & (status == last_status)),
            ("agrees", closed & agrees & statuses_agree(latest_line["status"], status)),
            ("takes part again", closed & ((was_excluded & (status != last_status)) | both_failed)),
            ("changed", closed),
        ]
    )
    return F.when(is_line(), F.col("line_case")).when(is_transaction(), txn_case)
