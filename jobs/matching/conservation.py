"""Conservation check: every row and amount that goes into a run stands once in its outcomes.

The check sums both sides by currency: rows, amounts, and two sums over the halves of a hash of each
id. The hash sums differ if one id is missing, doubled or replaced. Source: docs/reference/rules.md.
"""

from collections.abc import Iterable
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.money import sum_amounts
from schemas.vocabulary import Side

#: (side, currency) -> rows, amount in minor units, low and high sums of hashed ids.
Totals = dict[tuple[str, str | None], tuple[int, int, int, int]]
_LOW = 2**32 - 1


def sum_inputs(lines: DataFrame, transactions: DataFrame, carried_forward: DataFrame) -> DataFrame:
    """Sums what goes in: today's lines and transactions, and the items carried forward.

    One row per side and currency, amounts in minor units; `today` counts the rows that are not
    carried forward.
    """
    today = _select_side(lines, Side.STATEMENT, "line_id").unionByName(
        _select_side(transactions, Side.INTERNAL, "txn_id")
    )
    item_id = F.coalesce("txn_id", "line_id").alias("id")
    items = carried_forward.select("side", "currency", "amount", item_id)
    rows = today.withColumn("today", F.lit(1)).unionByName(items.withColumn("today", F.lit(0)))
    sums = (*_sums("amount", "id"), F.sum("today").alias("today"))
    return rows.groupBy("side", "currency").agg(*sums)


def _select_side(items: DataFrame, side: Side, item_id: str) -> DataFrame:
    return items.select(
        F.lit(side.value).alias("side"), "currency", "amount", F.col(item_id).alias("id")
    )


def sum_outcomes(rows: DataFrame, *aggregates: Column) -> DataFrame:
    """Sums what came out: one row per outcome and pair of currencies, with the sums of each side.

    `aggregates` are further ones that a caller needs of the same groups.
    """
    return rows.groupBy("outcome", "currency", "internal_currency").agg(
        *_sums("internal_amount", "txn_id", "internal_"),
        *_sums("statement_amount", "line_id", "statement_"),
        *aggregates,
    )


def _sums(amount: str, item_id: str, prefix: str = "") -> list[Column]:
    id_hash = F.when(F.col(item_id).isNotNull(), F.xxhash64(item_id))
    return [
        F.count(item_id).alias(f"{prefix}rows"),
        sum_amounts(F.col(amount)).alias(f"{prefix}amount"),
        F.sum(id_hash.bitwiseAND(F.lit(_LOW))).alias(f"{prefix}low"),
        F.sum(F.shiftright(id_hash, 32)).alias(f"{prefix}high"),
    ]


def input_totals(rows: Iterable[Any]) -> Totals:
    """Totals of the rows of `sum_inputs`, by side and currency."""
    return _add_up((row["side"], row["currency"], row, "") for row in rows)


def outcome_totals(rows: Iterable[Any]) -> Totals:
    """Totals of the rows of `sum_outcomes`, by side and currency."""
    sums = list(rows)
    internal = [(Side.INTERNAL.value, row["internal_currency"], row, "internal_") for row in sums]
    statement = [(Side.STATEMENT.value, row["currency"], row, "statement_") for row in sums]
    return _add_up([*internal, *statement])


def _add_up(parts: Iterable[tuple[str, str | None, Any, str]]) -> Totals:
    out: Totals = {}
    for side, currency, row, prefix in parts:
        if row[f"{prefix}rows"]:
            names = ("rows", "amount", "low", "high")
            values = [int(row[f"{prefix}{name}"] or 0) for name in names]
            former = out.get((side, currency), (0, 0, 0, 0))
            rows, amount, low, high = [a + b for a, b in zip(former, values, strict=True)]
            out[side, currency] = (rows, amount, low, high)
    return out


def find_differences(inputs: Totals, outcomes: Totals) -> list[str]:
    """A message for each side and currency whose totals differ; empty if nothing was lost."""
    messages = []
    for key in sorted({*inputs, *outcomes}, key=str):
        before, after = (
            inputs.get(key, (0, 0, 0, 0)),
            outcomes.get(key, (0, 0, 0, 0)),
        )
        side, currency = key
        if before[:2] != after[:2]:
            messages.append(
                f"{side} {currency}: {before[0]} rows of {before[1]} minor units went in,"
                f" {after[0]} of {after[1]} came out"
            )
        elif before != after:
            messages.append(
                f"{side} {currency}: {before[0]} rows came out, but not the ones that went"
                " in: one stands twice and another is lost"
            )
    return messages
