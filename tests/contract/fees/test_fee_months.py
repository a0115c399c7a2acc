"""Fees that FEE lines bear (`billed`), and what a month decides (`monthly`)."""

from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.fees.sums import check_day
from jobs.lake.tables import Lake
from schemas.dates import list_dates
from schemas.tables import FEE_CHECKS, FEE_MONTHS, FEE_TOTALS
from tests.support.fee_days import FeeDays, line_on
from tests.support.fee_ledger import card

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
EARLY, LATE = date(2026, 10, 30), date(2026, 11, 5)
NEXT = {"month": "next", "until_day": 5}
MONTHLY = {"minimum": 500, "fixed": 7, "currency": "CNY"}


def fee_on(day: date, line_id: str, amount: int, **other: Any) -> dict[str, Any]:
    """A FEE line; money leaves."""
    return line_on(day, line_id, -amount, None, kind="FEE", **other)


def month(days: FeeDays, first: date) -> dict[str, dict[str, Any]]:
    return {row["schedule"]: row for row in days.rows(FEE_MONTHS, first)}


@pytest.mark.sail_by_day
def test_fee_lines_bear_the_fee_of_a_month(lake: Lake, spark: SparkSession) -> None:
    """1.00 is due on a line that is charged nothing: OK. What is charged on a line is too much.
    October is billed until 5 November and then complete: due 2.00, minimum 5.00, fixed 0.07.
    """
    schedule = card({"rate": "0.01", "billed": NEXT, "monthly": MONTHLY})
    days = FeeDays(lake, spark, schedule)
    rest = {*list_dates(OCTOBER, date(2026, 11, 4))} - {EARLY}
    days.store(
        line_on(EARLY, "a", 10_000, None),
        line_on(EARLY, "b", 10_000, 100),
        fee_on(LATE, "f", 480),
        fee_on(LATE, "g", 30),
        fee_on(LATE, "failed", 9_000, status="FAILED"),
        fee_on(date(2026, 11, 6), "h", 4_000),
        line_on(date(2026, 11, 6), "h2", 0, None, kind="FEE", status="REVERSED",
                channel_ref_norm="g"),
    )  # fmt: skip
    days.mark(rest)
    days.check(EARLY)
    (wrong,) = days.rows(FEE_CHECKS, EARLY)
    assert (wrong["line_id"], wrong["due"], wrong["charged"]) == ("b", 100, 100)
    assert (wrong["difference"], wrong["result"]) == (100, "OVERCHARGED")
    (totals,) = days.rows(FEE_TOTALS, EARLY)
    assert (totals["due"], totals["charged"], totals["difference"]) == (200, 100, 100)
    of_month = month(days, OCTOBER)["e0"]
    assert (of_month["complete"], of_month["true_up"], of_month["difference"]) == (
        False, None, None,
    )  # fmt: skip
    days.check(LATE)
    of_month = month(days, OCTOBER)["e0"]
    expected = {"lines": 2, "amount": 20_000, "due": 200, "minimum": 500, "fixed": 7,
                "true_up": 300, "charged": 100, "fee_lines": 510, "complete": True}  # fmt: skip
    assert {name: of_month[name] for name in expected} == expected
    assert of_month["difference"] == 100 + 510 - 200 - 300 - 7
    days.check(date(2026, 11, 6))
    assert month(days, NOVEMBER)["e0"]["fee_lines"] == 4_000 - 30
    assert month(days, OCTOBER)["e0"]["fee_lines"] == 510


@pytest.mark.sail_only
def test_two_checks_of_one_month_lose_nothing(
    lake: Lake, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another date of the month is checked after this check has summed the month, and before it
    writes the sum: it sums again.
    """
    before = date(2026, 10, 29)
    days = FeeDays(lake, spark, card({"rate": "0.01", "monthly": MONTHLY}))
    days.store(
        line_on(date(2026, 10, 28), "a", 10_000, 100),
        line_on(before, "b", 10_000, 100),
        line_on(EARLY, "c", 10_000, 100),
    )
    days.check(date(2026, 10, 28))
    build_months = check_day.build_months

    def sum_and_lose_the_race(*inputs: Any) -> Any:
        monkeypatch.setattr(check_day, "build_months", build_months)
        rows = build_months(*inputs)
        days.check(before)
        return rows

    monkeypatch.setattr(check_day, "build_months", sum_and_lose_the_race)
    days.check(EARLY)
    assert month(days, OCTOBER)["e0"]["lines"] == 3


@pytest.mark.sail_only
def test_fee_line_belongs_to_the_first_billed_entry_that_fits_it(
    lake: Lake, spark: SparkSession
) -> None:
    """Kind and amount do not count. Fees of October that come in November are those of the entry
    that was in force in October. A FEE line with a fee of its own is overcharged.
    """
    entries = [
        {"name": "line", "product": "A", "rate": "0.01"},
        {"name": "old", "product": "B", "kind": "PAYMENT", "amount": {"min": 1_000},
         "to": "2026-10-31", "rate": "0.01", "billed": NEXT},
        {"name": "new", "product": "B", "from": "2026-11-01", "rate": "0.01", "billed": NEXT},
        {"name": "rest", "rate": "0.01", "billed": {"month": "same"}},
    ]  # fmt: skip
    days = FeeDays(lake, spark, card(*entries))
    days.store(
        fee_on(LATE, "1", 10, product="A"),
        fee_on(LATE, "2", 200, product="B"),
        fee_on(LATE, "3", 3_000),
        fee_on(LATE, "4", 40_000, product="B", currency="USD"),
        fee_on(date(2026, 11, 6), "5", 500_000, product="B") | {"fee": 3},
    )
    days.check(LATE, date(2026, 11, 6))
    by_entry = {
        (row["schedule"], row["currency"]): row["fee_lines"]
        for first in (OCTOBER, NOVEMBER)
        for row in days.rows(FEE_MONTHS, first)
    }
    assert by_entry == {
        ("old", "CNY"): 200,
        ("old", "USD"): 40_000,
        ("rest", "CNY"): 3_010,
        ("new", "CNY"): 500_000,
    }
    (wrong,) = days.rows(FEE_CHECKS, date(2026, 11, 6))
    assert (wrong["line_id"], wrong["due"], wrong["result"]) == ("5", 0, "OVERCHARGED")
    totals = days.rows(FEE_TOTALS, LATE)
    assert sum(row["lines"] for row in totals) == 4
    (rest,) = [row for row in totals if row["schedule"] == "rest"]
    assert (rest["lines"], rest["due"], rest["charged"], rest["fee_lines"]) == (0, 0, 0, 3_010)


@pytest.mark.sail_only
def test_month_is_complete_again_whatever_comes_last(lake: Lake, spark: SparkSession) -> None:
    """A marker that comes last makes its date stale, and the check completes the month. A statement
    whose lines were not checked does not count.
    """
    days = FeeDays(lake, spark, card({"rate": "0.01", "monthly": MONTHLY}))
    last = date(2026, 10, 31)
    days.store(line_on(EARLY, "a", 10_000, 100))
    days.mark(day for day in list_dates(OCTOBER, last) if day not in (EARLY, last))
    days.check(EARLY, last)
    assert month(days, OCTOBER)["e0"]["complete"] is False
    days.mark([last])
    assert days.stale() == [last]
    days.check(last)
    row = month(days, OCTOBER)["e0"]
    assert (row["complete"], row["true_up"], row["difference"]) == (True, 400, -407)
    assert days.stale() == []
    days.store(line_on(EARLY, "a", 10_000, 100), line_on(EARLY, "b", 10_000, 100), file_id="v2")
    days.check(last)
    assert month(days, OCTOBER)["e0"]["complete"] is False
    days.check(EARLY)
    assert month(days, OCTOBER)["e0"]["true_up"] == 300


@pytest.mark.sail_only
def test_marker_of_a_date_that_was_never_checked_completes_the_month(
    lake: Lake, spark: SparkSession
) -> None:
    """It brings no lines, so no match asks for a check; a card without months needs none."""
    days = FeeDays(lake, spark, card({"rate": "0.01", "monthly": MONTHLY}))
    last = date(2026, 10, 31)
    days.store(line_on(EARLY, "a", 10_000, 100))
    others = [day for day in list_dates(OCTOBER, last) if day not in (EARLY, last)]
    days.mark(others)
    days.check(EARLY, *others)
    days.mark([last])
    assert days.stale(days.schedule) == [last]
    assert days.stale(card({"rate": "0.01"})) == []
    days.check(last)
    assert month(days, OCTOBER)["e0"]["complete"] is True
    assert days.stale(days.schedule) == []


@pytest.mark.sail_only
def test_batches_of_a_billed_entry(lake: Lake, spark: SparkSession) -> None:
    """What is due on batches is due in the month; what stands on their lines is too much."""
    entry = {"level": "batch", "rate": "0.01", "billed": {"month": "same"}}
    days = FeeDays(lake, spark, card(entry))
    days.store(line_on(EARLY, "a", 150, None), line_on(EARLY, "b", 100, 1), fee_on(EARLY, "f", 3))
    days.check(EARLY)
    (row,) = days.rows(FEE_CHECKS, EARLY)
    assert (row["due"], row["charged"], row["difference"]) == (3, 1, 1)
    assert (row["result"], row["batch_ref"]) == ("OVERCHARGED", str(EARLY))
    of_month = month(days, OCTOBER)["e0"]
    assert (of_month["due"], of_month["charged"], of_month["fee_lines"]) == (3, 1, 3)
