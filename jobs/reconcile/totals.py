"""Totals of a run: rows by outcome, amounts at stake, and decisions that settled nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.matching.amount_at_risk import at_stake
from jobs.matching.steps.manual_decisions import Decision
from schemas.money import sum_amounts
from schemas.vocabulary import DECIDED_BY, Reason


def stale_decision_ids(decisions: Sequence[Decision], rows: Sequence[Any]) -> tuple[str, ...]:
    """Ids of decisions of which some row, or all, settled nothing, because it has changed.

    `rows` are sums with the columns of `total_columns`.
    """
    settled = {unit for row in rows for unit in (row["decided"] if decisions else ())}
    stale = (d.decision_id for d in decisions if f"{d.decided_by}|{d.unit}" not in settled)
    return tuple(dict.fromkeys(stale))


def total_columns(decisions: Sequence[Decision]) -> list[Column]:
    """The totals of a run that `conservation.sum_outcomes` does not compute."""
    ambiguous = F.array_contains("reasons", Reason.AMBIGUOUS.value)
    tolerated = F.array_contains("reasons", Reason.WITHIN_TOLERANCE.value)
    unit = F.concat_ws("|", "matched_by", "unit_id")
    by = F.when(F.col("matched_by").startswith(DECIDED_BY), unit)
    return [
        *([F.collect_set(by).alias("decided")] if decisions else []),
        F.count("*").alias("rows"),
        F.sum(ambiguous.cast("int")).alias("ambiguous"),
        sum_amounts(at_stake()).alias("stake"),
        F.sum(tolerated.cast("int")).alias("tolerated"),
        sum_amounts(F.when(tolerated, F.abs("difference"))).alias("tolerated_amount"),
    ]


def sum_totals(rows: Sequence[Any]) -> tuple[dict[str, int], dict[str, int]]:
    """Counts of rows by outcome, and minor units at stake by currency."""
    counts: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for row in rows:
        counts[str(row["outcome"]).lower()] += int(row["rows"])
        amounts[row["currency"]] += int(row["stake"] or 0)
    return dict(counts), {code: amount for code, amount in amounts.items() if amount}


def sum_tolerated(rows: Sequence[Any]) -> dict[str, tuple[int, int]]:
    """Pairs within their tolerance, by currency: how many, and the sum of |difference|."""
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row["tolerated"]:
            count, amount = sums.get(row["currency"], (0, 0))
            added = int(row["tolerated"]), int(row["tolerated_amount"])
            sums[row["currency"]] = (count + added[0], amount + added[1])
    return dict(sorted(sums.items()))
