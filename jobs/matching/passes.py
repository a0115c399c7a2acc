"""Passes: each over what the earlier ones left; a pair only where each is the other's only one.

Adds `partner` (the other side's id), `matched_by` (the pass) and `rival` (had a candidate in some
pass). Candidates of a pass are counted by key and never listed, so a key with very many items
costs no more than its items.
"""

from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.profile import Match, Pass
from schemas.vocabulary import Reference, Side, Status, normalized


def paired(members: DataFrame, match: Match) -> DataFrame:
    """Members with `partner`, `matched_by` and `rival`, after all passes in order."""
    none = F.lit(None).cast("string")
    frame = members.select(
        "*", none.alias("partner"), none.alias("matched_by"), F.lit(False).alias("rival")
    )
    for each in match.passes:
        frame = _passed(frame, each)
    return frame


def _key(each: Pass) -> list[str]:
    return ["kind"] + [normalized(name) if name in tuple(Reference) else name for name in each.on]


def _takes_part(each: Pass) -> Column:
    """Who takes part in a pass: what is unsettled, unpaired and has every value of the key."""
    free = F.col("settled").isNull() & F.col("partner").isNull()
    complete = reduce(and_, [F.col(name).isNotNull() for name in _key(each)])
    if each.has_reference:
        return free & complete
    line = (
        (F.col("side") == F.lit(Side.STATEMENT.value))
        & F.col("our_ref_norm").isNull()
        & (F.col("status") == F.lit(Status.SUCCEEDED.value))
    )
    ours = (F.col("side") == F.lit(Side.INTERNAL.value)) & F.col("status").isin(
        Status.SUCCEEDED.value, Status.PENDING.value
    )
    return free & complete & (line | ours)


def _passed(frame: DataFrame, each: Pass) -> DataFrame:
    key = _key(each)
    marked = frame.select("*", _takes_part(each).alias("in_pass"))
    line = F.col("side") == F.lit(Side.STATEMENT.value)
    met = (
        marked.where(F.col("in_pass"))
        .groupBy(*key)
        .agg(
            F.sum(line.cast("int")).alias("met_lines"),
            F.sum((~line).cast("int")).alias("met_txns"),
            F.max("line_id").alias("met_line"),
            F.max("txn_id").alias("met_txn"),
        )
        .where((F.col("met_lines") > F.lit(0)) & (F.col("met_txns") > F.lit(0)))
    )
    names = [F.col(name).alias(f"met_{name}") for name in key]
    met = met.select(*names, "met_lines", "met_txns", "met_line", "met_txn")
    same = [F.col(name) == F.col(f"met_{name}") for name in key]
    joined = marked.join(met, on=reduce(and_, [F.col("in_pass"), *same]), how="left")
    sole = (F.col("met_lines") == F.lit(1)) & (F.col("met_txns") == F.lit(1))
    other = F.when(sole & line, F.col("met_txn")).when(sole & ~line, F.col("met_line"))
    kept = [name for name in frame.columns if name not in ("partner", "matched_by", "rival")]
    return joined.select(
        *kept,
        F.coalesce("partner", other).alias("partner"),
        F.coalesce("matched_by", F.when(sole, F.lit(each.name))).alias("matched_by"),
        (F.col("rival") | F.col("met_lines").isNotNull()).alias("rival"),
    )
