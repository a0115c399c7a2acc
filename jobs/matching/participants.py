"""The items of a run: today's and those left open, and the lines that take no part."""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching.item_columns import is_line
from jobs.matching.items import (
    apply_later_states,
    count_attempts,
    items_from_lines,
    items_from_transactions,
    select_side,
)
from jobs.matching.steps.run_context import RunContext
from jobs.matching.steps.scope import EXCLUSION_COLUMNS, add_exclusions
from schemas.profile.channel import Profile
from schemas.tables import item_types
from schemas.vocabulary import Outcome, Side, Status


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


@dataclass(frozen=True)
class RareItems:
    """Which items that few days have are there: the rules about them cost nothing on other days.

    Lines that are PENDING, lines of today without references, and possible copies of earlier days.
    """

    pending_lines: bool
    bare_lines: bool
    copies: bool


def find_rare_items(items: DataFrame, day: date) -> RareItems:
    """Looks once through the items of `collect_items`."""
    takes_part = F.col("exclusion_reason").isNull()
    has_none = F.col("our_ref_norm").isNull() & F.col("channel_ref_norm").isNull()
    is_new = F.col("first_run_date") == F.lit(day)
    rare = {
        "pending_lines": is_line() & (F.col("status") == F.lit(Status.PENDING.value)),
        "bare_lines": is_line() & takes_part & is_new & has_none & F.col("at").isNotNull(),
        "copies": F.col("copy_of").isNotNull(),
    }
    looked_at = items.agg(*[F.max(F.when(it, F.lit(1))).alias(name) for name, it in rare.items()])
    (row,) = looked_at.collect()
    return RareItems(**{name: row[name] is not None for name in rare})


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
        F.lit(False).alias("is_possible_copy"),
        *[F.lit(None).cast("bigint").alias(name) for name in ("gap", "state_difference")],
    )
