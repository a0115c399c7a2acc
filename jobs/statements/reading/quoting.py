"""Quoted cells: how to split them, and whether the fast path can read them."""

import csv

import numpy as np

_NEWLINE, _RETURN = b"\n\r"
#: A cell added behind the last one. It is lost when a quote is still open at the line's end.
_LAST = "\x1e"


class QuoteNotClosed(ValueError):
    """Raised for a line that ends within a quoted value."""


def split_quoted_line(text: str, separator: str, quote: str) -> list[str]:
    """Splits a record, in which quoted values may hold line ends.

    Keeps white space between a closing quote and the separator.

    Raises:
        QuoteNotClosed: a quote is never closed.
        ValueError: text stands behind a closing quote.
    """
    *above, last = f"{text}{separator}{_LAST}".split("\n")
    lines = [*(f"{line}\n" for line in above), last]
    reader = csv.reader(lines, delimiter=separator, quotechar=quote)
    try:
        cells = next(reader)
    except csv.Error as fault:
        raise ValueError(f"BAD_QUOTES: {fault}") from fault
    if cells[-1] != _LAST:
        raise QuoteNotClosed("BAD_QUOTES: a quote is not closed")
    if quote in text and not _is_closed_before_separator(text, separator, quote):
        raise ValueError(f"BAD_QUOTES: text stands behind a closing {quote}")
    return cells[:-1]


def _is_closed_before_separator(text: str, separator: str, quote: str) -> bool:
    at, size = 0, len(text)
    while at < size:
        if text[at] == quote:
            at += 1
            while True:
                at = text.index(quote, at) + 1
                if text[at : at + 1] != quote:
                    break
                at += 1
            while text[at : at + 1] in (" ", "\t") and text[at : at + 1] != separator:
                at += 1
            if at < size and text[at] != separator:
                return False
        end = text.find(separator, at)
        at = size if end < 0 else end + 1
    return True


def has_simple_quotes(block: bytes, separator: bytes, quote: bytes) -> bool:
    """Whether every quote of a block opens or closes a cell, directly beside a separator."""
    padded = np.frombuffer(b"\n" + block + b"\n", np.uint8)
    places = np.flatnonzero(padded == quote[0])
    before, after = padded[places - 1], padded[places + 1]
    opens = (before == separator[0]) | (before == _NEWLINE)
    closes = (after == separator[0]) | (after == _NEWLINE) | (after == _RETURN)
    return not len(places) % 2 and bool((opens[::2] & closes[1::2]).all())
