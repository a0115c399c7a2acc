"""Step 1: the lines of a date enter their batches."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from jobs.settlement.books import Books
from jobs.settlement.bridge.causes import add_causes
from jobs.settlement.inputs import DayBatch, Key, Purse
from jobs.settlement.rows import SettlementRow
from jobs.settlement.state import Batch
from jobs.settlement.vocabulary import SettlementResult
from schemas.vocabulary import Action


def take_lines(books: Books, day_batches: Iterable[DayBatch]) -> None:
    """Lets the lines of the date join open batches, open missing ones again, or make new ones.

    Then carried money goes to the first batch with lines, in order. Money of this date's own lines
    without a key waits for the next date that has lines.
    """
    for day_batch in sorted(day_batches, key=_place):
        books.nets[day_batch.purse.currency] += day_batch.sums.net
        if day_batch.key is None:
            books.carried[day_batch.purse] += day_batch.sums.net
            continue
        if day_batch.lines:
            _join_lines(books, day_batch, day_batch.key)
        if day_batch.settlement_lines:
            _declare(books, day_batch, day_batch.key)
    give_carried(books)


def _place(day_batch: DayBatch) -> tuple[str, str, Purse]:
    key = day_batch.key
    return (key.text, key.kind, day_batch.purse) if key else ("", "", day_batch.purse)


def _join_lines(books: Books, lines: DayBatch, key: Key) -> None:
    batch = _find_joinable(books, key, lines.purse)
    if batch is None:
        number = books.next_number(key, lines.purse)
        batch = Batch(key, lines.purse, number, books.day, _due_from(books, key))
    elif not batch.is_open:
        batch = _open_again(batch)
    # What came after the first credit does not move the date on which the batch was due.
    due_from = batch.due_from if batch.shares else max(batch.due_from, _due_from(books, key))
    batch = replace(
        batch,
        lines=batch.lines + lines.lines,
        sums=batch.sums + lines.sums,
        causes=add_causes(batch.causes, lines.explained),
        due_from=due_from,
    )
    books.put(batch)
    books.joined.append(batch.id)


def _due_from(books: Books, key: Key) -> date:
    return max(books.day, key.day or books.day)


def _find_joinable(books: Books, key: Key, purse: Purse) -> Batch | None:
    """The batch that lines of a key enter: an open one, else one that was closed unpaid."""
    same = books.find(key, purse)
    still_open = [batch for batch in same if batch.is_open]
    return next(iter(still_open or [batch for batch in same if batch.is_candidate]), None)


def _open_again(batch: Batch) -> Batch:
    return replace(batch, runs_closed=-1, result=None)


def _declare(books: Books, lines: DayBatch, key: Key) -> None:
    """SETTLEMENT lines say what the channel pays for a key."""
    declared = -lines.settlements
    batch = _find_joinable(books, key, lines.purse)
    if batch is not None:
        opened = batch if batch.is_open else _open_again(batch)
        books.put(replace(opened, declared=(batch.declared or 0) + declared))
        return
    closed = books.find(key, lines.purse)
    if not closed:
        books.rows.append(_unmatched_row(lines, key, declared))
        return
    last = max(closed, key=lambda one: one.batch_no)
    last = replace(last, late_declared=(last.late_declared or 0) + declared)
    books.put(last)
    if (last.declared or 0) + (last.late_declared or 0) != last.credited:
        books.rows.append(differing_row(last))


def give_carried(books: Books) -> None:
    """Gives what waited to the first batch of the date, in order; without one it waits on."""
    joined = sorted((books.batches[one] for one in {*books.joined}), key=lambda one: one.place)
    firsts = {batch.purse: batch for batch in reversed(joined)}
    for purse, amount in books.waiting.items():
        first = firsts.get(purse)
        if first is None:
            books.carried[purse] += amount
        else:
            books.put(replace(first, carried_in=first.carried_in + amount))
    books.waiting.clear()


def _unmatched_row(lines: DayBatch, key: Key, declared: int) -> SettlementRow:
    return SettlementRow(
        key.batch, None, lines.purse.per, key.day, lines.purse.currency,
        SettlementResult.UNMATCHED_SETTLEMENT, Action.REVIEW, declared=declared,
    )  # fmt: skip


def differing_row(batch: Batch) -> SettlementRow:
    """The row that says that the channel declared something else than was credited."""
    declared = (batch.declared or 0) + (batch.late_declared or 0)
    return SettlementRow(
        batch.key.batch, batch.batch_no, batch.purse.per, batch.first_date, batch.purse.currency,
        SettlementResult.DECLARED_DIFFERS, Action.REVIEW, declared=declared, expected=declared,
        credited=batch.credited, difference=batch.credited - declared,
        credit_line_ids=tuple(share.line_id for share in batch.shares),
    )  # fmt: skip
