"""The rows of `breaks.csv`: which ones, in which order, with which cells."""

from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.exports.breaks import HEADINGS, render_rows, sorted_breaks
from jobs.reports.labels import ACTION_LABELS, REASON_LABELS
from jobs.reports.money_text import Money
from schemas.tables import OUTCOMES
from schemas.vocabulary import Action, Reason
from tests.support.export_ledger import (
    amount_break,
    internal_only,
    outcome,
    outcome_frame,
    statement_only,
)


def table(spark: SparkSession, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """The rendered rows, by heading."""
    return [
        {heading.text: cell.text if isinstance(cell, Money) else cell
         for heading, cell in zip(HEADINGS, row, strict=True)}
        for row in render_rows(sorted_breaks(outcome_frame(spark, *rows)).collect())
    ]  # fmt: skip


def test_every_reason_and_action_has_a_label() -> None:
    """A new code without a label fails here."""
    assert set(REASON_LABELS) == set(Reason)
    assert set(ACTION_LABELS) == set(Action)


def test_pair_with_different_amounts(spark: SparkSession) -> None:
    """60.00 in our books, 59.00 on the statement."""
    reasons = ["AMOUNT_MISMATCH", "STATUS_MISMATCH"]
    row = amount_break("S1", 6_000, 5_900, fee=32, channel_ref="4200S1", reasons=reasons)
    (shown,) = table(spark, row)
    assert shown == {
        "Run date": "2026-11-22",
        "Channel": "wechat",
        "What is wrong": "amounts differ; statuses differ",
        "What to do": "Review by hand",
        "Our reference": "S1",
        "Channel reference": "4200S1",
        "Currency": "CNY",
        "Our amount": "60.00",
        "Statement amount": "59.00",
        "Difference": "-1.00",
        "Fee": "0.32",
        "Kind": "PAYMENT",
        "Our status": "SUCCEEDED",
        "Statement status": "SUCCEEDED",
        "Our date": "2026-11-22",
        "Statement date": "2026-11-22",
        "Open since": "2026-11-22",
        "Chances": 1,
        "Our currency": "CNY",
        "Order reference": None,
        "Transaction": "S1",
        "Statement line": "f:S1",
        "Duplicate of": None,
        "Reason codes": "AMOUNT_MISMATCH STATUS_MISMATCH",
    }


@pytest.mark.sail_only
def test_each_amount_has_its_own_currency(spark: SparkSession) -> None:
    """1,200 yen in our books, 1.200 dinars on the statement."""
    row = amount_break("S1", 1_200, 1_200, currency="KWD", internal_currency="JPY", difference=None)
    (shown,) = table(spark, row)
    assert (shown["Our amount"], shown["Our currency"]) == ("1200", "JPY")
    assert (shown["Statement amount"], shown["Currency"]) == ("1.200", "KWD")


@pytest.mark.sail_only
def test_only_breaks_are_exported_largest_difference_first(spark: SparkSession) -> None:
    """Equal differences sort by transaction, then line; rows without a difference come last."""
    shown = table(
        spark,
        outcome("matched"),
        outcome("waiting", outcome="SUSPENSE", reasons=["INTERNAL_ONLY"], action="WAIT"),
        statement_only("z", 99_900),
        internal_only("c", 99_900),
        amount_break("b", 100, 150),
        amount_break("a", 100, 50),
        amount_break("d", 100, -900),
    )
    assert [row["Our reference"] for row in shown] == ["d", "a", "b", "c", "z"]


def test_order_holds_for_many_rows(spark: SparkSession) -> None:
    """40,000 breaks: more than an engine returns in one batch."""
    number = F.col("id")
    row = outcome_frame(spark, internal_only("x", 1)).drop("txn_id", "difference")
    many = spark.range(0, 40_000, 1, 4).select(
        F.concat(F.lit("T"), (number * 7919 % 40_000).cast("string")).alias("txn_id"),
        F.when(number % 3 == 0, number % 100 - 50).alias("difference"),
    )
    day = many.join(row, how="cross").select(*OUTCOMES.columns)
    shown = [(row["difference"], row["txn_id"]) for row in sorted_breaks(day).toLocalIterator()]
    assert len(shown) == 40_000
    assert shown == sorted(
        shown, key=lambda row: (row[0] is None, -abs(row[0] or 0), row[1])
    )  # fmt: skip


@pytest.mark.sail_only
def test_references_that_look_like_formulas_are_escaped(spark: SparkSession) -> None:
    """Every reference column gets the apostrophe."""
    row = amount_break(
        '=HYPERLINK("http://x")', 1, 2, channel_ref="@x", order_ref="+1", duplicate_of="-1"
    )
    (shown,) = table(spark, row)
    assert shown["Our reference"] == shown["Transaction"] == '\'=HYPERLINK("http://x")'
    assert shown["Channel reference"] == "'@x"
    assert (shown["Order reference"], shown["Duplicate of"]) == ("'+1", "'-1")
