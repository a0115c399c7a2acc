"""Sums: what is left on one side may be several items of the other side."""

from itertools import combinations
from random import Random

import pytest
from pyspark.sql import SparkSession

from jobs.matching.sum_candidates import PARTS_MAX, LeftItem, find_parts
from tests.support.ledger import at, bare_line, line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

COLUMNS = ("pass", "side", "unit_id", "candidate_id", "rank", "candidate_count", "amount")


def test_one_sum_that_fits_is_suggested_and_pairs_nothing(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ledger = Ledger(spark, tmp_path_factory.mktemp("sums"))
    ledger.run(
        0,
        [
            bare_line("deposit", amount=1000),
            bare_line("two ways", amount=300, currency="JPY"),
            line("half.0", "half.0", 4000),
            line("half.1", "half.1", 5000),
        ],
        [
            txn("A", 700, occurred_at=at("9")),
            txn("B", 200, occurred_at=at("10")),
            txn("C", 100, occurred_at=at("11")),
            txn("D", 250),
            txn("whole", 9000),
            *[txn(f"J{amount}", amount, currency="JPY") for amount in (100, 200, 140, 160)],
        ],
    )

    found = [row for row in ledger.candidate_rows(0, *COLUMNS) if row[0] == "SUM"]
    assert found == [
        ("SUM", "STATEMENT", "deposit", "A", 1, 3, 700),
        ("SUM", "STATEMENT", "deposit", "B", 2, 3, 200),
        ("SUM", "STATEMENT", "deposit", "C", 3, 3, 100),
        ("SUM", "INTERNAL", "whole", "half.0", 1, 2, 4000),
        ("SUM", "INTERNAL", "whole", "half.1", 2, 2, 5000),
    ]
    assert ledger.rows(0, "outcome") == [(row[0], "SUSPENSE") for row in ledger.rows(0, "outcome")]


def test_the_search_finds_what_trying_all_sums_finds() -> None:
    rng = Random(5)
    for _ in range(60):
        parts = [
            LeftItem("INTERNAL", f"t{n}", rng.choice((-1, 1, 1)) * rng.randrange(1, 400), "CNY", n)
            for n in range(rng.randrange(2, 13))
        ]
        wanted = LeftItem("STATEMENT", "line", rng.randrange(1, 900), "CNY", 0)
        sums = [
            some
            for count in range(1, PARTS_MAX + 1)
            for some in combinations([part for part in parts if part.amount > 0], count)
            if sum(part.amount for part in some) == wanted.amount
        ]
        is_one = len(sums) == 1 and len(sums[0]) > 1
        expected = sorted(sums[0], key=lambda part: part.item_id) if is_one else []
        assert find_parts(wanted, [*parts, wanted]) == expected
