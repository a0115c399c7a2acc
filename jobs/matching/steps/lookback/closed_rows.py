"""The closed rows of earlier runs that step 2 looks up for today's items.

A row closes its items if it is MATCHED, or BREAK but not one-sided, or ALREADY_RECONCILED, or
settled by a decision, or excluded by step 2 or 3, which gives it a `duplicate_of`.
"""

from collections.abc import Mapping
from datetime import date
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.fast_path.keeper import Keep
from jobs.matching.item_columns import directed_kind, kind_and_reference
from schemas.vocabulary import DECIDED_BY, MATCHED_BY_VOID, Outcome, Reason, Status

_ONE_SIDED = (Reason.INTERNAL_ONLY, Reason.STATEMENT_ONLY, Reason.AMBIGUOUS)
#: Kind with direction and channel_ref, and kind with direction and our_ref, of a row's line; and
#: kind with direction and our_ref of its transaction.
CHANNEL_REF_KEY, OUR_REF_KEY = "channel_ref_key", "our_ref_key"
INTERNAL_REF_KEY = "internal_ref_key"
#: By which rows are looked up; `our_ref_norm` whatever the kind, since a void may be of another.
LOOKUP_KEYS = ("txn_id", CHANNEL_REF_KEY, "our_ref_norm", INTERNAL_REF_KEY)
#: The columns of `outcomes` that the look-back reads.
LOOKUP_COLUMNS = (
    "run_date",
    "txn_id",
    "line_id",
    "kind",
    "internal_kind",
    "internal_our_ref_norm",
    "our_ref_norm",
    "channel_ref_norm",
    "outcome",
    "reasons",
    "matched_by",
    "internal_status",
    "internal_amount",
    "internal_currency",
    "statement_status",
    "statement_amount",
    "currency",
    "statement_date",
    "traded_at",
    "duplicate_of",
    "overruled_by",
)


def affected_rows(
    new_items: DataFrame, rows: DataFrame, since: date, keep: Keep
) -> DataFrame | None:
    """The closed ones among rows that share a key with a new item, and related rows; None if there
    are none.

    Related rows are the other rows of the same channel_ref and of the same transactions, and voids.
    `new_items` has `LOOKUP_KEYS`. For lines, only rows of run dates from `since` on count.
    """
    kind = directed_kind(amount="statement_amount")
    internal_kind = directed_kind("transaction_kind", "internal_amount")
    own_ref = F.nullif("internal_our_ref_norm", F.lit(""))
    keyed = rows.withColumns(
        {
            CHANNEL_REF_KEY: kind_and_reference(kind, "channel_ref_norm"),
            OUR_REF_KEY: kind_and_reference(kind, "our_ref_norm"),
            "transaction_kind": F.coalesce("internal_kind", "kind"),
            "transaction_ref": F.when(
                F.col("internal_our_ref_norm").isNull(), F.col("our_ref_norm")
            ).when(F.col("internal_our_ref_norm").isNotNull(), own_ref),
        }
    ).withColumn(
        INTERNAL_REF_KEY,
        F.when(F.col("txn_id").isNotNull(), kind_and_reference(internal_kind, "transaction_ref")),
    )
    keys = {name: new_items.select(name) for name in LOOKUP_KEYS}
    related_by = ("txn_id", CHANNEL_REF_KEY)
    related = _rows_with_keys(keyed.select(*LOOKUP_KEYS), keys).select(*related_by)
    for name in related_by:
        keys[name] = keys[name].unionByName(related.select(name))
    wanted = _rows_with_keys(keyed, keys, _is_void_of_line(keyed))
    closed = keep(_select_closed(wanted, since), "affected_rows")
    if closed.isEmpty():
        return None
    return closed.unionByName(_list_voided_states(closed))


def _rows_with_keys(
    rows: DataFrame, keys: Mapping[str, DataFrame], always: Column | None = None
) -> DataFrame:
    """Rows with one of the keys. The keys are the left side: they are few, and stay in memory."""
    for name, values in keys.items():
        distinct = values.where(F.col(name).isNotNull()).groupBy(name).agg(F.lit(1).alias("n"))
        distinct = distinct.select(name, F.lit(True).alias(f"by_{name}"))
        rows = distinct.join(rows, on=name, how="right")
    has_key = reduce(or_, [F.col(f"by_{name}").isNotNull() for name in keys])
    return rows.where(has_key if always is None else has_key | always)


def _is_void_of_line(rows: DataFrame) -> Column:
    """Whether a row is of a line that voids the line of an earlier run in `duplicate_of`."""
    is_void = F.col("matched_by") == F.lit(MATCHED_BY_VOID)
    return F.coalesce(is_void & F.col("duplicate_of").isNotNull(), F.lit(False))


def _has_reason(reason: Reason) -> Column:
    return F.array_contains("reasons", reason.value)


def _select_closed(rows: DataFrame, since: date) -> DataFrame:
    """The rows that closed an item, in few columns, and the states REVERSED that voids report.

    `is_resend` marks rows that only say that a transaction was sent again; `may_be_later_state`
    marks lines that replaced an earlier state, or that name a line of another channel_ref;
    `is_aside` marks copies and overruled lines, which no later state replaces.
    """
    outcome = F.col("outcome")
    one_sided = reduce(or_, map(_has_reason, _ONE_SIDED))
    settled = (outcome == F.lit(Outcome.MATCHED.value)) | (
        (outcome == F.lit(Outcome.BREAK.value)) & ~one_sided
    )
    is_excluded = _has_reason(Reason.NOT_EXPECTED) & F.col("duplicate_of").isNotNull()
    is_repeat = _has_reason(Reason.ALREADY_RECONCILED)
    is_decided = F.coalesce(F.col("matched_by").startswith(DECIDED_BY), F.lit(False))
    is_line = F.col("line_id").isNotNull()
    may_be_later = (is_repeat | _has_reason(Reason.STATUS_MISMATCH)) & F.col("txn_id").isNull()
    is_void = F.coalesce(F.col("matched_by") == F.lit(MATCHED_BY_VOID), F.lit(False))
    is_copy = _has_reason(Reason.DUPLICATE_LINE)
    return rows.where(settled | is_excluded | is_repeat | is_decided).select(
        "run_date",
        "txn_id",
        "line_id",
        CHANNEL_REF_KEY,
        OUR_REF_KEY,
        INTERNAL_REF_KEY,
        F.coalesce("line_id", "txn_id").alias("own_id"),
        F.col("internal_status").alias("txn_status"),
        F.col("internal_amount").alias("txn_amount"),
        F.col("internal_currency").alias("txn_currency"),
        F.col("statement_status").alias("line_status"),
        F.col("statement_amount").alias("line_amount"),
        F.col("currency").alias("line_currency"),
        "our_ref_norm",
        "statement_date",
        F.col("traded_at").isNull().alias("time_unknown"),
        "traded_at",
        "duplicate_of",
        (is_line & (F.col("run_date") >= F.lit(since))).alias("is_in_lookback"),
        is_copy.alias("is_copy"),
        (is_copy | _has_reason(Reason.DUPLICATE_PAYMENT)).alias("is_duplicate"),
        (is_copy | F.col("overruled_by").isNotNull()).alias("is_aside"),
        is_excluded.alias("is_excluded_by_step_3"),
        _has_reason(Reason.DUPLICATE_TRANSACTION).alias("is_second_transaction"),
        is_void.alias("is_void"),
        (is_repeat | _has_reason(Reason.CHANGED_AFTER_MATCH)).alias("is_resend"),
        may_be_later.alias("may_be_later_state"),
        F.lit(False).alias("is_voiding_state"),
    )


def _list_voided_states(closed: DataFrame) -> DataFrame:
    """For each line that voids a closed line: the state REVERSED of the line that it voids.

    To lines it is unknown if the line that it voids was closed before the look-back; whose rows are
    here beside those of the look-back depends on what else is sent today.
    """
    voids = closed.where(F.col("is_void") & F.col("duplicate_of").isNotNull()).alias("v")
    voided = (
        closed.where(F.col("line_id").isNotNull())
        .groupBy(F.col("line_id").alias("voided_line"))
        .agg(
            F.max(CHANNEL_REF_KEY).alias("voided_number"),
            F.max(OUR_REF_KEY).alias("voided_payment"),
            F.max("is_in_lookback").alias("is_voided_in_lookback"),
        )
    )
    joined = voids.join(voided, on=F.col("duplicate_of") == F.col("voided_line"), how="inner")
    changed = {
        CHANNEL_REF_KEY: F.col("voided_number"),
        OUR_REF_KEY: F.col("voided_payment"),
        "own_id": F.col("voided_line"),
        "line_status": F.lit(Status.REVERSED.value),
        "line_amount": -F.col("line_amount"),
        "is_in_lookback": F.col("is_in_lookback") & F.col("is_voided_in_lookback"),
        "may_be_later_state": F.lit(True),
        "is_voiding_state": F.lit(True),
    }
    return joined.select(
        *[changed[name].alias(name) if name in changed else F.col(name) for name in closed.columns]
    )
