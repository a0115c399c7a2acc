"""Nothing is lost and nothing doubled: what went into a run is what stands in its outcomes.

Both sides are summed by currency: rows, amounts, and two sums over the halves of a hash of each id,
which differ as soon as one id is missing, doubled or another's. Source: docs/reference/rules.md.
"""

from collections.abc import Iterable
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.vocabulary import Side

#: (side, currency) -> rows, amount in minor units, low and high sums of hashed ids.
Sums = dict[tuple[str, str | None], tuple[int, int, int, int]]
_HALF = 2**32


def of_members(items: DataFrame) -> DataFrame:
    """What goes in: one row per side and currency."""
    own_id = F.coalesce("txn_id", "line_id").alias("id")
    return _summed(items.select("side", "currency", "amount", own_id))


def of_outcomes(rows: DataFrame) -> DataFrame:
    """What came out: one row per side and currency."""
    ours = rows.where(F.col("txn_id").isNotNull()).select(
        F.lit(Side.INTERNAL.value).alias("side"),
        F.col("internal_currency").alias("currency"),
        F.col("internal_amount").alias("amount"),
        F.col("txn_id").alias("id"),
    )
    theirs = rows.where(F.col("line_id").isNotNull()).select(
        F.lit(Side.STATEMENT.value).alias("side"),
        F.col("currency"),
        F.col("statement_amount").alias("amount"),
        F.col("line_id").alias("id"),
    )
    return _summed(ours.unionByName(theirs))


def _summed(items: DataFrame) -> DataFrame:
    hashed = F.xxhash64("id")
    low = F.pmod(hashed, F.lit(_HALF))
    return items.groupBy("side", "currency").agg(
        F.count("*").alias("rows"),
        _exact(F.col("amount")).alias("amount"),
        F.sum(low).alias("low"),
        F.sum(F.shiftright(hashed, 32)).alias("high"),
    )


def _exact(amount: Column) -> Column:
    return F.sum(amount.cast("decimal(38,0)"))


def collected(rows: Iterable[Any]) -> Sums:
    """Rows of sums by side and currency."""
    return {
        (row["side"], row["currency"]): (
            int(row["rows"]),
            int(row["amount"]),
            int(row["low"]),
            int(row["high"]),
        )
        for row in rows
    }


def faults(went_in: Sums, came_out: Sums) -> list[str]:
    """What does not agree, in words; empty where all is conserved."""
    out = []
    for key in sorted({*went_in, *came_out}, key=str):
        before, after = went_in.get(key, (0, 0, 0, 0)), came_out.get(key, (0, 0, 0, 0))
        side, currency = key
        if before[:2] != after[:2]:
            out.append(
                f"{side} {currency}: {before[0]} rows of {before[1]} minor units went in,"
                f" {after[0]} of {after[1]} came out"
            )
        elif before != after:
            out.append(
                f"{side} {currency}: {before[0]} rows came out, but not the ones that went"
                " in: one stands twice and another is lost"
            )
    return out
