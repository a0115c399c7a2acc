"""The month of each entry from the totals of its dates; without an engine."""

from datetime import date, timedelta
from typing import Any

import pytest

from jobs.fees.sums.months import build_months, last_date_of, list_months
from schemas.fees.monthly import Billed
from tests.support.fee_ledger import card

MONTH = date(2026, 11, 1)
NEXT = {"month": "next", "until_day": 10}
OCTOBER_TO_DECEMBER = {date(2026, 10, 1) + timedelta(days=n) for n in range(92)}


def total(day: date, schedule: str | None = "e0", **values: Any) -> dict[str, Any]:
    """A row of `fee_totals`: ten lines of 100.00, 0.60 due."""
    row = {"lines": 10, "amount": 10_000, "due": 60, "charged": 60, "fee_lines": 0}
    return {"business_date": day, "schedule": schedule, "currency": "CNY"} | row | values


def months(
    schedule: Any, *totals: dict[str, Any], known: set[date] = OCTOBER_TO_DECEMBER
) -> dict[tuple[str, str], dict[str, Any]]:
    rows = build_months("wechat", MONTH, totals, schedule, known)
    assert all(row["month"] == MONTH and row["channel"] == "wechat" for row in rows)
    return {(row["schedule"], row["currency"]): row for row in rows}


@pytest.mark.parametrize(
    ("minimum", "true_up"), [(100, 0), (120, 0), (121, 1), (5_000, 4_880), (0, 0)]
)
def test_true_up_is_what_the_minimum_is_above_the_dues(minimum: int, true_up: int) -> None:
    """Two dates of 0.60 each; the fixed part is due beside the minimum, and not part of it."""
    monthly = {"minimum": minimum, "fixed": 7, "currency": "CNY"}
    schedule = card({"rate": "0.006", "monthly": monthly})
    days = (total(date(2026, 11, 3)), total(date(2026, 11, 30)))
    row = months(schedule, *days)["e0", "CNY"]
    assert (row["lines"], row["amount"], row["due"], row["charged"]) == (20, 20_000, 120, 120)
    assert (row["minimum"], row["fixed"], row["true_up"]) == (minimum, 7, true_up)
    assert (row["difference"], row["complete"]) == (-true_up - 7, True)


def test_minimum_is_due_without_a_line_and_only_in_its_currency() -> None:
    schedule = card({"rate": "0.006", "monthly": {"minimum": 500, "currency": "CNY"}})
    rows = months(schedule, total(date(2026, 11, 3), currency="USD"))
    assert rows["e0", "CNY"]["true_up"] == 500
    assert (rows["e0", "CNY"]["lines"], rows["e0", "CNY"]["difference"]) == (0, -500)
    assert (rows["e0", "USD"]["minimum"], rows["e0", "USD"]["true_up"]) == (None, 0)
    assert rows["e0", "USD"]["difference"] == 0


def test_entry_that_is_not_in_force_in_the_month_owes_no_minimum() -> None:
    monthly = {"minimum": 500, "currency": "CNY"}
    old = {"to": "2026-10-31", "monthly": monthly}
    new = {"from": "2026-11-30", "monthly": monthly}
    assert [*months(card(old, new))] == [("e1", "CNY")]


@pytest.mark.parametrize("missing", [date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 10)])
def test_true_up_waits_for_the_last_date_that_counts(missing: date) -> None:
    """The month is billed until 10 December."""
    monthly = {"minimum": 500, "currency": "CNY"}
    schedule = card({"rate": "0.006", "billed": NEXT, "monthly": monthly})
    row = months(schedule, total(date(2026, 11, 3)), known=OCTOBER_TO_DECEMBER - {missing})
    of_entry = row["e0", "CNY"]
    assert (of_entry["complete"], of_entry["true_up"], of_entry["difference"]) == (
        False, None, None,
    )  # fmt: skip
    assert (of_entry["due"], of_entry["minimum"]) == (60, 500)
    known = OCTOBER_TO_DECEMBER - {date(2026, 12, 11), date(2026, 10, 31)}
    assert months(schedule, total(date(2026, 11, 3)), known=known)["e0", "CNY"]["complete"]


def test_fee_lines_count_in_the_month_that_billed_says() -> None:
    """Of the next month up to the 10th; on the 10th of November they are October's."""
    schedule = card(
        {"product": "A", "rate": "0.006", "billed": NEXT},
        {"rate": "0.006", "billed": {"month": "same"}},
        {"kind": "PAYOUT", "rate": "0.006"},
    )
    rows = months(
        schedule,
        total(date(2026, 11, 10), charged=0, fee_lines=1),
        total(date(2026, 11, 11), charged=2, fee_lines=20),
        total(date(2026, 12, 10), charged=0, fee_lines=300),
        total(date(2026, 12, 11), charged=0, fee_lines=4_000),
        total(date(2026, 11, 10), "e1", charged=0, fee_lines=50_000),
        total(date(2026, 12, 1), "e1", charged=0, fee_lines=600_000),
        total(date(2026, 11, 5), "e2"),
        total(date(2026, 11, 5), None, due=None, charged=9),
        total(date(2026, 11, 10), "e0", currency="USD", lines=0, charged=0, fee_lines=7),
    )
    assert (rows["e0", "CNY"]["due"], rows["e0", "CNY"]["charged"]) == (120, 2)
    assert rows["e0", "CNY"]["fee_lines"] == 320
    assert rows["e0", "CNY"]["difference"] == 2 + 320 - 120
    assert rows["e1", "CNY"]["fee_lines"] == 50_000
    assert (rows["e2", "CNY"]["fee_lines"], rows["e2", "CNY"]["difference"]) == (0, 0)
    assert {*rows} == {("e0", "CNY"), ("e1", "CNY"), ("e2", "CNY")}


def test_date_counts_in_the_month_before_while_that_is_billed() -> None:
    schedule = card({"billed": NEXT})
    assert list_months(date(2026, 12, 10), schedule) == [MONTH, date(2026, 12, 1)]
    assert list_months(date(2026, 12, 11), schedule) == [date(2026, 12, 1)]
    assert list_months(date(2026, 1, 1), schedule) == [date(2025, 12, 1), date(2026, 1, 1)]
    assert list_months(date(2026, 12, 1), card({})) == [date(2026, 12, 1)]
    assert last_date_of(MONTH, schedule) == date(2026, 12, 10)
    assert last_date_of(MONTH, card({})) == date(2026, 11, 30)


def test_month_of_a_fee_line() -> None:
    billed = Billed.model_validate({"month": "next"})
    days = [date(2027, 1, 15), date(2027, 1, 16)]
    assert [billed.month_of(day) for day in days] == [date(2026, 12, 1), date(2027, 1, 1)]
    same = Billed.model_validate({"month": "same"})
    assert same.month_of(date(2027, 1, 1)) == date(2027, 1, 1)
