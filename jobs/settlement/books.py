"""The state of a channel while a run changes it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from jobs.settlement.inputs import Key, KeyKind, Purse
from jobs.settlement.rows import SettlementRow
from jobs.settlement.state import (
    RUNS_KNOWN,
    Batch,
    BatchId,
    Credit,
    CreditState,
    MatchedBy,
    Share,
    State,
)
from jobs.settlement.terms import Terms
from jobs.settlement.vocabulary import SettlementResult


class Books:
    """Batches, credits and carried money of one run; everything in it is replaced, never changed.

    `joined` are the batches with lines on the date, in the order in which these came; `carried` is
    what waits after the run, `waiting` what waited before it. `nets` and `received` are the sums of
    the date's lines and credits by currency; `rows` those that are about no batch that stays;
    `held` are credits that wait for the batch that they name.
    """

    def __init__(self, state: State, terms: Terms, day: date) -> None:
        self.terms, self.day = terms, day
        self.batches: dict[BatchId, Batch] = {}
        self._by_key: dict[tuple[Key, Purse], dict[int, BatchId]] = {}
        self.credits: dict[str, Credit] = {}
        self.waiting: Counter[Purse] = Counter(dict(state.carried))
        self.carried: Counter[Purse] = Counter()
        self.resolved: Counter[tuple[str, str]] = Counter(dict(state.resolved))
        self.opening = Counter(dict(state.closing))
        self.nets: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.rows: list[SettlementRow] = []
        self.joined: list[BatchId] = []
        self.ambiguous_batches: set[BatchId] = set()
        self.ambiguous_credits: set[str] = set()
        self.returned: set[BatchId] = set()
        self.held: set[str] = set()
        for batch in state.batches:
            self._keep_batch(batch)
        for credit in state.credits:
            self._keep_credit(credit)

    def _keep_batch(self, batch: Batch) -> None:
        aged = batch if batch.is_open else replace(batch, runs_closed=batch.runs_closed + 1)
        if aged.runs_closed <= RUNS_KNOWN:
            self.put(aged)
            return
        for cause, amount in split_owed(batch):
            self.resolved[batch.purse.currency, cause] += amount

    def _keep_credit(self, credit: Credit) -> None:
        aged = replace(credit, runs=credit.runs + 1)
        if credit.state == CreditState.UNKNOWN:
            aged = replace(aged, runs_unknown=credit.runs_unknown + 1)
        is_used = credit.state == CreditState.USED
        if aged.runs_unknown <= RUNS_KNOWN and not (is_used and aged.runs > RUNS_KNOWN):
            self.credits[credit.line.line_id] = aged
            return
        for cause, amount in split_unpaired(credit):
            self.resolved[credit.line.currency, cause] += amount

    def put(self, batch: Batch) -> None:
        """Puts a batch in the place of its earlier self."""
        self.batches[batch.id] = batch
        self._by_key.setdefault((batch.key, batch.purse), {})[batch.batch_no] = batch.id

    def remove(self, batch: Batch) -> None:
        """Takes a batch out, which goes on under another key."""
        del self.batches[batch.id]
        del self._by_key[batch.key, batch.purse][batch.batch_no]

    def find(self, key: Key, purse: Purse) -> list[Batch]:
        """The batches of a key, in order."""
        same = self._by_key.get((key, purse), {}).values()
        return sorted((self.batches[one] for one in same), key=lambda batch: batch.place)

    def next_number(self, key: Key, purse: Purse) -> int:
        """The `batch_no` of the next batch of a key."""
        return 1 + max((batch.batch_no for batch in self.find(key, purse)), default=0)

    def open_batches(self) -> list[Batch]:
        """The batches that may be paid, in order: open ones that lack something and have a name, or
        had one.
        """
        every = (b for b in self.batches.values() if b.is_open and b.key.kind != KeyKind.UNCLOSED)
        return sorted((b for b in every if self._lacks(b)), key=lambda batch: batch.place)

    def _lacks(self, batch: Batch) -> bool:
        """Whether a batch still expects something: what a credit of this run has paid, within
        tolerance or with more than was due, is no longer there for the steps that follow.
        """
        if not batch.shares:
            return bool(batch.lack)
        is_over = batch.lack < 0 <= batch.claim
        return not is_over and not self.terms.is_within_tolerance(batch.purse.currency, batch.lack)

    def candidates(self) -> list[Batch]:
        """The batches that were closed unpaid and may still be paid, in order."""
        every = (b for b in self.batches.values() if b.is_candidate and b.lack)
        return sorted(every, key=lambda batch: batch.place)

    def credits_in(self, state: CreditState) -> list[Credit]:
        """The credits of a state, in order."""
        every = (credit for credit in self.credits.values() if credit.state == state)
        return sorted(every, key=lambda credit: credit.line.place)

    def free_credits(self, state: CreditState) -> list[Credit]:
        """The same, without those that name a batch which they cannot pay."""
        return [one for one in self.credits_in(state) if one.line.line_id not in self.held]

    def pay(self, batch_id: BatchId, line_id: str, amount: int, step: MatchedBy) -> None:
        """Gives a share of a credit to a batch, which is open until the results say otherwise."""
        batch, credit = self.batches[batch_id], self.credits[line_id]
        shares = (*batch.shares, Share(line_id, amount, step))
        # A batch with a credit is not carried, not even when the credit is returned.
        paid = replace(batch, shares=shares, last_paid=self.day, runs_closed=-1, is_decided=True)
        self.put(paid)
        self.credits[line_id] = replace(credit, state=CreditState.USED, result=None)


def split_owed(batch: Batch) -> Iterator[tuple[str, int]]:
    """What the channel still owes for a batch by our sums, by cause; `open` while it is open."""
    yield "declared", batch.total - batch.claim
    yield _cause_of_lack(batch), batch.lack


def _cause_of_lack(batch: Batch) -> str:
    if batch.is_open:
        return "open"
    if batch.result in (SettlementResult.SHORT, SettlementResult.OVER):
        return batch.result.lower()
    if batch.result == SettlementResult.SETTLED:
        # A payout that failed after it was credited: nothing is declared, and the money is here.
        return "declared" if batch.declared == 0 else "tolerance"
    return "missing"


def split_unpaired(credit: Credit) -> Iterator[tuple[str, int]]:
    """What a credit that paid nothing takes from what the channel owes, by cause."""
    if credit.state != CreditState.USED:
        cause = "waiting" if credit.state == CreditState.WAITING else "unknown"
        yield cause, -credit.line.amount
