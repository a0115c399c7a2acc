"""A pass with a time limit: counts an item's candidates without listing them.

Under one key all items of both sides stand in the order of time. Two running counts from either end
suffice: the items of the other side up to an item, less those that are too far away. So the cost
does not depend on the number of candidates. The limit is included, to the microsecond. Measured
costs: benchmarks/matching.md.
"""

from collections.abc import Callable, Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.matching.item_columns import is_line, is_transaction
from jobs.matching.steps.pairs import interchangeable

#: Microseconds of a second.
MICROS = 1_000_000
#: A time as text that sorts as times do: microseconds since the year 0, always in 18 digits.
_YEAR_0, _DIGITS = 62_167_219_200 * MICROS, 18


def match_within_time(
    items: DataFrame, key: Sequence[str], within_seconds: int, finds_sets: bool
) -> DataFrame:
    """Adds `candidate_count`, and `sole_candidate`: the id of a candidate that has no other either.

    `finds_sets` adds the columns of `interchangeable`, too. All are null for items that are not
    `in_pass`. Items in the pass have a time and every column of the key. The frame is read twice:
    whole, and the items in the pass in few columns.
    """
    read = interchangeable.READ_COLUMNS if finds_sets else ()
    counted = _count_candidates(items.where("in_pass"), key, within_seconds * MICROS, read)
    if finds_sets:
        counted = interchangeable.add_sets_of_time(counted, key)
    counted = counted.select(
        F.col("id").alias("counted_id"),
        F.col("side").alias("counted_side"),
        "candidate_count",
        "sole_candidate",
        *(interchangeable.RESULT_COLUMNS if finds_sets else ()),
    )
    is_same = (F.col("id") == F.col("counted_id")) & (F.col("side") == F.col("counted_side"))
    return items.join(counted, on=is_same, how="left")


def _count_candidates(
    items: DataFrame, key: Sequence[str], within: int, read: Sequence[str]
) -> DataFrame:
    """Side, id, the columns `read` and those of `match_within_time` of the items, with `skipped`
    and `place` of `interchangeable`; `within` in microseconds.
    """
    under, start = Window.partitionBy(*key), Window.unboundedPreceding
    order = ("micros", "side", "id")
    up = under.orderBy(*order).rowsBetween(start, Window.currentRow)
    down = under.orderBy(*map(F.desc, order)).rowsBetween(start, Window.currentRow)
    far_up = under.orderBy("micros").rangeBetween(start, -within - 1)
    far_down = under.orderBy(F.desc("micros")).rangeBetween(start, -within - 1)
    items = items.select(*key, "side", "id", *read, F.unix_micros("at").alias("micros"))
    for name, all_up_to, too_far in (("before", up, far_up), ("after", down, far_down)):
        items = items.withColumn(name, _count_others(all_up_to) - _count_others(too_far))
    items = items.withColumn("candidate_count", F.col("before") + F.col("after"))
    if read:
        own = F.when(is_line(), _count(is_line(), up)).when(
            is_transaction(), _count(is_transaction(), up)
        )
        items = items.withColumns({"skipped": _count_others(far_up), "place": own - F.lit(1)})
    # A sole candidate is the last item of the other side on one of the two ways. If that item has
    # other candidates, it is left out, and the one before it is too far away.
    sole = F.col("candidate_count") == F.lit(1)
    since = F.lpad((F.col("micros") + F.lit(_YEAR_0)).cast("string"), _DIGITS, "0")
    time_and_id = F.when(sole, F.concat(since, "id"))
    items = items.withColumn(
        "next", _of_others(lambda it: F.min(F.when(it, time_and_id)).over(down))
    )
    items = items.withColumn("last", _of_others(lambda it: F.max(F.when(it, time_and_id)).over(up)))
    candidate = F.coalesce(_id_if_near("last", within), _id_if_near("next", within))
    return items.withColumn("sole_candidate", F.when(sole, candidate))


def _id_if_near(time_and_id: str, within: int) -> Column:
    """The id in a text of time and id, if that time is near the item's; else null."""
    at = F.substr(time_and_id, F.lit(1), F.lit(_DIGITS)).cast("bigint") - F.lit(_YEAR_0)
    is_near = F.abs(at - F.col("micros")) <= F.lit(within)
    return F.when(is_near, F.substr(time_and_id, F.lit(_DIGITS + 1)))


def _count_others(rows: WindowSpec) -> Column:
    """How many items of the other side are in a window."""
    return _of_others(lambda it: _count(it, rows))


def _count(condition: Column, rows: WindowSpec) -> Column:
    return F.count(F.when(condition, F.lit(1))).over(rows)


def _of_others(aggregate: Callable[[Column], Column]) -> Column:
    """An aggregate of the other side's items; `aggregate` takes the condition that selects them."""
    return F.when(is_line(), aggregate(is_transaction())).when(
        is_transaction(), aggregate(is_line())
    )
