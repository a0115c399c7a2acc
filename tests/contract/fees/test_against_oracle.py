"""The fees of drawn cards and lines, in one job, as the plain oracle computes them."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.fees.attributes import add_attributes
from jobs.fees.compare import check_fees
from jobs.fees.refunds import Card, price_refunds, select_refunds
from jobs.lake.tables import Lake
from schemas.fee_schedule import FeeSchedule
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_LINES
from tests.oracle.fees.cases import DAY, NO_TIME, charge, draw_card, draw_family
from tests.oracle.fees.rules import Check, Ledger, Line
from tests.support.fee_ledger import SHANGHAI
from tests.support.ledger import complete_row, frame_of

Found = dict[str, tuple[Any, ...]]


def test_drawn_fees_equal_the_oracle(spark: SparkSession, lake: Lake) -> None:
    """16 prices with 50 families of lines each: some 4,500 lines, half of them of the date."""
    check_cases(spark, lake, seed=6, products=16, families=50)


@pytest.mark.nightly
def test_many_drawn_fees_equal_the_oracle(spark: SparkSession, lake: Lake) -> None:
    """60 prices: more than 100,000 lines."""
    assert check_cases(spark, lake, seed=60, products=60, families=400) > 100_000


def check_cases(spark: SparkSession, lake: Lake, seed: int, products: int, families: int) -> int:
    """Compares drawn lines of one card with the oracle; returns how many there are."""
    random = Random(seed)
    card = draw_card(random, products)
    lines, expected = [], dict[str, Check]()
    for product in range(products):
        for number in range(families):
            family = draw_family(random, f"{product}-{number}", f"c{product}")
            family = charge(random, card, family)
            expected |= Ledger(card, family).check_all()
            lines += family
    checks = check_by_engine(spark, lake, FeeSchedule.model_validate(card), lines)
    rows = checks.collect()
    of_day = [line.line_id for line in lines if line.place[0] == DAY]
    assert sorted(row["line_id"] for row in rows) == sorted(of_day)
    differing = {
        row["line_id"]: (of_row(row), of_check(expected[row["line_id"]]))
        for row in rows
        if of_row(row) != of_check(expected[row["line_id"]])
    }
    assert not differing, f"{len(differing)} of {len(rows)}: {list(differing.items())[:5]}"
    return len(lines)


def of_row(row: Any) -> tuple[Any, ...]:
    """What is compared of a row."""
    has_payment = row["has_payment"]
    return row["schedule"], row["due"], row["result"], row["tax"] or 0, has_payment


def of_check(check: Check) -> tuple[Any, ...]:
    """The same of the oracle."""
    return check.entry, check.due, check.result, check.tax, check.has_payment


def check_by_engine(
    spark: SparkSession, lake: Lake, schedule: FeeSchedule, lines: Sequence[Line]
) -> DataFrame:
    """The checks of the lines of `DAY`; the order amount of a line is that of its transaction."""
    rows = [to_row(line) for line in lines]
    pairs = [line for line in lines if line.order_amount is not None]
    outcomes = [
        complete_row(OUTCOMES, {"run_date": line.place[0], "internal_date": line.place[0],
                                "line_id": line.line_id, "txn_id": line.line_id})
        for line in pairs
    ]  # fmt: skip
    transactions = [
        complete_row(INTERNAL_TRANSACTIONS, {"business_date": line.place[0],
                                             "txn_id": line.line_id,
                                             "order_amount": line.order_amount})
        for line in pairs
    ]  # fmt: skip
    known = lake.stage(frame_of(spark, STATEMENT_LINES, rows), "lines")
    ours = lake.stage(frame_of(spark, INTERNAL_TRANSACTIONS, transactions), "transactions")
    pairs_frame = lake.stage(frame_of(spark, OUTCOMES, outcomes), "outcomes")
    attach: Callable[[DataFrame], DataFrame] = lambda frame: add_attributes(  # noqa: E731
        frame, pairs_frame, ours
    )
    refunds = lake.stage(select_refunds(known), "refunds")
    card = Card(schedule, SHANGHAI, attach)
    priced = lake.stage(price_refunds(refunds, known, DAY, card, lake.stage), "priced")
    of_day = known.where(known["business_date"] == DAY)
    return check_fees(attach(of_day), priced, schedule, SHANGHAI, lake.stage)


def to_row(line: Line) -> dict[str, Any]:
    """The statement line of a line of the oracle."""
    on, at, line_id = line.place
    values = {
        "line_id": line_id,
        "business_date": on,
        "traded_at": None if at == NO_TIME else at,
        "channel": "wechat",
        "product": line.attributes["product"],
        "extra": {"brand": line.attributes["extra.brand"]} if len(line.attributes) > 1 else None,
        "channel_ref_norm": line.reference or None,
        "original_ref_norm": line.original or None,
    }
    same = ("kind", "status", "amount", "fee", "currency", "settlement_amount", "settlement_date")
    values |= {name: getattr(line, name) for name in same}
    return complete_row(STATEMENT_LINES, values)
