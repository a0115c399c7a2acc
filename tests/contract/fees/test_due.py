"""The fee due on an amount, compared with Python's decimals."""

from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Decimal,
)
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.fees.due import price_due
from schemas.fees.price import Price

ROUNDINGS = {
    "HALF_UP": ROUND_HALF_UP,
    "HALF_EVEN": ROUND_HALF_EVEN,
    "HALF_DOWN": ROUND_HALF_DOWN,
    "UP": ROUND_CEILING,
    "DOWN": ROUND_FLOOR,
}
AMOUNT_MAX = 10**15


def due_by_decimals(amount: int, entry: Price) -> int:
    """The fee due, calculated with Python's decimals."""
    if amount == 0:
        return 0
    exact = abs(Decimal(amount)) * Decimal(entry.rate) + Decimal(entry.fixed)
    due = int(exact.quantize(Decimal(1), rounding=ROUNDINGS[entry.rounding]))
    if entry.min is not None:
        due = max(due, entry.min)
    return due if entry.max is None else min(due, entry.max)


def due_by_columns(spark: SparkSession, cases: list[tuple[int, Price]]) -> list[int]:
    """The fees due, calculated by the engine: one column per entry, one row."""
    row = spark.range(1).select(
        *[price_due(F.abs(F.lit(amount).cast("bigint")), entry).alias(f"due_{number}")
          for number, (amount, entry) in enumerate(cases)]
    )  # fmt: skip
    assert {field.dataType.simpleString() for field in row.schema} == {"bigint"}
    return list(row.collect()[0])


def due(spark: SparkSession, amount: int, **price: Any) -> int:
    """The fee due on one amount by one entry."""
    return due_by_columns(spark, [(amount, Price(**price))])[0]


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("amount", "rate", "expected"),
    [
        (6_000, "0.0054", 32),  # 60.00 x 0.54 % = 0.324
        (-5_000, "0.0054", 27),  # 50.00 x 0.54 % = 0.27
        (1, "0.0060", 0),  # 0.01 x 0.60 % = 0.00006
        (10**15, "1", 10**15),
        (10**15, "0.999999999", 999_999_999_000_000),
        (-(10**15), "0.000000001", 1_000_000),
        (0, "0.0060", 0),
    ],
)
def test_rate_of_an_amount(spark: SparkSession, amount: int, rate: str, expected: int) -> None:
    """Amounts and rates up to their limits."""
    assert due(spark, amount, rate=rate) == expected


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("rounding", "half", "one_and_a_half", "fixed_1"),
    [
        # 1.00 and 3.00 at 0.5 % are 0.5 and 1.5 cents; with 1 cent fixed, 0.5 becomes 1.5
        ("HALF_UP", 1, 2, 2),
        ("HALF_EVEN", 0, 2, 2),
        ("HALF_DOWN", 0, 1, 1),
        ("UP", 1, 2, 2),
        ("DOWN", 0, 1, 1),
    ],
)
def test_half_a_cent_is_rounded(
    spark: SparkSession, rounding: str, half: int, one_and_a_half: int, fixed_1: int
) -> None:
    """Each way of rounding, for 0.5 and 1.5 cents."""
    price = {"rate": "0.005", "rounding": rounding}
    assert due(spark, 100, **price) == half
    assert due(spark, 300, **price) == one_and_a_half
    assert due(spark, 100, fixed=1, **price) == fixed_1


@pytest.mark.sail_only
def test_fee_has_a_minimum_and_a_maximum(spark: SparkSession) -> None:
    """1 % of 1.00, 50.00 and 9,000.00, at least 0.10 and at most 20.00."""
    limits = {"rate": "0.01", "min": 10, "max": 2_000}
    assert [due(spark, amount, **limits) for amount in (100, 5_000, 900_000)] == [10, 50, 2_000]


ENTRIES = st.builds(
    lambda digits, places, fixed, low, span, rounding: Price(
        rate=str(min(Decimal(digits).scaleb(-places), Decimal(1))),
        fixed=fixed,
        min=low,
        max=None if span is None else (low or 0) + span,
        rounding=rounding,
    ),
    st.integers(0, 10**9),
    st.integers(0, 9),
    st.integers(0, 10**6),
    st.none() | st.integers(0, 10**4),
    st.none() | st.integers(0, 10**7),
    st.sampled_from(sorted(ROUNDINGS)),
)
AMOUNTS = st.integers(-AMOUNT_MAX, AMOUNT_MAX) | st.integers(-50_000, 50_000)
# amounts and rates whose products end in exactly one half
TIES = st.builds(
    lambda odd, rounding, fixed: (odd * 100, Price(
        rate="0.005", fixed=fixed, rounding=rounding)),
    st.integers(-999, 999).map(lambda number: 2 * number + 1),
    st.sampled_from(sorted(ROUNDINGS)),
    st.integers(0, 3),
)  # fmt: skip


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases=st.lists(st.tuples(AMOUNTS, ENTRIES) | TIES, min_size=40, max_size=60))
def test_fee_equals_pythons_decimals(spark: SparkSession, cases: list[tuple[int, Price]]) -> None:
    """40 to 60 random amounts and entries per round, in one frame."""
    assert due_by_columns(spark, cases) == [
        due_by_decimals(amount, entry) for amount, entry in cases
    ]
