"""Steps 3 to 5 in their order: duplicates, passes, groups."""

from collections.abc import Sequence
from enum import Enum

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.fast_path import shared_keys
from jobs.matching.fast_path.staging import Keep
from jobs.matching.item_columns import step_columns
from jobs.matching.steps import duplicates, groups, manual_decisions, passes
from jobs.matching.steps.manual_decisions import Decision
from schemas.profile.match_rules import Match
from schemas.vocabulary import Effect

#: A day of so many times as many items as a middling one is large.
LARGE_TIMES = 50


class Size(Enum):
    """What is asked of the members before the steps, by how many a day's items are.

    On a middling day, who shares a reference that two of one side have: any other is no duplicate.
    On a large one also who shares nothing with anybody: that one needs no step. On a small one
    nothing, as the asking costs more than it saves.
    """

    SMALL = 0
    MIDDLING = 1
    LARGE = 2

    @classmethod
    def of(cls, items: int, middling_from: int) -> "Size":
        """The size of a day of so many items."""
        if items < middling_from:
            return cls.SMALL
        return cls.LARGE if items >= middling_from * LARGE_TIMES else cls.MIDDLING


def taken(
    seen: DataFrame,
    members: DataFrame,
    match: Match,
    decided: Sequence[Decision],
    keep: Keep,
    size: Size,
) -> DataFrame:
    """Members after step 2 (`seen`) with what the steps make of them: `columns_of` the match, and
    the columns of `verdicts`, `passes` and `groups`.

    `members` are the same before step 2. A person may have paired any two, so that nobody is alone.
    """
    columns = step_columns(match)
    names = [*columns, *case_tables.RESULT_COLUMNS]
    by_hand = any(each.effect == Effect.PAIR for each in decided)
    some_alone = size == Size.LARGE and not by_hand
    if size == Size.SMALL:
        apart = duplicates.resolve_duplicates(seen, columns)
    else:
        others = shared_keys.had(members, match) if some_alone else shared_keys.crowded(members)
        others = keep(others, "company")
        met = seen.join(others, on=list(shared_keys.WHO), how="inner")
        alone = seen.join(others, on=list(shared_keys.WHO), how="left_anti")
        once = met.where(~F.col("is_crowded")) if some_alone else alone
        twice = duplicates.resolve_duplicates(met.where("is_crowded"), columns)
        apart = twice.select(*names).unionByName(once.select(*names))
    if by_hand:
        return _met(
            manual_decisions.pair_by_decision(keep(apart, "apart"), decided), columns, match, keep
        )
    told = _met(passes.add_empty_partner(apart), columns, match, keep)
    return told.unionByName(shared_keys.told_alone(alone, columns, match)) if some_alone else told


def _met(free: DataFrame, columns: Sequence[str], match: Match, keep: Keep) -> DataFrame:
    return groups.match_groups(passes.run_passes(free, columns, match, keep), columns, match)
