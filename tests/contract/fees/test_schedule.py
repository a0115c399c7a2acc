"""The entry of a rate card that applies to a line."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import SparkSession

from jobs.fees.schedule import entry_number
from schemas.fee_schedule import FeeSchedule
from tests.support.fee_ledger import card, fee_line, line_frame, refund_line

SHANGHAI = ZoneInfo("Asia/Shanghai")


def entries(
    spark: SparkSession, schedule: FeeSchedule, *lines: dict[str, Any], zone: ZoneInfo = SHANGHAI
) -> list[int | None]:
    """Numbers of the entries that apply, in the order of the lines."""
    numbered = line_frame(spark, *lines).select(
        "line_id", entry_number(schedule, zone).alias("entry")
    )
    entry_of_line = {row["line_id"]: row["entry"] for row in numbered.collect()}
    return [entry_of_line[line["line_id"]] for line in lines]


@pytest.mark.sail_only
def test_first_fitting_entry_applies(spark: SparkSession) -> None:
    """Native payments have their own price, above the price for all products."""
    schedule = card({"product": "NATIVE"}, {"rate": "0.006"}, {"rate": "0.003"})
    lines = [
        fee_line("a", 100, 1, product="NATIVE"),
        fee_line("b", 100, 1, product="JSAPI"),
        fee_line("c", 100, 1, product=None),
    ]
    assert entries(spark, schedule, *lines) == [0, 1, 1]


@pytest.mark.sail_only
def test_line_without_the_attribute_does_not_fit(spark: SparkSession) -> None:
    """A null card type or merchant fits no filter."""
    schedule = card({"card_type": ["CREDIT", "DEBIT"]}, {"merchant_id": "M1", "currency": "CNY"})
    lines = [
        fee_line("a", 100, 1, card_type="DEBIT"),
        fee_line("b", 100, 1, merchant_id="M1"),
        fee_line("c", 100, 1, merchant_id="M1", currency="USD"),
        fee_line("d", 100, 1),
    ]
    assert entries(spark, schedule, *lines) == [0, 1, None, None]


@pytest.mark.sail_only
def test_entry_filters_by_a_further_column(spark: SparkSession) -> None:
    """`extra.brand` fits the line's own value; a line without it, or without any, fits none."""
    schedule = card(
        {"extra.brand": ["visa", "jcb"], "extra.country": "DE"}, {"extra.brand": "visa"}
    )
    lines = [
        fee_line("a", 100, 1, extra={"brand": "jcb", "country": "DE"}),
        fee_line("b", 100, 1, extra={"brand": "visa", "country": "FR"}),
        fee_line("c", 100, 1, extra={"country": "DE"}),
        fee_line("d", 100, 1),
    ]
    assert entries(spark, schedule, *lines) == [0, 1, None, None]


@pytest.mark.sail_only
def test_amount_limits_ignore_the_sign(spark: SparkSession) -> None:
    """Limits of 10.00 and 100.00, both included."""
    schedule = card({"amount": {"max": 1_000}}, {"amount": {"min": 1_001, "max": 10_000}})
    lines = [fee_line(str(amount), amount, 0) for amount in (1_000, 1_001, 10_000, 10_001, -1_000)]
    assert entries(spark, schedule, *lines) == [0, 1, 1, None, 0]


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("kinds", "payment", "refunded", "payout"),
    [
        ([], 0, 0, None),
        ("PAYMENT", 0, 0, None),
        ("REFUND", None, 0, None),
        (["PAYMENT", "PAYOUT"], 0, 0, 0),
        ("PAYOUT", None, None, 0),
    ],
)
def test_entry_filters_by_kind(
    spark: SparkSession, kinds: Any, payment: Any, refunded: Any, payout: Any
) -> None:
    """An entry for payments also applies to refunds; one without kinds is for both alone."""
    lines = [
        fee_line("a", 100, 1),
        refund_line("b", -100, 1),
        fee_line("c", -100, 1, kind="PAYOUT"),
    ]
    assert entries(spark, card({"kind": kinds}), *lines) == [payment, refunded, payout]


@pytest.mark.sail_only
def test_dates_are_local_and_both_included(spark: SparkSession) -> None:
    """Shanghai's 22 November begins at 16:00 UTC on the 21st."""
    day = "2026-11-22"
    schedule = card({"to": "2026-11-21"}, {"from": day, "to": day}, {"from": "2026-11-23"})
    times = [
        datetime(2026, 11, 21, 15, 59, 59, 999_999, UTC),
        datetime(2026, 11, 21, 16, 0, tzinfo=UTC),
        datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 22, 16, 0, tzinfo=UTC),
    ]
    lines = [fee_line(str(time), 100, 1, traded_at=time) for time in times]
    assert entries(spark, schedule, *lines) == [0, 1, 1, 2]
    assert entries(spark, schedule, *lines, zone=ZoneInfo("UTC")) == [0, 0, 1, 1]


@pytest.mark.sail_only
def test_line_without_a_time_uses_its_business_date(spark: SparkSession) -> None:
    """`traded_at` is null."""
    schedule = card({"to": "2026-11-21"}, {"from": "2026-11-22", "to": "2026-11-22"})
    lines = [
        fee_line(str(day), 100, 1, traded_at=None, business_date=date(2026, 11, day))
        for day in (21, 22, 23)
    ]
    assert entries(spark, schedule, *lines) == [0, 1, None]


@pytest.mark.sail_only
def test_first_and_last_year_mean_no_limit(spark: SparkSession) -> None:
    """Their midnight may not exist in UTC."""
    schedule = card({"from": "0001-01-01", "to": "9999-12-31"})
    assert entries(spark, schedule, fee_line("a", 100, 1)) == [0]


def test_date_limits_on_a_day_of_23_hours(spark: SparkSession) -> None:
    """In Berlin 29 March 2026 ends at 22:00 UTC, an hour earlier than the day before began."""
    schedule = card({"from": "2026-03-29", "to": "2026-03-29"})
    times = [
        datetime(2026, 3, 28, 22, 59, tzinfo=UTC),
        datetime(2026, 3, 28, 23, 0, tzinfo=UTC),
        datetime(2026, 3, 29, 21, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 22, 0, tzinfo=UTC),
    ]
    lines = [fee_line(str(time), 100, 1, traded_at=time) for time in times]
    zone = ZoneInfo("Europe/Berlin")
    assert entries(spark, schedule, *lines, zone=zone) == [None, 0, 0, None]
