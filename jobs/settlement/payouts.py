"""Step 1 where one SETTLEMENT line closes a batch: all lines since the line before it.

A batch expects what its SETTLEMENT line declares, and hands on what that leaves of the net.
"""

from collections.abc import Iterable
from dataclasses import replace

from jobs.settlement.batches import differing_row, give_carried
from jobs.settlement.books import Books
from jobs.settlement.bridge.causes import BridgeCause, add_causes
from jobs.settlement.inputs import DayBatch, FailedPayout, Key, KeyKind, Purse, Sums
from jobs.settlement.state import Batch

_UNCLOSED = Key(KeyKind.UNCLOSED, "")


def take_segments(books: Books, day_batches: Iterable[DayBatch]) -> None:
    """Adds the segments of the date, in order, to the batch that is still unclosed, and closes it
    where a SETTLEMENT line ends the segment.
    """
    segments = sorted(day_batches, key=lambda one: (one.purse, one.position))
    for segment in segments:
        books.nets[segment.purse.currency] += segment.sums.net
        batch = _join(books, segment)
        for failed in segment.failed:
            batch = _take_back(books, batch, failed)
        books.put(batch)
        books.joined.append(batch.id)
        _give_waiting(books, segment.purse, batch)
        if segment.settlement_lines:
            _close(books, books.batches[batch.id], segment)
    give_carried(books)


def _join(books: Books, segment: DayBatch) -> Batch:
    day = books.day
    same = books.find(_UNCLOSED, segment.purse)
    batch = same[0] if same else Batch(_UNCLOSED, segment.purse, 1, day, day)
    return replace(
        batch,
        lines=batch.lines + segment.lines,
        sums=batch.sums + segment.sums,
        causes=add_causes(batch.causes, segment.explained),
        due_from=day,
    )


def _give_waiting(books: Books, purse: Purse, batch: Batch) -> None:
    """The first batch of the date takes what waited."""
    amount = books.waiting.pop(purse, 0)
    books.put(replace(batch, carried_in=batch.carried_in + amount))


def _close(books: Books, batch: Batch, segment: DayBatch) -> None:
    """The batch takes the name of the line that closes it, and is due from this date."""
    books.remove(batch)
    books.joined.remove(batch.id)
    assert segment.key is not None
    declared = -segment.settlements
    closed = replace(
        batch,
        key=segment.key,
        batch_no=books.next_number(segment.key, segment.purse),
        declared=declared,
        carried_out=batch.total - declared,
        is_decided=True,
        names=segment.names,
        result=None,
    )
    books.carried[segment.purse] += closed.carried_out
    books.put(closed)
    books.joined.append(closed.id)


def _take_back(books: Books, batch: Batch, failed: FailedPayout) -> Batch:
    """A payout that came back: its batch declares nothing any more, and what it declared joins the
    lines that follow. Where no batch is known, and where less or more came back than was declared,
    the rest is a line of `other`.
    """
    paid = _find_failed(books, batch.purse, failed)
    released = paid.claim if paid else 0
    if paid:
        changed = replace(paid, declared=0, carried_out=paid.carried_out + released)
        books.put(changed)
        if not changed.is_open and changed.credited:
            books.rows.append(differing_row(changed))
        elif not changed.is_open:
            books.put(replace(changed, runs_closed=-1, result=None))
    rest = failed.amount - released
    books.nets[batch.purse.currency] += rest
    return replace(
        batch,
        carried_in=batch.carried_in + released,
        sums=batch.sums + Sums(other=rest),
        causes=add_causes(batch.causes, ((BridgeCause.DECLARED_DIFFERENCE, rest),)),
    )


def _find_failed(books: Books, purse: Purse, failed: FailedPayout) -> Batch | None:
    """The batch whose line a failed payout names, else the latest with that amount."""
    closed = [
        batch
        for batch in books.batches.values()
        if batch.purse == purse and batch.key.kind == KeyKind.REFERENCE and batch.declared
    ]
    latest_first = sorted(closed, key=lambda batch: batch.place, reverse=True)
    if failed.original_ref is not None:
        named = (b for b in latest_first if failed.original_ref in (b.key.text, *b.names))
        return next(named, None)
    return next((batch for batch in latest_first if batch.declared == failed.amount), None)
