"""Cases of items that wait, break and clear late, and of groups. With window 1 an item waits on the
day on which it is first seen, and breaks on the next.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from benchmarks.labels_book import BEFORE, DAY, EVE, Book, Numbers, amount, tag


def one_sided(book: Book, count: int) -> None:
    """One side only, first seen on the day or on its eve."""
    for day, outcome in ((DAY, "SUSPENSE"), (EVE, "BREAK")):
        word = "waiting" if outcome == "SUSPENSE" else "broken"
        ours = book.ours(day, book.numbers(count))
        book.label(f"INTERNAL_ONLY, {word}", f"{outcome} INTERNAL_ONLY", ours)
        for case, cells in (("", {}), ("without a number, ", {"our_ref": None})):
            line = book.line(day, book.numbers(count), **cells)
            book.label(f"STATEMENT_ONLY, {case}{word}", f"{outcome} STATEMENT_ONLY", None, line)


def matched_later(book: Book, count: int) -> None:
    """The other side comes a day later, while the first one waits."""
    numbers = book.numbers(count)
    ours = book.ours(EVE, numbers)
    book.label("the line a day later", "MATCHED", ours, book.line(DAY, numbers))
    numbers = book.numbers(count)
    line = book.line(EVE, numbers)
    book.label("ours a day later", "MATCHED", book.ours(DAY, numbers), line)


def late(book: Book, count: int) -> None:
    """The other side comes when the first one has broken."""
    numbers = book.numbers(count)
    ours = book.ours(BEFORE, numbers)
    book.label("LATE, the line", "MATCHED LATE", ours, book.line(DAY, numbers))
    numbers = book.numbers(count)
    line = book.line(BEFORE, numbers)
    book.label("LATE, ours", "MATCHED LATE", book.ours(DAY, numbers), line)
    numbers = book.numbers(count)
    ours = book.ours(BEFORE, numbers)
    line = book.line(DAY, numbers, amount=amount(numbers) + 500)
    book.label("LATE, of another amount", "BREAK AMOUNT_MISMATCH|LATE", ours, line)


def _parts(book: Book, days: tuple[date, date], count: int) -> tuple[Numbers, list[Any], Any]:
    """Orders paid in two instructions, each a line on its day; their sum ends in 003 fen."""
    first, second = book.numbers(count), book.numbers(count)
    order = tag("O", first)
    lines = [book.line(day, part, amount=amount(part) + extra, our_ref=None, order_ref=order)
             for day, part, extra in zip(days, (first, second), (1, 2), strict=True)]  # fmt: skip
    return amount(first) + amount(second) + 3, lines, order


def groups(book: Book, count: int) -> None:
    """An order of ours, and two lines that are as much as it, or not."""
    for day, case, over, verdict in (
        (DAY, "group, even", 0, "MATCHED"),
        (DAY, "group, uneven, waiting", 40, "SUSPENSE GROUP_INCOMPLETE"),
        (EVE, "group, uneven, broken", 40, "BREAK AMOUNT_MISMATCH"),
    ):
        total, lines, order = _parts(book, (day, day), count)
        ours = book.ours(day, book.numbers(count), amount=total + over, order_ref=order)
        book.label(case, verdict, ours)
        for line in lines:
            book.label(case, verdict, None, line)


def group_completed(book: Book, count: int) -> None:
    """The second instruction stands in the next day's statement."""
    total, lines, order = _parts(book, (EVE, DAY), count)
    ours = book.ours(EVE, book.numbers(count), amount=total, order_ref=order)
    case = "group, completed today"
    book.label(case, "MATCHED", ours)
    for line in lines:
        book.label(case, "MATCHED", None, line)


def group_of_kinds(book: Book, count: int) -> None:
    """A payment less its refund on their side, one transaction of what remains on ours."""
    paid, back = book.numbers(count), book.numbers(count)
    order = tag("O", paid)
    lines = [
        book.line(DAY, paid, amount=2 * amount(paid) + amount(back) + 8, our_ref=None,
                  order_ref=order),
        book.line(DAY, back, kind="REFUND", amount=-amount(back) - 1, our_ref=None,
                  order_ref=order),
    ]  # fmt: skip
    ours = book.ours(DAY, book.numbers(count), amount=2 * amount(paid) + 7, order_ref=order)
    case = "group, even, with a refund"
    book.label(case, "MATCHED", ours)
    for line in lines:
        book.label(case, "MATCHED", None, line)


WAITING: tuple[Callable[[Book, int], None], ...] = (
    one_sided, matched_later, late, groups, group_completed, group_of_kinds,
)  # fmt: skip
