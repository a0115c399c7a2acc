"""Tiers by volume: what counts, from which dates, and when a date is checked again."""

from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.check_fees import check_dates
from jobs.cli.console import Report
from jobs.lake.tables import Lake
from schemas.dates import list_dates
from schemas.tables import FEE_CHECKS, FEE_TOTALS, FEE_VOLUMES, INTERNAL_TRANSACTIONS
from tests.support.fee_days import PROFILE, FeeDays, line_on
from tests.support.fee_ledger import card
from tests.support.ledger import complete_row, frame_of

OCTOBER, NOVEMBER = date(2026, 10, 5), date(2026, 11, 2)
BEFORE = {"by": "previous_month", "per": "channel", "of": "gross"}
#: 1 % up to a volume of 1,000.00, then 0.5 %.
STEPS = [{"to": 100_000, "rate": "0.01"}, {"rate": "0.005"}]


def by_volume(**keys: Any) -> dict[str, Any]:
    """An entry with `STEPS`."""
    return {"tiers": BEFORE | {"steps": STEPS} | keys}


def dues(days: FeeDays, day: date) -> dict[str, int]:
    """What is due on the wrong lines of a date."""
    return {row["line_id"]: row["due"] for row in days.rows(FEE_CHECKS, day)}


def volumes(days: FeeDays, day: date) -> list[tuple[Any, ...]]:
    names = ("merchant_id", "currency", "gross", "refunds")
    return [tuple(row[name] for name in names) for row in days.rows(FEE_VOLUMES, day)]


@pytest.mark.sail_by_day
def test_volume_of_the_month_before_says_the_step(lake: Lake, spark: SparkSession) -> None:
    """Payments alone count, which SUCCEEDED, are ours, and no copies; refunds lower the net."""
    days = FeeDays(lake, spark, card(by_volume(), {"kind": "TOP_UP", "rate": "0.01"}))
    days.store(
        line_on(OCTOBER, "a", 60_000),
        line_on(OCTOBER, "b", 40_000),
        line_on(OCTOBER, "usd", 100_001, currency="USD"),
        line_on(OCTOBER, "failed", 70_000, status="FAILED"),
        line_on(OCTOBER, "top-up", 70_000, kind="TOP_UP"),
        line_on(OCTOBER, "copy", 60_000, channel_ref_norm="a"),
        line_on(OCTOBER, "theirs", 80_000),
        line_on(OCTOBER, "r", -30_000, kind="REFUND", original_ref_norm="a"),
        line_on(NOVEMBER, "n", 10_000),
        line_on(NOVEMBER, "n-usd", 10_000, currency="USD"),
    )
    days.add_outcomes(
        OCTOBER,
        {"line_id": "copy", "reasons": ["DUPLICATE_LINE"], "unit_id": "copy"},
        {"line_id": "theirs", "reasons": ["OUT_OF_SCOPE"], "unit_id": "theirs"},
        {"line_id": "a", "reasons": ["DUPLICATE_PAYMENT"], "unit_id": "a"},
    )
    days.check(OCTOBER, NOVEMBER)
    assert volumes(days, OCTOBER) == [(None, "CNY", 100_000, 30_000), (None, "USD", 100_001, 0)]
    assert dues(days, NOVEMBER) == {"n": 100, "n-usd": 50}
    texts = {row["line_id"]: row["explanation"] for row in days.rows(FEE_CHECKS, NOVEMBER)}
    assert texts["n-usd"] == "100.00 x 0.50 % (step 2 by volume) = 0.50, HALF_UP 0.50"
    days.store(line_on(date(2026, 10, 31), "c", 1))
    assert days.check(date(2026, 10, 31), NOVEMBER).due == {"CNY": 50, "USD": 50}


@pytest.mark.sail_only
def test_line_that_is_taken_back_lowers_the_volume_of_its_own_date(
    lake: Lake, spark: SparkSession
) -> None:
    """Of the reversed refund, too; what is taken back of a failed line is nothing, nor of one that
    is not ours.
    """
    days, later = FeeDays(lake, spark, card(by_volume())), date(2026, 10, 6)
    refund = {"kind": "REFUND", "original_ref_norm": "b"}
    days.store(
        line_on(OCTOBER, "a", 60_000),
        line_on(OCTOBER, "b", 50_000, merchant_id="M"),
        line_on(OCTOBER, "r", -20_000, **refund),
        line_on(OCTOBER, "f", 900, status="FAILED"),
        line_on(OCTOBER, "theirs", 7_000),
        line_on(later, "theirs2", 7_000, channel_ref_norm="theirs", status="REVERSED"),
        line_on(later, "a2", 0, channel_ref_norm="a", status="REVERSED"),
        line_on(later, "r2", 0, channel_ref_norm="r", status="CLOSED", **refund),
        line_on(later, "f2", 900, channel_ref_norm="f", status="CLOSED"),
        line_on(later, "x", 5_000),
        line_on(later, "x2", 5_000, channel_ref_norm="x", status="REVERSED", traded_at=None),
    )
    out = {"line_id": "theirs", "reasons": ["OUT_OF_SCOPE"], "unit_id": "theirs"}
    days.add_outcomes(OCTOBER, out)
    days.check(OCTOBER, later)
    assert volumes(days, OCTOBER) == [("M", "CNY", 50_000, 0), (None, "CNY", 60_000, 20_000)]
    assert volumes(days, later) == [(None, "CNY", -60_000, -20_000)]


@pytest.mark.sail_only
def test_volume_is_complete_if_each_date_of_the_span_has_a_whole_statement(
    lake: Lake, spark: SparkSession
) -> None:
    """A marker counts as one. When the last one comes, the date is checked again by itself."""
    days = FeeDays(lake, spark, card(by_volume(), {"kind": "PAYOUT", "rate": "0.01"}))
    days.store(line_on(OCTOBER, "a", 60_000), line_on(NOVEMBER, "n", 10_000),
               line_on(NOVEMBER, "p", -100, kind="PAYOUT"))  # fmt: skip
    days.mark(day for day in list_dates(date(2026, 10, 1), date(2026, 10, 30)) if day != OCTOBER)
    days.check(OCTOBER, NOVEMBER)

    def complete() -> dict[str, bool | None]:
        rows = days.rows(FEE_TOTALS, NOVEMBER)
        return {row["schedule"]: row["volume_complete"] for row in rows}

    assert complete() == {"e0": False, "e1": None}
    assert days.stale() == []
    days.mark([date(2026, 10, 31)])
    assert days.stale() == [NOVEMBER]
    days.check(NOVEMBER)
    assert (complete(), days.stale()) == ({"e0": True, "e1": None}, [])


@pytest.mark.sail_only
def test_each_entry_has_its_own_span(lake: Lake, spark: SparkSession) -> None:
    """November so far is whole, October is not: only what asks for October is incomplete."""
    so_far = by_volume(by="month_to_date", per="merchant")
    entries = [{"product": "A"} | by_volume(), {"product": "B"} | so_far]
    days = FeeDays(lake, spark, card(*entries))
    days.store(line_on(NOVEMBER, "a", 100, product="A"), line_on(NOVEMBER, "b", 100, product="B"))
    days.mark([date(2026, 11, 1)])
    days.check(NOVEMBER)
    rows = {row["schedule"]: row["volume_complete"] for row in days.rows(FEE_TOTALS, NOVEMBER)}
    assert rows == {"e0": False, "e1": True}
    days.mark(list_dates(date(2026, 10, 1), date(2026, 10, 31)))
    assert days.stale() == [NOVEMBER]


@pytest.mark.sail_only
def test_date_is_checked_again_if_its_step_changed_and_not_if_the_volume_did(
    lake: Lake, spark: SparkSession
) -> None:
    """By whichever order statements come: the month of October ends at the same step."""
    days, late = FeeDays(lake, spark, card(by_volume())), date(2026, 10, 20)
    days.mark(list_dates(date(2026, 10, 1), date(2026, 10, 31)))
    days.store(line_on(OCTOBER, "a", 60_000), line_on(late, "b", 10_000),
               line_on(NOVEMBER, "n", 10_000))  # fmt: skip
    days.check(OCTOBER, late, NOVEMBER)
    for amount, stale, due in ((40_000, [], 100), (40_001, [NOVEMBER], 50), (90_000, [], 50)):
        days.store(line_on(late, "b", amount), file_id=f"v{amount}")
        days.check(late)
        assert days.stale() == stale
        if stale:
            days.check(*stale)
        assert dues(days, NOVEMBER) == {"n": due}


@pytest.mark.sail_only
def test_check_that_moves_a_step_checks_later_dates_at_once(
    lake: Lake, spark: SparkSession
) -> None:
    """As `run` and `check_fees --stale` do: one call ends with nothing stale."""
    days, late = FeeDays(lake, spark, card(by_volume())), date(2026, 10, 20)
    days.store(line_on(OCTOBER, "a", 60_000), line_on(NOVEMBER, "n", 10_000))
    days.check(OCTOBER, NOVEMBER)
    days.store(line_on(late, "b", 60_000))
    report = Report({}, [])
    done = check_dates(report, lake, PROFILE, days.schedule, [late], days.stale)
    assert ([*done], dues(days, NOVEMBER), days.stale()) == ([late, NOVEMBER], {"n": 50}, [])
    assert [fee["business_date"] for fee in report.body["fees"]] == [str(late), str(NOVEMBER)]


@pytest.mark.sail_only
def test_volume_of_a_date_that_was_never_checked_counts(lake: Lake, spark: SparkSession) -> None:
    """Its own check writes it; until then later dates compute it, and write nothing of it."""
    days = FeeDays(lake, spark, card(by_volume()))
    days.store(line_on(OCTOBER, "a", 100_001), line_on(NOVEMBER, "n", 10_000))
    days.check(NOVEMBER)
    assert dues(days, NOVEMBER) == {"n": 50}
    assert volumes(days, OCTOBER) == []
    days.check(OCTOBER)
    assert (volumes(days, OCTOBER), days.stale()) == ([(None, "CNY", 100_001, 0)], [])


@pytest.mark.sail_only
def test_merchant_is_that_of_the_transaction(lake: Lake, spark: SparkSession) -> None:
    """M1 is over the limit with a line that says nothing; M2 is not. A first check by a card that
    asks for no transaction had counted that line without a merchant.
    """
    keys = {"by": "month_to_date", "per": "merchant", "of": "net"}
    first, day = date(2026, 11, 1), date(2026, 11, 2)
    days = FeeDays(lake, spark, card(by_volume(**keys | {"per": "channel"})))
    days.store(
        line_on(first, "a", 60_000, merchant_id="M1"),
        line_on(first, "b", 40_002),
        line_on(first, "c", 100_001, merchant_id="M2"),
        line_on(first, "r", -1, kind="REFUND", merchant_id="M2"),
        line_on(first, "s", -1, kind="REFUND", merchant_id="M1"),
        *(line_on(day, name, 10_000, merchant_id=name) for name in ("M1", "M2")),
    )
    pair = {"line_id": "b", "txn_id": "B", "internal_date": first, "unit_id": "B"}
    days.add_outcomes(first, pair)
    ours = {"business_date": first, "txn_id": "B", "channel": "wechat", "merchant_id": "M1"}
    transactions = frame_of(
        spark, INTERNAL_TRANSACTIONS, [complete_row(INTERNAL_TRANSACTIONS, ours)]
    )
    lake.replace_day(INTERNAL_TRANSACTIONS, transactions, first, "wechat")
    days.check(first)
    assert (None, "CNY", 40_002, 0) in volumes(days, first)
    days.schedule = card(by_volume(**keys))
    days.check(day)
    assert dues(days, day) == {"M1": 50, "M2": 100}
    days.check(first)
    assert volumes(days, first) == [("M1", "CNY", 100_002, 1), ("M2", "CNY", 100_001, 1)]
    # A card without volumes writes none, and leaves none that could be out of date later.
    days.schedule = card({"rate": "0.01"})
    days.check(first)
    assert volumes(days, first) == []


@pytest.mark.sail_only
def test_transaction_of_a_pair_may_be_of_any_age(lake: Lake, spark: SparkSession) -> None:
    """Statements were missing for months, in which it waited: its card type still counts."""
    days = FeeDays(lake, spark, card({"card_type": "CREDIT", "rate": "0.02"}, {"rate": "0.01"}))
    sent = date(2026, 2, 3)
    ours = {"business_date": sent, "txn_id": "T", "channel": "wechat", "card_type": "CREDIT"}
    row = complete_row(INTERNAL_TRANSACTIONS, ours)
    lake.replace_day(
        INTERNAL_TRANSACTIONS, frame_of(spark, INTERNAL_TRANSACTIONS, [row]), sent, "wechat"
    )
    days.store(line_on(NOVEMBER, "n", 10_000))
    pair = {"line_id": "n", "txn_id": "T", "internal_date": sent, "unit_id": "T"}
    days.add_outcomes(NOVEMBER, pair)
    days.check(NOVEMBER)
    assert dues(days, NOVEMBER) == {"n": 200}


@pytest.mark.sail_only
def test_refund_returns_by_the_step_of_its_payment(lake: Lake, spark: SparkSession) -> None:
    """Paid in October at 1 %, refunded in November, when the step is 0.5 %: 1 % comes back, and the
    reversal of another payment takes back 1 % of it. A refund that is charged has today's step.
    """
    entries = [
        {"product": "again", "refund": "charge"} | by_volume(),
        by_volume(),
    ]
    days = FeeDays(lake, spark, card(*entries))
    days.store(
        line_on(OCTOBER, "p", 100_000),
        line_on(date(2026, 10, 31), "q", 10_000, 100),
        line_on(OCTOBER, "c", 10_000, product="again"),
        line_on(NOVEMBER, "r", -10_000, None, kind="REFUND", original_ref_norm="p"),
        line_on(NOVEMBER, "q2", 0, channel_ref_norm="q", status="REVERSED",
                business_date=NOVEMBER, traded_at=None),
        line_on(NOVEMBER, "s", -10_000, kind="REFUND", original_ref_norm="c", product="again"),
        line_on(NOVEMBER, "n", 10_000),
    )  # fmt: skip
    days.check(OCTOBER, NOVEMBER)
    assert dues(days, NOVEMBER) == {"r": -100, "s": 50, "n": 50}
    totals = {row["schedule"]: row for row in days.rows(FEE_TOTALS, NOVEMBER)}
    assert (totals["e1"]["due"], totals["e1"]["charged"]) == (-100 - 100 + 50, -100)
