"""Who has company: shares a key of some step with another member, which is all that steps 3 to 5
look at.

On a large day most of what is left to the steps has none, and need not be ranked and counted; on a
middling one most has none that could make it a duplicate.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import is_line, is_transaction, match_key
from jobs.matching.steps import groups, passes
from schemas.profile.match_rules import Match
from schemas.vocabulary import normalized

WHO = ("id", "side")
#: Columns that are equal, and which items may be held against each other by them.
Keys = Mapping[tuple[str, ...], Column]
_REFERENCES = (("kind", "our_ref_norm"), ("kind", "channel_ref_norm"))


def had(members: DataFrame, match: Match) -> DataFrame:
    """`WHO` of the members that share a key of some step with another one, one row each, and
    `is_crowded`: whether two of one side share one of its references. A null is no key.

    Keys are compared by hashes of 64 bits: two that share one by chance bring in more, never less.
    """
    return _sharing(members, _keys(match), F.col("lines") + F.col("txns") > F.lit(1))


def crowded(members: DataFrame) -> DataFrame:
    """Of what `had` tells, who is crowded."""
    return _sharing(members, _references(), _is_twice())


def _is_twice() -> Column:
    """Whether two of one side share a key."""
    return (F.col("lines") > F.lit(1)) | (F.col("txns") > F.lit(1))


def _sharing(members: DataFrame, keys: Keys, asked: Column) -> DataFrame:
    """Members by the keys for which `asked`, of how many `lines` and `txns` share one, holds."""
    marked = reduce(
        DataFrame.unionByName,
        [
            members.where(may).select(
                *WHO,
                F.xxhash64(F.lit(number), *key).alias("mark"),
                F.lit(key in _REFERENCES).alias("is_reference"),
            )
            for number, (key, may) in enumerate(keys.items())
        ],
    )
    counts = {"lines": is_line(), "txns": is_transaction()}
    counted = marked.groupBy("mark").agg(
        *[F.count(F.when(side, F.lit(1))).alias(name) for name, side in counts.items()]
    )
    shared = counted.where(asked).select("mark", _is_twice().alias("is_twice"))
    met = marked.join(shared, on="mark", how="inner")
    is_crowded = F.max(F.col("is_reference") & F.col("is_twice"))
    return met.groupBy(*WHO).agg(is_crowded.alias("is_crowded"))


def _references() -> Keys:
    """What duplicates share."""
    return {key: _there(key) for key in _REFERENCES}


def _keys(match: Match) -> Keys:
    """What items share in some step; passes may ask different things of one key."""
    keys = dict(_references())
    for each in match.passes:
        key, may = tuple(match_key(each)), passes.may_take_part(each)
        keys[key] = keys[key] | may if key in keys else may
    for group in match.groups:
        keys.setdefault((normalized(group.on),), _there((normalized(group.on),)))
    return keys


def _there(key: Sequence[str]) -> Column:
    return reduce(and_, [F.col(name).isNotNull() for name in key])


def told_alone(members: DataFrame, columns: Sequence[str], match: Match) -> DataFrame:
    """Members without company (`columns`, those of `verdicts`) with what passes and groups say: no
    partner, no candidate, no group.
    """
    none = F.lit(None).cast("string")
    free = F.col("step_outcome").isNull()
    met = {
        name: F.when(free & passes.may_take_part(each), F.lit(0).cast("bigint"))
        for name, each in passes.passes_with_candidate_counts(match).items()
    }
    found = {"partner": none, "matched_by": none, "had_candidate": F.lit(False), **met,
             "unit_id": none, "gap": F.lit(None).cast("bigint")}  # fmt: skip
    assert {*passes.RESULT_COLUMNS, *met, *groups.RESULT_COLUMNS} == {*found}
    return members.select(
        *columns, *case_tables.RESULT_COLUMNS, *[of.alias(name) for name, of in found.items()]
    )
