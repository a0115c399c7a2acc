"""Step 2: a batch is decided once, and what is too small or negative is carried into the next."""

from dataclasses import replace

from jobs.settlement.books import Books
from jobs.settlement.inputs import KeyKind
from jobs.settlement.state import Batch
from jobs.settlement.vocabulary import SettlementResult


def decide_batches(books: Books) -> None:
    """Decides the batches whose turn it is; closes those that are carried or expect nothing."""
    joined = {*books.joined}
    for batch in sorted(books.batches.values(), key=lambda one: one.place):
        if not batch.is_open:
            continue
        decided = batch
        if not batch.is_decided and _is_complete(books, batch, batch.id in joined):
            decided = replace(batch, is_decided=True)
            if _is_carried(books, decided):
                _carry(books, decided, SettlementResult.CARRIED)
                continue
        if decided.declared == 0 and decided.key.kind != KeyKind.UNCLOSED and decided.total:
            _carry(books, decided, None)
            decided = books.batches[decided.id]
        if decided.is_decided and not decided.shares and not decided.claim:
            decided = replace(decided, result=SettlementResult.SETTLED, runs_closed=0)
        books.put(decided)


def _is_complete(books: Books, batch: Batch, has_lines: bool) -> bool:
    """Whether all lines are in: for a date on its run, for a reference on the run after its last
    line, or once the channel declared what it pays.
    """
    if batch.key.kind == KeyKind.UNCLOSED:
        return False
    if batch.declared is not None:
        return True
    if batch.key.day is not None:
        return books.day >= batch.key.day
    return not has_lines


def _is_carried(books: Books, batch: Batch) -> bool:
    """Whether a batch waits for the next one; one that has a declared sum does not, and one that
    has a credit was decided by it. A sum of 0 is below a minimum, and is carried as nothing.
    """
    if batch.declared is not None:
        return False
    if batch.claim < 0:
        return books.terms.rules.negative == "carry"
    return batch.claim < books.terms.rules.minimum.get(batch.purse.currency, 0)


def _carry(books: Books, batch: Batch, result: SettlementResult | None) -> None:
    """Hands on all that the batch has; with a result it is closed."""
    books.carried[batch.purse] += batch.total
    carried = replace(batch, carried_out=batch.carried_out + batch.total)
    books.put(carried if result is None else replace(carried, result=result, runs_closed=0))
