"""Nothing is lost and nothing doubled: what went into a run is what stands in its outcomes.

Both sides are summed by currency: rows, amounts, and two sums over the halves of a hash of each id,
which differ as soon as one id is missing, doubled or another's. Source: docs/reference/rules.md.
"""

from collections.abc import Iterable
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.money import summed
from schemas.vocabulary import Side

#: (side, currency) -> rows, amount in minor units, low and high sums of hashed ids.
Sums = dict[tuple[str, str | None], tuple[int, int, int, int]]
_LOW = 2**32 - 1


def of_inputs(lines: DataFrame, transactions: DataFrame, others: DataFrame) -> DataFrame:
    """What goes in: the lines and transactions of today, and `others` among the members."""
    today = _of_side(lines, Side.STATEMENT, "line_id").unionByName(
        _of_side(transactions, Side.INTERNAL, "txn_id")
    )
    own_id = F.coalesce("txn_id", "line_id").alias("id")
    return _summed(today.unionByName(others.select("side", "currency", "amount", own_id)))


def _of_side(items: DataFrame, side: Side, own_id: str) -> DataFrame:
    return items.select(
        F.lit(side.value).alias("side"), "currency", "amount", F.col(own_id).alias("id")
    )


def of_outcomes(rows: DataFrame, *others: Column) -> DataFrame:
    """What came out: one row per outcome and currencies of the sides, sums of each side beside it.

    `others` are further aggregates that a caller wants of the same groups.
    """
    return rows.groupBy("outcome", "currency", "internal_currency").agg(
        *_sums("internal_amount", "txn_id", "ours_"),
        *_sums("statement_amount", "line_id", "theirs_"),
        *others,
    )


def _summed(items: DataFrame) -> DataFrame:
    return items.groupBy("side", "currency").agg(*_sums("amount", "id"))


def _sums(amount: str, own_id: str, prefix: str = "") -> list[Column]:
    hashed = F.when(F.col(own_id).isNotNull(), F.xxhash64(own_id))
    return [
        F.count(own_id).alias(f"{prefix}rows"),
        summed(F.col(amount)).alias(f"{prefix}amount"),
        F.sum(hashed.bitwiseAND(F.lit(_LOW))).alias(f"{prefix}low"),
        F.sum(F.shiftright(hashed, 32)).alias(f"{prefix}high"),
    ]


def collected(rows: Iterable[Any]) -> Sums:
    """Rows of `of_inputs` by side and currency."""
    return _added((row["side"], row["currency"], row, "") for row in rows)


def came_out(rows: Iterable[Any]) -> Sums:
    """Rows of `of_outcomes` by side and currency."""
    found = list(rows)
    ours = [(Side.INTERNAL.value, row["internal_currency"], row, "ours_") for row in found]
    theirs = [(Side.STATEMENT.value, row["currency"], row, "theirs_") for row in found]
    return _added([*ours, *theirs])


def _added(parts: Iterable[tuple[str, str | None, Any, str]]) -> Sums:
    out: Sums = {}
    for side, currency, row, prefix in parts:
        if row[f"{prefix}rows"]:
            names = ("rows", "amount", "low", "high")
            values = [int(row[f"{prefix}{name}"] or 0) for name in names]
            before = out.get((side, currency), (0, 0, 0, 0))
            rows, amount, low, high = [a + b for a, b in zip(before, values, strict=True)]
            out[side, currency] = (rows, amount, low, high)
    return out


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
