"""Cases of payments without any number: amount, currency and time are all there is.

Each unit has a slot, an amount at a time that nobody else comes near. Within it, who can be whose
follows from distances against the limit, which itself is included.
"""

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa

from benchmarks.labels_book import DAY, EVE, WITHIN, Book, Numbers, tag

Slots = tuple[Numbers, Numbers]


def _line(book: Book, day: date, slots: Slots, after: int | Numbers, **cells: str) -> Numbers:
    """Lines in slots, so many seconds after their middle, without our number."""
    numbers = book.numbers(len(slots[0]))
    values = {"our_ref": None, "amount": slots[0], "seconds": slots[1] + after}
    return book.line(day, numbers, **values | cells)


def _ours(
    book: Book, day: date, slots: Slots, after: int = 0, **cells: str
) -> tuple[Numbers, pa.Array]:
    """Transactions in slots, and their numbers."""
    numbers = book.numbers(len(slots[0]))
    values = {"amount": slots[0], "seconds": slots[1] + after}
    return numbers, book.ours(day, numbers, **values | cells)


def without_numbers(book: Book, payments: int, alike: int) -> None:
    """So many payments, some of them alike: those that one thing alone fits pair, others never."""
    slots = book.slots(payments - alike)
    _, ours = _ours(book, DAY, slots)
    # -60 and +60, the limit itself, are among the distances
    after = np.arange(len(ours)) % (2 * WITHIN + 1) - WITHIN
    book.label("paired by amount and time", "MATCHED", ours, _line(book, DAY, slots, after))
    units = alike // 6
    # seconds on our side and on theirs; in a chain both ends have the same neighbour
    for case, our_seconds, their_seconds, many in (
        ("two and two", (0, 20), (10, 40), units),
        ("a chain", (0, 100), (50, 150), units),
        ("a second line", (0,), (-30, 30), units),
        ("a second one of ours", (0, 60), (30,), alike - 5 * units),
    ):
        _look_alikes(book, DAY, book.slots(many), case, our_seconds, their_seconds)


def _look_alikes(
    book: Book,
    day: date,
    slots: Slots,
    case: str,
    our_seconds: tuple[int, ...],
    their_seconds: tuple[int, ...],
) -> None:
    name, outcome = f"AMBIGUOUS, {case}", "SUSPENSE" if day == DAY else "BREAK"
    for after in our_seconds:
        book.label(name, f"{outcome} AMBIGUOUS", _ours(book, day, slots, after)[1])
    for after in their_seconds:
        book.label(name, f"{outcome} AMBIGUOUS", None, _line(book, day, slots, after))


def broken(book: Book, count: int) -> None:
    """Look-alikes of the eve that nothing has resolved since."""
    _look_alikes(book, EVE, book.slots(count), "broken", (0, 20), (10,))


def rival_has_a_number(book: Book, count: int) -> None:
    """Two of ours alike, but one line has the number of one of them: what is left is certain."""
    for day, case in ((DAY, "a rival paired by number"), (EVE, "a rival paired since, by number")):
        slots = book.slots(count)
        rivals, rival = _ours(book, day, slots, 20)
        _, other = _ours(book, day, slots)
        left = _line(book, day, slots, 10)
        line = book.line(DAY, rivals, amount=slots[0])
        book.label(f"{case}: the rival", "MATCHED", rival, line)
        book.label(f"{case}: the other", "MATCHED", other, left)


def no_rival(book: Book, count: int) -> None:
    """Who looks alike and takes no part: a failed one of ours, another currency, another kind."""
    slots = book.slots(count)
    _, ours = _ours(book, DAY, slots)
    line = _line(book, DAY, slots, 10)
    book.label("alike beside what takes no part", "MATCHED", ours, line)
    _, failed = _ours(book, DAY, slots, 5, status="FAILED")
    book.label("alike, but FAILED", "EXCLUDED NOT_EXPECTED", failed)
    _, dollars = _ours(book, DAY, slots, 5, currency="USD")
    book.label("alike, but in USD", "SUSPENSE INTERNAL_ONLY", dollars)
    top_up = _line(book, DAY, slots, 5, kind="TOP_UP")
    book.label("alike, but a TOP_UP", "SUSPENSE STATEMENT_ONLY", None, top_up)


def never_by_amount(book: Book, count: int) -> None:
    """Equal amounts that no rule lets pair: too far apart, a line with a number, a failed one."""
    slots = book.slots(count)
    _, ours = _ours(book, DAY, slots)
    book.label("a second too far apart, ours", "SUSPENSE INTERNAL_ONLY", ours)
    line = _line(book, DAY, slots, WITHIN + 1)
    book.label("a second too far apart, the line", "SUSPENSE STATEMENT_ONLY", None, line)
    slots = book.slots(count)
    numbers, ours = _ours(book, DAY, slots)
    book.label("equal, but the line has a number: ours", "SUSPENSE INTERNAL_ONLY", ours)
    line = book.line(DAY, numbers, our_ref=tag("W", numbers), amount=slots[0],
                     seconds=slots[1])  # fmt: skip
    book.label("equal, but the line has a number: the line", "SUSPENSE STATEMENT_ONLY", None, line)
    slots = book.slots(count)
    _, ours = _ours(book, DAY, slots)
    book.label("equal, but the line FAILED: ours", "SUSPENSE INTERNAL_ONLY", ours)
    line = _line(book, DAY, slots, 10, status="FAILED")
    book.label("equal, but the line FAILED: the line", "EXCLUDED NOT_EXPECTED", None, line)


def ours_pending(book: Book, count: int) -> None:
    """One of ours still pending is paid on their side, known by amount and time alone."""
    slots = book.slots(count)
    _, ours = _ours(book, DAY, slots, status="PENDING")
    line = _line(book, DAY, slots, 10)
    book.label("paired by amount and time, ours PENDING", "BREAK STATUS_MISMATCH", ours, line)


WITHOUT: tuple[Callable[[Book, int], None], ...] = (
    broken, rival_has_a_number, no_rival, never_by_amount, ours_pending,
)  # fmt: skip
