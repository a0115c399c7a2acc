"""Properties of every random scenario, and proof that scenarios reach all of the oracle."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.vocabulary import Action, Outcome, Reason
from tests.oracle.expected import comparable, expected_runs
from tests.oracle.oracle import match_run_date
from tests.oracle.rows import REASONS, Row, item_id
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


def _marks_of(row: Row) -> Iterator[str]:
    """What a row is an example of: outcome and reason, how it was matched, its action."""
    outcome, by = row["outcome"], row["matched_by"]
    yield from (f"{outcome} {reason}" for reason in row["reasons"])
    yield f"{row['action']}"
    is_unit = row["unit_id"] not in (row["txn_id"], row["line_id"])
    if by in ("captures", "void", "kind"):
        yield f"{outcome} by {by}" + (" as a unit" if is_unit else "")
    elif is_unit and by is not None:
        name = "a group" if by in ("batch", "g") else "equal items"
        is_late_group = Reason.LATE in row["reasons"] and name == "a group"
        yield f"{outcome} by {name}" + (", late" if is_late_group else "")
    if row["related"]:
        yield f"{row['action']} of something related"
    if outcome == Outcome.EXCLUDED and by not in (None, "void"):
        yield f"excluded by {by}"
    if Reason.DUPLICATE_PAYMENT in row["reasons"] and row["statement_amount"] != 0:
        yield f"second payment {row['action']}"


#: Marks of rows that only the rules about advice make.
ADVICE_MARKS = {
    "MATCHED by captures as a unit", "BREAK by captures as a unit", "BREAK by kind",
    "MATCHED by void as a unit", "BREAK by void", "EXCLUDED by void",
    "MATCHED by a group", "MATCHED by a group, late", "BREAK by a group", "BREAK by a group, late",
    "MATCHED by equal items",
    "REVIEW of something related", "REFUND of something related",
    "second payment REFUND", "second payment RECOVER", "second payment REVIEW",
    "excluded by interest", "excluded by small", "excluded by large", "excluded by sweep",
    "excluded by payer", "excluded by number",
}  # fmt: skip


def test_scenarios_reach_every_reason() -> None:
    """1,000 scenarios have every reason, LATE with each outcome, every action, and every way of
    matching, at least five times."""
    counts: Counter[str] = Counter()
    for batch in draw_batches(seed=1, count=1000, per_batch=20):
        for scenario in batch.scenarios:
            for rows, _ in expected_runs(batch, scenario):
                counts.update(mark for row in rows for mark in _marks_of(row))
    reasons = {mark.split()[1] for mark in counts if mark.split()[0] in list(Outcome)}
    assert {reason.value for reason in Reason} <= reasons
    assert {f"{outcome} LATE" for outcome in ("MATCHED", "BREAK", "EXCLUDED")} <= set(counts)
    assert {*ADVICE_MARKS, *(action.value for action in Action)} <= set(counts)
    rare = [mark for mark in counts if counts[mark] < 5]
    with_reasons = {f"{outcome} {reason}" for outcome in Outcome for reason in Reason}
    assert not {*with_reasons, *ADVICE_MARKS} & set(rare), rare
