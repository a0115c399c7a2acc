"""Steps 3 to 5 in their order: duplicates, passes, groups."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.fast_path import shared_keys
from jobs.matching.fast_path.keeper import Keep
from jobs.matching.item_columns import step_columns
from jobs.matching.steps import duplicates, groups, manual_decisions, passes
from jobs.matching.steps.manual_decisions import Decision
from schemas.profile.match_rules import Match
from schemas.vocabulary import Effect


def run_steps(
    free: DataFrame,
    participants: DataFrame,
    match: Match,
    decided: Sequence[Decision],
    keep: Keep,
    is_large: bool,
) -> DataFrame:
    """Participants after step 2 (`free`) with what the steps make of them: `step_columns`, and the
    columns of `case_tables`, `passes` and `groups`.

    `participants` are the same before step 2. On a large day those that share no key with another
    one skip the steps, unless a checker paired any two items of the day.
    """
    columns = step_columns(match)
    if any(decision.effect == Effect.PAIR for decision in decided):
        resolved = keep(duplicates.resolve_duplicates(free, columns), "resolved")
        return _matched(manual_decisions.pair_by_decision(resolved, decided), columns, match, keep)
    if not is_large:
        resolved = duplicates.resolve_duplicates(free, columns)
        return _matched(passes.add_empty_partner(resolved), columns, match, keep)
    names = [*columns, *case_tables.RESULT_COLUMNS]
    sharing = keep(shared_keys.with_shared_keys(participants, match), "shared_keys")
    candidates = free.join(sharing, on=list(shared_keys.ID), how="inner")
    others = free.join(sharing, on=list(shared_keys.ID), how="left_anti")
    may_be_duplicate = F.col("has_duplicate_candidates")
    resolved = duplicates.resolve_duplicates(candidates.where(may_be_duplicate), columns)
    once = candidates.where(~may_be_duplicate)
    resolved = resolved.select(*names).unionByName(once.select(*names))
    results = _matched(passes.add_empty_partner(resolved), columns, match, keep)
    return results.unionByName(shared_keys.unmatched_without_candidates(others, columns, match))


def _matched(free: DataFrame, columns: Sequence[str], match: Match, keep: Keep) -> DataFrame:
    return groups.match_groups(passes.run_passes(free, columns, match, keep), columns, match)
