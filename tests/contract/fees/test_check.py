"""Statement lines to fee checks and totals."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.fees.batches.rows import Checks
from jobs.fees.compare import wrong_fees
from jobs.fees.sums.totals import sum_fees
from schemas.fee_schedule import FeeSchedule
from tests.support.fee_ledger import card, check_lines, fee_line, refund_line

#: The refunds of these tests name no payment, unless one stands beside them.
WECHAT = card({"name": "standard", "rate": "0.0054"}, return_unknown="return")
Results = dict[str, tuple[int | None, int | None, str]]


def check(
    spark: SparkSession,
    schedule: FeeSchedule,
    *lines: dict[str, Any],
    payments: list[dict[str, Any]] | None = None,
) -> DataFrame:
    """Checks all lines; `payments` are those of earlier days."""
    return check_lines(spark, schedule, lines, payments or [])


def results(checks: DataFrame) -> Results:
    """Due, difference and result by line."""
    return {row["line_id"]: (row["due"], row["difference"], row["result"])
            for row in checks.collect()}  # fmt: skip


@pytest.mark.sail_only
def test_fees_of_a_day(spark: SparkSession) -> None:
    """0.54 % of payments, returned on refunds.

    amount     fee     due    charged - due
     60.00    0.32    0.32     0.00
     60.00    0.36    0.32    +0.04
     60.00    0.30    0.32    -0.02
     60.00       -    0.32    -0.32   no fee on the line
    -50.00   -0.27   -0.27     0.00
    -50.00    0.00   -0.27    +0.27   nothing returned
      0.01       -    0.00     0.00   too little for a fee
    """
    checks = check(
        spark,
        WECHAT,
        fee_line("right", 6_000, 32),
        fee_line("over", 6_000, 36),
        fee_line("under", 6_000, 30),
        fee_line("missing", 6_000, None),
        refund_line("back", -5_000, -27),
        refund_line("kept", -5_000, 0),
        fee_line("tiny", 1, None),
    )
    assert results(checks) == {
        "right": (32, 0, "OK"),
        "over": (32, 4, "OVERCHARGED"),
        "under": (32, -2, "UNDERCHARGED"),
        "missing": (32, -32, "FEE_MISSING"),
        "back": (-27, 0, "OK"),
        "kept": (-27, 27, "OVERCHARGED"),
        "tiny": (0, 0, "OK"),
    }
    assert {*results(wrong_fees(checks))} == {"over", "under", "missing", "kept"}


@pytest.mark.sail_only
def test_only_succeeded_lines_have_a_fee_due(spark: SparkSession) -> None:
    """For a failed payment of 60.00 no fee is due; a fee of 0.32 is too much."""
    checks = check(
        spark,
        WECHAT,
        fee_line("free", 6_000, 0, status="FAILED"),
        fee_line("none", 6_000, None, status="CLOSED"),
        fee_line("taken", 6_000, 32, status="REVERSED"),
    )
    assert results(checks) == {
        "free": (0, 0, "OK"),
        "none": (0, 0, "OK"),
        "taken": (0, 32, "OVERCHARGED"),
    }


@pytest.mark.sail_only
def test_line_without_an_entry_has_no_schedule(spark: SparkSession) -> None:
    """No entry is for dollars: the fee due is unknown, whatever was charged."""
    checks = check(
        spark,
        card({"currency": "CNY", "rate": "0.0054"}),
        fee_line("usd", 6_000, 32, currency="USD"),
        fee_line("usd-no-fee", 6_000, None, currency="USD"),
        fee_line("usd-failed", 6_000, None, currency="USD", status="FAILED"),
    )
    assert results(checks) == {
        "usd": (None, None, "NO_SCHEDULE"),
        "usd-no-fee": (None, None, "NO_SCHEDULE"),
        "usd-failed": (0, 0, "OK"),
    }
    assert {row["schedule"] for row in checks.collect()} == {None}


@pytest.mark.sail_only
def test_tolerance_belongs_to_the_entry(spark: SparkSession) -> None:
    """One cent more or less for the entry with a tolerance, none for the other."""
    schedule = card({"product": "A", "rate": "0.01", "tolerance": 1}, {"rate": "0.01"})
    checks = check(
        spark,
        schedule,
        fee_line("a+1", 1_000, 11, product="A"),
        fee_line("a-2", 1_000, 8, product="A"),
        fee_line("b+1", 1_000, 11, product="B"),
    )
    assert results(checks) == {
        "a+1": (10, 1, "OK"),
        "a-2": (10, -2, "UNDERCHARGED"),
        "b+1": (10, 1, "OVERCHARGED"),
    }


@pytest.mark.sail_only
def test_fee_of_a_refund_is_returned_kept_or_charged(spark: SparkSession) -> None:
    """A refund of 50.00 at 0.54 %: 0.27 returned, nothing, or 0.27 charged again."""
    for rule, due in (("return", -27), ("keep", 0), ("charge", 27)):
        checks = check(
            spark,
            card({"rate": "0.0054", "refund": rule}, return_unknown="return"),
            refund_line("r", -5_000, due),
        )
        assert results(checks) == {"r": (due, 0, "OK")}, rule


@pytest.mark.sail_only
def test_refund_returns_the_fee_at_the_price_of_its_payment(spark: SparkSession) -> None:
    """0.60 % until 31 October, 0.54 % since: the refund of an October payment returns 0.30."""
    schedule = card(
        {"name": "old", "to": "2026-10-31", "rate": "0.0060"},
        {"name": "new", "from": "2026-11-01", "rate": "0.0054"},
    )
    october = date(2026, 10, 20)
    paid = {"traded_at": datetime(2026, 10, 20, 4, 0, tzinfo=UTC), "business_date": october}
    payments = [
        fee_line("p1", 10_000, 60, channel_ref_norm="WX1", **paid),
        fee_line("p2", 10_000, 60, our_ref_norm="S2", **paid),
        fee_line("p3", 10_000, 60, our_ref_norm="S3", **paid),
    ]
    lines = [
        refund_line("by-channel-ref", -5_000, -30, original_ref_norm="WX1"),
        refund_line("by-our-ref", -5_000, -30, original_ref_norm="S2"),
        refund_line("by-order", -5_000, -30, order_ref_norm="S3"),
        refund_line("payment-not-known", -5_000, 0, original_ref_norm="WX9"),
        refund_line("names-nothing", -5_000, 0),
    ]
    checks = check(spark, schedule, *lines, payments=payments)
    assert {row["line_id"]: (row["schedule"], row["result"]) for row in checks.collect()} == {
        "by-channel-ref": ("old", "OK"),
        "by-our-ref": ("old", "OK"),
        "by-order": ("old", "OK"),
        "payment-not-known": ("new", "OK"),
        "names-nothing": ("new", "OK"),
    }


@pytest.mark.sail_only
def test_payment_of_the_same_day_is_found(spark: SparkSession) -> None:
    """The refund has no product; its payment of the same morning has CREDIT."""
    schedule = card({"product": "CREDIT", "rate": "0.0060"}, {"rate": "0.0020"})
    checks = check(
        spark,
        schedule,
        fee_line("p", 10_000, 60, product="CREDIT", channel_ref_norm="WX1"),
        refund_line("r", -10_000, -60, original_ref_norm="WX1"),
    )
    assert results(checks) == {"p": (60, 0, "OK"), "r": (-60, 0, "OK")}


@pytest.mark.sail_only
def test_refund_has_one_payment(spark: SparkSession) -> None:
    """Several lines have the reference: channel_ref counts before our_ref, SUCCEEDED before FAILED,
    then the earlier one. A refund and a payout are no payments.
    """
    schedule = card(
        {"product": "A", "rate": "0.01"},
        {"product": "B", "rate": "0.02"},
        {"product": "C", "rate": "0.03"},
        {"rate": "0.04"},
    )
    early, late = datetime(2026, 11, 22, 1, 0, tzinfo=UTC), datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    checks = check(
        spark,
        schedule,
        fee_line("p1", 100, 1, our_ref_norm="X", product="A"),
        fee_line("p2", 100, 2, channel_ref_norm="X", product="B", traded_at=late),
        fee_line("p3", 100, 3, channel_ref_norm="X", product="C", traded_at=None),
        fee_line("p4", 100, 0, channel_ref_norm="X", product="A", traded_at=early, status="FAILED"),
        fee_line("p5", -100, 1, channel_ref_norm="X", product="A", traded_at=early, kind="PAYOUT"),
        refund_line("r", -100, -2, original_ref_norm="X", order_ref_norm="X"),
    )
    assert results(checks)["r"] == (-2, 0, "OK")
    assert checks.count() == 6


@pytest.mark.sail_only
def test_own_entry_of_the_refund_decides(spark: SparkSession) -> None:
    """An entry for refunds charges 0.10 each, although the payment's entry returns fees."""
    schedule = card(
        {"kind": "REFUND", "fixed": 10, "refund": "charge"}, {"kind": "PAYMENT", "rate": "0.006"}
    )
    checks = check(
        spark,
        schedule,
        fee_line("p", 10_000, 60, channel_ref_norm="WX1"),
        refund_line("r", -10_000, 10, original_ref_norm="WX1"),
    )
    assert results(checks)["r"] == (10, 0, "OK")


@pytest.mark.sail_only
def test_refund_without_an_entry_uses_its_payments_entry(spark: SparkSession) -> None:
    """Entries by amount: 30.00 fits none, the payment of 900.00 fits one."""
    schedule = card(
        {"name": "big", "amount": {"min": 50_000}, "rate": "0.005"},
        {"name": "middle", "amount": {"min": 10_000, "max": 49_999}, "rate": "0.006"},
    )
    checks = check(
        spark,
        schedule,
        fee_line("p", 90_000, 450, channel_ref_norm="WX1"),
        refund_line("r", -3_000, -15, original_ref_norm="WX1"),
        refund_line("lost", -3_000, -15, original_ref_norm="WX9"),
    )
    assert results(checks) == {
        "p": (450, 0, "OK"),
        "r": (-15, 0, "OK"),
        "lost": (None, None, "NO_SCHEDULE"),
    }


@pytest.mark.sail_only
def test_totals_count_every_line_once(spark: SparkSession) -> None:
    """entry     currency  lines   amount   charged   due   difference
    standard  CNY           3    +70.00     0.37    0.38   -0.01
    standard  JPY           1       500        3       3       0
    -         USD           2    +20.00     0.05       ?       ?
    """
    standard = {"name": "standard", "currency": ["CNY", "JPY"], "rate": "0.0054"}
    schedule = card(standard, return_unknown="return")
    checks = check(
        spark,
        schedule,
        fee_line("a", 6_000, 32),
        fee_line("b", 2_000, 10),
        refund_line("c", -1_000, -5),
        fee_line("d", 500, 3, currency="JPY"),
        fee_line("e", 1_000, 5, currency="USD"),
        fee_line("f", 1_000, None, currency="USD", status="FAILED"),
    )
    totals = {
        (row["schedule"], row["currency"]): tuple(row)[4:9]
        for row in sum_fees(Checks(checks, None), schedule).collect()
    }
    assert totals == {
        ("standard", "CNY"): (3, 7_000, 37, 38, -1),
        ("standard", "JPY"): (1, 500, 3, 3, 0),
        (None, "USD"): (2, 2_000, 5, None, None),
    }
