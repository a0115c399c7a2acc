"""Where the trades of a delimited file begin and end, what stands above them and below.

Source: docs/reference/profile.md, `layout`.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass

from jobs.statements.parser import Sample, last_line
from jobs.statements.reading.record_types import Codes, codes
from schemas.errors import FileRefused
from schemas.profile.layout.delimited import DelimitedLayout

_BOM = "\ufeff"
#: Lines in which a header is looked for.
HEADER_WITHIN = 200


@dataclass(frozen=True)
class Top:
    """What stands above the trades: the header's names, the byte and line of the first trade."""

    names: list[str]
    start: int
    first_line: int
    head: list[str]


def top_of(sample: Sample, layout: DelimitedLayout) -> Top:
    """Finds the header, or the first line where there is none.

    Raises:
        FileRefused: the file ends above its trades, or no line is the header.
    """
    if layout.preamble == "find":
        return _found(sample, layout)
    start = 0
    for _ in range(layout.preamble):
        start = sample.head.find(b"\n", start) + 1
        if start == 0:
            raise unknown(sample, "it ends within its preamble", "check `layout.preamble`", 1)
    line, head = layout.preamble + 1, _lines(sample.head[:start], layout)
    if layout.header == "names":
        below = sample.head.find(b"\n", start) + 1 or len(sample.head)
        names = cells_of(_text(sample, start, below, layout, line), layout)
        return Top(names, below, line + 1, head)
    if start >= sample.size:
        return Top([], start, line, head)
    end = sample.head.find(b"\n", start)
    first = sample.head[start : end if end >= 0 else None]
    return Top(cells_of(layout.text(first), layout), start, line, head)


def _found(sample: Sample, layout: DelimitedLayout) -> Top:
    """The header is the first line that has every name that the layout asks for."""
    wanted = {str(place) for place in layout.wanted().values()}
    start = 0
    for line in range(1, HEADER_WITHIN + 1):
        end = sample.head.find(b"\n", start) + 1
        raw = sample.head[start : end or None]
        names = cells_of(layout.text(raw), layout)
        if wanted <= set(names):
            return Top(names, end or sample.size, line + 1, _lines(sample.head[:start], layout))
        if end == 0:
            break
        start = end
    raise unknown(
        sample,
        f"none of its first {HEADER_WITHIN} lines has {', '.join(sorted(wanted))}",
        "check `layout.columns`, `layout.encoding` and `layout.separator`",
        1,
    )


def _text(sample: Sample, start: int, end: int, layout: DelimitedLayout, line: int) -> str:
    try:
        return layout.text(sample.head[start:end], "strict")
    except UnicodeDecodeError as fault:
        raise FileRefused(
            "BAD_ENCODING",
            sample.name,
            f"the header is not {layout.encoding}",
            "check `layout.encoding`",
            line,
        ) from fault


def _lines(raw: bytes, layout: DelimitedLayout) -> list[str]:
    return [line.strip("\r") for line in layout.text(raw).split("\n")]


def cells_of(text: str, layout: DelimitedLayout) -> list[str]:
    """The cells of a header or a trailer, trimmed."""
    line = text.strip("\r\n").removeprefix(_BOM)
    cells = line.split(layout.separator)
    if layout.quote is not None:
        try:
            cells = next(csv.reader([line], delimiter=layout.separator, quotechar=layout.quote), [])
        except csv.Error:
            cells = line.split(layout.separator)
    return [cell.strip(layout.strip) for cell in cells]


def unknown(sample: Sample, found: str, todo: str, line: int) -> FileRefused:
    """A file that is not laid out as its profile says."""
    return FileRefused("UNKNOWN_LAYOUT", sample.name, found, todo, line)


def foot_of(sample: Sample, layout: DelimitedLayout, end: int) -> list[str]:
    """The lines of the file from a byte on, as far as its last bytes are at hand."""
    return _lines(sample.tail[max(0, end - sample.tail_offset) :], layout)


def trailer_of(sample: Sample, layout: DelimitedLayout) -> tuple[int, list[str]]:
    """The byte at which the last line, a trailer, begins, and its cells.

    Raises:
        FileRefused: the last line is none.
    """
    at, raw = last_line(sample)
    line = layout.text(raw).removeprefix(_BOM)
    if layout.trailer is None or not line.startswith(layout.trailer.starts_with):
        raise FileRefused(
            "FOOTER_MISSING",
            sample.name,
            "the last line is no trailer",
            "fetch the file again, it was cut",
        )
    return at, cells_of(line, layout)


def codes_of(sample: Sample, layout: DelimitedLayout, start: int) -> Codes | None:
    """How the lines that are read are told from others; None where every line is read.

    Raises:
        FileRefused: the first or last line is not of the type that stands there.
    """
    records, around = layout.records, (layout.quote or "") + layout.marks
    cut = (layout.separator, around, layout.encoding)
    if records is None:
        return codes((), (), *cut, layout.ignore) if layout.ignore else None
    dropped = (*records.header, *records.trailer, *records.ignored)
    told = codes(records.detail, dropped, *cut, layout.ignore)
    first = sample.head[start:].lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    _, last = last_line(sample)
    for wanted, line, code, what in (
        (records.header, first, "UNKNOWN_LAYOUT", "header"),
        (records.trailer, last, "FOOTER_MISSING", "trailer"),
    ):
        if wanted and told.of(line).decode(layout.encoding, "replace") not in wanted:
            raise FileRefused(
                code,
                sample.name,
                f"its {'first' if what == 'header' else 'last'} line is no {what} record",
                f"fetch the file again, it was cut; or check `layout.records.{what}`",
            )
    return told


def detail_width(sample: Sample, told: Codes, start: int, layout: DelimitedLayout) -> int:
    """Cells of the first line that is read; 0 where the file's start has none."""
    for line in sample.head[start:].split(b"\n"):
        if told.keeps(line):
            return len(cells_of(layout.text(line), layout))
    return 0


def bound(
    sample: Sample, layout: DelimitedLayout, names: Iterable[str], line: int
) -> dict[str, int]:
    """Where (from 0) each column that is read stands in a line.

    Raises:
        FileRefused: the header lacks a name, or has it twice.
    """
    wanted, there = layout.wanted(), list(names)
    if layout.header == "none":
        return {key: int(place) - 1 for key, place in wanted.items()}
    missing = sorted({str(place) for place in wanted.values() if place not in there})
    twice = sorted({str(place) for place in wanted.values() if there.count(str(place)) > 1})
    if missing or twice:
        found = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(twice)} twice"
        raise unknown(
            sample,
            f"the header {found}",
            "check `layout.columns`, or that this is the channel's file",
            line,
        )
    return {key: there.index(str(place)) for key, place in wanted.items()}
