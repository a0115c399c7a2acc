"""Suggestions for what stays: one item of a side may be the sum of two to six of the other side.

They go to `candidates` with the pass `SUM`, and pair nothing. The search is bounded and does not
depend on the order of rows. Source: docs/reference/rules.md, "Sums".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from jobs.matching.item_columns import item_id
from schemas.tables import CANDIDATES
from schemas.vocabulary import SUM, Outcome, Reason, Status

#: The search looks at so many items at most, those of the largest amounts first.
ITEMS_MAX = 2_000
#: An item is compared with so many of the other side, the nearest in time first.
NEAREST_MAX = 24
#: A sum has so many parts at most.
PARTS_MAX = 6
_ONE_SIDED = (Reason.INTERNAL_ONLY.value, Reason.STATEMENT_ONLY.value)
_WAITS_OR_BREAKS = (Outcome.SUSPENSE.value, Outcome.BREAK.value)


@dataclass(frozen=True)
class LeftItem:
    """An item without a partner: `amount` in minor units of `currency`, `at` in microseconds."""

    side: str
    item_id: str
    amount: int
    currency: str
    at: int | None


def list_sum_candidates(decided: DataFrame, day: date, channel: str) -> DataFrame:
    """Rows of `candidates` for the one-sided items of a run of which exactly one sum fits."""
    items = _collect_left_items(decided)
    by_id = sorted(items, key=lambda item: item.item_id)
    rows = [
        row
        for item in items
        for parts in [find_parts_among(item, by_id)]
        for row in _describe_parts(item, parts, day, channel)
    ]
    values = [tuple(row[name] for name in CANDIDATES.columns) for row in rows]
    return decided.sparkSession.createDataFrame(values, StructType(CANDIDATES.schema.fields))


def _collect_left_items(decided: DataFrame) -> list[LeftItem]:
    """At most `ITEMS_MAX` paid items that wait or break one-sided."""
    is_left = (
        F.col("outcome").isin(*_WAITS_OR_BREAKS)
        & F.col("reason").isin(*_ONE_SIDED)
        & (F.col("status") == F.lit(Status.SUCCEEDED.value))
        & (F.col("amount") != F.lit(0))
    )
    left = decided.where(is_left).select(
        "side", item_id().alias("id"), "amount", "currency", F.unix_micros("at").alias("at")
    )
    largest = left.orderBy(F.abs("amount").desc(), F.col("side").asc(), F.col("id").asc())
    return [LeftItem(*row) for row in largest.limit(ITEMS_MAX).collect()]


def find_parts(item: LeftItem, items: Sequence[LeftItem]) -> list[LeftItem]:
    """The items of the other side that add up to an item, by id; none unless exactly one sum fits.

    All have the item's currency and direction. One equal item is a better candidate than any sum,
    so then there is none.
    """
    return find_parts_among(item, sorted(items, key=lambda other: other.item_id))


def find_parts_among(item: LeftItem, by_id: Sequence[LeftItem]) -> list[LeftItem]:
    """As `find_parts`, for items in order of their ids."""
    others = [
        other
        for other in by_id
        if other.side != item.side
        and other.currency == item.currency
        and 0 < other.amount * _sign(item) <= item.amount * _sign(item)
    ]
    # Sorting is stable: equally near ones stay in order of their ids.
    nearest = sorted(others, key=lambda other: _microseconds_apart(item, other))[:NEAREST_MAX]
    sums = _find_sums(item.amount, nearest)
    if len(sums) != 1 or len(sums[0]) == 1:
        return []
    return sorted(sums[0], key=lambda part: part.item_id)


def _find_sums(amount: int, items: Sequence[LeftItem]) -> list[list[LeftItem]]:
    """The sums of one to `PARTS_MAX` items, two of them at most.

    Each half of the items has few sums; a sum of both is found by what it lacks. No sum of so many
    amounts is beyond a BIGINT: an amount is at most 10^18 minor units.
    """
    amounts = np.array([item.amount for item in items], np.int64)
    if abs(int(np.sort(np.abs(amounts))[-PARTS_MAX:].sum())) < abs(amount):
        return []
    halves = amounts[::2], amounts[1::2]
    subsets = [_choose(len(half)) for half in halves]
    first, second = (chosen @ half for chosen, half in zip(subsets, halves, strict=True))
    order = np.argsort(first, kind="stable")
    first = first[order]
    begins = np.searchsorted(first, amount - second, "left")
    ends = np.searchsorted(first, amount - second, "right")
    sums: list[list[LeftItem]] = []
    for row in np.flatnonzero(ends > begins):
        others = [items[2 * place + 1] for place in np.flatnonzero(subsets[1][row]).tolist()]
        for hit in order[begins[row] : ends[row]]:
            parts = [items[2 * place] for place in np.flatnonzero(subsets[0][hit]).tolist()]
            if 0 < len(parts) + len(others) <= PARTS_MAX:
                sums.append(parts + others)
            if len(sums) > 1:
                return sums
    return sums


@cache
def _choose(count: int) -> NDArray[np.int64]:
    """The subsets of so many items with `PARTS_MAX` of them at most: a row each, 1 for a member."""
    places = [some for size in range(PARTS_MAX + 1) for some in combinations(range(count), size)]
    subsets = np.zeros((len(places), count), np.int64)
    for row, some in enumerate(places):
        subsets[row, list(some)] = 1
    return subsets


def _sign(item: LeftItem) -> int:
    return 1 if item.amount > 0 else -1


def _microseconds_apart(one: LeftItem, other: LeftItem) -> float:
    return float("inf") if one.at is None or other.at is None else abs(one.at - other.at)


def _describe_parts(
    item: LeftItem, parts: Sequence[LeftItem], day: date, channel: str
) -> Iterator[dict[str, object]]:
    for rank, part in enumerate(parts, start=1):
        apart = _microseconds_apart(item, part)
        yield {
            "run_date": day,
            "channel": channel,
            "pass": SUM,
            "side": item.side,
            "unit_id": item.item_id,
            "candidate_id": part.item_id,
            "rank": rank,
            "candidate_count": len(parts),
            "seconds_apart": None if apart == float("inf") else int(apart) // 1_000_000,
            "amount": part.amount,
            "currency": part.currency,
            "differs": "amount",
        }
