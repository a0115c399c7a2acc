"""What holds of every drawn run of days."""

from collections import Counter
from random import Random

import pytest

from jobs.settlement.settle import settle
from jobs.settlement.state import CreditState
from jobs.settlement.terms import start_state
from jobs.settlement.vocabulary import SettlementResult
from tests.support.ledger import day
from tests.support.settlement_draws import draw_days, draw_terms

DAYS = 14


@pytest.mark.parametrize(
    ("first", "last"), [(0, 20), pytest.param(20, 600, marks=pytest.mark.nightly)]
)
def test_money_is_conserved_and_neither_order_nor_repeating_matters(first: int, last: int) -> None:
    """On each of 20 (nightly 600) drawn channels: what was paid in less what was credited is what
    is owed; all of it is in batches, carried or with credits that wait; each credit stands once.
    """
    results: Counter[str] = Counter()
    for seed in range(first, last):
        random = Random(seed)
        terms = draw_terms(random)
        state = start_state(terms)
        owed, given = Counter(dict(state.closing)), Counter[str]()
        for one in draw_days(random, terms, DAYS):
            settled = settle(day(one.offset), one.batches, one.credits, one.bank, state, terms)
            again = settle(
                day(one.offset), random.sample(one.batches, len(one.batches)),
                random.sample(one.credits, len(one.credits)), one.bank, state, terms,
            )  # fmt: skip
            assert again == settled, seed
            for balance in settled.balances:
                owed[balance.currency] += balance.net - balance.credited
                assert balance.closing == owed[balance.currency], seed
                assert balance.closing == balance.open + sum(balance.unresolved.values()), seed
                given[balance.currency] += balance.credited
            if terms.rules.batch_by != "settlement":
                nets = sum(batch.sums.net for batch in one.batches)
                assert nets == sum(balance.net for balance in settled.balances), seed
            assert sum(line.amount for line in one.credits) == sum(
                balance.credited for balance in settled.balances
            )
            state = settled.state
            in_batches = sum(b.total for b in state.batches) + sum(
                sum_ for _, sum_ in state.carried
            )
            assert in_batches == sum(owed.values()) + sum(given.values()), seed
            shares = Counter(s.line_id for batch in state.batches for s in batch.shares)
            used = {c.line.line_id for c in state.credits if c.state == CreditState.USED}
            assert set(shares) == used, seed
            shown = [
                line_id
                for row in settled.rows
                if row.batch_no is None
                for line_id in row.credit_line_ids
            ]
            assert len(shown) == len(set(shown)) and not used & {*shown}, seed
            results.update(row.result for row in settled.rows)
    assert set(results) >= {*SettlementResult} - {SettlementResult.BEFORE_START}, results
