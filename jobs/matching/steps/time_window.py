"""Candidates within a time distance, counted without being listed.

Under one key all items of both sides stand in the order of time, and are walked from either end. An
item's candidates on the way to it are the other side's items that were passed, less those that were
passed before the distance: two counts that only grow; nobody is held against each candidate. The
limit is included, to the microsecond. What it costs by items: benchmarks/matching.md.
"""

from collections.abc import Callable, Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.matching.item_columns import is_line, is_transaction

#: Microseconds of a second.
MICROS = 1_000_000
#: A time as a text that is in order as times are: microseconds since the year 0, in so many digits.
_YEAR_0, _DIGITS = 62_167_219_200 * MICROS, 18


def match_within_time(marked: DataFrame, key: Sequence[str], within_seconds: int) -> DataFrame:
    """Items with how many candidates each has (`met`), and with the one that has no other either
    (`met_partner`); both are null for who is not `in_pass`. Who is has a time and every column of
    the key.

    The frame is read twice: whole, and those in the pass in the few columns that they walk with.
    """
    walked = _walked(marked.where("in_pass"), key, within_seconds * MICROS)
    told = walked.select(
        F.col("id").alias("met_id"), F.col("side").alias("met_side"), "met", "met_partner"
    )
    same = (F.col("id") == F.col("met_id")) & (F.col("side") == F.col("met_side"))
    return marked.join(told, on=same, how="left")


def _walked(items: DataFrame, key: Sequence[str], within: int) -> DataFrame:
    """Side and id of each item in the pass, with what `met` tells; `within` in microseconds."""
    under, start = Window.partitionBy(*key), Window.unboundedPreceding
    order = ("micros", "side", "id")
    up = under.orderBy(*order).rowsBetween(start, Window.currentRow)
    down = under.orderBy(*map(F.desc, order)).rowsBetween(start, Window.currentRow)
    far_up = under.orderBy("micros").rangeBetween(start, -within - 1)
    far_down = under.orderBy(F.desc("micros")).rangeBetween(start, -within - 1)
    items = items.select(*key, "side", "id", F.unix_micros("at").alias("micros"))
    for name, so_far, too_far in (("before", up, far_up), ("after", down, far_down)):
        items = items.withColumn(name, _passed(so_far) - _passed(too_far))
    items = items.withColumn("met", F.col("before") + F.col("after"))
    # Who has one candidate has it as the last one passed on one of the ways. Where that one has
    # others, it is left out, and the one before it is not near.
    sole = F.col("met") == F.lit(1)
    since = F.lpad((F.col("micros") + F.lit(_YEAR_0)).cast("string"), _DIGITS, "0")
    placed = F.when(sole, F.concat(since, "id"))
    told = items.withColumn("next", _of_others(lambda it: F.min(F.when(it, placed)).over(down)))
    told = told.withColumn("last", _of_others(lambda it: F.max(F.when(it, placed)).over(up)))
    partner = F.coalesce(_near("last", within), _near("next", within))
    return told.withColumn("met_partner", F.when(sole, partner))


def _near(placed: str, within: int) -> Column:
    """The id of who is placed there, if its time is near an item's."""
    at = F.substr(placed, F.lit(1), F.lit(_DIGITS)).cast("bigint") - F.lit(_YEAR_0)
    is_near = F.abs(at - F.col("micros")) <= F.lit(within)
    return F.when(is_near, F.substr(placed, F.lit(_DIGITS + 1)))


def _passed(way: WindowSpec) -> Column:
    """How many of the other side's items lie on a way."""
    return _of_others(lambda it: F.count(F.when(it, F.lit(1))).over(way))


def _of_others(told: Callable[[Column], Column]) -> Column:
    """What is told of the other side's items, by whether an item is one."""
    return F.when(is_line(), told(is_transaction())).when(is_transaction(), told(is_line()))
