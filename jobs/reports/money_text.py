"""Cells of reports: amounts in major units, and text that a spreadsheet does not run."""

import unicodedata
from decimal import Decimal
from typing import NamedTuple

from schemas.currencies import exponent

#: A spreadsheet keeps 15 digits of a number; amounts from here on have more.
NUMBER_BELOW = 10**15
_FORMULA_STARTS = ("=", "+", "-", "@")
_CELL_BREAKS = ("\t", "\r", "\n")
#: Letters of Unicode that show nothing.
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
_SAFE_STARTS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


class Money(NamedTuple):
    """An amount in minor units, with the decimals of its currency."""

    minor: int
    decimals: int

    @property
    def text(self) -> str:
        """The exact amount in major units: 32 CNY is `0.32`, 32 JPY is `32`."""
        return str(Decimal(self.minor).scaleb(-self.decimals))

    @property
    def is_number(self) -> bool:
        """Whether a spreadsheet shows every digit of it as a number."""
        return abs(self.minor) < NUMBER_BELOW


#: One value of a row; None is an empty cell.
Cell = str | int | Money | None


def money_cell(minor: int | None, currency: str | None) -> Money | None:
    """The cell of an amount in minor units; None if there is no amount or no currency.

    Raises:
        KeyError: the currency is not in ISO 4217.
    """
    if minor is None or currency is None:
        return None
    return Money(minor, exponent(currency))


def escape_formula(text: str | None) -> str | None:
    """Puts an apostrophe before text that a spreadsheet would run as a formula.

    A formula starts with = + - or @, also in full width or after characters that show nothing and
    that a spreadsheet may drop, or with a tab or a line break.
    """
    if not text or text[0] in _SAFE_STARTS:
        return text
    for character in text:
        if character in _CELL_BREAKS:
            return f"'{text}"
        if not _is_invisible(character):
            first = unicodedata.normalize("NFKC", character)
            return f"'{text}" if first.startswith(_FORMULA_STARTS) else text
    return text


def _is_invisible(character: str) -> bool:
    """Whether a character is white space, a control, format or combining one, or unassigned."""
    return unicodedata.category(character)[0] in "CMZ" or character in _FILLERS
