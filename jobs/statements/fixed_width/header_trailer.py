"""Header and trailer records of a fixed-width file: what they declare, and the file's date.

Source: docs/reference/dialects/fixed_width.md.
"""

from datetime import date, datetime
from pathlib import PurePosixPath

import pyarrow as pa

from jobs.statements.canonical.clock_columns import date_in
from jobs.statements.fixed_width.amounts import plain, span_of, spots_of, unit_of
from jobs.statements.fixed_width.cells import Span
from jobs.statements.parser import Declared, Sample
from schemas.errors import FileRefused
from schemas.profile.layout.fields import EndRecord, FixedField
from schemas.profile.layout.fixed_width import FixedLayout

_COUNTS = ("count", "payment_count", "refund_count")


def day_in_name(sample: Sample, layout: FixedLayout) -> date | None:
    """The date in the file's name, where the profile says that one is there.

    Raises:
        FileRefused: it is not there.
    """
    if layout.date_in_name is None:
        return None
    found = date_in(PurePosixPath(sample.name).name, layout.date_in_name)
    if found is None:
        raise FileRefused(
            "NO_FILE_DATE",
            sample.name,
            f"its name has no {layout.date_in_name}, which gives its lines their year",
            "have the file named so, or see `fixed_width.date_in_name`",
        )
    return found


def end_of(sample: Sample, layout: FixedLayout) -> int:
    """Where the records end: without line ends, before a line end that the last one has all the
    same, or an end-of-file mark.
    """
    if layout.line_ends:
        return sample.size
    return sample.tail_offset + len(sample.tail.rstrip(b"\r\n\x1a"))


def header_of(
    sample: Sample, header: EndRecord, layout: FixedLayout, start: int, line: int
) -> tuple[bytes, int, int]:
    """The first record, and where and on which line the next begins.

    Raises:
        FileRefused: it is no header.
    """
    if layout.line_ends:
        end = sample.head.find(b"\n", start)
    else:
        end = min(start + layout.length, sample.size) - 1
    until = end + 1 or sample.size
    record = sample.head[start:until].rstrip(b"\r\n")
    _is_of(sample, record, header, layout, ("UNKNOWN_LAYOUT", "the first record is no header"))
    return record, until, line + 1


def trailer_of(
    sample: Sample, trailer: EndRecord, layout: FixedLayout, start: int
) -> tuple[int, bytes]:
    """Where the last record that is not blank begins, and itself.

    Raises:
        FileRefused: it is no trailer.
    """
    if layout.line_ends:
        text = sample.tail.rstrip(b" \t\r\n\x1a")
        at = text.rfind(b"\n") + 1
    else:
        at = max(end_of(sample, layout) - layout.length - sample.tail_offset, 0)
    record = sample.tail[at:].split(b"\n", 1)[0].removesuffix(b"\r")
    missing = ("FOOTER_MISSING", "the last record is no trailer")
    if sample.tail_offset + at < start:
        record = b""
    _is_of(sample, record, trailer, layout, missing)
    return sample.tail_offset + at, record


def _is_of(
    sample: Sample, record: bytes, end: EndRecord, layout: FixedLayout, fault: tuple[str, str]
) -> None:
    """Raises FileRefused where a record is empty or has not the code of its kind."""
    own = True
    if end.code is not None and layout.records is not None:
        at = layout.records.at - layout.counted_from
        own = record[at : at + layout.records.width] == end.code.encode(layout.encoding)
    if not record.strip() or not own:
        todo = "fetch the file again, it was cut, or check `fixed_width.records`"
        raise FileRefused(fault[0], sample.name, fault[1], todo)


def _text_of(record: bytes, span: Span, layout: FixedLayout) -> str:
    raw = b"".join(record[at : at + width] for at, width in span.pieces)
    return raw.decode(layout.encoding, "replace").strip(layout.strip)


def day_in(sample: Sample, record: bytes, end: EndRecord, layout: FixedLayout) -> date | None:
    """The file's date in its header or trailer, where the profile says that one is there.

    Raises:
        FileRefused: it is no date.
    """
    if end.date is None:
        return None
    text = _text_of(record, span_of(end.date, layout), layout)
    try:
        return datetime.strptime(text, end.date_format).date()
    except ValueError as fault:
        raise FileRefused(
            "NO_FILE_DATE",
            sample.name,
            f"{text!r} is not {end.date_format}",
            "check `date` of the header or trailer in the profile",
        ) from fault


def totals_of(
    sample: Sample, record: bytes, end: EndRecord, layout: FixedLayout
) -> tuple[Declared, ...]:
    """The totals that a header or trailer declares, as plain numbers.

    Raises:
        FileRefused: the record ends before one of them.
    """
    out = []
    for name, field in end.totals.items():
        spots = spots_of(field, layout)
        if any(at + width > len(record) for at, width in spots.digits.pieces):
            raise FileRefused(
                "BAD_FOOTER",
                sample.name,
                f"the record of {len(record)} bytes has no {name}",
                "check `totals` of the header or trailer in the profile",
            )
        text = _text_of(record, spots.digits, layout)
        unit = "count"
        if name in _COUNTS:
            if name == "count" and text.isascii() and text.isdigit():
                text = str(int(text) - end.count_adds)
        else:
            unit = unit_of(field, layout)
            letter = None if spots.letter is None else _text_of(record, spots.letter, layout)
            text = _signed_text(text, letter, field)
        out.append(Declared(str(name), text, unit))
    return tuple(out)


def _signed_text(text: str, letter: str | None, field: FixedField) -> str:
    """A declared amount as a plain number; as it is printed where it is none."""
    value, faults = plain(pa.array([text]), field)
    if faults:
        return f"{letter or ''}{text}"
    number = str(value[0].as_py())
    if letter is None or field.sign is None or not number.strip("+-0."):
        return number
    if letter in [each.strip() for each in field.sign.negative]:
        return "-" + number.lstrip("+-")
    return number if letter in [each.strip() for each in field.sign.positive] else letter + text
