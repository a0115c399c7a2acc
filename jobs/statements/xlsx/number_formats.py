"""What the numbers of a workbook mean: numbers, dates, or digits with leading zeros.

Source: ECMA-376 part 1, 18.8.30 (numFmt), 18.17.4 (dates and times).
"""

import re
from collections.abc import Iterable
from datetime import date, time

from lxml import etree

from jobs.statements.reading.sheet_encoding import DATE_TIME, NO_VALUE, NUMBER

#: Built-in date formats, by number; 27 to 36 and 50 to 58 are East Asian.
_BUILT_IN_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ZEROS = re.compile(r"0{2,}")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
_MILLIS_A_DAY = 86_400_000
#: Day 0 of both date systems. The 1900 system has a 29 February 1900, which never existed.
_FIRST_OF_1900, _FIRST_OF_1904 = date(1899, 12, 30).toordinal(), date(1904, 1, 1).toordinal()
_INVALID_DAY_OF_1900 = 60
#: Both date systems end with the year 9999.
_SERIAL_MAX = date(9999, 12, 31).toordinal() - _FIRST_OF_1904

#: What the numbers of a style mean. A value above zero is a width: digits with leading zeros.
GENERAL, DATE = 0, -1


def classify_format(code: str) -> int:
    """Returns GENERAL, DATE, or a width of digits for a number format."""
    section = _LITERAL.sub("", code.split(";", 1)[0])
    if section.strip().lower() == "general":
        return GENERAL
    if re.search("[dmyhs]", section, re.IGNORECASE):
        return DATE
    return len(section) if _ZEROS.fullmatch(section) else GENERAL


def classify_styles(styles: etree._Element | None) -> list[int]:
    """Classifies every cell style, in the order of the style numbers in cells."""
    if styles is None:
        return []
    custom_formats = {
        element.get("numFmtId"): classify_format(element.get("formatCode") or "")
        for element in styles.iterfind("{*}numFmts/{*}numFmt")
    }
    return [
        _classify_format_id(element.get("numFmtId") or "0", custom_formats)
        for element in _iterate_cell_formats(styles)
    ]


def _iterate_cell_formats(styles: etree._Element) -> Iterable[etree._Element]:
    return styles.iterfind("{*}cellXfs/{*}xf")


def _classify_format_id(format_id: str, custom_formats: dict[str | None, int]) -> int:
    if format_id in custom_formats:
        return custom_formats[format_id]
    is_number = re.fullmatch("[0-9]{1,9}", format_id)
    return DATE if is_number and int(format_id) in _BUILT_IN_DATE_FORMATS else GENERAL


def format_number(printed: str, number_meaning: int, since_1904: bool) -> str:
    """Formats a number of the file as text with a marker: exact, in its shortest form.

    Raises:
        ValueError: the text is no number.
    """
    if not _NUMBER.fullmatch(printed):
        raise ValueError(f"{printed[:40]!r} is no number")
    if number_meaning == DATE:
        return _format_date_time(float(printed), since_1904)
    if _WHOLE.fullmatch(printed):
        return NUMBER + (printed.zfill(number_meaning) if number_meaning else printed)
    if re.fullmatch("-?[0-9]{1,40}", printed):
        return NUMBER + printed  # more digits than a spreadsheet keeps: unchanged
    shortest = repr(float(printed)).removesuffix(".0").upper()
    return NUMBER + (
        shortest.zfill(number_meaning) if number_meaning and shortest.isdecimal() else shortest
    )


def _format_date_time(serial: float, since_1904: bool) -> str:
    """Formats a serial number as a date or time of day, to the millisecond."""
    if not 0 <= serial < _SERIAL_MAX:
        return f"{NO_VALUE}#DATE {serial}"
    days, millis = divmod(round(serial * _MILLIS_A_DAY), _MILLIS_A_DAY)
    minutes, seconds = divmod(millis, 60_000)
    hour, minute = divmod(minutes, 60)
    time_text = time(hour, minute, seconds // 1000, seconds % 1000 * 1000).isoformat()
    if serial < 1:
        return f"{DATE_TIME}{time_text}"
    if not since_1904 and days == _INVALID_DAY_OF_1900:
        return f"{NO_VALUE}#DATE {serial}"
    first_day = _FIRST_OF_1904 if since_1904 else _FIRST_OF_1900 + (days < _INVALID_DAY_OF_1900)
    date_text = date.fromordinal(first_day + days).isoformat()
    return f"{DATE_TIME}{date_text} {time_text}" if millis else f"{DATE_TIME}{date_text}"
