"""The bridge: what each batch expects comes from our books, cause by cause."""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from jobs.settlement.balances import SettlementUnbalanced
from jobs.settlement.bridge.causes import BridgeCause, Causes, to_causes
from jobs.settlement.inputs import DayBatch, InTransit, Purse
from jobs.settlement.settle import DaySettlement, settle
from jobs.settlement.terms import start_state
from tests.support.ledger import day
from tests.support.settlement_draws import draw_days, draw_terms
from tests.support.settlement_ledger import World, lines, segment

DAYS = 14


def because(one: DayBatch, **causes: int) -> DayBatch:
    """Lines with what their net comes from, by cause in lower case."""
    return replace(one, causes=causes_of(**causes))


def causes_of(**causes: int) -> Causes:
    return to_causes({BridgeCause(name.upper()): amount for name, amount in causes.items()})


def bridge_of(settled: DaySettlement) -> dict[str, dict[str, int]]:
    """The causes by batch, with its number from 2 on; money without a batch is "-"."""
    bridge: dict[str, dict[str, int]] = {}
    for row in settled.bridge:
        number = f"#{row.slot.batch_no}" if (row.slot.batch_no or 1) > 1 else ""
        name = f"{row.slot.batch or '-'}{number}"
        bridge.setdefault(name, {})[row.cause.value] = row.amount
    return bridge


def ours_of(settled: DaySettlement) -> dict[str | None, int | None]:
    return {row.batch: row.ours for row in settled.rows}


def test_what_no_cause_explains_is_unexplained() -> None:
    """Lines of 10.00 of which our books explain 9.00 on two dates; `ours` grows with them."""
    world = World()
    first = world.run(0, [because(lines("B", 1000), ours=906, fee_due=-6, in_transit_in=50)])
    assert bridge_of(first) == {
        "B": {"OURS": 906, "FEE_DUE": -6, "IN_TRANSIT_IN": 50, "UNEXPLAINED": 50}
    }
    assert ours_of(first) == {"B": 900}
    second = world.run(1, [because(lines("B", 500), ours=500)])
    assert bridge_of(second) == {"B": {"OURS": 500}}
    assert ours_of(second) == {"B": 1400}
    assert bridge_of(world.run(2)) == {}


def test_in_transit_adds_up_to_nothing() -> None:
    world = World()
    out = InTransit(Purse("", "CNY"), causes_of(ours=100, fee_due=-1, in_transit_out=-99))
    assert bridge_of(world.run(0, in_transit=[out])) == {
        "-": {"OURS": 100, "FEE_DUE": -1, "IN_TRANSIT_OUT": -99}
    }
    wrong = InTransit(Purse("", "CNY"), causes_of(ours=100, in_transit_out=-99))
    with pytest.raises(SettlementUnbalanced, match="the bridge comes to 1, expected grew by 0"):
        world.run(1, in_transit=[wrong])


def test_carried_money_is_in_the_batch_that_takes_it() -> None:
    """A batch below the minimum expects its own lines; the next one those and its own. A fee
    without a batch is carried out at once.
    """
    world = World(batch_by="business_date", minimum={"CNY": 500})
    small = world.run(0, [because(lines(0, 300), ours=300)])
    assert bridge_of(small) == {str(day(0)): {"OURS": 300}}
    assert bridge_of(world.run(1)) == {}
    next_one = world.run(2, [because(lines(2, 400), ours=400)])
    assert bridge_of(next_one) == {str(day(2)): {"OURS": 400, "CARRIED": 300}}
    by_ref = World()
    fee = by_ref.run(0, [because(lines(None, fees=30), fee_difference=-30)])
    assert bridge_of(fee) == {"-": {"FEE_DIFFERENCE": -30, "CARRIED": 30}}
    after = by_ref.run(1, [because(lines("B", 100), ours=100)])
    assert bridge_of(after) == {"B": {"OURS": 100, "CARRIED": -30}}


def test_declared_sum_beside_the_lines_is_a_cause() -> None:
    world = World()
    first = world.run(0, [because(lines("B", 1000, settlement=-990), ours=1000)])
    assert bridge_of(first) == {"B": {"OURS": 1000, "DECLARED_DIFFERENCE": -10}}
    failed = world.run(1, [lines("B", settlement=990)])
    assert bridge_of(failed) == {"B": {"CARRIED": -1000, "DECLARED_DIFFERENCE": 10}}


def test_causes_move_to_the_batch_whose_settlement_line_comes() -> None:
    """Lines of two dates are paid out by one line: its batch has the causes of both dates, and what
    is not paid out is carried on. A payout that came back with 0.05 more than was declared.
    """
    world = World(batch_by="settlement")
    first = world.run(0, [because(segment(None, 70), ours=75, fee_due=-5)])
    assert bridge_of(first) == {"-": {"OURS": 75, "FEE_DUE": -5}}
    second = world.run(1, [because(segment("P", 430, -450), ours=430)])
    assert bridge_of(second) == {
        "-": {"OURS": -75, "FEE_DUE": 5},
        "P": {"OURS": 505, "FEE_DUE": -5, "CARRIED": -50},
    }
    assert ours_of(second)["P"] == 500
    third = world.run(2, [segment(None, failed=[(455, "P")])])
    assert bridge_of(third)["-"] == {"CARRIED": 500, "DECLARED_DIFFERENCE": 5}
    assert bridge_of(third)["P"] == {"CARRIED": -450}


def test_first_run_grows_by_what_was_open_before() -> None:
    world = World(first=0, opening=[{"currency": "CNY", "amount": 300, "since": str(day(-1))}])
    assert bridge_of(world.run(0)) == {"-": {"CARRIED": 300}}


@pytest.mark.parametrize(
    ("first", "last"), [(0, 20), pytest.param(20, 600, marks=pytest.mark.nightly)]
)
def test_rows_of_all_dates_add_up_to_what_each_batch_expects(first: int, last: int) -> None:
    """On each of 20 (nightly 600) drawn channels, whatever becomes of a batch; what our books say
    stands in the bridge once.
    """
    seen: Counter[str] = Counter()
    for seed in range(first, last):
        random, split = Random(seed), Random(-seed)
        terms = draw_terms(random)
        state = start_state(terms)
        sums: Counter[Any] = Counter()
        ours: Counter[Any] = Counter()
        books: Counter[str] = Counter()
        for one in draw_days(random, terms, DAYS):
            batches = [_explain(split, batch) for batch in one.batches]
            settled = settle(day(one.offset), batches, one.credits, one.bank, state, terms)
            for row in settled.bridge:
                sums[row.slot] += row.amount
                seen[row.cause] += 1
                if row.cause in (BridgeCause.OURS, BridgeCause.FEE_DUE):
                    ours[row.slot] += row.amount
                    books[row.slot.currency] += row.amount
            for batch in batches:
                books[batch.purse.currency] -= dict(batch.causes).get(BridgeCause.OURS, 0)
            for shown in settled.rows:
                slot = (shown.batch, shown.batch_no, shown.per, shown.currency)
                if shown.ours is not None:
                    assert sums[slot] == shown.expected, (seed, slot)
                    assert ours[slot] == shown.ours, (seed, slot)
                elif shown.batch is None:
                    assert shown.expected == 0
            assert not any(books.values()), seed
            state = settled.state
    assert set(seen) == {
        BridgeCause.OURS, BridgeCause.CARRIED, BridgeCause.DECLARED_DIFFERENCE,
        BridgeCause.UNEXPLAINED,
    }  # fmt: skip


def _explain(random: Random, batch: DayBatch) -> DayBatch:
    """Part of the net is of our books."""
    amount = random.choice((0, batch.sums.net, batch.sums.net - 30))
    return because(batch, ours=amount) if batch.lines else batch
