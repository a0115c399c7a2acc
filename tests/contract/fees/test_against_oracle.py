"""The fees of drawn cards and lines, in one job, as the plain oracle computes them."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.fees.attributes import add_attributes, keep_attributes
from jobs.fees.batches.rows import Checks
from jobs.fees.batches.rows import check_batches as check_batches_of
from jobs.fees.compare import check_fees
from jobs.fees.refunds import Card, price_refunds, select_refunds
from jobs.fees.sums.fee_lines import sum_fee_lines as sum_fee_lines_of
from jobs.fees.volumes.daily import select_left_out, sum_volumes
from jobs.fees.volumes.steps import add_steps, find_steps
from jobs.lake.tables import Lake
from jobs.lake.write_checks import rows_to_arrow
from schemas.fee_schedule import FeeSchedule
from schemas.fees.card_checks import find_card_faults
from schemas.tables import FEE_VOLUMES, INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_LINES
from tests.oracle.fees.batches import BatchCheck, by_line, check_batches, sum_fee_lines
from tests.oracle.fees.cases import DAY, NO_TIME, charge, draw_card, draw_family
from tests.oracle.fees.rules import Check, Ledger, Line
from tests.oracle.fees.volumes import Volumes
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
    part_card = by_line(card)
    drawn = [
        draw_family(random, f"{product}-{number}", f"c{product}")
        for product in range(products)
        for number in range(families)
    ]
    volumes = Volumes(line for family in drawn for line in family)
    drawn = [charge(random, part_card, family, volumes) for family in drawn]
    ledgers = [Ledger(part_card, family, volumes.step_of) for family in drawn]
    expected = {name: check for one in ledgers for name, check in one.check_all().items()}
    lines = [line for family in drawn for line in family]
    schedule = FeeSchedule.model_validate(card)
    # Rates are drawn whatever they are; nothing else of a card is refused.
    assert all(text.startswith("rate: ") for _, text in find_card_faults(schedule))
    checks, fee_lines = check_by_engine(spark, lake, schedule, lines)
    rows = checks.lines.collect()
    of_day = [line.line_id for line in lines if line.place[0] == DAY]
    assert sorted(row["line_id"] for row in rows) == sorted(of_day)
    batch_names = {entry.name for entry in schedule.entries if entry.is_batch}
    assert_equal(
        {row["line_id"]: of_row(row, batch_names) for row in rows},
        {name: of_check(expected[name], batch_names) for name in of_day},
    )
    found = {} if checks.batches is None else {
        (row["schedule"], row["batch_ref_norm"], row["currency"]):
        BatchCheck(row["due"], row["tax"] or 0, row["charged"], row["result"])
        for row in checks.batches.collect()
    }  # fmt: skip
    assert_equal(found, check_batches(card, ledgers, lambda line: line.place[0] == DAY))
    billed = {
        (row["schedule"], row["currency"]): row["fee_lines"]
        for row in fee_lines.where(fee_lines["schedule"].isNotNull()).collect()
    }
    assert_equal(billed, sum_fee_lines(card, [line for line in lines if line.place[0] == DAY]))
    return len(lines)


def assert_equal(found: dict[Any, Any], expected: dict[Any, Any]) -> None:
    """Proves that both have the same, and names the first that differ."""
    differing = {
        key: (found.get(key), expected.get(key))
        for key in {*found, *expected}
        if found.get(key) != expected.get(key)
    }
    assert not differing, f"{len(differing)} of {len(found)}: {[*differing.items()][:5]}"
    assert found


def of_row(row: Any, batch_names: set[str]) -> tuple[Any, ...]:
    """What is compared of a row; what is due on a batch is not due on its lines."""
    has_payment = row["has_payment"]
    if row["schedule"] in batch_names:
        return row["schedule"], row["due"], row["result"], has_payment
    return row["schedule"], row["due"], row["result"], row["tax"] or 0, has_payment


def of_check(check: Check, batch_names: set[str]) -> tuple[Any, ...]:
    """The same of the oracle."""
    if check.entry in batch_names:
        return check.entry, 0, "OK", check.has_payment
    return check.entry, check.due, check.result, check.tax, check.has_payment


def check_by_engine(
    spark: SparkSession, lake: Lake, schedule: FeeSchedule, lines: Sequence[Line]
) -> tuple[Checks, DataFrame]:
    """The checks of the lines of `DAY`, and what FEE lines charge; the order amount of a line is
    that of its transaction.
    """
    rows = [to_row(line) for line in lines]
    pairs = [line for line in lines if line.order_amount is not None]
    outcomes = [
        complete_row(OUTCOMES, {"run_date": line.place[0], "internal_date": line.place[0],
                                "line_id": line.line_id,
                                "txn_id": None if line.order_amount is None else line.line_id,
                                "reasons": ["DUPLICATE_LINE"] if line.is_left_out else []})
        for line in lines
        if line.is_left_out or line.order_amount is not None
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
    volumes = sum_volumes(keep_attributes(known), None, select_left_out(pairs_frame)).collect()
    table = rows_to_arrow(FEE_VOLUMES, [row.asDict() for row in volumes])
    days = sorted({line.place[0] for line in lines})
    steps = find_steps(table, schedule.volumes, days)
    attach: Callable[[DataFrame], DataFrame] = lambda frame: add_steps(  # noqa: E731
        add_attributes(frame, pairs_frame, ours), schedule.volumes, steps
    )
    refunds = lake.stage(select_refunds(known), "refunds")
    view = schedule.by_line()
    card = Card(view, SHANGHAI, attach)
    priced = lake.stage(price_refunds(refunds, known, DAY, card, lake.stage), "priced")
    of_day = lake.stage(attach(known.where(known["business_date"] == DAY)), "of_day")
    keep = [tiers.step_column for tiers in schedule.volumes]
    checks = check_fees(of_day, priced, view, SHANGHAI, lake.stage, None, keep)
    checks = lake.stage(checks, "checks")
    fee_lines = sum_fee_lines_of(of_day, None, schedule, DAY, SHANGHAI)
    return check_batches_of(checks, schedule), fee_lines


def to_row(line: Line) -> dict[str, Any]:
    """The statement line of a line of the oracle."""
    on, at, line_id = line.place
    values = {
        "line_id": line_id,
        "business_date": on,
        "traded_at": None if at == NO_TIME else at,
        "channel": "wechat",
        "product": line.attributes["product"],
        "extra": {"brand": line.attributes["extra.brand"]}
        if "extra.brand" in line.attributes
        else None,
        "merchant_id": line.attributes.get("merchant_id"),
        "channel_ref_norm": line.reference or None,
        "original_ref_norm": line.original or None,
    }
    same = ("kind", "status", "amount", "fee", "currency", "settlement_amount", "settlement_date",
            "batch_ref")  # fmt: skip
    values |= {name: getattr(line, name) for name in same}
    return complete_row(STATEMENT_LINES, values)
