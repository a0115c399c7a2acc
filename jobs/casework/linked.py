"""The transactions that lines without one are about, as far as outcomes lead to them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from jobs.lake.tables import Lake
from jobs.matching.linked_transactions import (
    HOPS_MAX,
    find_linked_transactions,
    select_links,
    select_links_of_few,
)

#: Up to so many lines are looked for by their values in one filter, which costs no join.
FEW = 500


def link_few(
    followers: Sequence[Mapping[str, Any]], outcomes: DataFrame
) -> list[tuple[str, date, str]]:
    """`line_id`, `run_date` and `pair_txn_id` of each follower that leads to a transaction; for at
    most `FEW` of them, in one query.

    `outcomes` are those in which to look: of the look-back, and of the rows.
    """
    by_line = defaultdict(list)
    for row in select_links_of_few(outcomes, followers).collect():
        by_line[row["line_id"]].append(
            (row["run_date"], row["txn_id"] or "", row["duplicate_of"] or "")
        )
    linked = []
    for follower in followers:
        named = follower["duplicate_of"]
        for _ in range(HOPS_MAX):
            known = [link for link in by_line[named] if link[0] <= follower["run_date"]]
            _, txn_id, named = max(known, default=(None, "", ""))
            if txn_id:
                linked.append((follower["line_id"], follower["run_date"], txn_id))
            if txn_id or not named:
                break
    return linked


def link_many(lake: Lake, followers: DataFrame, outcomes: DataFrame) -> DataFrame:
    """As `link_few`, for any number of followers, which `select_followers` gives."""
    followers = lake.stage(followers, "followers")
    links = lake.stage(select_links(outcomes, followers), "links")
    return lake.stage(find_linked_transactions(followers, links), "linked")
