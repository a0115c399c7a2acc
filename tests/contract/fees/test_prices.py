"""Prices with tiers, free amounts, components and tax, and how their working is told."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.fees.attributes import add_attributes
from jobs.fees.batches.rows import Checks
from jobs.fees.compare import check_fees, describe_fees, wrong_fees
from jobs.fees.sums.totals import sum_fees
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES
from tests.support.fee_ledger import (
    DAY,
    SHANGHAI,
    card,
    check_lines,
    fee_line,
    keep_rows,
    line_frame,
)
from tests.support.ledger import complete_row, frame_of

pytestmark = pytest.mark.sail_only
SLAB = {
    "by": "amount",
    "mode": "slab",
    "steps": [{"to": 10_000, "rate": "0.01"}, {"rate": "0.005"}],
}


def describe(
    spark: SparkSession, *priced: tuple[int, dict[str, Any]], **line: Any
) -> dict[str, tuple[Any, ...]]:
    """Due, components and explanation of one line per entry; nothing was charged on it."""
    schedule = card(*({"merchant_id": f"m{n}", **entry} for n, (_, entry) in enumerate(priced)))
    lines = [
        fee_line(f"m{n}", amount, None, merchant_id=f"m{n}", **line)
        for n, (amount, _) in enumerate(priced)
    ]
    wrong = keep_rows(wrong_fees(check_lines(spark, schedule, lines)), "wrong")
    rows = describe_fees(wrong, spark.createDataFrame([], OUTCOMES.schema), schedule).collect()
    return {
        row["line_id"]: (row["due"], dict(row["components"] or []), row["explanation"])
        for row in rows
    }


def test_working_of_each_price_is_told(spark: SparkSession) -> None:
    """In major units of the line's currency; the exact value, its rounding, its limit."""
    graduated = {**SLAB, "mode": "graduated"}
    found = describe(
        spark,
        (6_000, {"rate": "0.0054"}),
        (6_000, {"rate": "0.0054", "fixed": "1.95", "refund": "return"}),
        (500_000, {"rate": "0.0038", "max": 1800}),
        (100, {"rate": "0.0038", "min": 10, "refund": "keep"}),
        (10_001, {"tiers": SLAB}),
        (10_001, {"tiers": graduated}),
        (10_100, {"rate": "0.01", "above": 10_000}),
    )
    assert {line: (due, text) for line, (due, _, text) in found.items()} == {
        "m0": (32, "60.00 x 0.54 % = 0.324, HALF_UP 0.32"),
        "m1": (34, "60.00 x 0.54 % + 0.0195 = 0.3435, HALF_UP 0.34"),
        "m2": (1800, "5000.00 x 0.38 % = 19.00, HALF_UP 19.00, at most 18.00"),
        "m3": (10, "1.00 x 0.38 % = 0.0038, HALF_UP 0.00, at least 0.10"),
        "m4": (50, "100.01 x 0.50 % = 0.50005, HALF_UP 0.50"),
        "m5": (100, "(100.01 - 100.00) x 0.50 % + 1.00 = 1.00005, HALF_UP 1.00"),
        "m6": (1, "(101.00 - 100.00) x 1.00 % = 0.01, HALF_UP 0.01"),
    }


@pytest.mark.parametrize(
    ("currency", "text"),
    [
        ("JPY", "6000 x 0.54 % = 32.4, HALF_UP 32"),
        ("KWD", "6.000 x 0.54 % = 0.0324, HALF_UP 0.032"),
    ],
)
def test_working_has_the_decimals_of_the_currency(
    spark: SparkSession, currency: str, text: str
) -> None:
    found = describe(spark, (6_000, {"rate": "0.0054"}), currency=currency)
    assert found["m0"] == (32, {"fee": 32}, text)


def test_components_are_rounded_one_by_one(spark: SparkSession) -> None:
    """A debit card, 1,000.00: issuer 0.35 %, network 0.0325 %, acquirer 0.05 %, and 6 % tax."""
    components = [
        {"name": "issuer", "rate": "0.0035", "max": 1300},
        {"name": "network", "rate": "0.000325", "max": 325},
        {"name": "acquirer", "rate": "0.0005"},
    ]
    entry = {"components": components, "tax": {"rate": "0.06", "mode": "on_top"}}
    due, parts, text = describe(spark, (100_000, entry))["m0"]
    assert parts == {"issuer": 350, "network": 33, "acquirer": 50, "tax": 26}
    assert due == 459
    assert text == (
        "issuer: 1000.00 x 0.35 % = 3.50, HALF_UP 3.50; network: 1000.00 x 0.0325 % = 0.325,"
        " HALF_UP 0.33; acquirer: 1000.00 x 0.05 % = 0.50, HALF_UP 0.50; tax: 4.33 x"
        " 6.00 % = 0.2598, HALF_UP 0.26"
    )


def test_totals_tell_tax_tolerance_and_what_is_passed(spark: SparkSession) -> None:
    """Tax of 6 % is within 1.06; 0.20 is passed through; one cent too much is tolerated."""
    entry = {
        "components": [{"name": "own", "rate": "0.0106"}, {"name": "scheme", "pass_through":
                                                           "settlement_amount"}],
        "tax": {"rate": "0.06", "mode": "included"},
        "tolerance": 1,
    }  # fmt: skip
    schedule = card(entry)
    lines = [fee_line("a", 10_000, 127, settlement_amount=20), fee_line("b", 10_000, 106)]
    checks = check_lines(spark, schedule, lines)
    (totals,) = sum_fees(Checks(checks, None), schedule).collect()
    assert (totals["due"], totals["tax"], totals["passed_through"]) == (232, 12, 20)
    assert (totals["tolerated_lines"], totals["tolerated"], totals["difference"]) == (1, 1, 1)


def test_kinds_that_no_entry_names_owe_nothing(spark: SparkSession) -> None:
    """A fee line that bears a fee is overcharged; a chargeback has a price of its own."""
    schedule = card({"kind": "CHARGEBACK", "fixed": 1500}, {"rate": "0.01"})
    lines = [
        fee_line("payout", -5_000, None, kind="PAYOUT"),
        fee_line("fee", -20, 5, kind="FEE"),
        fee_line("back", -5_000, 1500, kind="CHARGEBACK"),
    ]
    rows = check_lines(spark, schedule, lines).collect()
    assert {row["line_id"]: (row["due"], row["result"]) for row in rows} == {
        "payout": (0, "OK"),
        "fee": (0, "OVERCHARGED"),
        "back": (1500, "OK"),
    }


def test_attributes_of_the_transaction_go_before_those_of_the_line(spark: SparkSession) -> None:
    """Of the pair on the run of the line's own date; `b` was paired later, `c` has none."""
    schedule = card(
        {"card_type": "CREDIT", "rate": "0.01"},
        {"rate": "0.02", "base": "order_amount"},
    )
    lines = [fee_line(name, 1_000, 0, card_type="DEBIT", product="X") for name in "abc"]
    pairs = [
        {"run_date": DAY, "line_id": "a", "txn_id": "A", "internal_date": DAY},
        {"run_date": DAY, "line_id": "b", "txn_id": None},
    ]
    ours = {"business_date": DAY, "txn_id": "A", "card_type": "CREDIT", "order_amount": 3_000}
    outcomes = [complete_row(OUTCOMES, row) for row in pairs]
    frames = (
        frame_of(spark, OUTCOMES, outcomes),
        frame_of(spark, INTERNAL_TRANSACTIONS, [complete_row(INTERNAL_TRANSACTIONS, ours)]),
    )
    with_attributes = add_attributes(line_frame(spark, *lines), *frames)
    checks = keep_rows(check_fees(with_attributes, None, schedule, SHANGHAI), "checks")
    rows = {row["line_id"]: row for row in checks.collect()}
    assert {name: (row["schedule"], row["due"]) for name, row in rows.items()} == {
        "a": ("e0", 10),
        "b": ("e1", 20),
        "c": ("e1", 20),
    }
    assert rows["a"]["line_card_type"] == "DEBIT"
    totals = {row["schedule"]: row for row in sum_fees(Checks(checks, None), schedule).collect()}
    assert {name: row["attribute_differs"] for name, row in totals.items()} == {"e0": 1, "e1": 0}
