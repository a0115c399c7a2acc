"""The transaction that a line without one is about: that of the line which it repeats or replaces.

A later state, a duplicate and a reversal name a line in `duplicate_of`. That line stands in a pair,
or itself names an earlier line.
"""

from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

#: A line may replace a line that replaced a line ...; nobody sends more states of one payment.
HOPS_MAX = 4
_MARKS = ("our_mark", "channel_mark")
_LINK = ("line_id", "run_date", "txn_id", "duplicate_of", *_MARKS)


def select_followers(outcomes: DataFrame) -> DataFrame:
    """Rows of lines without a transaction that name another line: what has to be linked."""
    is_follower = F.col("txn_id").isNull() & F.col("duplicate_of").isNotNull()
    return outcomes.where(is_follower).select(*_LINK)


def select_links(outcomes: DataFrame, followers: DataFrame) -> DataFrame:
    """The rows of `outcomes` that may lead from `followers` to a transaction, and a few others.

    A line and the line that it names share a reference, or the one voids the other, or neither has
    a reference.
    """
    lines = outcomes.where(F.col("line_id").isNotNull()).select(*_LINK, "void_mark")
    keys = {
        name: followers.where(F.col(name).isNotNull()).select(name).distinct() for name in _MARKS
    }
    sharing = [lines.join(keys[name], on=name, how="left_semi") for name in _MARKS]
    has_reference = reduce(or_, [F.col(name).isNotNull() for name in _MARKS])
    bare_names = followers.where(~has_reference).select(F.col("duplicate_of").alias("line_id"))
    sharing += [
        lines.where(F.col("void_mark").isNotNull()),
        lines.where(~has_reference).join(bare_names.distinct(), on="line_id", how="left_semi"),
    ]
    links = reduce(DataFrame.unionByName, [frame.select(*_LINK[:4]) for frame in sharing])
    return links.distinct()


def select_links_of_few(outcomes: DataFrame, followers: Collection[Mapping[str, Any]]) -> DataFrame:
    """`select_links`, for so few followers that their values stand in the filter itself."""
    wanted = F.col("void_mark").isNotNull()
    for column, name in (*zip(_MARKS, _MARKS, strict=True), ("line_id", "duplicate_of")):
        values = sorted({row[name] for row in followers if row[name] is not None})
        if values:
            wanted = wanted | F.col(column).isin(values)
    lines = outcomes.where(F.col("line_id").isNotNull() & wanted)
    return lines.select(*_LINK[:4])


def find_linked_transactions(followers: DataFrame, links: DataFrame) -> DataFrame:
    """One row per follower and run date that leads to a transaction: `line_id`, `run_date`,
    `pair_txn_id`.

    A link counts from its own run date on, so that later runs change nothing about earlier rows.
    """
    named = links.select(
        F.col("line_id").alias("named_line"),
        F.col("run_date").alias("linked_on"),
        F.struct("run_date", "txn_id", "duplicate_of").alias("link"),
    )
    pending = followers.select("line_id", "run_date", F.col("duplicate_of").alias("named_line"))
    hops = []
    for _ in range(HOPS_MAX):
        is_known = F.col("linked_on") <= F.col("run_date")
        latest = (
            pending.join(named, on="named_line", how="inner")
            .where(is_known)
            .groupBy("line_id", "run_date")
            .agg(F.max("link").alias("link"))
        )
        hops.append(latest.select("line_id", "run_date", F.col("link.txn_id").alias("pair_txn_id")))
        pending = latest.where(F.col("link.txn_id").isNull()).select(
            "line_id", "run_date", F.col("link.duplicate_of").alias("named_line")
        )
    linked = reduce(DataFrame.unionByName, hops)
    return linked.where(F.col("pair_txn_id").isNotNull())
