"""What refunds owe, together with the other refunds of their payment."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.fees.batches.rows import Checks
from jobs.fees.compare import describe_fees, wrong_fees
from jobs.fees.sums.totals import sum_fees
from schemas.fee_schedule import FeeSchedule
from schemas.tables import OUTCOMES
from tests.support.fee_ledger import DAY, card, check_lines, fee_line, keep_rows, refund_line

pytestmark = pytest.mark.sail_only
Row = dict[str, Any]


def on(days_ago: int, **other: Any) -> Row:
    """Values of a line so many days before `DAY`."""
    day = DAY - timedelta(days=days_ago)
    return {"business_date": day, "traded_at": noon(day), **other}


def noon(day: date) -> datetime:
    """A time of a date."""
    return datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)


def paid(amount: int, **other: Any) -> Row:
    """The payment P, ten days ago, by default."""
    return fee_line("p", amount, 0, channel_ref_norm="P", **{**on(10), **other})


def refund(line_id: str, amount: int, **other: Any) -> Row:
    """A refund of P; another one can name it by its line_id."""
    values = {"original_ref_norm": "P", "channel_ref_norm": line_id, **other}
    return refund_line(line_id, amount, None, **values)


def dues(spark: SparkSession, schedule: FeeSchedule, *lines: Row) -> dict[str, int | None]:
    """What each line of `DAY` owes; the other lines are known."""
    of_day = [line for line in lines if line["business_date"] == DAY]
    earlier = [line for line in lines if line["business_date"] != DAY]
    rows = check_lines(spark, schedule, of_day, earlier).collect()
    return {row["line_id"]: row["due"] for row in rows}


CAPPED = card({"rate": "0.0038", "max": 1800})


def test_halves_of_a_capped_payment_return_its_fee_once(spark: SparkSession) -> None:
    """10,000.00 at 0.38 %, at most 18.00: the first half returns 18.00, the second nothing."""
    lines = [paid(1_000_000), refund("r1", -500_000, **on(1)), refund("r2", -500_000)]
    assert dues(spark, CAPPED, *lines) == {"r2": 0}
    assert dues(spark, CAPPED, *lines[:1], refund("r1", -500_000)) == {"r1": -1800}


def test_refunds_of_one_day_stand_by_time_and_id(spark: SparkSession) -> None:
    """Without a time last. 100.00 at 0.5 %: three refunds of 60.00 return 0.30, 0.20 and 0."""
    later = noon(DAY) + timedelta(hours=1)
    found = dues(
        spark,
        card({"rate": "0.005"}),
        paid(10_000),
        refund("a", -6_000, traded_at=None),
        refund("b", -6_000, traded_at=later),
        refund("c", -6_000, traded_at=noon(DAY)),
    )
    assert found == {"c": -30, "b": -20, "a": 0}


def test_share_of_the_fee_comes_back_to_the_last_unit(spark: SparkSession) -> None:
    """0.10 fixed on 1.00, refunded in thirds: 0.03, 0.04 and 0.03."""
    schedule = card({"fixed": 10, "refund": "return_share"})
    found = dues(
        spark,
        schedule,
        paid(100),
        refund("r1", -33, **on(2)),
        refund("r2", -34, **on(1)),
        refund("r3", -33),
        refund("r4", -50, traded_at=None),
    )
    assert found == {"r3": -3, "r4": 0}


@pytest.mark.parametrize(
    ("rule", "due"),
    [("return", -320), ("return_rate", -290), ("return_share", -320), ("keep", 0), ("charge", 320)],
)
def test_each_rule_on_a_full_refund(spark: SparkSession, rule: str, due: int) -> None:
    """2.9 % and 0.30 on 100.00."""
    schedule = card({"rate": "0.029", "fixed": 30, "refund": rule})
    assert dues(spark, schedule, paid(10_000), refund("r", -10_000)) == {"r": due}


def test_entry_that_names_refunds_goes_first(spark: SparkSession) -> None:
    """Small refunds keep the fee, by an entry of their own below the payment's; others return."""
    schedule = card(
        {"name": "all", "rate": "0.01"},
        {"name": "small", "kind": "REFUND", "amount": {"max": 500}, "refund": "keep"},
    )
    lines = [paid(10_000), refund("r1", -500), refund("r2", -501)]
    assert dues(spark, schedule, *lines) == {"r1": 0, "r2": -5}


def test_payment_of_a_top_up_is_found(spark: SparkSession) -> None:
    assert dues(spark, CAPPED, paid(1_000, kind="TOP_UP"), refund("r", -1_000)) == {"r": -4}


def test_refund_of_a_failed_payment_returns_nothing(spark: SparkSession) -> None:
    """The payment owed nothing."""
    assert dues(spark, CAPPED, paid(1_000, status="FAILED"), refund("r", -1_000)) == {"r": 0}


def test_refund_without_payment_keeps_or_returns(spark: SparkSession) -> None:
    """It is counted, and follows `return_unknown`; the payment of a charge is not asked."""
    lost = refund("r", -10_000, original_ref_norm="X")
    for rule, unknown, due in (
        ("return", "keep", 0),
        ("return", "return", -100),
        ("return_share", "return", -100),
        ("charge", "keep", 100),
        ("keep", "return", 0),
    ):
        schedule = card({"rate": "0.01", "refund": rule}, return_unknown=unknown)
        checks = check_lines(spark, schedule, [lost], [paid(10_000)])
        (totals,) = sum_fees(Checks(checks, None), schedule).collect()
        assert (totals["due"], totals["refunds_without_payment"]) == (due, 1), (rule, unknown)


def test_positive_refund_takes_a_refund_back(spark: SparkSession) -> None:
    """100.00 at 1 %: r1 returned 1.00; t takes it back, and r2 returns it again."""
    schedule = card({"rate": "0.01"})
    take = refund("t", 10_000, original_ref_norm="r1", **on(2))
    lines = [paid(10_000), refund("r1", -10_000, **on(3)), take, refund("r2", -10_000)]
    assert dues(spark, schedule, *lines) == {"r2": -100}
    today = {**take, **on(0)}
    assert dues(spark, schedule, *lines[:2], today) == {"t": 100}


@pytest.mark.parametrize("times", [{}, {"traded_at": None}])
def test_refund_behind_the_one_that_takes_it_back(spark: SparkSession, times: Row) -> None:
    """A statement that lists the newest first, with one time a day or none: `a` takes `b` back, and
    the refund `c` after both returns the whole fee.
    """
    lines = [
        paid(1_000_000),
        refund("a", 1_000_000, original_ref_norm="b", **times),
        refund("b", -1_000_000, **times),
        refund("c", -1_000_000, **times),
    ]
    assert dues(spark, CAPPED, *lines) == {"a": 1800, "b": -1800, "c": -1800}


def test_refund_is_taken_back_once(spark: SparkSession) -> None:
    """A second one finds nothing to take back; one whose refund is not known is counted."""
    schedule = card({"rate": "0.01"})
    first, again = (refund(name, 10_000, original_ref_norm="r1") for name in ("t1", "t2"))
    lost = refund("t3", 10_000, original_ref_norm="X")
    r1, r2 = refund("r1", -10_000, **on(3)), refund("r2", -10_000, **on(2))
    found = dues(spark, schedule, paid(10_000), r1, r2, first, again, lost)
    assert found == {"t1": 100, "t2": 0, "t3": 0}


def test_earlier_refund_counts_for_the_payment_that_it_names_best(spark: SparkSession) -> None:
    """Two payments of one order: r1 names the other one by its number, and the order as well."""
    schedule = card({"rate": "0.01"})
    other = fee_line("q", 10_000, 0, channel_ref_norm="Q", our_ref_norm="O", **on(9))
    r1 = refund("r1", -10_000, original_ref_norm="Q", order_ref_norm="O", **on(3))
    mine = paid(10_000, our_ref_norm="O")
    assert dues(spark, schedule, mine, other, r1, refund("r2", -10_000)) == {"r2": -100}


def test_refunds_of_two_currencies_do_not_meet(spark: SparkSession) -> None:
    """The fee of a payment in yuan says nothing about a refund in yen."""
    yen = refund("r", -10_000, currency="JPY")
    assert dues(spark, card({"rate": "0.01"}), paid(5_000), yen) == {"r": -100}


def test_over_refund_is_named(spark: SparkSession) -> None:
    """The payment of 100.00 is refunded twice: 0.60 came back already."""
    schedule = card({"rate": "0.0060"})
    lines = [refund_line("r2", -10_000, -60, original_ref_norm="P")]
    earlier = [paid(10_000), refund("r1", -10_000, **on(1))]
    wrong = keep_rows(wrong_fees(check_lines(spark, schedule, lines, earlier)), "wrong")
    nothing = spark.createDataFrame([], OUTCOMES.schema)
    (row,) = describe_fees(wrong, nothing, schedule).collect()
    assert (row["due"], row["difference"], row["result"]) == (0, -60, "UNDERCHARGED")
    assert row["components"] == [("fee", 0)]
    assert row["explanation"] == (
        "fee: refund of 100.00 returns 0.60 of the fee of 0.60, of which refunds before it returned"
        " 0.60, due 0.00; refunds of 200.00 exceed the payment of 100.00"
    )
