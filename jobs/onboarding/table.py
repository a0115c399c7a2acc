"""A statement of which nothing is known yet, as a table: its separator, header, trades, foot."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.onboarding.headings import meant
from schemas.errors import FileRefused

#: Lines of a file's start that are looked at.
LINES_MAX = 2000
HEADER_WITHIN = 200
#: Lines below the trades.
FOOT_MAX = 20
SEPARATORS = (",", "\t", ";", "|", "||", "|@|", "^", "~", "\x01")
_NAMED_MIN = 2


@dataclass(frozen=True)
class Table:
    """A file's cells: what stands above its header, the header, the first rows below, the last."""

    encoding: str
    separator: str
    quote: str | None
    above: list[str]
    header: list[str]
    rows: list[list[str]]
    last: list[str]

    def cut(self, line: str) -> list[str]:
        """The cells of a line, trimmed of blanks."""
        return cells_of(line, self.separator, self.quote)


def encoding_of(head: bytes, whole: bool) -> str:
    """UTF-8, or GB18030 where it is none, or Latin-1, which is anything.

    Raises:
        FileRefused: see `text_of`.
    """
    end = len(head) if whole else head.rfind(b"\n") + 1
    for name in ("utf-8", "gb18030"):
        try:
            head[:end].decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def cells_of(line: str, separator: str, quote: str | None) -> list[str]:
    """Cells as a layout cuts them."""
    cells = line.split(separator)
    if quote is not None and quote in line:
        try:
            cells = next(csv.reader([line], delimiter=separator, quotechar=quote), [""])
        except csv.Error:
            cells = line.split(separator)
    return [cell.strip(" \t\r\ufeff") for cell in cells]


def table_of(
    head: Sequence[str], tail: Sequence[str], encoding: str, name: str, separator: str | None = None
) -> Table:
    """The table in the first and last lines of a text.

    Raises:
        FileRefused: no separator parts its lines, or no line looks like a header.
    """
    lines = list(head[:LINES_MAX])
    found = _separator(lines) if separator is None else separator
    if found is None:
        raise _nothing(name, "no comma, tab, bar or the like parts its lines into columns")
    quoted = len(found) == 1 and any(line.startswith('"') or f'{found}"' in line for line in lines)
    quote = '"' if quoted and separator is None else None
    cut = [cells_of(line, found, quote) for line in lines]
    at = _header(cut)
    if at is None:
        raise _nothing(name, "none of its first lines has headings that are known")
    rows = [row for row in cut[at + 1 :] if any(row)]
    last = [line for line in tail if line.strip()][-FOOT_MAX:]
    return Table(encoding, found, quote, lines[:at], cut[at], rows, last)


def _nothing(name: str, found: str) -> FileRefused:
    return FileRefused(
        "NOT_RECOGNISED", name, found,
        "take the nearest page of `tieout profile list` and describe the file in it",
    )  # fmt: skip


def _separator(lines: Sequence[str]) -> str | None:
    """The one that cuts the most lines into equally many cells, and into the most of them."""
    best, score = None, 0
    for each in SEPARATORS:
        quote = '"' if len(each) == 1 else None
        widths = Counter(len(cells_of(line, each, quote)) for line in lines if line.strip())
        widths.pop(1, None)
        if widths:
            width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] - 1), item[0]))
            if count * (width - 1) > score:
                best, score = each, count * (width - 1)
    return best


def _header(cut: Sequence[Sequence[str]]) -> int | None:
    """The line of the most headings that are known; the first of several."""
    named = [len(meant(list(row))) for row in cut[:HEADER_WITHIN]]
    most = max(named, default=0)
    return named.index(most) if most >= _NAMED_MIN else None
