"""Steps 3 to 5 in their order: duplicates, passes, groups."""

from collections.abc import Sequence

from pyspark.sql import DataFrame

from jobs.matching import company, decisions, duplicates, groups, passes
from jobs.matching.decisions import Decision
from jobs.matching.keeping import Keep
from jobs.matching.members import columns_of
from schemas.match_rules import Match
from schemas.vocabulary import Effect


def taken(
    seen: DataFrame,
    members: DataFrame,
    match: Match,
    decided: Sequence[Decision],
    keep: Keep,
    is_large: bool,
) -> DataFrame:
    """Members after step 2 (`seen`) with what the steps make of them: `columns_of` the match, and
    the columns of `verdicts`, `passes` and `groups`.

    `members` are the same before step 2. Where a day is large, who has no company among them is
    told without the steps; not where a person paired any two.
    """
    columns, who = columns_of(match), list(company.WHO)
    if any(each.effect == Effect.PAIR for each in decided):
        apart = keep(duplicates.told_apart(seen, columns), "apart")
        return _met(decisions.paired(apart, decided), columns, match)
    if not is_large:
        return _met(passes.unpaired(duplicates.told_apart(seen, columns)), columns, match)
    others = keep(company.had(members, match), "company")
    together = seen.join(others, on=who, how="left_semi")
    alone = seen.join(others, on=who, how="left_anti")
    met = _met(passes.unpaired(duplicates.told_apart(together, columns)), columns, match)
    return met.unionByName(company.told_alone(alone, columns, match))


def _met(free: DataFrame, columns: Sequence[str], match: Match) -> DataFrame:
    return groups.gathered(passes.paired(free, columns, match), columns, match)
