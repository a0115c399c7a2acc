"""Equal items in a pass without a reference: as many lines as paid transactions, each a candidate
of each and of nobody else, are one unit.

Both functions add `set_txn`, the smallest `txn_id` of an item's set, null without one, and
`set_is_broken`: whether a member broke before.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.matching.item_columns import is_line, is_transaction
from schemas.vocabulary import Status

#: What the sets add to an item, and the columns that they read besides side and id.
RESULT_COLUMNS = ("set_txn", "set_is_broken")
READ_COLUMNS = ("status", "is_broken")


def add_sets_of_key(items: DataFrame, one_key: WindowSpec) -> DataFrame:
    """Sets of a pass without a time limit: all items `in_pass` with one key."""
    takes_part = F.col("in_pass")
    return _add_sets(items, one_key, takes_part, _count(takes_part & is_line(), one_key))


def add_sets_of_time(items: DataFrame, key: Sequence[str]) -> DataFrame:
    """Sets of a pass with a time limit.

    `items` take part in the pass, and have `candidate_count`, `skipped` (how many items of the
    other side lie too far before the first candidate) and `place` (the item's own number on its
    side, from 0). Under one key the candidates of an item are the next `candidate_count` items of
    the other side after the skipped ones. So items of one side with the same two numbers have the
    same candidates, and the items of both sides are a set if each side names just the other.
    """
    same_candidates = Window.partitionBy(*key, "side", "skipped", "candidate_count")
    first = F.min("place").over(same_candidates)
    lines_from = F.when(is_line(), first).when(is_transaction(), F.col("skipped"))
    txns_from = F.when(is_line(), F.col("skipped")).when(is_transaction(), first)
    named = items.withColumns({"lines_from": lines_from, "txns_from": txns_from})
    one_set = Window.partitionBy(*key, "lines_from", "txns_from", "candidate_count")
    return _add_sets(named, one_set, F.lit(True), F.col("candidate_count"))


def _add_sets(
    items: DataFrame, together: WindowSpec, takes_part: Column, count: Column
) -> DataFrame:
    """The sets among items that stand together, with as many of each side as `count` says."""
    unpaid = is_transaction() & (F.col("status") != F.lit(Status.SUCCEEDED.value))
    is_set = (
        (count > F.lit(1))
        & (_count(takes_part & is_line(), together) == count)
        & (_count(takes_part & is_transaction(), together) == count)
        & (_count(takes_part & unpaid, together) == F.lit(0))
    )
    txn = F.min(F.when(takes_part & is_transaction(), F.col("id"))).over(together)
    broken = F.max((takes_part & F.col("is_broken")).cast("int")).over(together) == F.lit(1)
    is_member = takes_part & is_set
    return items.withColumns(
        {"set_txn": F.when(is_member, txn), "set_is_broken": F.when(is_member, broken)}
    )


def _count(condition: Column, together: WindowSpec) -> Column:
    return F.count(F.when(condition, F.lit(1))).over(together)
