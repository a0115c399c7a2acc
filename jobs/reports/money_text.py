"""Cells: amounts in major units, and text that no spreadsheet takes for a formula."""

import unicodedata
from decimal import Decimal
from typing import NamedTuple

from schemas.currencies import exponent

#: A spreadsheet keeps 15 digits of a number; an amount from here on has more.
NUMBER_BELOW = 10**15
_FORMULA_STARTS = ("=", "+", "-", "@")
_CELL_BREAKS = ("\t", "\r", "\n")
#: White space, control and format characters: what may be dropped before a cell is read.
_BLANKS = "".join(
    chr(code)
    for code in range(0x10000)
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs", "Zl", "Zp")
)
_BEGINS_PLAINLY = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


class Money(NamedTuple):
    """An amount in minor units, with the decimals of its currency."""

    minor: int
    decimals: int

    @property
    def text(self) -> str:
        """The amount in major units, exact: 32 CNY is `0.32`, 32 JPY is `32`."""
        return str(Decimal(self.minor).scaleb(-self.decimals))

    @property
    def is_number(self) -> bool:
        """Whether a spreadsheet's number shows every digit of it."""
        return abs(self.minor) < NUMBER_BELOW


#: What stands in one place of a row; None is an empty place.
Cell = str | int | Money | None


def money(minor: int | None, currency: str | None) -> Money | None:
    """A cell for an amount, or None where there is none.

    Raises:
        KeyError: the currency is none of ISO 4217.
    """
    if minor is None or currency is None:
        return None
    return Money(minor, exponent(currency))


def harmless(text: str | None) -> str | None:
    """The text, with an apostrophe before it where a spreadsheet would run it as a formula.

    That is where it starts with = + - or @, also in full width or behind blanks that a spreadsheet
    may drop, or with a tab or a line break.
    """
    if not text or text[0] in _BEGINS_PLAINLY:
        return text
    blanks = text[: len(text) - len(text.lstrip(_BLANKS))]
    shown = unicodedata.normalize("NFKC", text[len(blanks) : len(blanks) + 1])
    broken = any(sign in blanks for sign in _CELL_BREAKS)
    return f"'{text}" if broken or shown.startswith(_FORMULA_STARTS) else text
