"""Numbers that a file prints around its lines and that its draft does not check."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

#: Whole numbers of so many digits are of accounts, or other references.
_REFERENCE_DIGITS = 9
_TIMES = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|\d{1,2}:\d{2}(?::\d{2})?(?:\s*[AP]M)?|\b20\d{6}(?:\d{6})?\b|\d{1,2}时\d{1,2}分(?:\d{1,2}秒)?"
    r"|\d{1,2}\.?\s+[A-Za-zéû]{3,9}\.?\s+\d{4}|[A-Z][a-z]{2,8}\s+\d{1,2},\s+\d{4}"
)
_NUMBER = re.compile(r"(?<![\w*.,])[+-]?\d(?:[\d.,' ]*\d)?(?![\w*])")


def find_unchecked(
    above: Sequence[str],
    below: Sequence[str],
    split: Callable[[str], list[str]],
    layout: dict[str, Any],
) -> list[str]:
    """Questions about the numbers in the lines above and below the trades, a line at a time.

    `split` splits a line into cells; `layout` has the totals that are checked already.
    """
    totals = layout.get("totals", [])
    trailer = {*layout.get("trailer", {}).get("totals", {}).values()}
    questions = []
    for where, lines in (("head", above), ("foot", below)):
        labels = [total["after"] for total in totals if total.get("at", "foot") == where]
        for at, line in enumerate(lines, 1):
            cells = split(_without_totals(line, labels))
            if where == "foot":
                cells = [cell for place, cell in enumerate(cells, 1) if place not in trailer]
            numbers = [number for cell in cells for number in _numbers_of(cell)]
            if numbers:
                questions.append(
                    f"what {', '.join(numbers)} in line {at} of the {where} is"
                    " (totals, or nothing to check)"
                )
    return questions


def _without_totals(text: str, labels: Sequence[str]) -> str:
    """A line without the totals that stand behind their labels."""
    for label in labels:
        text = re.sub(re.escape(label) + r"[\s:：]*[¥￥€£$]?\s*[+-]?\d[\d.,' ]*", " ", text)
    return text


def _numbers_of(text: str) -> Iterator[str]:
    for hit in _NUMBER.finditer(_TIMES.sub(" ", text)):
        digits = re.sub(r"\D", "", hit.group())
        is_whole = re.fullmatch(r"[+-]?\d+", hit.group())
        if not (is_whole and len(digits) >= _REFERENCE_DIGITS):
            yield hit.group().strip()
