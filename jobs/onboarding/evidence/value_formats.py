"""Detects the formats of values: times, dates, and amounts as printed."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any

import pyarrow as pa

from jobs.statements.canonical.printed_amounts import to_plain_amounts
from schemas.currencies import MINOR_UNITS
from schemas.profile.layout.parts import Amounts

_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y",
          "%Y年%m月%d日", "%d %b %Y", "%b %d, %Y", "%Y.%m.%d", "%m-%d-%Y", "%d-%b-%Y", "%d.%m.%y",
          "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%d%m%Y", "%m.%d.%Y", "%m%d%Y", "%y/%m/%d",
          "%y-%m-%d", "%y.%m.%d", "%m-%d-%y", "%m.%d.%y", "%y%m%d", "%d%m%y", "%m%d%y",
          "%d-%b-%y", "%d %b %y")  # fmt: skip
_TIMES = ("%H:%M:%S", "%H%M%S", "%H:%M", "%H:%M:%S.%f", "%H时%M分%S秒", "%I:%M:%S %p", "%I:%M %p",
          "%H.%M.%S")  # fmt: skip
_OFFSETS = ("", " %z", "%z")
_JOINTS = (" ", "T", "")
#: Signs of a currency; the user must say what another sign means.
SIGNS = {"¥": "CNY", "￥": "CNY", "€": "EUR", "£": "GBP"}
#: A guess must be right for this share of a column's values: some lines may be damaged.
_SHARE_MIN = 2 / 3
#: Digits, marks, and the letters of months, zones and halves of a day.
_LIKE_A_TIME = re.compile(
    r"(?=(?:\D*\d){3})[\d\s:./,+年月日时分秒-]*(?:[A-Za-zéû]{1,9}[\d\s:./,+-]*){0,3}"
)
#: Years of a statement: of two digits at least, of four digits at least, and at most.
_YEARS, _YEAR_MAX = (2010, 1990), 2060
#: Days that the lines of a file may be apart, if they can be read so.
_SPAN_DAYS_MAX = 400
#: Values to look at; with all of them each format is tried.
_VALUES_MAX = 60
_GROUP_MARKS = ".,' \u00a0\u202f\u2019"
_LAKH = re.compile(r"(?<![\d,])\d{1,2}(?:,\d{2})+,\d{3}(?![\d,])")
_ONE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


def detect_time_format(values: Sequence[str], with_date: bool = True) -> str | None:
    """The format that fits most values exactly; None if it fits too few."""
    return next(iter(list_time_formats(values, with_date)), None)


def list_time_formats(values: Sequence[str], with_date: bool = True) -> list[str]:
    """The formats that fit most values, all as well; those of a usual form first."""
    every_value = sorted(set(values))
    # The first in order may all be of one day: others are needed to tell the day from the month.
    distinct = every_value[:: len(every_value) // _VALUES_MAX + 1]
    looks = [value for value in distinct if _LIKE_A_TIME.fullmatch(value)]
    if not distinct or len(looks) < _SHARE_MIN * len(distinct):
        return []
    days, joints = (_DATES, _JOINTS) if with_date else (("",), ("",))
    forms = [
        *(day + joint + time + offset for day, joint, time, offset in
          product(days, joints, _TIMES, _OFFSETS if with_date else ("",))),
        *(_DATES if with_date else ()),
    ]  # fmt: skip
    # Most forms fit none of a few values: the others are counted.
    tried = [
        form for form in forms
        if any(_may_have(value, form) and _has_format(value, form) for value in looks[:4])
    ]  # fmt: skip
    fitting = {form: sum(_has_format(value, form) for value in distinct) for form in tried}
    best = max(fitting.values(), default=0)
    if best < _SHARE_MIN * len(distinct):
        return []
    return _without_long_spans([f for f, count in fitting.items() if count == best], distinct)


def _without_long_spans(forms: list[str], values: Sequence[str]) -> list[str]:
    """The formats without those that spread a file over years, where another one does not."""
    if len(forms) < 2:
        return forms
    spans = {form: _span_days(form, values) for form in forms}
    is_short = min(spans.values()) <= _SPAN_DAYS_MAX
    return [form for form in forms if not is_short or spans[form] <= _SPAN_DAYS_MAX]


def _span_days(form: str, values: Sequence[str]) -> int:
    times = [parsed.replace(tzinfo=None) for value in values if (parsed := _parse(value, form))]
    return (max(times) - min(times)).days if times else 0


def _may_have(value: str, form: str) -> bool:
    """Whether a value has the marks of a format and may have its length: a cheap first test."""
    marks = re.sub(r"%[a-zA-Z]|\s", "", form)
    longest = len(form) + 2 * form.count("%Y") + form.count("%b") + 12 * ("%f" in form)
    longest += 4 * ("%z" in form)
    return len(value) <= longest and all(mark in value for mark in marks)


def detect_joined_format(days: Sequence[str], times: Sequence[str]) -> str | None:
    """The format of a date and a time in two columns."""
    parts = (detect_time_format(days), detect_time_format(times, with_date=False))
    return " ".join(filter(None, parts)) if all(parts) else None


def _has_format(value: str, form: str) -> bool:
    try:
        parsed = datetime.strptime(value, form)
    except ValueError:
        return False
    has_day = "%d" in form
    if has_day and not _YEARS[0 if "%y" in form else 1] <= parsed.year <= _YEAR_MAX:
        return False
    # Missing digits would be ambiguous: 2026111 is not a date, but 6/21/2026 is one.
    printed = parsed.strftime(form)
    if "%z" in form or "%f" in form or printed == value:
        return True
    return bool(re.search(r"[-/.年]", form)) and _without_zeros(printed) == _without_zeros(value)


def _without_zeros(text: str) -> str:
    return re.sub(r"(?<!\d)0(?=\d(?!\d))", "", text).casefold()


def is_ambiguous(values: Sequence[str], form: str) -> bool:
    """Whether another order of day, month and year fits all values too, and gives other dates."""
    others = [other for other in list_time_formats(values) if other != form]
    first = sorted(set(values))[0] if values else ""
    return any(_parse(first, other) != _parse(first, form) for other in others) or any(
        _parse(value, other) != _parse(value, form) for other in others for value in values[:60]
    )


def _parse(value: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(value, form)
    except ValueError:
        return None


def detect_amount_format(
    values: Sequence[str], signs: Mapping[str, str] = SIGNS
) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Detects how amounts are printed: `amounts` and `currencies` of a layout.

    `signs` are the signs of currencies with their codes. Both results are empty for plain numbers;
    the result is None if the values are no amounts. Few amounts reach a thousand, so one amount
    with a thousands separator is enough if all others fit.
    """
    printed = [value for value in values if value not in ("", "-", "--")]
    least = max(1.0, _SHARE_MIN * len(printed))
    plain = sum(1 for value in printed if _PLAIN.fullmatch(value))
    if plain < len(printed):
        layout_keys, used_signs = _describe_amounts(printed, signs)
        if count_amounts(printed, layout_keys, used_signs) > max(plain, least - 1):
            return layout_keys, used_signs
    return ({}, {}) if plain >= least else None


def count_amounts(
    values: Sequence[str], layout_keys: Mapping[str, Any], signs: Mapping[str, str]
) -> int:
    """How many values are amounts by `amounts` and `currencies` of a layout."""
    if not layout_keys:
        return sum(1 for value in values if _PLAIN.fullmatch(value))
    rules = Amounts.model_validate(dict(layout_keys))
    parsed = to_plain_amounts(pa.array(values, pa.string()), rules, tuple(signs.items()))
    return len(values) - len(parsed.faults)


def find_ambiguous_mark(columns: Sequence[Sequence[str]]) -> str | None:
    """The only mark in the amounts of a column, if nothing says whether it separates thousands or
    decimals, as in 1.000; None if there is no such column.

    Another column decides only for thousands: 10.000,50 beside 1.000. Three decimals beside two are
    no decimals of one currency.
    """
    bare = [[re.sub(r"[^\d.,]", "", value) for value in values] for values in columns]
    for values in bare:
        marked = [value for value in values if re.search(r"[.,]", value)]
        marks = {char for value in marked for char in value if char in ".,"}
        if len(marks) != 1 or not all(_ONE_GROUP.fullmatch(value) for value in marked):
            continue
        mark = marks.pop()
        other = "," if mark == "." else "."
        others = [value for column in bare for value in column]
        one, two = re.escape(mark), re.escape(other)
        says_thousands = rf"[\d{one}]*{two}\d{{1,2}}|\d{{1,3}}(?:{one}\d{{3}}){{2,}}"
        if not any(re.fullmatch(says_thousands, value) for value in others):
            return mark
    return None


def _describe_amounts(
    printed: Sequence[str], signs: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    layout_keys: dict[str, Any] = {}
    if any(re.search(r",\d{1,2}\D*$", value) for value in printed):
        layout_keys["decimal"] = ","
    groups = [hit[1] for value in printed
              for hit in re.finditer(rf"\d([{_GROUP_MARKS}])\d{{3}}(?!\d)", value)]  # fmt: skip
    decimal = layout_keys.get("decimal", ".")
    separators = {" " if char in "\u00a0\u202f" else char for char in groups if char != decimal}
    if len(separators) == 1:
        layout_keys["thousands"] = separators.pop()
    if layout_keys.get("thousands") == "," and any(_LAKH.search(value) for value in printed):
        layout_keys["lakh"] = True
    if any(value.startswith(("(", "（")) for value in printed):
        layout_keys["brackets"] = True
    if any(re.search(r"\d\s*-$", value) for value in printed):
        layout_keys["trailing_minus"] = True
    words = {hit for value in printed
             for hit in re.findall(r"[A-Z]{3}|[^\w\s.,()（）+'’-]", value)}  # fmt: skip
    if words & (set(MINOR_UNITS) | set(SIGNS)):
        layout_keys["currency"] = True
    return layout_keys, {word: signs[word] for word in sorted(words) if word in signs}
