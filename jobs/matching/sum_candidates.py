"""Suggestions for what stays: one item of a side may be the sum of two to six of the other side.

They go to `candidates` with the pass `SUM`, and pair nothing. The search is bounded and does not
depend on the order of rows. Source: docs/reference/rules.md, "Sums".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

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
    rows = [
        row
        for item in items
        for parts in [find_parts(item, items)]
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
    others = [
        other
        for other in items
        if other.side != item.side
        and other.currency == item.currency
        and 0 < other.amount * _sign(item) <= item.amount * _sign(item)
    ]
    nearest = sorted(others, key=lambda other: (_microseconds_apart(item, other), other.item_id))
    sums = list(_find_sums(item.amount, nearest[:NEAREST_MAX]))
    if len(sums) != 1 or len(sums[0]) == 1:
        return []
    return sorted(sums[0], key=lambda part: part.item_id)


def _find_sums(amount: int, items: Sequence[LeftItem]) -> Iterator[tuple[LeftItem, ...]]:
    """All sums of one to `PARTS_MAX` items, two at most.

    Each half of the items has few sums; a sum of both is found by what it lacks.
    """
    halves = items[::2], items[1::2]
    by_sum: dict[int, list[tuple[LeftItem, ...]]] = {}
    for parts in _choose(halves[0]):
        by_sum.setdefault(sum(part.amount for part in parts), []).append(parts)
    count = 0
    for others in _choose(halves[1]):
        for parts in by_sum.get(amount - sum(part.amount for part in others), ()):
            if 0 < len(parts) + len(others) <= PARTS_MAX:
                yield (*parts, *others)
                count += 1
                if count > 1:
                    return


def _choose(items: Sequence[LeftItem]) -> Iterator[tuple[LeftItem, ...]]:
    for count in range(PARTS_MAX + 1):
        yield from combinations(items, count)


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
