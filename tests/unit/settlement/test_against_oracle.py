"""Drawn days, settled by the code and by the slow oracle: the same rows."""

from random import Random
from typing import Any

import pytest

from jobs.settlement.inputs import BankLine, DayBatch
from jobs.settlement.rows import SettlementRow
from jobs.settlement.settle import settle
from jobs.settlement.terms import Terms, start_state
from tests.oracle import settlement as oracle
from tests.support.ledger import day
from tests.support.settlement_draws import draw_days, draw_terms


@pytest.mark.parametrize(
    ("first", "last"), [(0, 30), pytest.param(30, 600, marks=pytest.mark.nightly)]
)
def test_code_and_oracle_give_the_same_rows(first: int, last: int) -> None:
    """14 days of each drawn channel, without those whose SETTLEMENT lines close batches."""
    compared = 0
    for seed in range(first, last):
        random = Random(seed)
        terms = draw_terms(random)
        if terms.rules.batch_by == "settlement":
            continue
        rules = _plain_rules(terms)
        state, plain_state = start_state(terms), oracle.start(rules)
        for one in draw_days(random, terms, 14):
            settled = settle(day(one.offset), one.batches, one.credits, one.bank, state, terms)
            rows, plain_state = oracle.settle(
                day(one.offset), [_plain_batch(b) for b in one.batches],
                [_plain_credit(c) for c in one.credits], one.bank, plain_state, rules,
            )  # fmt: skip
            ours = sorted(map(_plain_row, settled.rows), key=repr)
            assert ours == sorted(rows, key=repr), (seed, one.offset)
            state = settled.state
            compared += len(rows)
    assert compared > 300


def _plain_rules(terms: Terms) -> dict[str, Any]:
    rules = terms.rules
    return {
        "after": rules.due.after, "grace": rules.grace, "minimum": rules.minimum,
        "negative": rules.negative, "tolerance": rules.tolerance, "first_date": terms.first_date,
        "opening": [one.model_dump() for one in rules.opening],
    }  # fmt: skip


def _plain_batch(one: DayBatch) -> dict[str, Any]:
    return {
        "key": one.key and (str(one.key.kind), one.key.text), "per": one.purse.per,
        "currency": one.purse.currency, "lines": one.lines, "net": one.sums.net,
        "declared": -one.settlements if one.settlement_lines else None,
    }  # fmt: skip


def _plain_credit(line: BankLine) -> dict[str, Any]:
    return {
        "line_id": line.line_id, "date": line.business_date, "value_date": line.value_date,
        "currency": line.currency, "amount": line.amount, "ref": line.channel_ref,
        "returns": line.original_ref, "text": line.text,
    }  # fmt: skip


def _plain_row(row: SettlementRow) -> tuple[object, ...]:
    return (
        row.batch, row.batch_no, row.per, row.currency, str(row.result), row.expected, row.credited,
        row.carried_out, row.reasons, row.credit_line_ids,
    )  # fmt: skip
