"""Where the statement lines of a delimited file begin and end, and the text around them.

Source: docs/reference/profile.md, `layout`.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jobs.statements.parser import Sample, find_last_line
from jobs.statements.reading.masking import PrivateCells
from jobs.statements.reading.record_types import RecordTypes, build_record_types
from schemas.errors import FileRefused
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.vocabulary import Reference

_BOM = "\ufeff"
#: The header must be among so many first lines.
HEADER_LINES_MAX = 200


@dataclass(frozen=True)
class StatementStart:
    """The start of the statement: header names, byte and number of the first statement line, and
    the lines above.
    """

    header_names: list[str]
    start_byte: int
    first_line: int
    preamble_lines: list[str]


def find_start(sample: Sample, layout: DelimitedLayout) -> StatementStart:
    """Finds the header, or the first line where the layout has no header.

    Raises:
        FileRefused: the file ends above its statement lines, or no line is the header.
    """
    if layout.preamble == "find":
        return _find_header(sample, layout)
    start = 0
    for _ in range(layout.preamble):
        start = sample.head.find(b"\n", start) + 1
        if start == 0:
            raise unknown_layout(
                sample, "it ends within its preamble", "check `layout.preamble`", 1
            )
    line, preamble = layout.preamble + 1, _split_lines(sample.head[:start], layout)
    if layout.header == "names":
        header_end = sample.head.find(b"\n", start) + 1 or len(sample.head)
        names = split_cells(_decode_header(sample, start, header_end, layout, line), layout)
        return StatementStart(names, header_end, line + 1, preamble)
    if start >= sample.byte_size:
        return StatementStart([], start, line, preamble)
    end = sample.head.find(b"\n", start)
    first = sample.head[start : end if end >= 0 else None]
    return StatementStart(split_cells(layout.text(first), layout), start, line, preamble)


def _find_header(sample: Sample, layout: DelimitedLayout) -> StatementStart:
    """Finds the header: the first line that has every name in `layout.columns`."""
    wanted_names = {str(place) for place in layout.wanted().values()}
    start = 0
    for line in range(1, HEADER_LINES_MAX + 1):
        end = sample.head.find(b"\n", start) + 1
        raw = sample.head[start : end or None]
        names = split_cells(layout.text(raw), layout)
        if wanted_names <= set(names):
            return StatementStart(
                names, end or sample.byte_size, line + 1, _split_lines(sample.head[:start], layout)
            )
        if end == 0:
            break
        start = end
    raise unknown_layout(
        sample,
        f"none of its first {HEADER_LINES_MAX} lines has {', '.join(sorted(wanted_names))}",
        "check `layout.columns`, `layout.encoding` and `layout.separator`",
        1,
    )


def _decode_header(sample: Sample, start: int, end: int, layout: DelimitedLayout, line: int) -> str:
    try:
        return layout.text(sample.head[start:end], "strict")
    except UnicodeDecodeError as fault:
        raise FileRefused(
            "BAD_ENCODING",
            sample.file_name,
            f"the header is not {layout.encoding}",
            "check `layout.encoding`",
            line,
        ) from fault


def _split_lines(raw: bytes, layout: DelimitedLayout) -> list[str]:
    return [line.strip("\r") for line in layout.text(raw).split("\n")]


def split_cells(text: str, layout: DelimitedLayout) -> list[str]:
    """Splits a header or a trailer into trimmed cells."""
    line = text.strip("\r\n").removeprefix(_BOM)
    cells = line.split(layout.separator)
    if layout.quote is not None:
        try:
            cells = next(csv.reader([line], delimiter=layout.separator, quotechar=layout.quote), [])
        except csv.Error:
            cells = line.split(layout.separator)
    return [cell.strip(layout.strip) for cell in cells]


def unknown_layout(sample: Sample, problem: str, action: str, line: int) -> FileRefused:
    """The refusal of a file that does not have the layout of its profile."""
    return FileRefused("UNKNOWN_LAYOUT", sample.file_name, problem, action, line)


def read_footer_lines(sample: Sample, layout: DelimitedLayout, end: int) -> list[str]:
    """The lines of the file from byte `end` on, as far as the sample's tail has them."""
    return _split_lines(sample.tail[max(0, end - sample.tail_offset) :], layout)


def find_trailer(sample: Sample, layout: DelimitedLayout) -> tuple[int, list[str]]:
    """Finds the trailer, which is the last line: its first byte and its cells.

    Raises:
        FileRefused: the last line is no trailer.
    """
    start, raw = find_last_line(sample)
    line = layout.text(raw).removeprefix(_BOM)
    if layout.trailer is None or not line.startswith(layout.trailer.starts_with):
        raise FileRefused(
            "FOOTER_MISSING",
            sample.file_name,
            "the last line is no trailer",
            "fetch the file again, it was cut",
        )
    return start, split_cells(line, layout)


def find_record_types(sample: Sample, layout: DelimitedLayout, start: int) -> RecordTypes | None:
    """Builds the record types that say which lines to read; None where every line is read.

    Raises:
        FileRefused: the first line is no header record, or the last line no trailer record.
    """
    records, strip_characters = layout.records, (layout.quote or "") + layout.cell_markers
    format_arguments = (layout.separator, strip_characters, layout.encoding)
    if records is None:
        return (
            build_record_types((), (), *format_arguments, layout.ignore) if layout.ignore else None
        )
    skipped = (*records.header, *records.trailer, *records.ignored)
    record_types = build_record_types(records.detail, skipped, *format_arguments, layout.ignore)
    first = sample.head[start:].lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    _, last = find_last_line(sample)
    for expected_codes, line, fault_code, record in (
        (records.header, first, "UNKNOWN_LAYOUT", "header"),
        (records.trailer, last, "FOOTER_MISSING", "trailer"),
    ):
        if (
            expected_codes
            and record_types.read_code(line).decode(layout.encoding, "replace")
            not in expected_codes
        ):
            raise FileRefused(
                fault_code,
                sample.file_name,
                f"its {'first' if record == 'header' else 'last'} line is no {record} record",
                f"fetch the file again, it was cut; or check `layout.records.{record}`",
            )
    return record_types


def count_detail_cells(
    sample: Sample, record_types: RecordTypes, start: int, layout: DelimitedLayout
) -> int:
    """Counts the cells of the first line to read; 0 where the sample's head has no such line."""
    for line in sample.head[start:].split(b"\n"):
        if record_types.is_read(line):
            return len(split_cells(layout.text(line), layout))
    return 0


def locate_columns(
    sample: Sample, layout: DelimitedLayout, names: Iterable[str], line: int
) -> dict[str, int]:
    """Finds the index (from 0) of each column to read.

    Raises:
        FileRefused: the header lacks a name, or has it twice.
    """
    wanted = layout.wanted()
    places = _locate(sample, layout, [*wanted.values()], names, line)
    return dict(zip(wanted, places, strict=True))


def find_private_cells(
    sample: Sample, layout: DelimitedLayout, column_indexes: Mapping[str, int],
    names: Iterable[str], line: int, width: int,
) -> PrivateCells:  # fmt: skip
    """Finds the cells to mask in a line that tieout keeps, and the references that stay readable.

    Raises:
        FileRefused: the header lacks a private column, or has it twice.
    """

    def places(*columns: str) -> tuple[int, ...]:
        return tuple(
            place for key, place in column_indexes.items() if key.rpartition("/")[2] in columns
        )

    return PrivateCells(
        places("payer_name"),
        places("account_tail"),
        0 if layout.is_sheet else width,
        layout.separator,
        layout.quote,
        layout.strip,
        tuple(_locate(sample, layout, layout.private, names, line)),
        places(*Reference, "merchant_id", "terminal_id"),
    )


def _locate(
    sample: Sample, layout: DelimitedLayout, places: Sequence[str | int], names: Iterable[str],
    line: int,
) -> list[int]:  # fmt: skip
    """The indexes (from 0) of columns that are given by name or, without a header, by number."""
    header_names = list(names)
    if layout.header == "none":
        return [int(place) - 1 for place in places]
    missing = sorted({str(place) for place in places if place not in header_names})
    repeated = sorted({str(place) for place in places if header_names.count(str(place)) > 1})
    if missing or repeated:
        problem = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(repeated)} twice"
        raise unknown_layout(
            sample,
            f"the header {problem}",
            "check `layout.columns`, or that this is the channel's file",
            line,
        )
    return [header_names.index(str(place)) for place in places]
