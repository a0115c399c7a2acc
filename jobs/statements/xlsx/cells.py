"""Decodes cells with markers to the texts of a layout's columns.

A number is exact or a fault: a reference that a spreadsheet stored as a number has lost digits, and
tieout never guesses them. Source: docs/reference/dialects/xlsx.md.
"""

import re
from datetime import date, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.timestamps import Faults, parse_dates, parse_timestamps
from jobs.statements.reading.sheet_encoding import (
    DATE_TIME,
    LINE_END,
    MARKERS,
    NO_VALUE,
    NUMBER,
    TAB,
    decode_cell,
)
from schemas.profile.layout.delimited import DelimitedLayout

AMOUNTS = ("amount", "fee", "incoming", "outgoing", "net", "balance")
TIMES = ("traded_at", "traded_at+1", "settlement_date", "settlement_date+1")
#: Digits of a number that a spreadsheet keeps exactly.
DIGITS_MAX = 15
_ANY_MARKER = f"[{MARKERS}{TAB}{LINE_END}]"
_WHOLE = re.compile(rf"-?[0-9]{{1,{DIGITS_MAX}}}")
_TYPED = re.compile(rf"{DATE_TIME}(\d{{4}}-\d\d-\d\d)(?: {DATE_TIME}?(\d\d:\d\d:\d\d(?:\.\d+)?))?")
_HALF_TYPED = re.compile(
    rf"{DATE_TIME}(?P<date>[\d-]{{10}}) (?P<rest>[^{DATE_TIME}]*)|"
    rf"(?P<first>[^{DATE_TIME}]*) {DATE_TIME}(?P<time>\d\d:\d\d:\d\d(?:\.\d+)?)"
)
_WIDTHS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "j": 3}


def decode_column(column: pa.Array, name: str, layout: DelimitedLayout) -> tuple[pa.Array, Faults]:
    """Decodes cells to the texts of our column `name`; also returns faults by row.

    Dates and times keep their marker where `name` is a time column, for `read_timestamps` and
    `read_dates`.
    """
    if not pc.any(pc.match_substring_regex(column, _ANY_MARKER)).as_py():
        return column, {}
    encoded = column.dictionary_encode()
    texts, faults_by_index = [], {}
    for index, cell in enumerate(encoded.dictionary.to_pylist()):
        try:
            texts.append(_decode_cell(cell, name, layout))
        except ValueError as fault:
            texts.append("")
            faults_by_index[index] = str(fault)
    faults: Faults = {}
    if faults_by_index:
        indices = encoded.indices.to_pylist()
        faults = {
            row: faults_by_index[index]
            for row, index in enumerate(indices)
            if index in faults_by_index
        }
    return pa.array(texts, pa.string()).take(encoded.indices), faults


def _decode_cell(cell: str, name: str, layout: DelimitedLayout) -> str:
    """Decodes one cell to the text of a column.

    Raises:
        ValueError: the cell has no value, or a type that the column cannot have.
    """
    marker, content = cell[:1], cell[1:]
    if marker == NO_VALUE:
        raise ValueError(_describe_missing_value(content, name))
    if marker == DATE_TIME:
        if name not in TIMES:
            raise ValueError(f"DAMAGED_NUMBER: {name} is a date in the sheet, {content}")
        return cell
    if marker != NUMBER:
        return decode_cell(cell) if TAB in cell or LINE_END in cell else cell
    if name in AMOUNTS:
        return _decode_amount(content, name, layout)
    if not _WHOLE.fullmatch(content) and name not in TIMES:
        raise ValueError(f"DAMAGED_NUMBER: {name} is a number in the sheet, {content[:40]}")
    return _pad_digits(content, name, layout) if name in TIMES else content


def _describe_missing_value(content: str, name: str) -> str:
    if content.startswith("#"):
        return f"CELL_ERROR: {name} is {decode_cell(content)[:40]}"
    if content:
        return f"NO_CACHED_VALUE: {name} is a formula that nobody has worked out"
    return f"MERGED_CELL: {name} lies under a merged cell"


def _decode_amount(content: str, name: str, layout: DelimitedLayout) -> str:
    number = Decimal(content)
    if len(number.normalize().as_tuple().digits) > DIGITS_MAX:
        raise ValueError(
            f"DAMAGED_NUMBER: {name} has more digits than a sheet keeps, {content[:40]}"
        )
    return f"{number:f}".replace(".", layout.amounts.decimal if layout.amounts else ".")


def _pad_digits(content: str, name: str, layout: DelimitedLayout) -> str:
    """Pads a time or date written as a number, such as 93000, with zeros to its format's width."""
    format_text = _get_format(name, layout)
    directives = re.findall("%(.)", format_text)
    if f"%{'%'.join(directives)}" != format_text or not _WHOLE.fullmatch(content):
        return content
    return content.zfill(sum(_WIDTHS.get(directive, 0) for directive in directives))


def _get_format(name: str, layout: DelimitedLayout) -> str:
    """The format of a time column; of its half where date and time are in two columns."""
    column, _, second = name.partition("+")
    format_text = layout.time_format if column == "traded_at" else layout.date_format
    if not isinstance(layout.columns.get(column), tuple):  # type: ignore[call-overload]
        return format_text
    halves = format_text.split(" ", 1)
    return halves[1 if second else 0] if len(halves) == 2 else format_text


def read_timestamps(
    texts: pa.Array, time_format: str, zone: str, day: date | None
) -> tuple[pa.Array, Faults]:
    """Converts times to UTC microseconds: typed cells as they are, texts by the format."""
    printed, typed = _split_typed_times(texts, time_format)
    column, faults = parse_timestamps(printed, time_format, zone, day)
    if typed is None:
        return column, faults
    zoned = pc.assume_timezone(typed, zone, ambiguous="earliest", nonexistent="latest")
    return pc.coalesce(column, zoned.cast(column.type)), faults


def read_dates(texts: pa.Array, time_format: str, day: date | None) -> tuple[pa.Array, Faults]:
    """Converts dates to DATE: typed cells as they are, texts by the format."""
    printed, typed = _split_typed_times(texts, time_format)
    column, faults = parse_dates(printed, time_format, day)
    return column if typed is None else pc.coalesce(column, typed.cast(pa.date32())), faults


def _split_typed_times(texts: pa.Array, time_format: str) -> tuple[pa.Array, pa.Array | None]:
    """Splits texts, to be read by their format, from local times of typed cells."""
    if not pc.any(pc.match_substring(texts, DATE_TIME)).as_py():
        return texts, None
    encoded = texts.dictionary_encode()
    printed: list[str | None] = []
    typed: list[str | None] = []
    for text in encoded.dictionary.to_pylist():
        match = _TYPED.fullmatch(text)
        typed.append(f"{match[1]} {match[2] or '00:00:00'}" if match else None)
        printed.append(None if match else _print_half_typed(text, time_format))
    typed_times = pa.array(typed, pa.string()).cast(pa.timestamp("us"))
    return pa.array(printed, pa.string()).take(encoded.indices), typed_times.take(encoded.indices)


def _print_half_typed(text: str, time_format: str) -> str:
    """Prints a time of which one half is a typed cell by its format; other texts stay."""
    halves, match = time_format.split(" ", 1), _HALF_TYPED.fullmatch(text)
    if len(halves) == 2 and match and match["date"]:
        return f"{date.fromisoformat(match['date']).strftime(halves[0])} {match['rest']}"
    if len(halves) == 2 and match and match["time"]:
        return f"{match['first']} {time.fromisoformat(match['time']).strftime(halves[1])}"
    return text.replace(DATE_TIME, "")
