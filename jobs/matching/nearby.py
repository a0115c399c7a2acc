"""Candidates within a time distance, counted without being listed.

Under one key all items of both sides are walked once in the order of time. Each sets out two
probes, at its time less and plus the distance; what the walk has counted of the other side between
the two is how many candidates the item has, and where there is only one, the count at the second
probe is its number in the walk. The limit is included, to the microsecond.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.members import anywhere, is_ours, is_theirs, together

#: The order in which what falls on one microsecond is walked.
_FROM, _ITEM, _TO = -1, 0, 1
#: Microseconds of a second.
MICROS = 1_000_000


def among(key: Sequence[str]) -> list[Column]:
    """What to partition by: items in the pass under one key."""
    return together(*[F.when(F.col("in_pass"), F.col(name)) for name in key])


def met(marked: DataFrame, key: Sequence[str], within_seconds: int) -> DataFrame:
    """Items with how many candidates each has (`met`), and with the one that has no other either
    (`met_partner`). Those `in_pass` have a time and every column of the key.
    """
    counted = _counted(marked, key, within_seconds)
    only = F.when(F.col("met") == F.lit(1), F.col("until"))
    own = F.when(only.isNotNull(), F.col("number"))
    line = F.when(is_theirs(), own).when(is_ours(), only)
    txn = F.when(is_ours(), own).when(is_theirs(), only)
    pair = Window.partitionBy(*among(key), *together(line, txn))
    both = F.count(only).over(pair) == F.lit(2)
    partner = F.when(is_theirs(), F.max(F.when(is_ours(), F.col("id"))).over(pair)).when(
        is_ours(), F.max(F.when(is_theirs(), F.col("id"))).over(pair)
    )
    return counted.withColumn("met_partner", F.when(both, partner))


def _counted(marked: DataFrame, key: Sequence[str], within_seconds: int) -> DataFrame:
    """Items with `met`, their own `number` in the walk, and the other side's count `until` then."""
    part, turn = F.col("in_pass"), F.col("turn")
    probes = F.array(F.lit(_FROM), F.lit(_ITEM), F.lit(_TO))
    turns = F.when(part, probes).when(~part, F.array(F.lit(_ITEM)))
    micros = F.unix_micros("at") + turn * F.lit(within_seconds * MICROS)
    walked = marked.select("*", F.explode(turns).alias("turn")).withColumn("micros", micros)
    so_far = (
        Window.partitionBy(*among(key))
        .orderBy("micros", "turn", "side", "id")
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    is_item = part & (turn == F.lit(_ITEM))
    lines = F.count(F.when(is_item & is_theirs(), F.lit(1))).over(so_far)
    txns = F.count(F.when(is_item & is_ours(), F.lit(1))).over(so_far)
    seen = walked.withColumns({"lines": lines, "txns": txns})
    own = F.when(is_theirs(), F.col("lines")).when(is_ours(), F.col("txns"))
    others = F.when(is_theirs(), F.col("txns")).when(is_ours(), F.col("lines"))
    # An item's three rows stand one after the other: its own between its probes.
    beside = Window.partitionBy(anywhere()).orderBy("side", "id", "turn")
    before = F.when(part, F.lag("others").over(beside))
    until = F.when(part, F.lead("others").over(beside))
    seen = seen.withColumn("others", others)
    told = seen.withColumns({"until": until, "before": before, "number": own})
    counted = told.where(turn == F.lit(_ITEM))
    return counted.withColumn("met", F.col("until") - F.col("before"))
