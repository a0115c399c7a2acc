"""What a match says of its rows: how many by outcome, what is at stake, which decisions held."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.matching.amount_at_risk import at_stake
from jobs.matching.steps.manual_decisions import Decision
from schemas.money import summed
from schemas.vocabulary import DECIDED_BY, Reason


def stale_decision_ids(decided: Sequence[Decision], found: Sequence[Any]) -> tuple[str, ...]:
    """Ids of decisions that settled nothing: what they were about is not there any more."""
    settled = {by for row in found for by in (row["decided"] if decided else ())}
    return tuple(each.decision_id for each in decided if each.decided_by not in settled)


def total_columns(decided: Sequence[Decision]) -> list[Column]:
    """What is counted beside the sums of conservation."""
    ambiguous = F.array_contains("reasons", Reason.AMBIGUOUS.value)
    by = F.when(F.col("matched_by").startswith(DECIDED_BY), F.col("matched_by"))
    return [
        *([F.collect_set(by).alias("decided")] if decided else []),
        F.count("*").alias("rows"),
        F.sum(ambiguous.cast("int")).alias("ambiguous"),
        summed(at_stake()).alias("stake"),
    ]


def sum_totals(found: Sequence[Any]) -> tuple[dict[str, int], dict[str, int]]:
    """Rows by outcome, and minor units at stake by currency."""
    counts: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for row in found:
        counts[str(row["outcome"]).lower()] += int(row["rows"])
        amounts[row["currency"]] += int(row["stake"] or 0)
    return dict(counts), {code: amount for code, amount in amounts.items() if amount}
