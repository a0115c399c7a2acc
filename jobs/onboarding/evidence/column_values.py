"""What the values of a column look like, whatever its heading says."""

import re
from collections.abc import Sequence
from typing import Literal

from jobs.onboarding.evidence.value_formats import detect_time_format

Look = Literal["empty", "zeros", "money", "numbers", "places", "dates", "words", "ids", "text"]
#: Distinct words of a column that says what kind of line it is, at most, and their length.
WORDS_MAX, WORD_MAX = 12, 40
_SHARE = 2 / 3
_SIGNED = r"[(（+-]?\s*(?:[A-Z]{3}|[^\w\s.,()+'-]){0,1}\s*[+-]?\s*"
_BEHIND = r"\s*(?:[A-Z]{3}|[^\w\s.,()+'-]|[CD]R|Cr|Dr)?\s*[)）+-]?"
_MONEY = re.compile(rf"{_SIGNED}(?:\d[\d.,' \u00a0\u202f]*[.,]\d+|[.,]\d+|\d+){_BEHIND}")
_INTEGER = re.compile(r"[+-]?\d{1,9}")
_ZERO = re.compile(r"[+-]?[0.,]+")


def look_at(values: Sequence[str]) -> Look:
    """What most values of a column are; `values` are without those that mean none."""
    if not values:
        return "empty"
    if _share(values, _ZERO) == 1:
        return "zeros"
    if [*values] == [str(number) for number in range(int_or_zero(values[0]), len(values) + 1)]:
        return "places"
    if detect_time_format(values) is not None or detect_time_format(values, False) is not None:
        return "dates"
    if _share(values, _INTEGER) >= _SHARE:
        return "numbers"
    if is_money(values):
        return "money"
    distinct = set(values)
    if len(distinct) <= WORDS_MAX and all(is_word(value) for value in distinct):
        repeats = len(distinct) < len(values) or len(values) < 3
        return "words" if repeats else "ids" if _are_ids(values) else "text"
    return "ids" if _are_ids(values) else "text"


def int_or_zero(text: str) -> int:
    """A short whole number, else 0."""
    return int(text) if _INTEGER.fullmatch(text) else 0


def is_money(values: Sequence[str]) -> bool:
    """Whether most values are printed amounts, and none is longer than an amount."""
    return _share(values, _MONEY) >= _SHARE and all(len(value) <= 28 for value in values)


def is_word(value: str) -> bool:
    """Whether a value may be a word for a kind or a state: short, and without a long number."""
    return len(value) <= WORD_MAX and not re.search(r"\d{4}", value)


def _are_ids(values: Sequence[str]) -> bool:
    return sum(1 for value in values if not re.search(r"\s", value)) >= _SHARE * len(values)


def _share(values: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(1 for value in values if pattern.fullmatch(value.strip())) / len(values)
