"""The items of a run: today's and those left open, and the lines that take no part."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching.items import (
    apply_later_states,
    count_attempts,
    items_from_lines,
    items_from_transactions,
    select_side,
)
from jobs.matching.run_context import RunContext
from jobs.matching.steps.scope import EXCLUSION_COLUMNS, add_exclusions
from schemas.profile.channel import Profile
from schemas.tables import item_types
from schemas.vocabulary import Outcome, Side


def collect_items(
    lines: DataFrame,
    transactions: DataFrame,
    open_items: DataFrame,
    context: RunContext,
    profile: Profile,
) -> DataFrame:
    """Items of both sides, with `EXCLUSION_COLUMNS`: why a line of today takes no part."""
    day = context.business_date
    of_lines, of_transactions = (
        context.is_attempt(side) for side in (Side.STATEMENT, Side.INTERNAL)
    )
    earlier = count_attempts(open_items, of_lines, of_transactions)
    today = items_from_lines(lines, day, of_lines)
    internal = apply_later_states(
        items_from_transactions(transactions, day, of_transactions),
        select_side(earlier, Side.INTERNAL),
    )
    others = select_side(earlier, Side.STATEMENT).unionByName(internal)
    none = [F.lit(None).cast("string").alias(name) for name in EXCLUSION_COLUMNS]
    return add_exclusions(today, profile.scope, "item_date").unionByName(others.select("*", *none))


def select_excluded(items: DataFrame) -> DataFrame:
    """The lines that take no part, with the columns that `build_item_rows` needs."""
    none = F.lit(None).cast("string")
    empty = [
        none.alias(name) for name in ("duplicate_of", "compared_status", "overruled_by", "unit_id")
    ]
    return items.where(F.col("exclusion_reason").isNotNull()).select(
        *item_types(),
        F.lit(Outcome.EXCLUDED.value).alias("outcome"),
        F.col("exclusion_reason").alias("reason"),
        *empty,
        F.col("excluded_by").alias("matched_by"),
        F.lit(False).alias("is_late"),
        F.lit(None).cast("bigint").alias("gap"),
    )
