"""Candidates within a time distance, counted without being listed.

Under one key all items of both sides stand in the order of time. How many candidates an item has is
how many of the other side come by its time and the distance, less how many come before its time
less the distance: two counts that only grow along the order. The limit is included, to the
microsecond.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.members import is_ours, is_theirs, together

#: Microseconds of a second.
MICROS = 1_000_000
#: A time as a text that is in order as times are: microseconds since the year 0, in so many digits.
_YEAR_0, _DIGITS = 62_167_219_200 * MICROS, 18


def among(key: Sequence[str]) -> list[Column]:
    """What to partition by: items in the pass under one key."""
    return together(*[F.when(F.col("in_pass"), F.col(name)) for name in key])


def met(marked: DataFrame, key: Sequence[str], within_seconds: int) -> DataFrame:
    """Items with how many candidates each has (`met`), and with the one that has no other either
    (`met_partner`). Those `in_pass` have a time and every column of the key.
    """
    part, within = F.col("in_pass"), within_seconds * MICROS
    micros = F.coalesce(F.when(part, F.unix_micros("at")), F.lit(0))
    # In columns of their own, so that engines see that all windows are over the same.
    under = {f"near_{number}": column for number, column in enumerate(among(key))}
    in_order = Window.partitionBy(*under).orderBy("micros")
    until = in_order.rangeBetween(Window.unboundedPreceding, within)
    before = in_order.rangeBetween(Window.unboundedPreceding, -within - 1)
    line, txn = part & is_theirs(), part & is_ours()
    near = {
        name: F.count(_one(side)).over(until) - F.count(_one(side)).over(before)
        for name, side in (("lines", line), ("txns", txn))
    }
    candidates = F.when(line, F.col("txns")).when(txn, F.col("lines"))
    counted = marked.withColumns({**under, "micros": micros}).withColumns(near)
    counted = counted.withColumn("met", candidates)
    # The last that comes by an item's time and the distance is its only candidate, if it has one.
    # Where that one has others, it is passed over for an earlier one, which is not near.
    sole = F.col("met") == F.lit(1)
    placed = F.concat(F.lpad((F.col("micros") + F.lit(_YEAR_0)).cast("string"), _DIGITS, "0"), "id")
    lasts = {
        name: F.max(F.when(sole & side, placed)).over(until)
        for name, side in (("line", line), ("txn", txn))
    }
    other = F.when(sole & line, F.col("txn")).when(sole & txn, F.col("line"))
    told = counted.withColumns(lasts).withColumn("other", other)
    at = F.substr("other", F.lit(1), F.lit(_DIGITS)).cast("bigint") - F.lit(_YEAR_0)
    is_near = at >= F.col("micros") - F.lit(within)
    return told.withColumn("met_partner", F.when(is_near, F.substr("other", F.lit(_DIGITS + 1))))


def _one(holds: Column) -> Column:
    return F.when(holds, F.lit(1))
