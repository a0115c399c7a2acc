"""Header and trailer records of a fixed-width file: their totals, and the file's date.

Source: docs/reference/dialects/fixed_width.md.
"""

import re
from datetime import date, datetime
from pathlib import PurePosixPath

import pyarrow as pa

from jobs.statements.canonical.digit_times import find_date
from jobs.statements.fixed_width.amounts import (
    find_amount_fields,
    find_span,
    get_unit,
    to_plain_numbers,
)
from jobs.statements.fixed_width.cells import Span
from jobs.statements.parser import DeclaredTotal, Sample
from schemas.errors import FileRefused
from schemas.profile.layout.fields import EndRecord, FixedField
from schemas.profile.layout.fixed_width import FixedLayout

_COUNTS = ("count", "payment_count", "refund_count")


def read_date_in_name(sample: Sample, layout: FixedLayout) -> date | None:
    """Reads the date in the file's name; None where the profile expects none.

    Raises:
        FileRefused: the name has no such date.
    """
    if layout.date_in_name is None:
        return None
    file_date = find_date(PurePosixPath(sample.file_name).name, layout.date_in_name)
    if file_date is None:
        raise FileRefused(
            "NO_FILE_DATE",
            sample.file_name,
            f"its name has no date {layout.date_in_name}, from which its lines take their year",
            "ask the sender to name the file so, or change `fixed_width.date_in_name`",
        )
    return file_date


def find_end(sample: Sample, layout: FixedLayout) -> int:
    """Finds the byte at which the records end.

    Records without line ends may still have one line end, or an end-of-file character, at the end
    of the file; the records end before it.
    """
    if layout.line_ends:
        return sample.byte_size
    return sample.tail_offset + len(sample.tail.rstrip(b"\r\n\x1a"))


def read_header(
    sample: Sample, header: EndRecord, layout: FixedLayout, start: int, line: int
) -> tuple[bytes, int, int]:
    """Reads the first record; also returns the byte and the line of the next one.

    Raises:
        FileRefused: the first record is no header.
    """
    if layout.line_ends:
        end = sample.head.find(b"\n", start)
    else:
        end = min(start + layout.length, sample.byte_size) - 1
    next_start = end + 1 or sample.byte_size
    record = sample.head[start:next_start].rstrip(b"\r\n")
    _require_record_type(
        sample, record, header, layout, ("UNKNOWN_LAYOUT", "the first record is no header")
    )
    return record, next_start, line + 1


def read_trailer(
    sample: Sample, trailer: EndRecord, layout: FixedLayout, start: int
) -> tuple[int, bytes]:
    """Reads the last record that is not blank: its first byte and its content.

    Raises:
        FileRefused: the last record is no trailer.
    """
    if layout.line_ends:
        text = sample.tail.rstrip(b" \t\r\n\x1a")
        start_in_tail = text.rfind(b"\n") + 1
    else:
        start_in_tail = max(find_end(sample, layout) - layout.length - sample.tail_offset, 0)
    record = sample.tail[start_in_tail:].split(b"\n", 1)[0].removesuffix(b"\r")
    missing = ("FOOTER_MISSING", "the last record is no trailer")
    if sample.tail_offset + start_in_tail < start:
        record = b""
    _require_record_type(sample, record, trailer, layout, missing)
    return sample.tail_offset + start_in_tail, record


def _require_record_type(
    sample: Sample,
    record: bytes,
    record_layout: EndRecord,
    layout: FixedLayout,
    fault: tuple[str, str],
) -> None:
    """Raises FileRefused where a record is empty or has not the code of a header or trailer."""
    has_code = True
    if record_layout.code is not None and layout.records is not None:
        at = layout.records.at - layout.counted_from
        has_code = record[at : at + layout.records.width] == record_layout.code.encode(
            layout.encoding
        )
    if not record.strip() or not has_code:
        action = "fetch the file again, it was cut, or check `fixed_width.records`"
        raise FileRefused(fault[0], sample.file_name, fault[1], action)


def _read_text(record: bytes, span: Span, layout: FixedLayout) -> str:
    raw = b"".join(record[at : at + width] for at, width in span.pieces)
    return raw.decode(layout.encoding, "replace").strip(layout.strip)


def read_file_date(
    sample: Sample, record: bytes, record_layout: EndRecord, layout: FixedLayout
) -> date | None:
    """Reads the file's date in its header or trailer; None where the profile expects none.

    Raises:
        FileRefused: the field is no date.
    """
    if record_layout.date is None:
        return None
    text = _read_text(record, find_span(record_layout.date, layout), layout)
    try:
        return datetime.strptime(text, record_layout.date_format).date()
    except ValueError as fault:
        raise FileRefused(
            "NO_FILE_DATE",
            sample.file_name,
            f"{text!r} is not {record_layout.date_format}",
            "check `date` of the header or trailer in the profile",
        ) from fault


def read_totals(
    sample: Sample, record: bytes, record_layout: EndRecord, layout: FixedLayout
) -> tuple[DeclaredTotal, ...]:
    """Reads the totals of a header or trailer as plain numbers.

    Raises:
        FileRefused: the record ends before one of them.
    """
    totals = []
    for name, field in record_layout.totals.items():
        amount_fields = find_amount_fields(field, layout)
        if any(at + width > len(record) for at, width in amount_fields.digits.pieces):
            raise FileRefused(
                "BAD_FOOTER",
                sample.file_name,
                f"the record of {len(record)} bytes has no {name}",
                "check `totals` of the header or trailer in the profile",
            )
        text = _read_text(record, amount_fields.digits, layout)
        unit = "count"
        if name in _COUNTS:
            if name == "count" and re.fullmatch(r"\d{1,18}", text, re.ASCII):
                text = str(int(text) - record_layout.count_adds)
        else:
            unit = get_unit(field, layout)
            letter = (
                None
                if amount_fields.sign_letter is None
                else _read_text(record, amount_fields.sign_letter, layout)
            )
            text = _apply_sign_letter(text, letter, field)
        totals.append(DeclaredTotal(str(name), text, unit))
    return tuple(totals)


def _apply_sign_letter(text: str, letter: str | None, field: FixedField) -> str:
    """Converts a declared amount to a signed plain number; an invalid one stays as printed."""
    value, faults = to_plain_numbers(pa.array([text]), field)
    if faults:
        return f"{letter or ''}{text}"
    number = str(value[0].as_py())
    if letter is None or field.sign is None or not number.strip("+-0."):
        return number
    if letter in [word.strip() for word in field.sign.negative]:
        return "-" + number.lstrip("+-")
    return number if letter in [word.strip() for word in field.sign.positive] else letter + text
