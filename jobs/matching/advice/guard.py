"""What speaks against moving money: it is looked up before a row says REFUND or RECOVER.

A line that met nothing of ours may still be ours: one of our transactions bears its number in
another kind, another state or on another day, or another line takes the money back. Then people
look at it. Source: docs/reference/rules.md, "The guard of advice".
"""

from datetime import date, timedelta
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching.advice.earlier_records import NUMBERS
from jobs.matching.advice.evidence import Evidence, join_by_number
from jobs.matching.advice.opposite_lines import find_opposite_lines
from jobs.matching.advice.second_transactions import find_second_transactions
from jobs.matching.fast_path.keeper import Keep
from jobs.matching.item_columns import (
    DIRECTED_KIND,
    NOT_PAID,
    comes_in,
    directed_kind,
    is_line,
    is_transaction,
)
from schemas.vocabulary import Action, Outcome, Reason

#: At most so many ids of what was looked up stand on a row.
RELATED_MAX = 5
_MOVES_MONEY = (Action.REFUND.value, Action.RECOVER.value)


def guard_advice(rows: DataFrame, evidence: Evidence, keep: Keep) -> DataFrame:
    """Rows of `outcomes` with `related` on each BREAK [STATEMENT_ONLY], and with REVIEW in place of
    advice that something speaks against.

    A run without such breaks, and without BREAK [DUPLICATE_PAYMENT], looks nothing up.
    """
    guarded_lines = _select_guarded(evidence.decided)
    one_sided = F.col("reason") == F.lit(Reason.STATEMENT_ONLY.value)
    (counts,) = guarded_lines.agg(
        F.count(F.when(one_sided, F.lit(1))).alias("one_sided"),
        F.count(F.when(~one_sided, F.lit(1))).alias("payments"),
        F.min(F.when(one_sided, F.col("first_run_date"))).alias("first"),
    ).collect()
    evidence_rows = []
    if counts["one_sided"]:
        lines = guarded_lines.where(one_sided)
        evidence_rows.append(_find_transactions(lines, counts["first"], evidence))
        evidence_rows.append(find_opposite_lines(lines, evidence, keep))
    if counts["payments"]:
        evidence_rows.append(find_second_transactions(guarded_lines.where(~one_sided), evidence))
    return _apply(rows, reduce(DataFrame.unionByName, evidence_rows)) if evidence_rows else rows


def _select_guarded(decided: DataFrame) -> DataFrame:
    """Lines whose advice is guarded: `line_id`, `reason`, numbers, direction, first run date."""
    breaks = F.col("outcome") == F.lit(Outcome.BREAK.value)
    guarded = (Reason.STATEMENT_ONLY.value, Reason.DUPLICATE_PAYMENT.value)
    return decided.where(is_line() & breaks & F.col("reason").isin(*guarded)).select(
        "line_id",
        "reason",
        *NUMBERS,
        comes_in().alias("comes_in"),
        directed_kind().alias(DIRECTED_KIND),
        "first_run_date",
    )


def _apply(rows: DataFrame, evidence_rows: DataFrame) -> DataFrame:
    """Evidence has a row per line and id: `line_id`, `found_id`, and `blocks`, 1 if it speaks
    against the advice, else null.
    """
    by_line = evidence_rows.groupBy("line_id").agg(
        F.slice(F.sort_array(F.collect_set("found_id")), 1, RELATED_MAX).alias("found_ids"),
        F.max("blocks").alias("blocks"),
    )
    joined = rows.join(by_line, on="line_id", how="left")
    breaks = F.col("outcome") == F.lit(Outcome.BREAK.value)
    is_one_sided = breaks & F.array_contains("reasons", Reason.STATEMENT_ONLY.value)
    none = F.array().cast("array<string>")
    is_blocked = F.coalesce(F.col("blocks") == F.lit(1), F.lit(False))
    moves_money = F.col("action").isin(*_MOVES_MONEY)
    review = F.lit(Action.REVIEW.value)
    changed = {
        "related": F.when(is_one_sided, F.coalesce("found_ids", none)),
        "action": F.when(is_blocked & moves_money, review).otherwise(F.col("action")),
    }
    return joined.withColumns(changed).drop("found_ids", "blocks")


def _find_transactions(lines: DataFrame, first: date, evidence: Evidence) -> DataFrame:
    """Transactions of ours that bear a number of a line, in any kind and direction.

    Of each its latest state counts: as it is open, else of the dates from the line's first run date
    less the look-back on. One that did not succeed does not block, unless it was written off.
    """
    carried = is_transaction() & (F.col("first_run_date") < F.lit(evidence.day))
    ever = F.lit(evidence.day)
    known = evidence.decided.where(carried).select(
        "txn_id",
        *NUMBERS,
        "status",
        F.col("written_off").isNotNull().alias("is_written_off"),
        ever.alias("latest_date"),
    )
    if evidence.earlier is not None:
        since = first - timedelta(days=evidence.lookback)
        sent = evidence.earlier.transactions(lines.select(*NUMBERS), since)
        latest = F.max(F.struct("business_date", "status", *NUMBERS)).alias("latest")
        sent = sent.groupBy("txn_id").agg(latest)
        sent = sent.join(known.select("txn_id"), on="txn_id", how="left_anti").select(
            "txn_id",
            *[F.col("latest")[name].alias(name) for name in NUMBERS],
            F.col("latest")["status"].alias("status"),
            F.lit(False).alias("is_written_off"),
            F.col("latest")["business_date"].alias("latest_date"),
        )
        none = F.lit(None).cast("string")
        written_off = evidence.earlier.written_off().select(
            "txn_id",
            *NUMBERS,
            none.alias("status"),
            F.lit(True).alias("is_written_off"),
            ever.alias("latest_date"),
        )
        known = known.unionByName(sent).unionByName(written_off)
    matched = join_by_number(lines, known)
    start = F.date_sub("first_run_date", evidence.lookback)
    is_unpaid = F.coalesce(F.col("status").isin(*NOT_PAID), F.lit(False))
    return matched.where(F.col("latest_date") >= start).select(
        "line_id",
        F.col("txn_id").alias("found_id"),
        F.when(F.col("is_written_off") | ~is_unpaid, F.lit(1)).alias("blocks"),
    )
