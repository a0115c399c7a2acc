"""One price for all lines of a batch (`level: batch`)."""

from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.lake.tables import Lake
from schemas.fee_schedule import FeeSchedule
from schemas.tables import FEE_CHECKS, FEE_TOTALS
from tests.support.fee_days import FeeDays, line_on
from tests.support.fee_ledger import card

DAY, BEFORE = date(2026, 11, 22), date(2026, 11, 20)


def batch(**keys: Any) -> dict[str, Any]:
    """1 % of each batch."""
    return {"level": "batch", "rate": "0.01"} | keys


def check(
    lake: Lake, spark: SparkSession, schedule: FeeSchedule, *lines: dict[str, Any]
) -> tuple[list[tuple[Any, ...]], list[dict[str, Any]]]:
    """Of wrong batches batch_ref, currency, due, charged and result; and the totals."""
    days = FeeDays(lake, spark, schedule)
    days.store(*lines)
    days.check(*sorted({line["business_date"] for line in lines}))
    rows = days.rows(FEE_CHECKS, DAY)
    assert all(row["line_id"] is None and row["kind"] is None for row in rows)
    names = ("batch_ref", "currency", "due", "charged", "result")
    wrong = sorted(tuple(row[name] for name in names) for row in rows)
    return wrong, days.rows(FEE_TOTALS, DAY)


def in_batch(ref: str | None) -> dict[str, str | None]:
    return {"batch_ref": ref, "batch_ref_norm": ref}


@pytest.mark.sail_by_day
def test_batch_has_one_price(lake: Lake, spark: SparkSession) -> None:
    """0.005 each is 0.01 for two; per batch, or date without one, and currency. A batch whose
    reference looks like the date is not that of the lines without one. Three lines of B1 are
    charged 0.02 in all, as due; a failed line counts for nothing.
    """
    wrong, totals = check(
        lake, spark, card(batch()),
        line_on(DAY, "a", 50, 2, **in_batch("B1")),
        line_on(DAY, "b", 50, 0, **in_batch("B1")),
        line_on(DAY, "c", 50, None, **in_batch("B1")),
        line_on(DAY, "f", 9_000, None, status="FAILED", **in_batch("B1")),
        line_on(DAY, "d", 50, None),
        line_on(DAY, "e", 50, None),
        line_on(DAY, "u", 1_000, 3, currency="USD"),
        line_on(DAY, "g", 149, 5, **in_batch("2026-11-22")),
    )  # fmt: skip
    assert wrong == [
        ("2026-11-22", "CNY", 1, 0, "FEE_MISSING"),
        ("2026-11-22", "CNY", 1, 5, "OVERCHARGED"),
        ("2026-11-22", "USD", 10, 3, "UNDERCHARGED"),
    ]
    (cny, usd) = totals
    assert (cny["lines"], cny["amount"], cny["charged"], cny["due"]) == (7, 9_399, 7, 4)
    assert cny["difference"] == 3
    assert (usd["lines"], usd["due"], usd["difference"]) == (1, 10, -7)


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("rule", "due"),
    [
        # 100.00 less 30.00; two lines raise and one lowers: 0.10 x 1.
        ("return", 70 + 10),
        ("keep", 100 + 20),
        ("charge", 130 + 30),
    ],
)
def test_refunds_of_a_batch(lake: Lake, spark: SparkSession, rule: str, due: int) -> None:
    """Of refunds whose payment is not known only those that are charged count."""
    refund = {"kind": "REFUND", **in_batch("B1")}
    wrong, totals = check(
        lake, spark, card(batch(fixed=10, refund=rule)),
        line_on(DAY, "a", 6_000, None, **in_batch("B1")),
        line_on(DAY, "b", 4_000, None, **in_batch("B1")),
        line_on(DAY, "r", -3_000, None, original_ref_norm="a", **refund),
        line_on(DAY, "x", -5_000, None, kind="REFUND", original_ref_norm="lost"),
    )  # fmt: skip
    of_date = [("2026-11-22", "CNY", 60, 0, "FEE_MISSING")] if rule == "charge" else []
    assert wrong == [*of_date, ("B1", "CNY", due, 0, "FEE_MISSING")]
    assert totals[0]["refunds_without_payment"] == 1


@pytest.mark.sail_only
def test_batch_that_gives_back_more_than_it_took(lake: Lake, spark: SparkSession) -> None:
    """Refunds and what is taken back lower the batch of their own date; no minimum is due then.

    20.00 less 100.00 of a refund and 50.00 that is reversed: 1 % of -130.00, and -1 x 0.10.
    """
    wrong, _ = check(
        lake, spark, card(batch(fixed=10, min=500, refund="return")),
        line_on(BEFORE, "p", 10_000),
        line_on(BEFORE, "q", 5_000),
        line_on(DAY, "a", 2_000),
        line_on(DAY, "r", -10_000, kind="REFUND", original_ref_norm="p"),
        line_on(DAY, "q2", 0, channel_ref_norm="q", status="REVERSED"),
    )  # fmt: skip
    assert wrong == [("2026-11-22", "CNY", -140, 0, "OVERCHARGED")]


@pytest.mark.sail_only
def test_working_tax_and_tolerance_of_a_batch(lake: Lake, spark: SparkSession) -> None:
    """The minimum counts for the batch, and so does the tolerance."""
    components = [
        {"name": "scheme", "rate": "0.000325"},
        {"name": "own", "rate": "0.001", "fixed": "1.5", "min": 20},
    ]
    tax = {"rate": "0.06", "mode": "on_top"}
    entry = {"level": "batch", "components": components, "tax": tax, "refund": "keep"}
    schedule = card({"product": "A", "tolerance": 12} | entry, entry)
    days = FeeDays(lake, spark, schedule)
    days.store(
        line_on(DAY, "a", 10_000, 12, product="A"),
        line_on(DAY, "b", 6_000, None),
        line_on(DAY, "c", 4_000, None),
    )
    days.check(DAY)
    (row,) = days.rows(FEE_CHECKS, DAY)
    assert row["components"] == [
        {"name": "scheme", "due": 3}, {"name": "own", "due": 20}, {"name": "tax", "due": 1},
    ]  # fmt: skip
    assert row["explanation"] == (
        "batch of 2 lines, base 100.00: scheme: 100.00 x 0.0325 % = 0.0325, HALF_UP 0.03; own:"
        " 100.00 x 0.10 % + 2 x 0.015 = 0.13, HALF_UP 0.13, within its limits 0.20; tax: 0.23 x"
        " 6.00 % = 0.0138, HALF_UP 0.01"
    )
    tolerated = days.rows(FEE_TOTALS, DAY)[0]
    assert (tolerated["due"], tolerated["difference"], tolerated["tax"]) == (24, -12, 1)
    assert (tolerated["tolerated_lines"], tolerated["tolerated"]) == (1, -12)
