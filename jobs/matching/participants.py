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
from jobs.matching.steps.scope import exclusion_reason
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
    """Items of both sides; `exclusion_reason` says why a line takes no part, else it is null."""
    day = context.business_date
    of_lines, of_transactions = (
        context.is_attempt(side) for side in (Side.STATEMENT, Side.INTERNAL)
    )
    earlier = count_attempts(open_items, of_lines, of_transactions)
    statement = items_from_lines(lines, day, of_lines).unionByName(
        select_side(earlier, Side.STATEMENT)
    )
    internal = apply_later_states(
        items_from_transactions(transactions, day, of_transactions),
        select_side(earlier, Side.INTERNAL),
    )
    none = F.lit(None).cast("string")
    statement = statement.select("*", exclusion_reason(profile.scope).alias("exclusion_reason"))
    return statement.unionByName(internal.select("*", none.alias("exclusion_reason")))


def select_excluded(items: DataFrame) -> DataFrame:
    """The lines that take no part, with the columns that `build_item_rows` needs."""
    none = F.lit(None).cast("string")
    empty = [
        none.alias(name)
        for name in ("duplicate_of", "compared_status", "overruled_by", "unit_id", "matched_by")
    ]
    return items.where(F.col("exclusion_reason").isNotNull()).select(
        *item_types(),
        F.lit(Outcome.EXCLUDED.value).alias("outcome"),
        F.col("exclusion_reason").alias("reason"),
        *empty,
        F.lit(False).alias("is_late"),
        F.lit(None).cast("bigint").alias("gap"),
    )
