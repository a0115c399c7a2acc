"""Times printed as digits of fixed width to ISO form; adds the year where none is printed."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical import timestamps as printed
from jobs.statements.canonical.lines import parse_full_dates, parse_local_times

ISO = "%Y-%m-%d %H:%M:%S"
_WIDTHS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_ISO_PLACES = {"Y": 0, "y": 2, "m": 5, "d": 8, "H": 11, "M": 14, "S": 17}
_EMPTY = "2000-01-01 00:00:00"
_PIECE = re.compile(r"%(.)|(.)", re.DOTALL)


@dataclass(frozen=True)
class _TimeFormat:
    """A time format: the place of each directive (letter, place) and of its literal characters."""

    pieces: tuple[tuple[str, int], ...]
    literals: tuple[tuple[int, str], ...]
    width: int

    @property
    def has_year(self) -> bool:
        return any(letter in "Yy" for letter, _ in self.pieces)


def _compile_format(time_format: str) -> _TimeFormat | None:
    pieces: list[tuple[str, int]] = []
    literals: list[tuple[int, str]] = []
    place = 0
    for piece in _PIECE.finditer(time_format):
        if piece[1] is None:
            if not piece[2].isascii():
                return None
            literals.append((place, piece[2]))
            place += 1
        elif piece[1] in _WIDTHS and piece[1] not in [letter for letter, _ in pieces]:
            pieces.append((piece[1], place))
            place += _WIDTHS[piece[1]]
        else:
            return None
    return _TimeFormat(tuple(pieces), tuple(literals), place)


def find_date(text: str, time_format: str) -> date | None:
    """Finds a date in a text by a format such as `INN%y%m%d`; None where there is none."""
    escaped = "".join(
        re.escape(match[2]) if match[1] is None else rf"\d{{{_WIDTHS.get(match[1], 2)}}}"
        for match in _PIECE.finditer(time_format)
    )
    # Digits that are part of a longer number, such as a merchant number, are no date.
    end_boundary = r"(?!\d)" if time_format.startswith("%") else ""
    for match in re.finditer(rf"(?<!\d){escaped}{end_boundary}", text, re.ASCII):
        with suppress(ValueError):
            return datetime.strptime(match[0], time_format).date()
    return None


def parse_timestamps(
    texts: pa.Array, time_format: str, day: date | None, zone: str
) -> tuple[pa.Array, dict[int, str]]:
    """Converts printed local times to UTC microseconds; also returns faults by row.

    Null stays null. A time without a year takes it from `day`, the file's date: no line is more
    than a day after it, so a later month and day belong to the year before.
    """
    compiled = _compile_format(time_format)
    if compiled is None:
        return printed.parse_timestamps(texts, time_format, zone, day)
    texts, faults = _to_iso(texts, time_format, compiled, day)
    column, other_faults = parse_local_times(texts, ISO, zone)
    return column, other_faults | faults


def parse_dates(
    texts: pa.Array, time_format: str, day: date | None
) -> tuple[pa.Array, dict[int, str]]:
    """Converts printed dates to DATE; also returns faults by row. Null stays null.

    A date without a year gets it as in `parse_timestamps`.
    """
    encoded = texts.dictionary_encode()
    compiled = _compile_format(time_format)
    if compiled is None:
        column, faults_by_index = printed.parse_dates(encoded.dictionary, time_format, day)
    else:
        distinct, faults = _to_iso(encoded.dictionary, time_format, compiled, day)
        column, other_faults = parse_full_dates(distinct, ISO)
        faults_by_index = other_faults | faults
    rows = {}
    if faults_by_index:
        indices = encoded.indices.to_pylist()
        rows = {
            row: faults_by_index[index]
            for row, index in enumerate(indices)
            if index in faults_by_index
        }
    return column.take(encoded.indices), rows


def _to_iso(
    texts: pa.Array, time_format: str, compiled: _TimeFormat, day: date | None
) -> tuple[pa.Array, dict[int, str]]:
    iso_texts = _to_iso_vectorized(texts, compiled, day)
    if iso_texts is not None:
        return iso_texts, {}
    values: list[str | None] = []
    faults: dict[int, str] = {}
    for row, text in enumerate(texts.to_pylist()):
        value = None if text is None else _text_to_iso(text, compiled, day)
        if value is None and text is not None:
            faults[row] = f"BAD_TIME: {text!r} is not {time_format}"
        values.append(value)
    return pa.array(values, pa.string()), faults


def _text_to_iso(text: str, compiled: _TimeFormat, day: date | None) -> str | None:
    digits = [text[at : at + _WIDTHS[letter]] for letter, at in compiled.pieces]
    has_other = any(not (part.isascii() and part.isdigit()) for part in digits)
    if (
        len(text) != compiled.width
        or has_other
        or any(text[at] != literal for at, literal in compiled.literals)
    ):
        return None
    characters = list(_EMPTY)
    for (letter, _), value in zip(compiled.pieces, digits, strict=True):
        place = _ISO_PLACES[letter]
        characters[place : place + len(value)] = value
    if day is not None and not compiled.has_year:
        limit = day + timedelta(days=1)
        is_later = "".join(characters[5:10]) > f"{limit:%m-%d}"
        characters[:4] = f"{limit.year - is_later:04}"
    return "".join(characters)


def _to_iso_vectorized(texts: pa.Array, compiled: _TimeFormat, day: date | None) -> pa.Array | None:
    """Converts a whole column at once; None where a text does not have the format."""
    count = len(texts)
    if texts.null_count or not count or texts.offset:
        return None
    length = pc.min_max(pc.binary_length(texts)).as_py()
    if set(length.values()) != {compiled.width}:
        return None
    cells = np.frombuffer(texts.buffers()[2], np.uint8, count * compiled.width)
    cells = cells.reshape(count, compiled.width)
    characters = np.tile(np.frombuffer(_EMPTY.encode(), np.uint8), (count, 1))
    for letter, at in compiled.pieces:
        digits = cells[:, at : at + _WIDTHS[letter]]
        # Below "0" wraps around: one comparison says digit or not.
        if ((digits - np.uint8(48)) > 9).any():
            return None
        place = _ISO_PLACES[letter]
        characters[:, place : place + _WIDTHS[letter]] = digits
    if any((cells[:, at] != ord(literal)).any() for at, literal in compiled.literals):
        return None
    if day is not None and not compiled.has_year:
        _set_years(characters, day)
    ends = np.arange(count + 1, dtype=np.int32) * len(_EMPTY)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(characters))


def _set_years(characters: npt.NDArray[np.uint8], day: date) -> None:
    limit = day + timedelta(days=1)
    digits = [(characters[:, at].astype(np.int32) - 48) for at in (5, 6, 8, 9)]
    month_day = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    is_later = month_day > limit.month * 100 + limit.day
    this_year, year_before = (
        np.frombuffer(f"{year:04}".encode(), np.uint8) for year in _candidate_years(limit)
    )
    characters[:, :4] = np.where(is_later[:, None], year_before, this_year)


def _candidate_years(limit: date) -> Sequence[int]:
    return (limit.year, limit.year - 1)
