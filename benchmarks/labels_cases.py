"""The cases of the labelled day. Each is made so that one rule of docs/reference/rules.md decides
it, and is labelled by that rule: nothing here asks the matcher.

A case takes the book and how many of it there must be. Items of the eve and the day before it are
labelled with what becomes of them on the labelled day, and not at all if they have no row then.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.labels_book import DAY, EVE, Book, amount, moment, tag
from benchmarks.labels_closed import CLOSED
from benchmarks.labels_kinds import KINDS
from benchmarks.labels_waiting import WAITING
from benchmarks.labels_without import WITHOUT, without_numbers

PAIRED = "MATCHED"
#: What both sides say, and whether that agrees: all that the rule on statuses tells apart.
STATUSES = (
    ("SUCCEEDED", "PENDING"), ("SUCCEEDED", "FAILED"), ("SUCCEEDED", "CLOSED"),
    ("SUCCEEDED", "REVERSED"), ("FAILED", "SUCCEEDED"), ("CLOSED", "SUCCEEDED"),
    ("REVERSED", "SUCCEEDED"), ("FAILED", "PENDING"), ("REVERSED", "FAILED"),
    ("FAILED", "REVERSED"), ("REVERSED", "PENDING"),
)  # fmt: skip
AGREEING = (("REVERSED", "REVERSED"), ("FAILED", "FAILED"), ("FAILED", "CLOSED"),
            ("CLOSED", "FAILED"))  # fmt: skip
#: Of the payments without a number one in this many is a look-alike.
ALIKE = 5


def draw(trades: int) -> Book:
    """A day of so many lines: some of each case, a tenth without numbers, the rest plain pairs."""
    book = Book()
    count = max(3, trades // 2_000)
    for case in (*DIFFERENCES, *DUPLICATES, *OUTSIDE, *CLOSED, *WAITING, *KINDS, *WITHOUT):
        case(book, count)
    without_numbers(book, trades // 10, trades // 10 // ALIKE)
    by_channel_ref(book, trades // 50)
    numbers = book.numbers(max(50, trades // 200))
    book.ours(EVE, numbers)
    book.line(EVE, numbers)
    by_our_ref(book, max(1, trades - book.line_count(DAY)))
    return book


# ---- pairs under a reference ----------------------------------------------------------------


def by_our_ref(book: Book, count: int) -> None:
    """Both sides have our number; one in fifty is a refund."""
    numbers = book.numbers(count)
    back = numbers % 50 == 25
    kind = np.where(back, "REFUND", "PAYMENT")
    signed = amount(numbers) * np.where(back, -1, 1)
    cells = {"kind": kind, "amount": signed}
    ours, lines = book.ours(DAY, numbers, **cells), book.line(DAY, numbers, **cells)
    book.label("paired by our_ref", PAIRED, ours, lines)


def by_channel_ref(book: Book, count: int) -> None:
    """The line has no number of ours, or a garbled one; we know the channel's."""
    for case, garbled in (("no our_ref", False), ("garbled our_ref", True)):
        numbers = book.numbers(count // 2)
        ours = book.ours(DAY, numbers, channel_ref=tag("C", numbers))
        lines = book.line(DAY, numbers, our_ref=tag("V", numbers) if garbled else None)
        book.label(f"paired by channel_ref, {case}", PAIRED, ours, lines)


def refund_under_its_payments_number(book: Book, count: int) -> None:
    """A reference never crosses kinds: payment and refund under one number are two pairs."""
    numbers = book.numbers(count)
    ours, lines = book.ours(DAY, numbers), book.line(DAY, numbers)
    book.label("payment with a refund under its number", PAIRED, ours, lines)
    back = {"kind": "REFUND", "amount": -amount(numbers),
            "our_ref": tag("T", numbers)}  # fmt: skip
    ours = book.ours(DAY, numbers, txn_id=tag("U", numbers), **back)
    lines = book.line(DAY, numbers, channel_ref=tag("R", numbers), **back)
    book.label("refund under its payment's number", PAIRED, ours, lines)


def mismatches(book: Book, count: int) -> None:
    """One number, and another amount, currency, or both: of two currencies no amounts compare."""
    for more, currency, reason in (
        (500, "CNY", "AMOUNT_MISMATCH"),
        (0, "USD", "CURRENCY_MISMATCH"),
        (500, "USD", "CURRENCY_MISMATCH"),
    ):
        numbers = book.numbers(count)
        lines = book.line(DAY, numbers, amount=amount(numbers) + more, currency=currency)
        case = f"{reason}, and another amount" if more and currency == "USD" else reason
        book.label(case, f"BREAK {reason}", book.ours(DAY, numbers), lines)


def statuses(book: Book, count: int) -> None:
    """Every pair of statuses."""
    for verdict, kinds in (("BREAK STATUS_MISMATCH", STATUSES), (PAIRED, AGREEING)):
        for theirs, ours in kinds:
            numbers = book.numbers(count)
            book.label(f"line {theirs}, ours {ours}", verdict,
                       book.ours(DAY, numbers, status=ours),
                       book.line(DAY, numbers, status=theirs))  # fmt: skip


# ---- duplicates within the day --------------------------------------------------------------


def line_twice(book: Book, count: int) -> None:
    """One line listed three times: the first in order of time stays."""
    numbers = book.numbers(count)
    seconds = moment(numbers) + 20
    ours = book.ours(DAY, numbers)
    last = book.line(DAY, numbers, seconds=seconds + 200)
    first = book.line(DAY, numbers, seconds=seconds)
    middle = book.line(DAY, numbers, seconds=seconds + 100)
    book.label("listed three times, the first", PAIRED, ours, first)
    for copy in (middle, last):
        book.label("DUPLICATE_LINE", "BREAK DUPLICATE_LINE", None, copy)


def line_overruled(book: Book, count: int) -> None:
    """One number of the channel, failed first and paid later: the last word counts."""
    numbers = book.numbers(count)
    seconds = moment(numbers) + 20
    ours = book.ours(DAY, numbers)
    before = book.line(DAY, numbers, seconds=seconds, status="FAILED")
    last = book.line(DAY, numbers, seconds=seconds + 100)
    book.label("failed, then paid: the last word", PAIRED, ours, last)
    book.label("NOT_EXPECTED, overruled", "EXCLUDED NOT_EXPECTED", None, before)


def paid_twice(book: Book, count: int) -> None:
    """Our number under a second number of the channel, in every status; ours fits the first."""
    for status, verdict in (("SUCCEEDED", "BREAK DUPLICATE_PAYMENT"),
                            ("REVERSED", "BREAK STATUS_MISMATCH"),
                            ("FAILED", "EXCLUDED NOT_EXPECTED"),
                            ("CLOSED", "EXCLUDED NOT_EXPECTED")):  # fmt: skip
        numbers = book.numbers(count)
        ours, first = book.ours(DAY, numbers), book.line(DAY, numbers)
        second = book.line(DAY, numbers, channel_ref=tag("D", numbers), status=status,
                           seconds=moment(numbers) + 120)  # fmt: skip
        book.label("under two numbers, the good one", PAIRED, ours, first)
        book.label(f"a second number, {status}", verdict, None, second)


def paid_twice_by_amount(book: Book, count: int) -> None:
    """Two payments under our number: the later one has our amount, so it stays."""
    numbers = book.numbers(count)
    early = book.line(DAY, numbers, channel_ref=tag("D", numbers),
                      amount=amount(numbers) + 500,
                      seconds=moment(numbers) + 10)  # fmt: skip
    book.label("paid twice, the one of our amount", PAIRED,
               book.ours(DAY, numbers), book.line(DAY, numbers))  # fmt: skip
    book.label("DUPLICATE_PAYMENT of another amount", "BREAK DUPLICATE_PAYMENT", None, early)


def ours_twice(book: Book, count: int) -> None:
    """Two transactions under one number: a succeeded one, and an earlier or later other one."""
    for status, shift, verdict in (("SUCCEEDED", 100, "BREAK DUPLICATE_TRANSACTION"),
                                   ("FAILED", -50, "EXCLUDED NOT_EXPECTED")):  # fmt: skip
        numbers = book.numbers(count)
        ours, line = book.ours(DAY, numbers), book.line(DAY, numbers)
        other = book.ours(DAY, numbers, txn_id=tag("U", numbers), our_ref=tag("T", numbers),
                          status=status, seconds=moment(numbers) + shift)  # fmt: skip
        book.label("booked twice, the one that stays", PAIRED, ours, line)
        book.label(f"booked twice, the other {status}", verdict, other)


# ---- what takes no part ---------------------------------------------------------------------


def outside(book: Book, count: int) -> None:
    """Lines that are not ours or not final, and attempts of one side alone that came to nothing."""
    numbers = book.numbers(count)
    foreign = book.line(DAY, numbers, our_ref=tag("X", numbers))
    book.label("OUT_OF_SCOPE", "EXCLUDED OUT_OF_SCOPE", None, foreign)
    numbers = book.numbers(count)
    unready = book.line(DAY, numbers, status="PENDING")
    book.label("NOT_EXPECTED, a pending line", "EXCLUDED NOT_EXPECTED", None, unready)
    pending = book.ours(DAY, numbers, status="PENDING")
    book.label("NOT_FINAL, its line still pending", "SUSPENSE NOT_FINAL", pending)
    for status in ("FAILED", "CLOSED"):
        ours = book.ours(DAY, book.numbers(count), status=status)
        book.label(f"NOT_EXPECTED, ours alone {status}", "EXCLUDED NOT_EXPECTED", ours)
        line = book.line(DAY, book.numbers(count), status=status)
        book.label(f"NOT_EXPECTED, a line alone {status}", "EXCLUDED NOT_EXPECTED", None, line)


Case = Callable[[Book, int], None]
DIFFERENCES: tuple[Case, ...] = (mismatches, statuses, refund_under_its_payments_number)
DUPLICATES: tuple[Case, ...] = (line_twice, line_overruled, paid_twice, paid_twice_by_amount,
                                ours_twice)  # fmt: skip
OUTSIDE: tuple[Case, ...] = (outside,)
