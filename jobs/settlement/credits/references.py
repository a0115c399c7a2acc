"""Step 3a: a credit that names a batch is bound to it, and to no other."""

from collections.abc import Iterable

from jobs.settlement.books import Books
from jobs.settlement.inputs import BankLine, Key
from jobs.settlement.recognition import Recognition
from jobs.settlement.state import Batch, BatchId, CreditState, MatchedBy

_ByKey = dict[tuple[Key, str], list[BatchId]]


def bind_named(books: Books) -> None:
    """Binds each credit that names one batch to it: an open one, else one that was closed unpaid.

    All credits that name a batch pay it together. A credit that names only what is closed, or is of
    another currency, pays nothing and waits. One that names several open batches says nothing about
    its shares, and is left to the later steps.
    """
    payable = {
        **_group(books.candidates()),
        **_group(_open_with_name(books)),
    }
    keys = frozenset(batch.key for batch in books.batches.values())
    recognition = Recognition(books.terms.rules.find, keys)
    bound: list[tuple[BatchId, BankLine]] = []
    for state in (CreditState.WAITING, CreditState.UNKNOWN):
        for line in (credit.line for credit in books.credits_in(state)):
            keys = recognition.find_keys(line)[1]
            named = [payable[key, line.currency] for key in keys if (key, line.currency) in payable]
            if keys and not named:
                books.held.add(line.line_id)
            elif len(named) == 1 and len({batch_id.purse for batch_id in named[0]}) == 1:
                bound.append((named[0][0], line))
    for batch_id, line in bound:
        books.pay(batch_id, line.line_id, line.amount, MatchedBy.REFERENCE)


def _group(batches: Iterable[Batch]) -> _ByKey:
    """Batches by key and currency, in order."""
    groups: _ByKey = {}
    for batch in sorted(batches, key=lambda one: one.place):
        groups.setdefault((batch.key, batch.purse.currency), []).append(batch.id)
    return groups


def _open_with_name(books: Books) -> list[Batch]:
    """Open batches that a credit can name, also where they expect nothing so far, or have got more
    than they expect, as lines may still come.
    """
    return [one for one in books.batches.values() if one.is_open and one.key.batch is not None]
