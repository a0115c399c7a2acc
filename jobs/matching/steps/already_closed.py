"""Step 2: what an earlier run closed already, and comes again today in whatever state.

Only what comes in today is asked; what is open was asked on the day on which it came.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.fast_path.staging import Keep
from jobs.matching.item_columns import (
    NOT_PAID,
    is_line,
    is_transaction,
    kind_and_reference,
    partition_by_key,
    statuses_agree,
)
from jobs.matching.steps.lookback import NUMBER, PAID, affected_rows
from schemas.profile.channel import Profile
from schemas.vocabulary import Outcome, Reason, Status

_VERDICTS: dict[str, case_tables.Result] = {
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
_NAMED_BY = {
    "copy": "copy_of",
    "paid again": "paid_of",
    "later state": "place_of",
    "later state differs": "place_of",
    "reversed elsewhere": "paid_of",
    "failed elsewhere": "paid_of",
    "changed": "id",
}
_COMPARED = ("later state differs", "reversed elsewhere")
_SAID = ("status", "amount", "currency")
_LATER = ("later state", "later state differs")


def classify_repeats(
    members: DataFrame,
    columns: Sequence[str],
    closed: DataFrame | None,
    day: date,
    profile: Profile,
    keep: Keep,
) -> DataFrame:
    """Members (`columns`, see `members.columns_of`) with what closed rows make of them.

    `closed` are rows of outcomes of earlier run dates, as many as look-back needs or more; None
    where none of them can touch a member, which spares the questions.
    Adds the columns of `verdicts`.
    """
    if closed is None:
        none = F.lit(None).cast("string")
        return members.select(*columns, *[none.alias(name) for name in case_tables.RESULT_COLUMNS])
    since = day - timedelta(days=profile.match.lookback)
    fresh_line, fresh_txn = F.col("fresh") & is_line(), F.col("fresh") & is_transaction()
    keyed = members.withColumns(
        {
            "txn_id": F.when(fresh_txn, F.col("id")),
            NUMBER: F.when(fresh_line, kind_and_reference("channel_ref_norm")),
            PAID: F.when(fresh_line, kind_and_reference("our_ref_norm")),
        }
    )
    rows = keep(affected_rows(keyed, closed, since), "closed")
    met = (
        keyed.join(_copies(rows), on=[NUMBER, "status"], how="left")
        .join(_numbers(rows), on=NUMBER, how="left")
        .join(_payments(rows), on=PAID, how="left")
        .join(_transactions(rows), on="txn_id", how="left")
    )
    sent = members.where(is_transaction() & F.col("sent")).select(
        F.col("id").alias("asked_txn"), F.col("status").alias("sent_status")
    )
    judged = _classify_transactions(_classify_lines(met, sent), since, profile.zone)
    return judged.select(
        *columns,
        *case_tables.result_of_case("case", _VERDICTS),
        case_tables.column_by_case("case", _NAMED_BY).alias("duplicate_of"),
        F.when(F.col("case").isin(*_COMPARED), F.col("compared")).alias("against"),
    )


# ---- what is looked up ----------------------------------------------------------------------


def _copies(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_first") & F.col(NUMBER).isNotNull()).select(
        NUMBER, F.col("their_status").alias("status"), F.col("line_id").alias("copy_of")
    )


def _numbers(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_latest") & F.col(NUMBER).isNotNull()).select(
        NUMBER,
        F.col("line_id").alias("place_of"),
        F.col("their_status").alias("place_status"),
        F.col("base_line").alias("pair_line"),
        "pair_txn",
        "pair_status",
    )


def _payments(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_paid") & F.col(PAID).isNotNull()).select(
        PAID,
        F.col("line_id").alias("paid_of"),
        F.col("pair_txn").alias("paid_txn"),
        F.col("pair_status").alias("paid_status"),
    )


def _transactions(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("is_last")).select(
        "txn_id",
        F.col("run_date").alias("last_run"),
        "our_status",
        "our_amount",
        "our_currency",
        "settled_run",
        "was_put_away",
        "paired_run",
        "paired_line",
        *[F.col(f"word_their_{name}").alias(f"word_{name}") for name in _SAID],
    )


# ---- lines ----------------------------------------------------------------------------------


def _classify_lines(met: DataFrame, sent: DataFrame) -> DataFrame:
    """Adds `case` to lines, and `compared`: the status of the transaction that they are held
    against, as sent today, else as last seen.

    What failed on both sides comes back as a member when a good attempt follows.
    """
    status = F.col("status")
    failed = status.isin(*NOT_PAID)
    paid_before = F.col("paid_of").isNotNull()
    both_failed = F.col("place_status").isin(*NOT_PAID) & F.col("pair_status").isin(*NOT_PAID)
    comes_back = F.coalesce(both_failed, F.lit(False)) & ~failed
    later = F.col("place_of").isNotNull() & ~comes_back
    asked = F.when(later, F.col("pair_txn")).when(paid_before, F.col("paid_txn"))
    seen = F.when(later, F.col("pair_status")).when(paid_before, F.col("paid_status"))
    asking = met.withColumns({"asked_txn": asked, "seen": seen, "takes_place": later})
    compared = F.coalesce("sent_status", "seen")
    later, paid_elsewhere = F.col("takes_place"), paid_before & ~comes_back
    case = case_tables.first_true_case(
        [
            ("copy", F.col("copy_of").isNotNull()),
            ("paid again", paid_before & (status == F.lit(Status.SUCCEEDED.value))),
            ("later state", later & statuses_agree(status, F.col("compared"))),
            ("later state differs", later),
            ("reversed elsewhere", paid_elsewhere & (status == F.lit(Status.REVERSED.value))),
            ("failed elsewhere", paid_before & failed),
        ]
    )
    return (
        asking.join(sent, on="asked_txn", how="left")
        .withColumn("compared", compared)
        .withColumn("line_case", case)
    )


# ---- transactions ---------------------------------------------------------------------------


def _classify_transactions(lines: DataFrame, since: date, zone: str) -> DataFrame:
    """Adds `case` to transactions, too: what they are against what they were when last seen.

    Look-back for a transaction reaches to the day before `occurred_at` where that is earlier. The
    latest line of its pair may be one of today's.
    """
    day_before = F.date_sub(F.to_date(F.from_utc_timestamp("at", zone)), 1)
    back_to = F.least(F.coalesce(day_before, F.lit(since)), F.lit(since))
    bounded = lines.withColumns(
        {
            "was_closed": F.col("last_run") >= back_to,
            "was_settled": F.col("settled_run") >= back_to,
            "was_paired": F.col("paired_run") >= back_to,
            "takes_place": F.coalesce(F.col("line_case").isin(*_LATER), F.lit(False)),
        }
    )
    of_line = F.when(F.col("takes_place"), F.col("pair_line"))
    of_ours = F.when(F.col("was_paired"), F.col("paired_line"))
    pair = Window.partitionBy(*partition_by_key(F.coalesce(of_line, of_ours)))
    place = F.struct("takes_place", "item_date", F.col("at").isNull(), "at", "id", *_SAID)
    return bounded.withColumn("today", F.max(place).over(pair)).withColumn("case", _case())


def _case() -> Column:
    """The case of a line, or what is found of a transaction; who comes back is a member again."""
    status, was, word = F.col("status"), F.col("our_status"), F.col("word_status")
    paired, closed, today = F.col("was_paired"), F.col("was_closed"), F.col("today")
    both_failed = paired & was.isin(*NOT_PAID) & word.isin(*NOT_PAID) & ~status.isin(*NOT_PAID)
    put_away = F.col("was_settled") & F.col("was_put_away") & was.isin(*NOT_PAID)
    now = {
        name: F.when(paired & today["takes_place"], today[name]).when(paired, F.col(f"word_{name}"))
        for name in _SAID
    }
    same = (F.col("amount") == F.col("our_amount")) & (F.col("currency") == F.col("our_currency"))
    agrees = (F.col("amount") == now["amount"]) & (F.col("currency") == now["currency"])
    ours = case_tables.first_true_case(
        [
            ("unchanged", closed & same & (status == was)),
            ("agrees", closed & agrees & statuses_agree(now["status"], status)),
            ("comes back", closed & ((put_away & (status != was)) | both_failed)),
            ("changed", closed),
        ]
    )
    return F.when(is_line(), F.col("line_case")).when(is_transaction(), ours)
