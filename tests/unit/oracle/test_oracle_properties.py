"""Properties of every random scenario, and proof that scenarios reach all of the oracle."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.vocabulary import Outcome, Reason
from tests.oracle.expected import comparable, expected_runs
from tests.oracle.oracle import match_run_date
from tests.oracle.rows import REASONS, item_id
from tests.oracle.scenarios import Batch, draw_batch, draw_batches
from tests.support.ledger import day

pytestmark = pytest.mark.slow

ONE_SCENARIO = st.randoms(use_true_random=False).map(lambda rng: draw_batch(rng, 1))


@given(ONE_SCENARIO)
@settings(max_examples=100)
def test_every_item_has_one_row(batch: Batch) -> None:
    """Items that came in or wait have one row, late candidates at most one; no other has any."""
    (scenario,) = batch.scenarios
    runs = expected_runs(batch, scenario)
    open_before: list = []
    for on, (rows, open_items) in enumerate(runs):
        lines, transactions = scenario.records_on(on, batch.calendar[on])
        required = {line["line_id"] for line in lines}
        required |= {transaction["txn_id"] for transaction in transactions}
        required |= {item_id(item) for item in open_before if item["broke_on"] is None}
        allowed = required | {item_id(item) for item in open_before}
        ids = Counter(one for row in rows for one in (row["txn_id"], row["line_id"]) if one)
        assert set(ids.values()) <= {1}
        assert required <= set(ids) <= allowed
        assert {item_id(item) for item in open_items} <= allowed
        open_before = open_items


@given(ONE_SCENARIO, st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_order_of_rows_changes_nothing(batch: Batch, rng: Random) -> None:
    """Lines, transactions, open items and earlier outcomes shuffled: the same rows."""
    (scenario,) = batch.scenarios
    history: list = []
    open_items: list = []
    earlier: list = []
    for on, date in enumerate(batch.calendar):
        inputs = (*scenario.records_on(on, date), history, open_items, earlier)
        shuffled = [rng.sample(rows, len(rows)) for rows in inputs]
        flags = (date.is_statement_complete, date.has_snapshot)
        expected = match_run_date(batch.profile, day(on), *inputs, *flags)
        actual = match_run_date(batch.profile, day(on), *shuffled, *flags)
        for one, other in zip(expected, actual, strict=True):
            assert comparable(one) == comparable(other)
        history, open_items = [*history, *expected[0]], expected[1]
        earlier = [*earlier, *inputs[0], *inputs[1]]


@given(ONE_SCENARIO)
@settings(max_examples=100)
def test_rows_have_ordered_reasons_and_an_action(batch: Batch) -> None:
    """Reasons stand in the order of rules.md. MATCHED has none but LATE and WITHIN_TOLERANCE,
    others have at least one. Only breaks ask for more than to wait, and only STATEMENT_ONLY breaks
    have `related`."""
    (scenario,) = batch.scenarios
    for rows, open_items in expected_runs(batch, scenario):
        for row in rows:
            places = [REASONS.index(Reason(reason)) for reason in row["reasons"]]
            assert all(one < other for one, other in pairwise(places))
            matched = (Reason.LATE, Reason.WITHIN_TOLERANCE)
            other_reasons = [reason for reason in row["reasons"] if reason not in matched]
            assert bool(other_reasons) == (row["outcome"] != Outcome.MATCHED)
            assert (row["action"] in ("NONE", "WAIT")) == (row["outcome"] != Outcome.BREAK)
            is_one_sided = Reason.STATEMENT_ONLY in row["reasons"]
            is_guarded = is_one_sided and row["outcome"] == Outcome.BREAK
            assert (row["related"] is not None) == is_guarded
        assert len({item_id(item) for item in open_items}) == len(open_items)


def test_scenarios_reach_every_reason() -> None:
    """1,000 scenarios have every reason, LATE with each outcome, at least five times."""
    counts: Counter[tuple[str, str]] = Counter()
    for batch in draw_batches(seed=1, count=1000):
        for scenario in batch.scenarios:
            for rows, _ in expected_runs(batch, scenario):
                counts.update((row["outcome"], reason) for row in rows for reason in row["reasons"])
    assert {reason for _, reason in counts} == {reason.value for reason in Reason}
    late = {outcome for outcome, reason in counts if reason == Reason.LATE}
    assert late == {"MATCHED", "BREAK", "EXCLUDED"}
    assert min(counts.values()) >= 5, counts
