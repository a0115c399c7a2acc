"""What holds of every drawn scenario, and that the draw reaches the whole of the oracle."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.vocabulary import Outcome, Reason
from tests.oracle.book import day
from tests.oracle.expected import comparable, expected_of
from tests.oracle.oracle import run_date
from tests.oracle.rows import REASONS, own_id
from tests.oracle.scenarios import Batch, batch, batches

pytestmark = pytest.mark.slow

ONE = st.randoms(use_true_random=False).map(lambda rng: batch(rng, 1))


@given(ONE)
@settings(max_examples=100)
def test_nothing_is_lost_and_nothing_stands_twice(drawn: Batch) -> None:
    """What came or was open in sight has one row; late candidates at most one; no other has any."""
    (scenario,) = drawn.scenarios
    runs = expected_of(drawn, scenario)
    before: list = []
    for on, (rows, open_items) in enumerate(runs):
        lines, ours = scenario.listed(on, drawn.calendar[on])
        must = {each["line_id"] for each in lines} | {each["txn_id"] for each in ours}
        must |= {own_id(item) for item in before if item["broke_on"] is None}
        may = must | {own_id(item) for item in before}
        ids = Counter(one for row in rows for one in (row["txn_id"], row["line_id"]) if one)
        assert set(ids.values()) <= {1}
        assert must <= set(ids) <= may
        assert {own_id(item) for item in open_items} <= may
        before = open_items


@given(ONE, st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_rows_decides_nothing(drawn: Batch, rng: Random) -> None:
    """Lines, transactions, open items and earlier outcomes shuffled: the same rows."""
    (scenario,) = drawn.scenarios
    history: list = []
    open_items: list = []
    for on, date in enumerate(drawn.calendar):
        given_ = (*scenario.listed(on, date), history, open_items)
        mixed = [rng.sample(each, len(each)) for each in given_]
        facts = (date.whole, date.snapshot)
        as_is = run_date(drawn.profile, day(on), *given_, *facts)
        shuffled = run_date(drawn.profile, day(on), *mixed, *facts)
        for one, other in zip(as_is, shuffled, strict=True):
            assert comparable(one) == comparable(other)
        history, open_items = [*history, *as_is[0]], as_is[1]


@given(ONE)
@settings(max_examples=100)
def test_a_row_is_of_one_form(drawn: Batch) -> None:
    """Reasons in the contract's order; MATCHED has none but LATE, the others have one or more."""
    (scenario,) = drawn.scenarios
    for rows, open_items in expected_of(drawn, scenario):
        for row in rows:
            places = [REASONS.index(Reason(reason)) for reason in row["reasons"]]
            assert all(one < other for one, other in pairwise(places))
            real = [reason for reason in row["reasons"] if reason != Reason.LATE]
            assert bool(real) == (row["outcome"] != Outcome.MATCHED)
            assert row["action"] is not None
        assert len({own_id(item) for item in open_items}) == len(open_items)


def test_the_draw_reaches_every_reason() -> None:
    """1,000 scenarios hold each outcome with each of its reasons, LATE among them."""
    seen: Counter[tuple[str, str]] = Counter()
    for each in batches(seed=1, count=1000):
        for scenario in each.scenarios:
            for rows, _ in expected_of(each, scenario):
                seen.update((row["outcome"], reason) for row in rows for reason in row["reasons"])
    assert {reason for _, reason in seen} == {reason.value for reason in Reason}
    late = {outcome for outcome, reason in seen if reason == Reason.LATE}
    assert late == {"MATCHED", "BREAK", "EXCLUDED"}
    assert min(seen.values()) >= 5, seen
