"""Which closed row stands for its channel_ref, its our_ref and its transaction."""

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.item_columns import NOT_PAID
from jobs.matching.steps.lookback.base_rows import LINE_ORDER, add_base_rows, by_key
from jobs.matching.steps.lookback.closed_rows import (
    CHANNEL_REF_KEY,
    INTERNAL_REF_KEY,
    OUR_REF_KEY,
)
from schemas.vocabulary import Status

_RESULT = (
    "run_date",
    "txn_id",
    "line_id",
    CHANNEL_REF_KEY,
    OUR_REF_KEY,
    INTERNAL_REF_KEY,
    "our_ref_norm",
    "statement_date",
    "time_unknown",
    "traded_at",
    "txn_status",
    "txn_amount",
    "txn_currency",
    "line_status",
    "line_amount",
    "line_currency",
    "base_line",
    "pair_txn",
    "pair_status",
    "pair_amount",
    "pair_currency",
    "is_first_of_status",
    "is_latest_state",
    "is_number_aside",
    "is_last_state",
    "is_payment_in_force",
    "is_first_payment",
    "next_payment",
    "is_beside_failed_pair",
)
_LINE_STATE = ("line_status", "line_amount", "line_currency")


def find_lookup_rows(affected: DataFrame, since: date, open_parts: DataFrame | None) -> DataFrame:
    """Closed rows of earlier runs with what step 2 looks up.

    `affected` are those of `closed_rows.affected_rows`, `open_parts` has the OUR_REF_KEY of open
    parts of payments (None in a channel without captures): a further part must reach them, so what
    was put away beside them is no payment. The columns are those of `_RESULT` and:

    - `is_latest_state`: the line that a later state of its channel_ref replaces, in the pair of
      `base_line`, with `pair_txn` and its last `pair_status`;
    - `is_number_aside`: the last line of a channel_ref of which only overruled lines and copies are
      closed: another status of it takes part;
    - `is_beside_failed_pair`: under its our_ref a pair failed on both sides;
    - `is_first_of_status`: the line that a copy of its channel_ref and status names;
    - `is_payment_in_force`: a latest line that SUCCEEDED; `is_first_payment`: the one of its
      our_ref that a second payment names, one with a pair before others, and `next_payment` the
      one that a line of its own number names;
    - `is_last_state`: the last state of the transaction, with the run that last closed it
      (`closing_run`, `was_excluded_by_step_3`, `was_second`, `was_second_of` and `was_voided`) and
      the one that last paired it (`paired_run`, `paired_line`, and the latest line of that pair:
      `latest_reported_line_*`).
    """
    rows = _add_states(affected, since)
    is_beside_parts = F.lit(False)
    if open_parts is not None:
        keys = open_parts.groupBy(OUR_REF_KEY).agg(F.lit(True).alias("has_open_parts"))
        rows = rows.join(keys, on=OUR_REF_KEY, how="left")
        is_beside_parts = F.col("is_duplicate") & F.col("has_open_parts").isNotNull()
    return _add_closing_runs(_add_payments(rows, is_beside_parts))


def _add_states(closed: DataFrame, since: date) -> DataFrame:
    rows = add_base_rows(closed)
    line, is_in_lookback = F.col("line_id"), F.col("is_in_lookback")
    pair_in_lookback, has_txn = F.col("base_run") >= F.lit(since), F.col("base_txn").isNotNull()
    by_channel_ref = Window.partitionBy(*by_key(CHANNEL_REF_KEY))
    by_status = Window.partitionBy(*by_key(CHANNEL_REF_KEY), "line_status")
    by_pair = Window.partitionBy(F.coalesce("base_line", "own_id"))
    is_state = is_in_lookback & ~F.col("is_aside")
    latest = F.max(F.struct(is_state.alias("is_state"), "run_date", *LINE_ORDER)).over(
        by_channel_ref
    )
    # A copy says nothing new: it counts only where there is nothing but copies of its number.
    others = F.max((is_in_lookback & ~F.col("is_copy")).cast("int")).over(by_channel_ref)
    latest_copy = F.max(F.struct(is_in_lookback, "run_date", *LINE_ORDER)).over(by_channel_ref)
    is_latest_copy = is_in_lookback & (others == F.lit(0)) & (line == latest_copy["line_id"])
    is_listed = is_in_lookback & ~F.col("is_voiding_state")
    first = F.min(F.struct(~is_listed, *LINE_ORDER)).over(by_status)
    reported = F.max(
        F.struct(F.col("base_line").isNotNull(), "run_date", *LINE_ORDER, *_LINE_STATE)
    ).over(by_pair)
    return rows.withColumns(
        {
            "is_latest_state": is_state & (line == latest["line_id"]),
            "is_latest_copy": is_latest_copy,
            "is_number_aside": is_in_lookback
            & ~latest["is_state"]
            & (line == latest_copy["line_id"]),
            "is_first_of_status": is_listed & (line == first["line_id"]),
            "pair_txn": F.when(pair_in_lookback, F.col("base_txn")),
            **{
                f"pair_{name}": F.when(pair_in_lookback & has_txn, F.col(f"base_{name}"))
                for name in ("status", "amount", "currency")
            },
            "is_last_state": F.col("txn_id").isNotNull() & (F.col("run_date") == F.col("last_run")),
            **{f"latest_reported_{name}": reported[name] for name in _LINE_STATE},
        }
    )


def _add_payments(rows: DataFrame, is_beside_parts: Column) -> DataFrame:
    paid = F.col("line_status") == F.lit(Status.SUCCEEDED.value)
    is_latest = F.col("is_latest_state") | F.col("is_latest_copy")
    failed = F.col("line_status").isin(*NOT_PAID) & F.col("pair_status").isin(*NOT_PAID)
    failed_pair = F.col("is_latest_state") & F.coalesce(failed, F.lit(False))
    by_our_ref = Window.partitionBy(*by_key(OUR_REF_KEY))
    payment = F.struct(
        F.col("pair_txn").isNull().alias("has_no_pair"), *LINE_ORDER, "pair_txn", "pair_status"
    )
    in_force = is_latest & paid & ~F.col("is_void") & ~is_beside_parts
    has_failed = F.max(failed_pair.cast("int")).over(by_our_ref) == F.lit(1)
    ranked = rows.withColumns(
        {
            "is_payment_in_force": in_force,
            "best": F.min(F.when(in_force, payment)).over(by_our_ref),
            "is_beside_failed_pair": has_failed,
        }
    )
    is_first = F.col("line_id") == F.col("best")["line_id"]
    in_force = F.col("is_payment_in_force")
    return ranked.withColumns(
        {
            "is_first_payment": in_force & is_first,
            "next_payment": F.min(F.when(in_force & ~is_first, payment)).over(by_our_ref),
        }
    )


def _add_closing_runs(rows: DataFrame) -> DataFrame:
    by_txn = Window.partitionBy(*by_key("txn_id"))
    reported = [f"latest_reported_{name}" for name in _LINE_STATE]
    closing_fields = {
        "run_date": "closing_run",
        "is_excluded_by_step_3": "was_excluded_by_step_3",
        "is_second_transaction": "was_second",
        "duplicate_of": "was_second_of",
        "is_void": "was_voided",
    }
    pairing_fields = {"run_date": "paired_run", "line_id": "paired_line"}
    pairing_fields |= {name: name for name in reported}
    closes = (~F.col("is_resend")).alias("is_valid")
    pairs = F.col("line_id").isNotNull().alias("is_valid")
    closing = F.max(F.struct(closes, *closing_fields)).over(by_txn)
    pairing = F.max(F.struct(pairs, *pairing_fields)).over(by_txn)
    return rows.withColumns({"closing": closing, "pairing": pairing}).select(
        *_RESULT,
        *_fields("closing", closing_fields),
        *_fields("pairing", pairing_fields),
    )


def _fields(struct: str, names: Mapping[str, str]) -> list[Column]:
    """Fields of a struct as columns, null if the struct is not valid."""
    is_valid = F.col(struct)["is_valid"]
    return [F.when(is_valid, F.col(struct)[field]).alias(name) for field, name in names.items()]
