"""Steps 3c and 3d: several batches by one credit, and one batch by several credits.

Both look for contiguous runs of 2 to 31 amounts that add up exactly to another amount. Prefix sums
make that one look-up per run, so the cost grows with the number of amounts.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Generic, TypeVar

from jobs.settlement.books import Books
from jobs.settlement.state import Batch, BatchId, Credit, CreditState, MatchedBy

RUN_MIN, RUN_MAX = 2, 31
_STATES = (CreditState.WAITING, CreditState.UNKNOWN)
Member = TypeVar("Member", bound=Hashable)
Target = TypeVar("Target", bound=Hashable)


@dataclass(frozen=True)
class Runs(Generic[Member, Target]):
    """Every run that adds up to the amount of a target: its members, and all targets of that
    amount.
    """

    found_runs: tuple[tuple[tuple[Member, ...], tuple[Target, ...]], ...]

    @property
    def members(self) -> set[Member]:
        """All that stand in some run."""
        return {member for members, _ in self.found_runs for member in members}

    @property
    def targets(self) -> set[Target]:
        """All that have some run."""
        return {target for _, targets in self.found_runs for target in targets}

    def without(self, members: Collection[Member]) -> "Runs[Member, Target]":
        """Those runs in which none of some members stands. A run stays what it was: what lay
        between two members does not make them neighbours once it is gone.
        """
        kept = [run for run in self.found_runs if not {*run[0]} & {*members}]
        return Runs(tuple(kept))

    def unique(
        self, elsewhere: Iterable[Member] = ()
    ) -> Iterator[tuple[tuple[Member, ...], Target]]:
        """The runs of targets with one run, no member of which stands in another run, or is one of
        `elsewhere`. A run of two targets is two runs.
        """
        of_targets = Counter(targets for _, targets in self.found_runs)
        of_member = Counter(elsewhere)
        for members, targets in self.found_runs:
            of_member.update(dict.fromkeys(members, len(targets)))
        for members, targets in self.found_runs:
            if of_targets[targets] == 1 and all(of_member[member] == 1 for member in members):
                yield members, targets[0]


def find_runs(
    sequences: Iterable[tuple[str, Sequence[tuple[Member, int]]]],
    targets: Iterable[tuple[str, int, Target]],
) -> Runs[Member, Target]:
    """The contiguous runs of the sequences whose amounts add up to a target's.

    A sequence is its currency with (member, amount) in order; a target is currency, amount, name.
    """
    by_money: dict[tuple[str, int], tuple[Target, ...]] = defaultdict(tuple)
    for currency, amount, target in targets:
        by_money[currency, amount] += (target,)
    runs = []
    for currency, sequence in sequences:
        members = [member for member, _ in sequence]
        sums = [0, *accumulate(amount for _, amount in sequence)]
        for end in range(RUN_MIN, len(sums)):
            for start in range(max(0, end - RUN_MAX), end - RUN_MIN + 1):
                hit = by_money.get((currency, sums[end] - sums[start]))
                if hit:
                    runs.append((tuple(members[start:end]), hit))
    return Runs(tuple(runs))


def pay_batches_together(books: Books) -> None:
    """Step 3c: several batches of one `per`, in order, by one credit."""
    waiting, unknown = (books.free_credits(state) for state in _STATES)
    still_open, lost = books.open_batches(), books.candidates()
    runs = find_runs(_batch_sequences(still_open), map(_credit_target, waiting))
    # Missing batches and unknown credits take part only where without them there is nothing.
    left = [one for one in [*waiting, *unknown] if one.line.line_id not in runs.targets]
    more = find_runs(_batch_sequences([*still_open, *lost]), map(_credit_target, left))
    paid = _pay_batches(books, runs, ())
    _pay_batches(books, more.without(paid), runs.members)


def pay_batches_by_several(books: Books) -> None:
    """Step 3d: one batch by several credits, in order."""
    waiting, unknown = (books.free_credits(state) for state in _STATES)
    still_open, lost = books.open_batches(), books.candidates()
    runs = find_runs(_credit_sequences(waiting), map(_batch_target, still_open))
    left = [one for one in [*still_open, *lost] if one.id not in runs.targets]
    more = find_runs(_credit_sequences([*waiting, *unknown]), map(_batch_target, left))
    paid = _pay_by_several(books, runs, ())
    _pay_by_several(books, more.without(paid), runs.members)


def _pay_batches(
    books: Books, runs: Runs[BatchId, str], elsewhere: Iterable[BatchId]
) -> set[BatchId]:
    """Pays the runs that nothing else could be; returns the batches that it paid."""
    payments = list(runs.unique(elsewhere))
    books.ambiguous_batches |= runs.members
    books.ambiguous_credits |= runs.targets
    for batch_ids, line_id in payments:
        for batch_id in batch_ids:
            books.pay(batch_id, line_id, books.batches[batch_id].lack, MatchedBy.BATCHES)
    return {batch_id for batch_ids, _ in payments for batch_id in batch_ids}


def _pay_by_several(books: Books, runs: Runs[str, BatchId], elsewhere: Iterable[str]) -> set[str]:
    """Pays by the runs that nothing else could be; returns the credits that it used."""
    payments = list(runs.unique(elsewhere))
    books.ambiguous_credits |= runs.members
    books.ambiguous_batches |= runs.targets
    for line_ids, batch_id in payments:
        for line_id in line_ids:
            amount = books.credits[line_id].line.amount
            books.pay(batch_id, line_id, amount, MatchedBy.CREDITS)
    return {line_id for line_ids, _ in payments for line_id in line_ids}


def _batch_sequences(batches: Iterable[Batch]) -> list[tuple[str, list[tuple[BatchId, int]]]]:
    by_purse = defaultdict(list)
    for batch in sorted(batches, key=lambda one: one.place):
        by_purse[batch.purse].append((batch.id, batch.lack))
    return [(purse.currency, sequence) for purse, sequence in by_purse.items()]


def _credit_sequences(credits: Iterable[Credit]) -> list[tuple[str, list[tuple[str, int]]]]:
    by_currency = defaultdict(list)
    for credit in sorted(credits, key=lambda one: one.line.place):
        by_currency[credit.line.currency].append((credit.line.line_id, credit.line.amount))
    return list(by_currency.items())


def _credit_target(credit: Credit) -> tuple[str, int, str]:
    return credit.line.currency, credit.line.amount, credit.line.line_id


def _batch_target(batch: Batch) -> tuple[str, int, BatchId]:
    return batch.purse.currency, batch.lack, batch.id
