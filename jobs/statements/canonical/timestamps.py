"""Times as files print them: with a zone, with an offset, or without a year."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import dates, times

_UTC = pa.timestamp("us", "UTC")
_FIELD = re.compile(r"\{business_date(?::(?P<form>[^}]*))?\}|\{part\}|\*")
_DIGITS = {"%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}", "%y": r"\d{2}", "%j": r"\d{3}"}
Faults = dict[int, str]


def lacks_year(form: str) -> bool:
    """Whether a format has a month and no year."""
    return not re.search("%[YyGcxD]", form) and bool(re.search("%[mbB]", form))


def midnight_of(form: str) -> str:
    """How a format of a date, a blank and a time prints the beginning of a day's time of day."""
    ends = [hit.end() for hit in re.finditer(" ", form)]
    of_day = (form[end:] for end in ends if not re.search("%[YyGcxDmbBdejuwaAUVW]", form[end:]))
    return datetime(2000, 1, 1, tzinfo=UTC).strftime(next(of_day, ""))


def day_in(name: str, pattern: str) -> date | None:
    """The business date that a file's name says by its profile's pattern; None without one."""
    taken, out, at = "", "", 0
    for hit in _FIELD.finditer(pattern):
        out += re.escape(pattern[at : hit.start()])
        at = hit.end()
        if not hit.group().startswith("{business"):
            out += "[^/]*?"
            continue
        form = hit["form"] or "%Y-%m-%d"
        digits = re.escape(form).replace(r"\%", "%")
        for directive, width in _DIGITS.items():
            digits = digits.replace(directive, width)
        whole = not taken and re.search("%[Yy]", form) and "%m" in form and "%d" in form
        out += f"(?P<day>{digits})" if whole else f"(?:{digits})"
        taken = form if whole else taken
    found = re.fullmatch(out + re.escape(pattern[at:]), name)
    if found is None or not taken:
        return None
    try:
        return datetime.strptime(found["day"], taken).replace(tzinfo=UTC).date()
    except ValueError:
        return None


def moments(texts: pa.Array, form: str, zone: str, day: date | None) -> tuple[pa.Array, Faults]:
    """Times as printed to UTC microseconds, and faults by row; null stays null.

    A format with `%z` says its own offset; one without a year takes the year that brings the time
    nearest to the file's `day`, so that a file of 1 January reaches back into December.
    """
    faults: Faults = {}
    if lacks_year(form):
        texts, faults = _with_year(texts, form, day)
        form = f"%Y {form}"
    if "%z" in form:
        found, others = _by_value(texts, lambda text: _with_offset(text, form), _UTC, form)
    else:
        found, others = times(texts, form, zone)
    return found, {**others, **faults}


def days(texts: pa.Array, form: str, day: date | None) -> tuple[pa.Array, Faults]:
    """Dates as printed, and faults by row; null stays null. A year left out is as in `moments`."""
    if lacks_year(form):
        dated, faults = _with_year(texts, form, day)
        found, others = dates(dated, f"%Y {form}")
        return found, {**others, **faults}
    return dates(texts, form)


def _with_offset(text: str, form: str) -> datetime:
    return datetime.strptime(text, form).astimezone(UTC)


def _with_year(texts: pa.Array, form: str, day: date | None) -> tuple[pa.Array, Faults]:
    if day is None:
        rows = pc.indices_nonzero(pc.is_valid(texts)).to_pylist()
        why = "BAD_TIME: it has no year, and the file's name no date to take it from"
        return pa.nulls(len(texts), pa.string()), dict.fromkeys(rows, why)
    return _by_value(texts, lambda text: _nearest(text, form, day), pa.string(), form)


def _nearest(text: str, form: str, day: date) -> str:
    found = []
    for year in (day.year - 1, day.year, day.year + 1):
        try:
            at = datetime.strptime(f"{year} {text}", f"%Y {form}").replace(tzinfo=UTC).date()
        except ValueError:
            continue
        found.append((abs((at - day).days), f"{year} {text}"))
    if not found:
        raise ValueError(text)
    return min(found)[1]


def _by_value(
    texts: pa.Array, read: Callable[[str], object], kind: pa.DataType, form: str
) -> tuple[pa.Array, Faults]:
    """Each distinct text read once; a text that cannot be read is null, and named by its rows."""
    encoded = texts.dictionary_encode()
    found: list[object] = []
    for text in encoded.dictionary.to_pylist():
        try:
            found.append(read(text))
        except (ValueError, OverflowError):  # an offset may lead out of the calendar
            found.append(None)
    out = pa.array(found, kind).take(encoded.indices)
    lost = pc.and_(pc.is_null(out), pc.is_valid(texts))
    rows = pc.indices_nonzero(lost).to_pylist()
    return out, {row: f"BAD_TIME: {texts[row].as_py()!r} is not {form}" for row in rows}
