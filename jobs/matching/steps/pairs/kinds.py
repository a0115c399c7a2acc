"""Step 6, before anything breaks: a line and a transaction under one our_ref that differ in kind.

They are what is left of their our_ref and direction, one on each side. Until one of them would
break, both wait for a better partner. Source: docs/reference/rules.md, "Other kinds".
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import (
    NOT_PAID,
    comes_in,
    is_line,
    is_transaction,
    partition_by_key,
)
from jobs.matching.steps import passes
from schemas.profile.match_rules import Match
from schemas.vocabulary import MATCHED_BY_KIND


def pair_other_kinds(frame: DataFrame, columns: Sequence[str], match: Match) -> DataFrame:
    """Pairs what nothing has met, with the results of the steps before."""
    is_free = F.col("step_outcome").isNull() & F.col("partner").isNull()
    takes_part = is_free & ~F.col("had_candidate") & ~F.col("status").isin(*NOT_PAID)
    our_ref = F.when(takes_part, F.col("our_ref_norm"))
    together = Window.partitionBy(*partition_by_key(comes_in(), our_ref))
    line, txn = F.when(is_line(), F.col("id")), F.when(is_transaction(), F.col("id"))
    breaks = ~F.col("is_within_window") & ~F.col("is_not_final")
    is_due = F.max((F.col("is_broken") | breaks).cast("int")).over(together) == F.lit(1)
    is_pair = (
        our_ref.isNotNull()
        & (F.count(line).over(together) == F.lit(1))
        & (F.count(txn).over(together) == F.lit(1))
        & (F.min("kind").over(together) != F.max("kind").over(together))
        & is_due
    )
    other = F.when(is_line(), F.max(txn).over(together)).when(
        is_transaction(), F.max(line).over(together)
    )
    paired = frame.withColumn("other_kind", F.when(is_pair, other))
    return paired.select(
        *columns,
        *case_tables.update_results(matched_by=_if_paired(F.lit(MATCHED_BY_KIND))),
        F.coalesce("partner", "other_kind").alias("partner"),
        "had_candidate",
        *passes.passes_with_candidate_counts(match),
    )


def _if_paired(value: Column) -> Column:
    return F.when(F.col("other_kind").isNotNull(), value)
