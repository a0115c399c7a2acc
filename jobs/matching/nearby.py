"""Candidates within a time distance, counted without being listed.

Under one key all items of both sides are walked once in the order of time. Each sets out two
probes, at its time less and plus the distance; what the walk has counted of the other side between
the two is how many candidates the item has, and the last of them before the second probe is the
only one where there is only one. The limit is included, to the microsecond.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.members import is_ours, is_theirs

#: The order in which what falls on one microsecond is walked.
_FROM, _ITEM, _TO = -1, 0, 1
#: Microseconds of a second.
MICROS = 1_000_000


def among(key: Sequence[str]) -> list[Column]:
    """What to partition by: items in the pass under one key; any other is alone."""
    part = F.col("in_pass")
    alone = [F.when(~part, F.col(name)) for name in ("side", "id")]
    return [*[F.when(part, F.col(name)) for name in key], *alone]


def met(marked: DataFrame, key: Sequence[str], within_seconds: int) -> DataFrame:
    """Items with how many candidates each has (`met`), and with the one that has no other either
    (`met_partner`). Those `in_pass` have a time and every column of the key.
    """
    counted = _counted(marked, key, within_seconds).withColumn(
        "only", F.when(F.col("met") == F.lit(1), F.col("other"))
    )
    line = F.when(is_theirs(), F.col("id")).when(is_ours(), F.col("only"))
    txn = F.when(is_ours(), F.col("id")).when(is_theirs(), F.col("only"))
    both = F.count("only").over(Window.partitionBy(line, txn)) == F.lit(2)
    return counted.withColumn("met_partner", F.when(both, F.col("only")))


def _counted(marked: DataFrame, key: Sequence[str], within_seconds: int) -> DataFrame:
    """Items with `met`, and with the last of the candidates as `other`."""
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
    counts = part & (turn == F.lit(_ITEM))
    line, txn = F.when(counts & is_theirs(), F.col("id")), F.when(counts & is_ours(), F.col("id"))
    seen = walked.withColumns(
        {
            "lines": F.count(line).over(so_far),
            "txns": F.count(txn).over(so_far),
            "line": F.last(line, ignorenulls=True).over(so_far),
            "txn": F.last(txn, ignorenulls=True).over(so_far),
        }
    )
    others = F.when(is_theirs(), F.col("txns")).when(is_ours(), F.col("lines"))
    other = F.when(is_theirs(), F.col("txn")).when(is_ours(), F.col("line"))
    own = Window.partitionBy("side", "id")
    until = F.max(F.when(turn == F.lit(_TO), others)).over(own)
    before = F.max(F.when(turn == F.lit(_FROM), others)).over(own)
    last = F.max(F.when(turn == F.lit(_TO), other)).over(own)
    return seen.withColumns({"met": until - before, "other": last}).where(turn == F.lit(_ITEM))
