"""Cases that labelled sets of other projects have: a cent of tolerance, amounts less a fee, one
deposit of several payments, and sales that are voided within the day.
"""

from collections.abc import Callable

from benchmarks.labels_book import DAY, TOLERANCE, Book, amount, tag


def within_tolerance(book: Book, count: int) -> None:
    """The line is up to the tolerance away from ours, to either side; a cent more is a break."""
    for over, verdict in (
        (TOLERANCE, "MATCHED WITHIN_TOLERANCE"),
        (-TOLERANCE, "MATCHED WITHIN_TOLERANCE"),
        (TOLERANCE + 1, "BREAK AMOUNT_MISMATCH"),
    ):
        numbers = book.numbers(count)
        case = "within tolerance" if abs(over) == TOLERANCE else "a cent beyond the tolerance"
        ours = book.ours(DAY, numbers)
        book.label(case, verdict, ours, book.line(DAY, numbers, amount=amount(numbers) + over))


def fee_reduced(book: Book, count: int) -> None:
    """The channel lists what is left after its fee: the difference is no tolerance."""
    numbers = book.numbers(count)
    lines = book.line(DAY, numbers, amount=amount(numbers) - amount(numbers) * 6 // 1_000)
    book.label("less a fee", "BREAK AMOUNT_MISMATCH", book.ours(DAY, numbers), lines)


def deposit(book: Book, count: int) -> None:
    """Four payments of ours, one credit of their sum."""
    parts = [book.numbers(count) for _ in range(4)]
    order, total = tag("O", parts[0]), sum(amount(part) for part in parts)
    case = "four in one deposit"
    for part in parts:
        book.label(case, "MATCHED", book.ours(DAY, part, order_ref=order))
    line = book.line(DAY, book.numbers(count), amount=total, our_ref=None, order_ref=order)
    book.label(case, "MATCHED", None, line)


def voids(book: Book, count: int) -> None:
    """A sale and its void under our number: a transaction that we reversed, or one that stands."""
    for status, case in (
        ("REVERSED", "voided, ours reversed"),
        ("SUCCEEDED", "voided, ours stands"),
    ):
        numbers = book.numbers(count)
        ours, sale = book.ours(DAY, numbers, status=status), book.line(DAY, numbers)
        back = {"kind": "REFUND", "amount": -amount(numbers), "channel_ref": tag("R", numbers)}
        void = book.line(DAY, numbers, our_ref=tag("T", numbers), **back)
        if status == "REVERSED":
            book.label(case, "MATCHED", ours)
            book.label(case, "MATCHED", None, sale)
            book.label(case, "MATCHED", None, void)
        else:
            book.label(case, "MATCHED", ours, sale)
            book.label(case, "SUSPENSE STATEMENT_ONLY", None, void)


KINDS: tuple[Callable[[Book, int], None], ...] = (within_tolerance, fee_reduced, deposit, voids)
