"""Cases of what the eve closed and the labelled day hears of again."""

from collections.abc import Callable

import pyarrow as pa

from benchmarks.labels_book import DAY, EVE, Book, Numbers, amount, tag


def _closed(book: Book, count: int, **cells: str) -> Numbers:
    """Pairs that matched on the eve; a cell is the same on both sides."""
    numbers = book.numbers(count)
    book.ours(EVE, numbers, **cells)
    book.line(EVE, numbers, **cells)
    return numbers


def line_again(book: Book, count: int) -> None:
    """The channel lists a paid line again."""
    again = book.line(DAY, _closed(book, count))
    book.label("DUPLICATE_LINE of the eve's", "BREAK DUPLICATE_LINE", None, again)


def another_number(book: Book, count: int) -> None:
    """A line under our number, which the eve closed as paid under another number of theirs."""
    for status, verdict in (("SUCCEEDED", "BREAK DUPLICATE_PAYMENT"),
                            ("REVERSED", "BREAK STATUS_MISMATCH"),
                            ("FAILED", "EXCLUDED NOT_EXPECTED")):  # fmt: skip
        numbers = _closed(book, count)
        line = book.line(DAY, numbers, channel_ref=tag("D", numbers), status=status)
        book.label(f"paid on the eve, a second number {status}", verdict, None, line)


def later_state(book: Book, count: int) -> None:
    """The line of the eve is reversed: we know of it, or not."""
    numbers = _closed(book, count)
    line = book.line(DAY, numbers, status="REVERSED")
    book.label("reversed since, ours not", "BREAK STATUS_MISMATCH", None, line)
    numbers = _closed(book, count)
    line = book.line(DAY, numbers, status="REVERSED")
    ours = book.ours(DAY, numbers, status="REVERSED")
    verdict = "EXCLUDED ALREADY_RECONCILED"
    book.label("ALREADY_RECONCILED, reversed on both sides, the line", verdict, None, line)
    book.label("ALREADY_RECONCILED, reversed on both sides, ours", verdict, ours)


def ours_again(book: Book, count: int) -> None:
    """We send a closed transaction again: as it was, or changed."""
    ours = book.ours(DAY, _closed(book, count))
    book.label("ALREADY_RECONCILED, sent again", "EXCLUDED ALREADY_RECONCILED", ours)
    numbers = _closed(book, count)
    ours = book.ours(DAY, numbers, amount=amount(numbers) + 500)
    book.label("CHANGED_AFTER_MATCH, its amount", "BREAK CHANGED_AFTER_MATCH", ours)
    ours = book.ours(DAY, _closed(book, count), status="REVERSED")
    book.label("CHANGED_AFTER_MATCH, its status", "BREAK CHANGED_AFTER_MATCH", ours)


def good_attempt(book: Book, count: int) -> None:
    """Closed as failed on both sides; the second attempt, under a new number of theirs, is paid."""
    numbers = _closed(book, count, status="FAILED")
    ours: pa.Array = book.ours(DAY, numbers)
    line = book.line(DAY, numbers, channel_ref=tag("D", numbers))
    book.label("failed on the eve, paid today", "MATCHED", ours, line)


CLOSED: tuple[Callable[[Book, int], None], ...] = (
    line_again, another_number, later_state, ours_again, good_attempt,
)  # fmt: skip
