"""Step 2: items that an earlier run closed and that come again today, in any state.

The step looks up only items that are new today, and transactions that are sent again; open lines
were looked up on their first run.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.fast_path.keeper import Keep
from jobs.matching.item_columns import (
    DIRECTED_KIND,
    is_line,
    is_transaction,
    kind_and_reference,
)
from jobs.matching.steps.lookback.closed_rows import (
    CHANNEL_REF_KEY,
    INTERNAL_REF_KEY,
    LOOKUP_KEYS,
    OUR_REF_KEY,
    affected_rows,
)
from jobs.matching.steps.lookback.lines import classify_lines
from jobs.matching.steps.lookback.lookup_rows import find_lookup_rows
from jobs.matching.steps.lookback.transactions import classify_transactions
from schemas.profile.channel import Profile
from schemas.vocabulary import MATCHED_BY_VOID, Outcome, Reason, Status

_RESULTS: dict[str, case_tables.Result] = {
    "copy": (Outcome.BREAK, Reason.DUPLICATE_LINE),
    "paid again": (Outcome.BREAK, Reason.DUPLICATE_PAYMENT),
    "later state": (Outcome.EXCLUDED, Reason.ALREADY_RECONCILED),
    "later state differs": (Outcome.BREAK, Reason.STATUS_MISMATCH),
    "void": (Outcome.EXCLUDED, Reason.ALREADY_RECONCILED),
    "void differs": (Outcome.BREAK, Reason.STATUS_MISMATCH),
    "reversed elsewhere": (Outcome.BREAK, Reason.STATUS_MISMATCH),
    "failed elsewhere": (Outcome.EXCLUDED, Reason.NOT_EXPECTED),
    "unchanged": (Outcome.EXCLUDED, Reason.ALREADY_RECONCILED),
    "agrees": (Outcome.EXCLUDED, Reason.ALREADY_RECONCILED),
    "changed": (Outcome.BREAK, Reason.CHANGED_AFTER_MATCH),
    "second": (Outcome.BREAK, Reason.DUPLICATE_TRANSACTION),
}
_ORIGINAL_COLUMNS = {
    "copy": "copy_of",
    "paid again": "paid_line",
    "later state": "replaced_line",
    "later state differs": "replaced_line",
    "void": "voided_line",
    "void differs": "voided_line",
    "reversed elsewhere": "paid_line",
    "failed elsewhere": "paid_line",
    "changed": "id",
    "second": "first_txn",
}
_COMPARED_CASES = ("later state differs", "void differs", "reversed elsewhere")
_VOID_CASES = ("void", "void differs")


def classify_repeats(
    participants: DataFrame,
    columns: Sequence[str],
    closed: DataFrame | None,
    day: date,
    profile: Profile,
    keep: Keep,
) -> DataFrame:
    """Adds the columns of `case_tables` to `columns`, settled for items that are closed already,
    and for second transactions of a closed one.

    `closed` has the outcomes of earlier run dates that look-back needs, maybe more; None if no
    participant can have one, which saves the look-up. On most days no item has one.
    """
    if closed is None:
        return participants.select(*columns, *case_tables.first_results())
    since = day - timedelta(days=profile.match.lookback)
    new_line, new_txn = F.col("is_new") & is_line(), F.col("is_new") & is_transaction()
    may_be_second = (
        is_transaction()
        & (F.col("is_new") | F.col("is_sent_today"))
        & (F.col("status") == F.lit(Status.SUCCEEDED.value))
    )
    kind = F.col(DIRECTED_KIND)
    our_ref = kind_and_reference(kind, "our_ref_norm")
    keyed = participants.withColumns(
        {
            "txn_id": F.when(new_txn, F.col("id")),
            CHANNEL_REF_KEY: F.when(new_line, kind_and_reference(kind, "channel_ref_norm")),
            OUR_REF_KEY: F.when(new_line, our_ref),
            INTERNAL_REF_KEY: F.when(may_be_second, our_ref),
        }
    )
    looked_up = keyed.withColumn("our_ref_norm", F.when(new_line, F.col("our_ref_norm")))
    keys = keep(looked_up.select(*LOOKUP_KEYS), "lookup_keys")
    affected = affected_rows(keys, closed, since, keep)
    if affected is None:
        return participants.select(*columns, *case_tables.first_results())
    open_parts = None
    if profile.match.captures:
        paid = F.col("status") == F.lit(Status.SUCCEEDED.value)
        is_part = ~F.col("is_new") & is_line() & paid & F.col("channel_ref_norm").isNotNull()
        open_parts = participants.where(is_part).select(our_ref.alias(OUR_REF_KEY))
    rows = keep(find_lookup_rows(affected, since, open_parts), "closed")
    sent = participants.where(is_transaction() & F.col("is_sent_today")).select(
        F.col("id").alias("compared_txn"),
        *[F.col(name).alias(f"sent_{name}") for name in ("status", "amount", "currency")],
    )
    # Kept, because the embedded engine repeats an expression wherever its column is used.
    lines = keep(classify_lines(keyed, rows, sent), "classified_lines")
    classified = classify_transactions(lines, rows, since, profile.zone, keep)
    outcome, reason = case_tables.result_of_case("case", _RESULTS)
    is_compared = F.col("case").isin(*_COMPARED_CASES)
    results = case_tables.first_results(
        step_outcome=outcome,
        step_reason=reason,
        duplicate_of=case_tables.column_by_case("case", _ORIGINAL_COLUMNS),
        compared_status=F.when(is_compared, F.col("compared_status")),
        state_difference=F.when(
            F.col("case").isin("later state differs", "void differs")
            & F.col("compared_status").isNotNull(),
            F.col("state_difference"),
        ),
        matched_by=F.when(F.col("case").isin(*_VOID_CASES), F.lit(MATCHED_BY_VOID)),
    )
    return classified.select(*columns, *results)
