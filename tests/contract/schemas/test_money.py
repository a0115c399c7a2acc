"""Sums of minor units: exact at any size and sign, on either engine."""

from decimal import Decimal

from hypothesis import given
from hypothesis import settings as draws
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from schemas.money import sum_amounts

#: Amounts are below 10^15 minor units (docs/reference/rules.md); the sum must not care.
AMOUNTS = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.integers(-100, 100))


@draws(max_examples=15)
@given(ledger=st.lists(st.tuples(st.sampled_from("ab"), AMOUNTS), max_size=20))
def test_the_sum_is_pythons(spark: SparkSession, ledger: list[tuple[str, int | None]]) -> None:
    """By group what Python's unbounded integers add up to; nothing at all where all are null."""
    frame = spark.createDataFrame(ledger, "name string, amount bigint")
    told = frame.groupBy("name").agg(sum_amounts(F.col("amount")).alias("sum"))
    assert told.schema["sum"].dataType.simpleString() == "decimal(38,0)"
    found = {row["name"]: row["sum"] for row in told.collect()}
    expected = {}
    for name in {name for name, _ in ledger}:
        amounts = [amount for of, amount in ledger if of == name and amount is not None]
        expected[name] = Decimal(sum(amounts)) if amounts else None
    assert found == expected
