"""Detects the formats of values: times, dates, and amounts as printed."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any

import pyarrow as pa

from jobs.statements.canonical.printed_amounts import to_plain_amounts
from schemas.currencies import MINOR_UNITS
from schemas.profile.layout.parts import Amounts

_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y",
          "%Y年%m月%d日", "%d %b %Y", "%b %d, %Y", "%Y.%m.%d")  # fmt: skip
_TIMES = ("%H:%M:%S", "%H%M%S", "%H:%M", "%H:%M:%S.%f", "%H时%M分%S秒")
_OFFSETS = ("", " %z", "%z")
_JOINTS = (" ", "T", "")
#: Signs that mean one currency; the user must say what another sign means.
SIGNS = {"¥": "CNY", "￥": "CNY", "€": "EUR", "£": "GBP"}
#: A guess must be right for this share of a column's values: some lines may be damaged.
_SHARE_MIN = 2 / 3
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


def detect_time_format(values: Sequence[str], with_date: bool = True) -> str | None:
    """The format that fits most values exactly; None if it fits too few."""
    forms = [
        *(day + joint + time + offset for day, joint, time, offset in
          product(_DATES, _JOINTS, _TIMES, _OFFSETS)),
        *_DATES,
    ] if with_date else [*_TIMES]  # fmt: skip
    distinct = sorted(set(values))[:200]
    fitting = {form: sum(_has_format(value, form) for value in distinct) for form in forms}
    best = max(forms, key=lambda form: fitting[form])  # the first of several
    return best if distinct and fitting[best] >= _SHARE_MIN * len(distinct) else None


def detect_joined_format(days: Sequence[str], times: Sequence[str]) -> str | None:
    """The format of a date and a time in two columns."""
    parts = (detect_time_format(days), detect_time_format(times, with_date=False))
    return " ".join(filter(None, parts)) if all(parts) else None


def _has_format(value: str, form: str) -> bool:
    try:
        parsed = datetime.strptime(value, form)
    except ValueError:
        return False
    # Missing digits would be ambiguous: 2026111 is not a date.
    return "%z" in form or "%f" in form or parsed.strftime(form) == value


def is_reversible(form: str) -> bool:
    """Whether day and month of a format can be exchanged."""
    return "%d/%m" in form


def detect_amount_format(values: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Detects how amounts are printed: `amounts` and `currencies` of a layout.

    Both are empty for plain numbers; the result is None if the values are no amounts. Few amounts
    reach a thousand, so one amount with a thousands separator is enough if all others fit.
    """
    printed = [value for value in values if value not in ("", "-", "--")]
    least = max(1.0, _SHARE_MIN * len(printed))
    plain = sum(1 for value in printed if _PLAIN.fullmatch(value))
    if plain < len(printed):
        layout_keys, signs = _describe_amounts(printed)
        parsed = to_plain_amounts(
            pa.array(printed), Amounts.model_validate(layout_keys), tuple(signs.items())
        )
        if len(printed) - len(parsed.faults) > max(plain, least - 1):
            return layout_keys, signs
    return ({}, {}) if plain >= least else None


def _describe_amounts(printed: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    layout_keys: dict[str, Any] = {}
    if any(re.search(r",\d{1,2}\D*$", value) for value in printed):
        layout_keys["decimal"] = ","
        if any(re.search(r"\d\.\d{3}", value) for value in printed):
            layout_keys["thousands"] = "."
    elif any(re.search(r"\d,\d{3}", value) for value in printed):
        layout_keys["thousands"] = ","
    if any(value.startswith(("(", "（")) for value in printed):
        layout_keys["brackets"] = True
    if any(value.endswith("-") for value in printed):
        layout_keys["trailing_minus"] = True
    words = {hit for value in printed for hit in re.findall(r"[A-Z]{3}|[^\w\s.,()（）+'-]", value)}
    if words & (set(MINOR_UNITS) | set(SIGNS)):
        layout_keys["currency"] = True
    return layout_keys, {word: SIGNS[word] for word in sorted(words) if word in SIGNS}
