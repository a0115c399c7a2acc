"""Steps 3 to 5 in their order: duplicates, passes, groups, and what differs in kind."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.fast_path import shared_keys
from jobs.matching.fast_path.keeper import Keep
from jobs.matching.item_columns import step_columns
from jobs.matching.steps import duplicates, groups, manual_decisions, passes
from jobs.matching.steps.manual_decisions import Decision
from jobs.matching.steps.pairs import kinds
from jobs.matching.steps.voids import find_voids, settle_voids
from schemas.profile.match_rules import Match
from schemas.vocabulary import Effect


def run_steps(
    free: DataFrame,
    participants: DataFrame,
    match: Match,
    decided: Sequence[Decision],
    keep: Keep,
    is_large: bool,
    exact_pairs: DataFrame | None,
    has_copies: bool,
) -> DataFrame:
    """Participants after step 2 (`free`) with what the steps make of them: `step_columns`, and the
    columns of `case_tables`, `passes` and `groups`.

    `participants` are the same before step 2. On a large day those that share no key with another
    one skip the steps, unless a checker paired any two items of the day. `exact_pairs` are the
    outcomes of the pairs that were made at once, `has_copies` says whether possible copies may be
    among the participants.
    """
    columns = step_columns(match)

    def matched(items: DataFrame) -> DataFrame:
        paired = passes.run_passes(items, columns, match, keep, has_copies)
        grouped = groups.match_groups(paired, columns, match)
        return kinds.pair_other_kinds(grouped, columns, match)

    if any(decision.effect == Effect.PAIR for decision in decided):
        resolved = duplicates.resolve_duplicates(free, columns, match.captures)
        resolved = keep(settle_voids(resolved, columns), "resolved")
        return matched(manual_decisions.pair_by_decision(resolved, decided))
    if not is_large:
        resolved = duplicates.resolve_duplicates(free, columns, match.captures)
        resolved = settle_voids(resolved, columns)
        return matched(passes.add_empty_partner(resolved))
    names = [*columns, *case_tables.RESULT_COLUMNS]
    sharing = shared_keys.with_shared_keys(participants, match, has_copies)
    sharing = keep(sharing, "shared_keys")
    candidates = free.join(sharing, on=list(shared_keys.ID), how="inner")
    others = free.join(sharing, on=list(shared_keys.ID), how="left_anti")
    may_be_duplicate = F.col("has_duplicate_candidates")
    may_repeat = candidates.where(may_be_duplicate)
    resolved = duplicates.resolve_duplicates(may_repeat, columns, match.captures)
    once = candidates.where(~may_be_duplicate)
    resolved = resolved.select(*names).unionByName(once.select(*names))
    resolved = _settle_voids_of_large_day(resolved, columns, exact_pairs, keep)
    results = matched(passes.add_empty_partner(resolved))
    return results.unionByName(shared_keys.unmatched_without_candidates(others, columns, match))


def _settle_voids_of_large_day(
    resolved: DataFrame, columns: Sequence[str], exact_pairs: DataFrame | None, keep: Keep
) -> DataFrame:
    """Settles voids, but none whose our_ref stands in an exact pair of another kind or direction.

    Such a pair has a transaction, so that of the void is not the only one.
    """
    if exact_pairs is None:
        return settle_voids(resolved, columns)
    voids = find_voids(resolved).where("is_void").select("our_ref_norm")
    voids = keep(voids, "voids")
    if voids.isEmpty():
        return resolved
    paired = keep(exact_pairs.join(voids, on="our_ref_norm", how="left_semi"), "paired_voids")
    with_pair = paired.groupBy("our_ref_norm").agg(F.lit(True).alias("has_exact_pair"))
    marked = resolved.join(with_pair, on="our_ref_norm", how="left")
    may_be_void = F.col("has_exact_pair").isNull()
    settled = settle_voids(marked.where(may_be_void), columns)
    names = [*columns, *case_tables.RESULT_COLUMNS]
    return settled.unionByName(marked.where(~may_be_void).select(*names))
