"""The sign of an amount belongs to the kind in every key of the match.

Columns of a row: ids, outcome, reasons, action.
"""

import pytest
from pyspark.sql import SparkSession

from tests.support.ledger import line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "action")


def test_the_other_direction_of_a_number_is_no_copy_and_no_second_payment(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ledger = Ledger(spark, tmp_path_factory.mktemp("direction"))
    lost = {"kind": "CHARGEBACK", "amount": -10_000}
    ledger.run(
        0,
        [line("c.0", "dispute", channel_ref="DSP1", **lost), line("p.0", "paid")],
        [txn("c.out", our_ref="dispute", **lost), txn("paid")],
    )
    won = {"kind": "CHARGEBACK", "amount": 10_000}
    ledger.run(
        1,
        [line("c.1", "dispute", channel_ref="DSP1", **won), line("p.1", "paid", amount=-500)],
        [txn("c.in", our_ref="dispute", **won)],
    )

    assert ledger.rows(0, *ROW) == [
        ("c.out+c.0", "MATCHED", "", "NONE"),
        ("paid+p.0", "MATCHED", "", "NONE"),
    ]
    assert ledger.rows(1, *ROW) == [
        ("c.in+c.1", "MATCHED", "", "NONE"),
        ("p.1", "SUSPENSE", "STATEMENT_ONLY", "WAIT"),
    ]


@pytest.mark.parametrize("min_items", [0, 1000], ids=["large day", "small day"])
def test_a_day_with_both_directions_of_one_number_pairs_each_with_its_own(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, min_items: int
) -> None:
    ledger = Ledger(spark, tmp_path_factory.mktemp("both"), exact_pairs_min_items=min_items)
    amounts = {"in": 700, "out": -700, "zero": 0}
    ledger.run(
        0,
        [line(f"l.{name}", "A", amount=amount) for name, amount in amounts.items()],
        [txn(f"t.{name}", our_ref="A", amount=amount) for name, amount in amounts.items()],
    )

    assert ledger.rows(0, *ROW) == [
        ("l.zero", "BREAK", "DUPLICATE_PAYMENT", "REVIEW"),
        ("t.in+l.in", "MATCHED", "", "NONE"),
        ("t.out+l.out", "MATCHED", "", "NONE"),
        ("t.zero", "BREAK", "DUPLICATE_TRANSACTION", "REVIEW"),
    ]
