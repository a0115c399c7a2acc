"""What the values of a column look like: times and their format, amounts as they are printed."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any

import pyarrow as pa

from jobs.statements.canonical.printed_amounts import plain_amounts
from schemas.currencies import MINOR_UNITS
from schemas.profile.layout.parts import Amounts

_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y",
          "%Y年%m月%d日", "%d %b %Y", "%b %d, %Y", "%Y.%m.%d")  # fmt: skip
_TIMES = ("%H:%M:%S", "%H%M%S", "%H:%M", "%H:%M:%S.%f", "%H时%M分%S秒")
_OFFSETS = ("", " %z", "%z")
_JOINTS = (" ", "T", "")
#: Signs of currencies that mean one; others are for the person to say.
SIGNS = {"¥": "CNY", "￥": "CNY", "€": "EUR", "£": "GBP"}
#: Share of a column's values that a guess must hold for: some lines may be damaged.
_SHARE_MIN = 2 / 3
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


def format_of(values: Sequence[str], with_date: bool = True) -> str | None:
    """The format that the most values fit, exactly as printed; none that only a few do."""
    forms = [
        *(day + joint + time + offset for day, joint, time, offset in
          product(_DATES, _JOINTS, _TIMES, _OFFSETS)),
        *_DATES,
    ] if with_date else [*_TIMES]  # fmt: skip
    seen = sorted(set(values))[:200]
    fitting = {form: sum(_fits(each, form) for each in seen) for form in forms}
    best = max(forms, key=lambda form: fitting[form])  # the first of several
    return best if seen and fitting[best] >= _SHARE_MIN * len(seen) else None


def joined_format(days: Sequence[str], times: Sequence[str]) -> str | None:
    """The format of a date and a time that stand in two columns."""
    parts = (format_of(days), format_of(times, with_date=False))
    return " ".join(filter(None, parts)) if all(parts) else None


def _fits(value: str, form: str) -> bool:
    try:
        at = datetime.strptime(value, form)
    except ValueError:
        return False
    # Digits left out would fit in more than one way: 2026111 is no day.
    return "%z" in form or "%f" in form or at.strftime(form) == value


def is_reversible(form: str) -> bool:
    """Whether a format may as well have day and month the other way round."""
    return "%d/%m" in form


def printing_of(values: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]] | None:
    """How amounts are printed, as `amounts` and `currencies` of a layout; both empty for plain
    numbers, None where the values are no amounts.

    Few amounts reach a thousand: one that is printed so counts, if no other speaks against it.
    """
    given = [value for value in values if value not in ("", "-", "--")]
    least = max(1.0, _SHARE_MIN * len(given))
    plain = sum(1 for value in given if _PLAIN.fullmatch(value))
    if plain < len(given):
        how, signs = _printing(given)
        read = plain_amounts(pa.array(given), Amounts.model_validate(how), tuple(signs.items()))
        if len(given) - len(read.faults) > max(plain, least - 1):
            return how, signs
    return ({}, {}) if plain >= least else None


def _printing(given: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    how: dict[str, Any] = {}
    if any(re.search(r",\d{1,2}\D*$", value) for value in given):
        how["decimal"] = ","
        if any(re.search(r"\d\.\d{3}", value) for value in given):
            how["thousands"] = "."
    elif any(re.search(r"\d,\d{3}", value) for value in given):
        how["thousands"] = ","
    if any(value.startswith(("(", "（")) for value in given):
        how["brackets"] = True
    if any(value.endswith("-") for value in given):
        how["trailing_minus"] = True
    words = {hit for value in given for hit in re.findall(r"[A-Z]{3}|[^\w\s.,()（）+'-]", value)}
    if words & (set(MINOR_UNITS) | set(SIGNS)):
        how["currency"] = True
    return how, {word: SIGNS[word] for word in sorted(words) if word in SIGNS}
