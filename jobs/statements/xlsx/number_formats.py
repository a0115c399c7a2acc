"""How the numbers of a workbook are meant: as numbers, as dates, or as digits with zeros in front.

Source: ECMA-376 part 1, 18.8.30 (numFmt), 18.17.4 (dates and times).
"""

import re
from collections.abc import Iterable
from datetime import date, time

from lxml import etree

from jobs.statements.reading.cell_marks import MOMENT, NONE, NUMBER

#: Formats that every program knows without a word; 27 to 36 and 50 to 58 are East Asian dates.
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ZEROS = re.compile(r"0{2,}")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
_MILLIS_A_DAY = 86_400_000
#: Day 0 of both systems, and in that of 1900 the day that never was: 29 February 1900.
_FIRST_OF_1900, _FIRST_OF_1904 = date(1899, 12, 30).toordinal(), date(1904, 1, 1).toordinal()
_NEVER = 60
#: Days are counted up to 9999 in both systems.
_SERIAL_MAX = date(9999, 12, 31).toordinal() - _FIRST_OF_1904

#: Of a style: how its numbers are meant. Above zero: digits, so many with zeros in front.
GENERAL, DATE = 0, -1


def meaning(code: str) -> int:
    """What a number format makes of a number."""
    first = _LITERAL.sub("", code.split(";", 1)[0])
    if first.strip().lower() == "general":
        return GENERAL
    if re.search("[dmyhs]", first, re.IGNORECASE):
        return DATE
    return len(first) if _ZEROS.fullmatch(first) else GENERAL


def meanings(styles: etree._Element | None) -> list[int]:
    """By the number that cells bear for their style, how numbers of it are meant."""
    if styles is None:
        return []
    own = {
        each.get("numFmtId"): meaning(each.get("formatCode") or "")
        for each in styles.iterfind("{*}numFmts/{*}numFmt")
    }
    return [_of(each.get("numFmtId") or "0", own) for each in _formats(styles)]


def _formats(styles: etree._Element) -> Iterable[etree._Element]:
    return styles.iterfind("{*}cellXfs/{*}xf")


def _of(number: str, own: dict[str | None, int]) -> int:
    if number in own:
        return own[number]
    return DATE if number.isdecimal() and int(number) in _DATES else GENERAL


def number_text(printed: str, meant: int, since_1904: bool) -> str:
    """A number as it stands in the file, to its marked text: exact, by its shortest form.

    Raises:
        ValueError: it is no number.
    """
    if not _NUMBER.fullmatch(printed):
        raise ValueError(f"{printed[:40]!r} is no number")
    if meant == DATE:
        return _moment(float(printed), since_1904)
    if _WHOLE.fullmatch(printed):
        return NUMBER + (printed.zfill(meant) if meant else printed)
    if re.fullmatch("-?[0-9]{1,40}", printed):
        return NUMBER + printed  # more digits than a spreadsheet keeps: shown as it stands
    shortest = repr(float(printed)).removesuffix(".0").upper()
    return NUMBER + (shortest.zfill(meant) if meant and shortest.isdecimal() else shortest)


def _moment(serial: float, since_1904: bool) -> str:
    """The date, or time of day, that a number stands for, to the millisecond."""
    if not 0 <= serial < _SERIAL_MAX:
        return f"{NONE}#DATE {serial}"
    days, millis = divmod(round(serial * _MILLIS_A_DAY), _MILLIS_A_DAY)
    minutes, seconds = divmod(millis, 60_000)
    hour, minute = divmod(minutes, 60)
    at = time(hour, minute, seconds // 1000, seconds % 1000 * 1000).isoformat()
    if serial < 1:
        return f"{MOMENT}{at}"
    if not since_1904 and days == _NEVER:
        return f"{NONE}#DATE {serial}"
    first = _FIRST_OF_1904 if since_1904 else _FIRST_OF_1900 + (days < _NEVER)
    on = date.fromordinal(first + days).isoformat()
    return f"{MOMENT}{on} {at}" if millis else f"{MOMENT}{on}"
