"""Which participants share a key of some step with another one: steps 3 to 5 look at no others.

On a large day most of what is left to the steps shares none, and need not be ranked and counted.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import (
    COPY_CLASS,
    DIRECTED_KIND,
    is_line,
    is_transaction,
    match_key,
    step_columns,
)
from jobs.matching.steps import passes
from schemas.profile.match_rules import Match
from schemas.vocabulary import normalized_column

ID = ("id", "side")
#: Columns that are equal, and which participants may be compared with each other by them.
Keys = Mapping[tuple[str, ...], Column]
_REFERENCES = ((DIRECTED_KIND, "our_ref_norm"), (DIRECTED_KIND, "channel_ref_norm"))


def with_shared_keys(participants: DataFrame, match: Match, has_copies: bool) -> DataFrame:
    """`ID` of the participants that share a key of some step with another one, one row each, and
    `has_duplicate_candidates`: whether two of one side share one of its references. A null is no
    key.

    Keys are compared by hashes of 64 bits: two that share one by chance bring in more, never less.
    """
    hashed = reduce(
        DataFrame.unionByName,
        [
            participants.where(may).select(
                *ID,
                F.xxhash64(F.lit(number), *key).alias("key_hash"),
                F.lit(key in _REFERENCES).alias("is_reference"),
            )
            for number, (key, may) in enumerate(_keys(match, has_copies).items())
        ],
    )
    counts = {"lines": is_line(), "txns": is_transaction()}
    counted = hashed.groupBy("key_hash").agg(
        *[F.count(F.when(side, F.lit(1))).alias(name) for name, side in counts.items()]
    )
    several = counted.where(F.col("lines") + F.col("txns") > F.lit(1))
    is_repeated = (F.col("lines") > F.lit(1)) | (F.col("txns") > F.lit(1))
    shared = several.select("key_hash", is_repeated.alias("is_repeated"))
    sharing = hashed.join(shared, on="key_hash", how="inner")
    # A part of a payment meets the transaction already among the duplicates.
    is_sum = F.lit(match.captures)
    has_candidates = F.max(F.col("is_reference") & (F.col("is_repeated") | is_sum))
    return sharing.groupBy(*ID).agg(has_candidates.alias("has_duplicate_candidates"))


def _keys(match: Match, has_copies: bool) -> Keys:
    """What participants share in some step; passes may ask different things of one key."""
    keys: dict[tuple[str, ...], Column] = {key: _is_complete(key) for key in _REFERENCES}
    for rule in match.passes:
        key, may = tuple(match_key(rule)), passes.may_take_part(rule)
        keys[key] = keys[key] | may if key in keys else may
    if has_copies and COPY_CLASS in step_columns(match):
        # A possible copy looks whether its original is settled, in whatever status that is.
        keys[COPY_CLASS,] = F.col(COPY_CLASS).isNotNull()
    # A payment and its void share our_ref, whatever their kinds and directions.
    keys["our_ref_norm",] = F.col("our_ref_norm").isNotNull()
    for group in match.groups:
        keys.setdefault(
            (normalized_column(group.on),), _is_complete((normalized_column(group.on),))
        )
    return keys


def _is_complete(key: Sequence[str]) -> Column:
    return reduce(and_, [F.col(name).isNotNull() for name in key])


def unmatched_without_candidates(
    participants: DataFrame, columns: Sequence[str], match: Match
) -> DataFrame:
    """Participants that share no key (`columns`, those of `case_tables`) with the columns of passes
    and groups: no partner, no candidate, no group.
    """
    none = F.lit(None).cast("string")
    free = F.col("step_outcome").isNull()
    rivals = {
        name: F.when(free & passes.may_take_part(rule), F.lit(0).cast("bigint"))
        for name, rule in passes.passes_with_candidate_counts(match).items()
    }
    results = {"partner": none, "had_candidate": F.lit(False), **rivals}
    assert {*passes.RESULT_COLUMNS, *rivals} == {*results}
    return participants.select(
        *columns,
        *case_tables.RESULT_COLUMNS,
        *[column.alias(name) for name, column in results.items()],
    )
