"""Quoted cells: one way to read them, and when the quick way is sure to read them so."""

import csv

import numpy as np

_NEWLINE, _RETURN = b"\n\r"
#: A cell behind the last one, to see that no quote is open at the end of a line.
_LAST = "\x1e"


def cut_quoted(text: str, separator: str, quote: str) -> list[str]:
    """The cells of a line; white space between a closing quote and the separator is kept.

    Raises:
        ValueError: text behind a closing quote, or one that is never closed.
    """
    ends = csv.reader([f"{text}{separator}{_LAST}"], delimiter=separator, quotechar=quote)
    try:
        cells = next(ends)
    except csv.Error as fault:
        raise ValueError(f"BAD_QUOTES: {fault}") from fault
    if cells[-1] != _LAST:
        raise ValueError("BAD_QUOTES: a quote is not closed")
    if quote in text and not _closed_well(text, separator, quote):
        raise ValueError(f"BAD_QUOTES: text stands behind a closing {quote}")
    return cells[:-1]


def _closed_well(text: str, separator: str, quote: str) -> bool:
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


def surely_plain(block: bytes, separator: bytes, quote: bytes) -> bool:
    """Whether every quote of a block opens or closes a cell, right beside a separator."""
    whole = np.frombuffer(b"\n" + block + b"\n", np.uint8)
    places = np.flatnonzero(whole == quote[0])
    before, after = whole[places - 1], whole[places + 1]
    opens = (before == separator[0]) | (before == _NEWLINE)
    closes = (after == separator[0]) | (after == _NEWLINE) | (after == _RETURN)
    return not len(places) % 2 and bool((opens[::2] & closes[1::2]).all())
