"""Times printed in digits of fixed width to one ISO form, with a year where none is printed."""

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
from jobs.statements.canonical.lines import dates, times

ISO = "%Y-%m-%d %H:%M:%S"
_WIDTHS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_ISO_PLACES = {"Y": 0, "y": 2, "m": 5, "d": 8, "H": 11, "M": 14, "S": 17}
_EMPTY = "2000-01-01 00:00:00"
_PIECE = re.compile(r"%(.)|(.)", re.DOTALL)


@dataclass(frozen=True)
class _Form:
    """Where in a printed time each piece stands: letter, place; and its literals."""

    pieces: tuple[tuple[str, int], ...]
    literals: tuple[tuple[int, str], ...]
    width: int

    @property
    def has_year(self) -> bool:
        return any(letter in "Yy" for letter, _ in self.pieces)


def _form_of(form: str) -> _Form | None:
    pieces: list[tuple[str, int]] = []
    literals: list[tuple[int, str]] = []
    at = 0
    for hit in _PIECE.finditer(form):
        if hit[1] is None:
            if not hit[2].isascii():
                return None
            literals.append((at, hit[2]))
            at += 1
        elif hit[1] in _WIDTHS and hit[1] not in [letter for letter, _ in pieces]:
            pieces.append((hit[1], at))
            at += _WIDTHS[hit[1]]
        else:
            return None
    return _Form(tuple(pieces), tuple(literals), at)


def date_in(text: str, form: str) -> date | None:
    """The date that stands in a text as a form such as `INN%y%m%d` says; None where none does."""
    escaped = "".join(
        re.escape(hit[2]) if hit[1] is None else rf"\d{{{_WIDTHS.get(hit[1], 2)}}}"
        for hit in _PIECE.finditer(form)
    )
    # Bare digits must not be some of a longer number, such as a merchant's.
    ends = r"(?!\d)" if form.startswith("%") else ""
    for hit in re.finditer(rf"(?<!\d){escaped}{ends}", text, re.ASCII):
        with suppress(ValueError):
            return datetime.strptime(hit[0], form).date()
    return None


def moments(
    texts: pa.Array, form: str, day: date | None, zone: str
) -> tuple[pa.Array, dict[int, str]]:
    """Local times as printed to UTC microseconds, and faults by row; null stays null.

    A form without a year takes it from `day`, the file's date: no line is of more than a day
    after it, so that a later month and day are of the year before.
    """
    known = _form_of(form)
    if known is None:
        return printed.moments(texts, form, zone, day)
    texts, faults = _iso(texts, form, known, day)
    out, odd = times(texts, ISO, zone)
    return out, odd | faults


def days(texts: pa.Array, form: str, day: date | None) -> tuple[pa.Array, dict[int, str]]:
    """Dates as printed, and faults by row; null stays null. The year is as in `moments`."""
    encoded = texts.dictionary_encode()
    known = _form_of(form)
    if known is None:
        found, by_word = printed.days(encoded.dictionary, form, day)
    else:
        distinct, faults = _iso(encoded.dictionary, form, known, day)
        found, odd = dates(distinct, ISO)
        by_word = odd | faults
    rows = {}
    if by_word:
        words = encoded.indices.to_pylist()
        rows = {row: by_word[word] for row, word in enumerate(words) if word in by_word}
    return found.take(encoded.indices), rows


def _iso(
    texts: pa.Array, form: str, known: _Form, day: date | None
) -> tuple[pa.Array, dict[int, str]]:
    quick = _iso_at_once(texts, known, day)
    if quick is not None:
        return quick, {}
    out: list[str | None] = []
    faults: dict[int, str] = {}
    for row, text in enumerate(texts.to_pylist()):
        value = None if text is None else _iso_of(text, known, day)
        if value is None and text is not None:
            faults[row] = f"BAD_TIME: {text!r} is not {form}"
        out.append(value)
    return pa.array(out, pa.string()), faults


def _iso_of(text: str, known: _Form, day: date | None) -> str | None:
    digits = [text[at : at + _WIDTHS[letter]] for letter, at in known.pieces]
    odd = any(not (each.isascii() and each.isdigit()) for each in digits)
    if len(text) != known.width or odd or any(text[at] != own for at, own in known.literals):
        return None
    out = list(_EMPTY)
    for (letter, _), value in zip(known.pieces, digits, strict=True):
        place = _ISO_PLACES[letter]
        out[place : place + len(value)] = value
    if day is not None and not known.has_year:
        limit = day + timedelta(days=1)
        later = "".join(out[5:10]) > f"{limit:%m-%d}"
        out[:4] = f"{limit.year - later:04}"
    return "".join(out)


def _iso_at_once(texts: pa.Array, known: _Form, day: date | None) -> pa.Array | None:
    """The same of a whole column; None where some text is not of the form."""
    count = len(texts)
    if texts.null_count or not count or texts.offset:
        return None
    length = pc.min_max(pc.binary_length(texts)).as_py()
    if set(length.values()) != {known.width}:
        return None
    cells = np.frombuffer(texts.buffers()[2], np.uint8, count * known.width)
    cells = cells.reshape(count, known.width)
    out = np.tile(np.frombuffer(_EMPTY.encode(), np.uint8), (count, 1))
    for letter, at in known.pieces:
        digits = cells[:, at : at + _WIDTHS[letter]]
        # Below "0" wraps around: one comparison says digit or not.
        if ((digits - np.uint8(48)) > 9).any():
            return None
        place = _ISO_PLACES[letter]
        out[:, place : place + _WIDTHS[letter]] = digits
    if any((cells[:, at] != ord(own)).any() for at, own in known.literals):
        return None
    if day is not None and not known.has_year:
        _set_years(out, day)
    ends = np.arange(count + 1, dtype=np.int32) * len(_EMPTY)
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(out))


def _set_years(out: npt.NDArray[np.uint8], day: date) -> None:
    limit = day + timedelta(days=1)
    number = [(out[:, at].astype(np.int32) - 48) for at in (5, 6, 8, 9)]
    month_day = number[0] * 1000 + number[1] * 100 + number[2] * 10 + number[3]
    later = month_day > limit.month * 100 + limit.day
    this, before = (np.frombuffer(f"{year:04}".encode(), np.uint8) for year in _years(limit))
    out[:, :4] = np.where(later[:, None], before, this)


def _years(limit: date) -> Sequence[int]:
    return (limit.year, limit.year - 1)
