"""Settlement: days late times money, from the rows of each run."""

from datetime import date
from typing import Any

from jobs.reports.scorecard.late_money import LateMoney, measure_late_money

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 10)


def row(
    run: int, result: str, expected: int, credited: int = 0, due: int = 3, **other: Any
) -> dict:
    """A row of a batch in November, minor units of CNY."""
    values = {"run_date": date(2026, 11, run), "batch": "B1", "batch_no": 1, "per": "",
              "currency": "CNY", "result": result, "expected": expected, "credited": credited,
              "due_date": date(2026, 11, due)}  # fmt: skip
    return values | other


def measure(*rows: dict) -> LateMoney:
    """The measure of the first ten days, CNY."""
    return measure_late_money(rows, FIRST, LAST)["CNY"]


def test_batch_paid_in_time_costs_nothing() -> None:
    one = measure(row(2, "PENDING", 1000), row(3, "SETTLED", 1000, 1000))
    assert (one.batches, one.expected, one.late_batches, one.day_money) == (1, 1000, 0, 0)


def test_paid_two_days_late_is_two_days_of_its_money() -> None:
    """Due on the 3rd, paid on the 5th."""
    one = measure(row(2, "PENDING", 1000), row(4, "LATE", 1000), row(5, "SETTLED", 1000, 1000))
    assert (one.late_batches, one.days_max, one.day_money, one.unpaid) == (1, 2, 2000, 0)


def test_missing_batch_goes_on_counting_without_rows() -> None:
    """MISSING has one row, on the 5th; the money is late from the 4th to the 10th."""
    one = measure(row(4, "LATE", 1000), row(5, "MISSING", 1000))
    assert (one.days_max, one.day_money, one.unpaid) == (6, 6000, 1000)


def test_short_batch_counts_what_it_lacks() -> None:
    one = measure(row(3, "SHORT", 1000, 900))
    assert (one.days_max, one.day_money, one.unpaid) == (7, 700, 100)


def test_what_is_taken_back_is_due_anew() -> None:
    """Paid on the 3rd, taken back on the 5th, due anew on the 6th, unpaid to the end."""
    one = measure(
        row(3, "SETTLED", 1000, 1000), row(5, "RETURNED", 1000, due=6), row(7, "LATE", 1000, due=6)
    )
    assert (one.days_max, one.day_money) == (4, 4000)


def test_batch_of_the_month_before_counts_its_days_in_the_month() -> None:
    """Due on 30 October, paid on 2 November: the 1st and the 2nd."""
    due = {"due_date": date(2026, 10, 30)}
    before = row(1, "LATE", 1000, **due) | {"run_date": date(2026, 10, 31)}
    one = measure(before, row(2, "SETTLED", 1000, 1000, **due))
    assert (one.batches, one.late_batches, one.day_money) == (0, 1, 2000)


def test_carried_unknown_and_debited_batches_are_not_late() -> None:
    rows = [row(2, "CARRIED", 1000), row(5, "LATE", -1000, batch="B2"),
            row(5, "UNKNOWN_CREDIT", 0, 500, batch="B3")]  # fmt: skip
    sums = measure_late_money(rows, FIRST, LAST)
    assert [(one.late_batches, one.day_money) for one in sums.values()] == [(0, 0)]
