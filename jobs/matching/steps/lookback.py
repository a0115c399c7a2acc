"""The closed rows of earlier runs that step 2 looks up for today's items.

A row closes its items if it is MATCHED, or BREAK but not one-sided, or ALREADY_RECONCILED, or
settled by a decision, or excluded by step 2 or 3, which gives it a `duplicate_of`. This module adds
to each row everything that step 2 needs, so that step 2 only looks rows up.
"""

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.item_columns import directed_kind, kind_and_reference
from schemas.vocabulary import DECIDED_BY, Outcome, Reason, Status

_ONE_SIDED = (Reason.INTERNAL_ONLY, Reason.STATEMENT_ONLY, Reason.AMBIGUOUS)
#: Kind with direction and channel_ref, and kind with direction and our_ref, of a row's line.
CHANNEL_REF_KEY, OUR_REF_KEY = "channel_ref_key", "our_ref_key"
_KEYS = ("txn_id", CHANNEL_REF_KEY, OUR_REF_KEY)
#: The order of lines in step 3, for closed lines.
_LINE_ORDER = ("statement_date", "time_unknown", "traded_at", "line_id")
_LOOKUP_RESULT = (
    "run_date",
    "txn_id",
    "line_id",
    CHANNEL_REF_KEY,
    OUR_REF_KEY,
    "txn_status",
    "txn_amount",
    "txn_currency",
    "line_status",
    "base_line",
    "pair_txn",
    "pair_status",
    "is_first_of_status",
    "is_latest_state",
    "is_last_state",
)
#: The columns of `outcomes` that the look-back reads.
LOOKUP_COLUMNS = (
    "run_date",
    "txn_id",
    "line_id",
    "kind",
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
)
_LINE_STATE = ("line_status", "line_amount", "line_currency")


def affected_rows(new_items: DataFrame, closed: DataFrame, since: date) -> DataFrame:
    """Closed rows that share `txn_id`, channel_ref or our_ref with a new item, and related rows.

    Related rows are the other rows of the same channel_ref and of the same transactions.
    `new_items` has the key columns. For lines, only rows of run dates from `since` on count.
    Columns: see `_lookup_rows`.
    """
    kind = directed_kind(amount="statement_amount")
    channel_ref = kind_and_reference(kind, "channel_ref_norm")
    our_ref = kind_and_reference(kind, "our_ref_norm")
    rows = closed.withColumns({CHANNEL_REF_KEY: channel_ref, OUR_REF_KEY: our_ref})
    keys = {name: new_items.select(name) for name in _KEYS}
    related = _rows_with_keys(rows.select(*_KEYS), keys).select("txn_id", CHANNEL_REF_KEY)
    for name in ("txn_id", CHANNEL_REF_KEY):
        keys[name] = keys[name].unionByName(related.select(name))
    return _lookup_rows(_resolve_pairs(_closed_rows(_rows_with_keys(rows, keys), since)), since)


def _rows_with_keys(rows: DataFrame, keys: Mapping[str, DataFrame]) -> DataFrame:
    """Rows with one of the keys. The keys are the left side: they are few, and stay in memory."""
    for name, values in keys.items():
        distinct = values.where(F.col(name).isNotNull()).groupBy(name).agg(F.lit(1).alias("n"))
        distinct = distinct.select(name, F.lit(True).alias(f"by_{name}"))
        rows = distinct.join(rows, on=name, how="right")
    has_key = [F.col(f"by_{name}").isNotNull() for name in keys]
    return rows.where(has_key[0] | has_key[1] | has_key[2])


def _has_reason(reason: Reason) -> Column:
    return F.array_contains("reasons", reason.value)


def _closed_rows(rows: DataFrame, since: date) -> DataFrame:
    """The rows of outcomes that closed an item, in few columns.

    `is_resend` marks rows that only say that a transaction was sent again; `may_be_later_state`
    marks lines that replaced an earlier state, or that name a line of another channel_ref.
    """
    outcome = F.col("outcome")
    one_sided = _has_reason(_ONE_SIDED[0]) | _has_reason(_ONE_SIDED[1]) | _has_reason(_ONE_SIDED[2])
    settled = (outcome == F.lit(Outcome.MATCHED.value)) | (
        (outcome == F.lit(Outcome.BREAK.value)) & ~one_sided
    )
    is_excluded = _has_reason(Reason.NOT_EXPECTED) & F.col("duplicate_of").isNotNull()
    is_repeat = _has_reason(Reason.ALREADY_RECONCILED)
    is_decided = F.coalesce(F.col("matched_by").startswith(DECIDED_BY), F.lit(False))
    is_line = F.col("line_id").isNotNull()
    may_be_later = (is_repeat | _has_reason(Reason.STATUS_MISMATCH)) & F.col("txn_id").isNull()
    return rows.where(settled | is_excluded | is_repeat | is_decided).select(
        "run_date",
        "txn_id",
        "line_id",
        CHANNEL_REF_KEY,
        OUR_REF_KEY,
        F.col("internal_status").alias("txn_status"),
        F.col("internal_amount").alias("txn_amount"),
        F.col("internal_currency").alias("txn_currency"),
        F.col("statement_status").alias("line_status"),
        F.col("statement_amount").alias("line_amount"),
        F.col("currency").alias("line_currency"),
        "statement_date",
        F.col("traded_at").isNull().alias("time_unknown"),
        "traded_at",
        "duplicate_of",
        (is_line & (F.col("run_date") >= F.lit(since))).alias("is_in_lookback"),
        _has_reason(Reason.DUPLICATE_LINE).alias("is_copy"),
        is_excluded.alias("is_excluded_by_step_3"),
        (is_repeat | _has_reason(Reason.CHANGED_AFTER_MATCH)).alias("is_resend"),
        may_be_later.alias("may_be_later_state"),
    )


def _by_key(key: str) -> list[Column]:
    """Partition columns: rows that share a key; a row without the key is a partition of its own."""
    own_id = F.when(F.col(key).isNull(), F.coalesce("line_id", "txn_id"))
    return [F.col(key), own_id]


def _resolve_pairs(rows: DataFrame) -> DataFrame:
    """Adds to each line its base row: its own row, or that of the line whose state it replaced.

    `base_line`, `base_run` and `base_txn` are of the base row, `base_status` is the last status of
    that transaction. A copy replaces nothing, and has no base row.

    A later state is an ALREADY_RECONCILED or STATUS_MISMATCH line without a transaction that names
    another line of its channel_ref, the last of an earlier run. (Lines that name a line of another
    channel_ref have these reasons, too; and a line that replaced a copy has no base row.)
    """
    by_channel_ref = Window.partitionBy(*_by_key(CHANNEL_REF_KEY))
    by_txn = Window.partitionBy(*_by_key("txn_id"))
    may_be_later = F.col("may_be_later_state")
    named_lines = F.collect_set(F.when(may_be_later, F.col("duplicate_of"))).over(by_channel_ref)
    last = F.max(F.struct("run_date", "txn_status")).over(by_txn)
    enriched = rows.withColumns(
        {"last_run": last["run_date"], "last_status": last["txn_status"], "named": named_lines}
    )
    is_named = F.array_contains("named", F.col("line_id")) & ~F.col("is_copy")
    named_here = F.collect_set(F.when(is_named, F.col("line_id"))).over(by_channel_ref)
    enriched = enriched.withColumn("named_here", named_here)
    names_line = F.array_contains("named_here", F.col("duplicate_of"))
    later = may_be_later & F.coalesce(names_line, F.lit(False))
    # Copies sort before all other lines, so that no copy stands between two states.
    in_order = by_channel_ref.orderBy(F.col("is_copy").desc(), "run_date", *_LINE_ORDER, "txn_id")
    next_run = F.lead("run_date").over(in_order)
    flagged = enriched.withColumns(
        {
            "is_base": ~later & ~F.col("is_copy"),
            "ends_run": next_run.isNull() | (next_run > F.col("run_date")),
        }
    )
    is_named_later = (F.col("is_base") & F.col("ends_run")).alias("is_valid")
    base_row = F.struct(is_named_later, "run_date", *_LINE_ORDER, "txn_id", "last_status")
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    base = flagged.withColumn("earlier_base", F.max(base_row).over(so_far))
    is_own = F.col("is_base")
    is_earlier = ~F.col("is_copy") & F.col("earlier_base")["is_valid"]
    base_fields = {
        "base_line": "line_id",
        "base_run": "run_date",
        "base_txn": "txn_id",
        "base_status": "last_status",
    }
    base_columns = [
        F.when(is_own, F.col(field)).when(is_earlier, F.col("earlier_base")[field]).alias(name)
        for name, field in base_fields.items()
    ]
    return base.select("*", *base_columns).drop("named", "named_here", "earlier_base")


def _lookup_rows(rows: DataFrame, since: date) -> DataFrame:
    """Adds what step 2 looks up: which row stands for its channel_ref, our_ref and transaction.

    - `is_latest_state`: the line that a later state of its channel_ref replaces (a copy only if
      there is no other), in the pair of `base_line`, with `pair_txn` and its last `pair_status`;
    - `is_first_of_status`: the line that a copy of its channel_ref and status names;
    - `is_payment_in_force`: the SUCCEEDED line of its our_ref, one with a pair before others;
    - `is_last_state`: the last state of the transaction, with the run that last closed it
      (`closing_run`, `was_excluded_by_step_3`) and the one that last paired it (`paired_run`,
      `paired_line`, and the latest line of that pair: `latest_reported_line_*`).
    """
    line, is_in_lookback = F.col("line_id"), F.col("is_in_lookback")
    pair_in_lookback, has_txn = F.col("base_run") >= F.lit(since), F.col("base_txn").isNotNull()
    by_channel_ref = Window.partitionBy(*_by_key(CHANNEL_REF_KEY))
    by_status = Window.partitionBy(*_by_key(CHANNEL_REF_KEY), "line_status")
    by_pair = Window.partitionBy(F.coalesce("base_line", "line_id", "txn_id"))
    latest = F.max(F.struct(is_in_lookback, ~F.col("is_copy"), "run_date", *_LINE_ORDER)).over(
        by_channel_ref
    )
    first = F.min(F.struct(~is_in_lookback, *_LINE_ORDER)).over(by_status)
    reported = F.max(
        F.struct(F.col("base_line").isNotNull(), "run_date", *_LINE_ORDER, *_LINE_STATE)
    ).over(by_pair)
    enriched = rows.withColumns(
        {
            "is_latest_state": is_in_lookback & (line == latest["line_id"]),
            "is_first_of_status": is_in_lookback & (line == first["line_id"]),
            "pair_txn": F.when(pair_in_lookback, F.col("base_txn")),
            "pair_status": F.when(pair_in_lookback & has_txn, F.col("base_status")),
            "is_last_state": F.col("txn_id").isNotNull() & (F.col("run_date") == F.col("last_run")),
            **{f"latest_reported_{name}": reported[name] for name in _LINE_STATE},
        }
    )
    paid = F.col("line_status") == F.lit(Status.SUCCEEDED.value)
    in_force = F.col("is_latest_state") & paid
    by_our_ref = Window.partitionBy(*_by_key(OUR_REF_KEY))
    by_txn = Window.partitionBy(*_by_key("txn_id"))
    best = F.min(F.struct(~in_force, F.col("pair_txn").isNull(), *_LINE_ORDER)).over(by_our_ref)
    closes, pairs = (~F.col("is_resend")).alias("is_valid"), line.isNotNull().alias("is_valid")
    reported_columns = [f"latest_reported_{name}" for name in _LINE_STATE]
    closing = F.max(F.struct(closes, "run_date", "is_excluded_by_step_3")).over(by_txn)
    pairing = F.max(F.struct(pairs, "run_date", "line_id", *reported_columns)).over(by_txn)
    return enriched.withColumns({"closing": closing, "pairing": pairing}).select(
        *_LOOKUP_RESULT,
        (in_force & (line == best["line_id"])).alias("is_payment_in_force"),
        *_fields("closing", {"run_date": "closing_run"}),
        *_fields("closing", {"is_excluded_by_step_3": "was_excluded_by_step_3"}),
        *_fields("pairing", {"run_date": "paired_run", "line_id": "paired_line"}),
        *_fields("pairing", {name: name for name in reported_columns}),
    )


def _fields(struct: str, names: Mapping[str, str]) -> list[Column]:
    """Fields of a struct as columns, null if the struct is not valid."""
    is_valid = F.col(struct)["is_valid"]
    return [F.when(is_valid, F.col(struct)[field]).alias(name) for field, name in names.items()]
