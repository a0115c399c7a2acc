"""Marked cells of a sheet to the texts that a layout's columns are read from.

A number is exact or it is a fault: a reference that a spreadsheet took for a number has lost its
digits, and which they were is never guessed. Source: docs/reference/dialects/xlsx.md.
"""

import re
from datetime import date, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.timestamps import Faults, days, moments
from jobs.statements.reading.cell_marks import LINE_END, MARKS, MOMENT, NONE, NUMBER, TAB, plain
from schemas.profile.layout.delimited import DelimitedLayout

AMOUNTS = ("amount", "fee", "incoming", "outgoing", "net", "balance")
TIMES = ("traded_at", "traded_at+1", "settlement_date", "settlement_date+1")
#: Digits that a spreadsheet keeps of a number.
DIGITS_MAX = 15
_ANY = f"[{MARKS}{TAB}{LINE_END}]"
_WHOLE = re.compile(rf"-?[0-9]{{1,{DIGITS_MAX}}}")
_KNOWN = re.compile(rf"{MOMENT}(\d{{4}}-\d\d-\d\d)(?: {MOMENT}?(\d\d:\d\d:\d\d(?:\.\d+)?))?")
_HALF = re.compile(
    rf"{MOMENT}(?P<date>[\d-]{{10}}) (?P<rest>[^{MOMENT}]*)|"
    rf"(?P<first>[^{MOMENT}]*) {MOMENT}(?P<time>\d\d:\d\d:\d\d(?:\.\d+)?)"
)
_WIDTHS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "j": 3}


def texts_of(column: pa.Array, name: str, layout: DelimitedLayout) -> tuple[pa.Array, Faults]:
    """A column's cells as the texts of our column `name`, and faults by row.

    Dates and times keep their mark where `name` is a time; `moments_of` and `days_of` read it.
    """
    if not pc.any(pc.match_substring_regex(column, _ANY)).as_py():
        return column, {}
    encoded = column.dictionary_encode()
    found, odd = [], {}
    for at, cell in enumerate(encoded.dictionary.to_pylist()):
        try:
            found.append(_text(cell, name, layout))
        except ValueError as fault:
            found.append("")
            odd[at] = str(fault)
    faults: Faults = {}
    if odd:
        indices = encoded.indices.to_pylist()
        faults = {row: odd[at] for row, at in enumerate(indices) if at in odd}
    return pa.array(found, pa.string()).take(encoded.indices), faults


def _text(cell: str, name: str, layout: DelimitedLayout) -> str:
    """What a cell says of a column.

    Raises:
        ValueError: it has no value, or is of a kind that the column cannot be.
    """
    mark, body = cell[:1], cell[1:]
    if mark == NONE:
        raise ValueError(_without_value(body, name))
    if mark == MOMENT:
        if name not in TIMES:
            raise ValueError(f"DAMAGED_NUMBER: {name} is a date in the sheet, {body}")
        return cell
    if mark != NUMBER:
        return plain(cell) if TAB in cell or LINE_END in cell else cell
    if name in AMOUNTS:
        return _amount(body, name, layout)
    if not _WHOLE.fullmatch(body) and name not in TIMES:
        raise ValueError(f"DAMAGED_NUMBER: {name} is a number in the sheet, {body[:40]}")
    return _digits(body, name, layout) if name in TIMES else body


def _without_value(body: str, name: str) -> str:
    if body.startswith("#"):
        return f"CELL_ERROR: {name} is {plain(body)[:40]}"
    if body:
        return f"NO_CACHED_VALUE: {name} is a formula that nobody has worked out"
    return f"MERGED_CELL: {name} lies under a merged cell"


def _amount(body: str, name: str, layout: DelimitedLayout) -> str:
    number = Decimal(body)
    if len(number.normalize().as_tuple().digits) > DIGITS_MAX:
        raise ValueError(f"DAMAGED_NUMBER: {name} has more digits than a sheet keeps, {body[:40]}")
    return f"{number:f}".replace(".", layout.amounts.decimal if layout.amounts else ".")


def _digits(body: str, name: str, layout: DelimitedLayout) -> str:
    """A time or date written as a number, such as 93000, with the zeros that its format has."""
    form = _part(name, layout)
    pieces = re.findall("%(.)", form)
    if f"%{'%'.join(pieces)}" != form or not _WHOLE.fullmatch(body):
        return body
    return body.zfill(sum(_WIDTHS.get(each, 0) for each in pieces))


def _part(name: str, layout: DelimitedLayout) -> str:
    """The format of a time, or of the half of it that stands in one of two columns."""
    column, _, second = name.partition("+")
    form = layout.time_format if column == "traded_at" else layout.date_format
    if not isinstance(layout.columns.get(column), tuple):  # type: ignore[call-overload]
        return form
    halves = form.split(" ", 1)
    return halves[1 if second else 0] if len(halves) == 2 else form


def moments_of(texts: pa.Array, form: str, zone: str, day: date | None) -> tuple[pa.Array, Faults]:
    """Times to UTC microseconds: what the sheet knows as times as they are, texts by the format."""
    printed, known = _apart(texts, form)
    found, faults = moments(printed, form, zone, day)
    if known is None:
        return found, faults
    there = pc.assume_timezone(known, zone, ambiguous="earliest", nonexistent="latest")
    return pc.coalesce(found, there.cast(found.type)), faults


def days_of(texts: pa.Array, form: str, day: date | None) -> tuple[pa.Array, Faults]:
    """Dates: what the sheet knows as dates as they are, texts by the format."""
    printed, known = _apart(texts, form)
    found, faults = days(printed, form, day)
    return found if known is None else pc.coalesce(found, known.cast(pa.date32())), faults


def _apart(texts: pa.Array, form: str) -> tuple[pa.Array, pa.Array | None]:
    """Texts to be read by their format, and apart from them what the sheet knows as local times."""
    if not pc.any(pc.match_substring(texts, MOMENT)).as_py():
        return texts, None
    encoded = texts.dictionary_encode()
    printed: list[str | None] = []
    known: list[str | None] = []
    for text in encoded.dictionary.to_pylist():
        whole = _KNOWN.fullmatch(text)
        known.append(f"{whole[1]} {whole[2] or '00:00:00'}" if whole else None)
        printed.append(None if whole else _printed(text, form))
    at = pa.array(known, pa.string()).cast(pa.timestamp("us"))
    return pa.array(printed, pa.string()).take(encoded.indices), at.take(encoded.indices)


def _printed(text: str, form: str) -> str:
    """A time of which the sheet knows one half, as its format prints it; others as they stand."""
    halves, hit = form.split(" ", 1), _HALF.fullmatch(text)
    if len(halves) == 2 and hit and hit["date"]:
        return f"{date.fromisoformat(hit['date']).strftime(halves[0])} {hit['rest']}"
    if len(halves) == 2 and hit and hit["time"]:
        return f"{hit['first']} {time.fromisoformat(hit['time']).strftime(halves[1])}"
    return text.replace(MOMENT, "")
