"""Times as files print them: in a local zone, with an offset, or without a year."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import parse_full_dates, parse_local_times

_UTC = pa.timestamp("us", "UTC")
_FIELD = re.compile(r"\{business_date(?::(?P<form>[^}]*))?\}|\{part\}|\*")
_DIGITS = {"%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}", "%y": r"\d{2}", "%j": r"\d{3}"}
Faults = dict[int, str]
#: Times and dates of payments lie in these years; any other one is damage.
YEAR_MIN, YEAR_MAX = 1970, 2199
OUT_OF_RANGE = f"before {YEAR_MIN} or after {YEAR_MAX}"


def lacks_year(time_format: str) -> bool:
    """Whether a format has a month and no year."""
    return not re.search("%[YyGcxD]", time_format) and bool(re.search("%[mbB]", time_format))


def is_out_of_range(times: pa.Array) -> pa.Array:
    """Whether each time or date is outside of the years YEAR_MIN to YEAR_MAX; false for null.

    `times` is a column of dates or timestamps of any unit and zone; the years are those of UTC.
    """
    kind = times.type
    if pa.types.is_timestamp(kind):
        units = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
        numbers, per_day = times.cast(pa.timestamp(kind.unit)).cast(pa.int64()), 86_400 * units
    elif pa.types.is_date64(kind):
        numbers, per_day = times.cast(pa.int64()), 86_400_000
    else:
        numbers, per_day = times.cast(pa.int32()).cast(pa.int64()), 1
    epoch = date(1970, 1, 1).toordinal()
    first = (date(YEAR_MIN, 1, 1).toordinal() - epoch) * per_day
    end = (date(YEAR_MAX + 1, 1, 1).toordinal() - epoch) * per_day
    outside = pc.or_(pc.less(numbers, first), pc.greater_equal(numbers, end))
    return pc.fill_null(outside, False)


def date_to_utc(booked: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    """A booking date or moment in UTC; a date stands for its midnight in the zone.

    None where there is none, and where UTC lies outside of the calendar.
    """
    if booked is None:
        return None
    if not isinstance(booked, datetime):
        booked = datetime.combine(booked, time())
    try:
        return (booked if booked.tzinfo else booked.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


def format_midnight(time_format: str) -> str:
    """How a format `DATE TIME`, parted by a blank, prints midnight: its time part only."""
    blank_ends = [hit.end() for hit in re.finditer(" ", time_format)]
    time_parts = (
        time_format[end:]
        for end in blank_ends
        if not re.search("%[YyGcxDmbBdejuwaAUVW]", time_format[end:])
    )
    return datetime(2000, 1, 1, tzinfo=UTC).strftime(next(time_parts, ""))


def parse_business_date(name: str, pattern: str) -> date | None:
    """Reads the business date from a file's name by the profile's pattern; None without one."""
    full_date_format, expression, position = "", "", 0
    for placeholder in _FIELD.finditer(pattern):
        expression += re.escape(pattern[position : placeholder.start()])
        position = placeholder.end()
        if not placeholder.group().startswith("{business"):
            expression += "[^/]*?"
            continue
        date_format = placeholder["form"] or "%Y-%m-%d"
        digits = re.escape(date_format).replace(r"\%", "%")
        for directive, width in _DIGITS.items():
            digits = digits.replace(directive, width)
        is_full_date = (
            not full_date_format
            and re.search("%[Yy]", date_format)
            and "%m" in date_format
            and "%d" in date_format
        )
        expression += f"(?P<day>{digits})" if is_full_date else f"(?:{digits})"
        full_date_format = date_format if is_full_date else full_date_format
    match = re.fullmatch(expression + re.escape(pattern[position:]), name)
    if match is None or not full_date_format:
        return None
    try:
        return datetime.strptime(match["day"], full_date_format).replace(tzinfo=UTC).date()
    except ValueError:
        return None


def parse_timestamps(
    texts: pa.Array, time_format: str, zone: str, day: date | None
) -> tuple[pa.Array, Faults]:
    """Converts printed times to UTC microseconds; also returns faults by row. Null stays null.

    A format with `%z` has its own offset. A time without a year takes the year that brings it
    nearest to the file's `day`: in a file of 1 January, December is of the year before.
    """
    faults: Faults = {}
    if lacks_year(time_format):
        texts, faults = _add_year(texts, time_format, day)
        time_format = f"%Y {time_format}"
    if "%z" in time_format:
        column, other_faults = _map_distinct(
            texts, lambda text: _parse_with_offset(text, time_format), _UTC, time_format
        )
    else:
        column, other_faults = parse_local_times(texts, time_format, zone)
    return column, {**other_faults, **faults}


def parse_dates(texts: pa.Array, date_format: str, day: date | None) -> tuple[pa.Array, Faults]:
    """Converts printed dates to DATE; also returns faults by row. Null stays null.

    A date without a year gets it as in `parse_timestamps`.
    """
    if lacks_year(date_format):
        texts_with_year, faults = _add_year(texts, date_format, day)
        column, other_faults = parse_full_dates(texts_with_year, f"%Y {date_format}")
        return column, {**other_faults, **faults}
    return parse_full_dates(texts, date_format)


def _parse_with_offset(text: str, time_format: str) -> datetime:
    return datetime.strptime(text, time_format).astimezone(UTC)


def _add_year(texts: pa.Array, time_format: str, day: date | None) -> tuple[pa.Array, Faults]:
    if day is None:
        rows = pc.indices_nonzero(pc.is_valid(texts)).to_pylist()
        fault = "BAD_TIME: it has no year, and the file's name has no date to take the year from"
        return pa.nulls(len(texts), pa.string()), dict.fromkeys(rows, fault)
    return _map_distinct(
        texts, lambda text: _choose_nearest_year(text, time_format, day), pa.string(), time_format
    )


def _choose_nearest_year(text: str, time_format: str, day: date) -> str:
    candidates = []
    for year in (day.year - 1, day.year, day.year + 1):
        try:
            candidate = (
                datetime.strptime(f"{year} {text}", f"%Y {time_format}").replace(tzinfo=UTC).date()
            )
        except ValueError:
            continue
        candidates.append((abs((candidate - day).days), f"{year} {text}"))
    if not candidates:
        raise ValueError(text)
    return min(candidates)[1]


def _map_distinct(
    texts: pa.Array, parse: Callable[[str], object], kind: pa.DataType, time_format: str
) -> tuple[pa.Array, Faults]:
    """Parses each distinct text once; also returns faults by row. A text with a fault is null."""
    encoded = texts.dictionary_encode()
    values: list[object] = []
    for text in encoded.dictionary.to_pylist():
        try:
            values.append(parse(text))
        except (ValueError, OverflowError):  # an offset can lead out of the calendar
            values.append(None)
    column = pa.array(values, kind).take(encoded.indices)
    is_invalid = pc.and_(pc.is_null(column), pc.is_valid(texts))
    rows = pc.indices_nonzero(is_invalid).to_pylist()
    return column, {row: f"BAD_TIME: {texts[row].as_py()!r} is not {time_format}" for row in rows}
