"""The rows of a sheet, in a stream, as marked lines of text. Source: ECMA-376 part 1, 18.3.1."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import IO

from lxml import etree

from jobs.statements.reading.cell_marks import MOMENT, NONE, SEPARATOR, encoded
from jobs.statements.reading.xml_stream import elements
from jobs.statements.xlsx.number_formats import number_text
from schemas.errors import FileRefused

ROWS_MAX = 1_048_576
#: Columns of which a value is read; a statement with more is no statement.
COLUMNS_MAX = 1000
_COLUMNS_OF_A_SHEET = 16_384
_CHUNK_BYTES = 1 << 20
_MERGED = re.compile(
    rb"<(?:[\w.-]+:)?mergeCell\s[^<>]*?ref\s*=\s*[\"']([A-Z]+\d+):([A-Z]+\d+)[\"']"
)
_MERGED_BYTES_MAX = 200
_SHARED_MAX = 4096
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
Merged = tuple[int, int, int, int]


@dataclass(frozen=True)
class Values:
    """What cells refer to: the workbook's shared texts, what its styles make of numbers, and
    whether its days are counted from 1904.
    """

    texts: Sequence[bytes]
    styles: Sequence[int]
    since_1904: bool = False


def bad_sheet(name: str, found: str, line: int = 0) -> FileRefused:
    """A sheet that is not as the format says."""
    return FileRefused("BAD_WORKBOOK", name, found, "have it saved anew, or fetch it again", line)


def merged_cells(source: IO[bytes], name: str) -> list[Merged]:
    """The merged areas of a sheet, the lowest first: first and last row, first (from 0) and last
    column.

    They stand below its rows, and are looked for in its bytes before these are read; so the whole
    part is seen to unpack.
    """
    found, carried = [], b""
    while chunk := source.read(_CHUNK_BYTES):
        text = carried + chunk
        carried = text[-_MERGED_BYTES_MAX:]
        if b"mergeCell" in text:
            for hit in _MERGED.finditer(text):
                ends = [_place(each.decode(), name) for each in hit.groups()]
                found.append((ends[0][1], ends[1][1], ends[0][0], ends[1][0]))
    return sorted(set(found), reverse=True)


def _place(text: str, name: str) -> tuple[int, int]:
    """Column (from 0) and row (from 1) of a reference such as `AB12`."""
    hit = _PLACE.fullmatch(text)
    column = 0
    for letter in hit[1] if hit else "":
        column = column * 26 + ord(letter) - 64
    if hit is None or column > _COLUMNS_OF_A_SHEET or int(hit[2]) > ROWS_MAX:
        raise bad_sheet(name, f"it has a cell {text[:20]!r}")
    return column - 1, int(hit[2])


@dataclass
class Sheet:
    """A sheet under reading: `merged` are the areas to come, the lowest first; `above` those that
    the row may lie in; `columns` are known by their letters.
    """

    name: str
    values: Values
    merged: list[Merged] = field(default_factory=list)
    above: list[Merged] = field(default_factory=list)
    row: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    shared: dict[str, bytes] = field(default_factory=dict)

    def lines(self, source: IO[bytes]) -> Iterator[bytes]:
        """Line N is row N: rows that are not there are blank lines, blank ones at the end none.

        Raises:
            FileRefused: no well-formed sheet, or one of too many columns.
        """
        at, waiting, size = 0, [], 0
        for row in elements(source, "row", self.name, until="sheetData"):
            cells = self._cells(row)
            if not cells:
                continue
            line = b"\n" * (self.row - at - 1) + SEPARATOR.encode().join(cells) + b"\n"
            at = self.row
            waiting.append(line)
            size += len(line)
            if size >= _CHUNK_BYTES:
                yield b"".join(waiting)
                waiting, size = [], 0
        yield b"".join(waiting)

    def is_empty(self, source: IO[bytes]) -> bool:
        """Whether no cell has a value."""
        rows = elements(source, "row", self.name, until="sheetData")
        return not any(self._cells(row) for row in rows)

    def _cells(self, row: etree._Element) -> list[bytes]:
        """The cells of a row, up to the last that has a value."""
        printed = row.get("r")
        number = self.row + 1 if printed is None else int(printed) if printed.isdecimal() else 0
        if not self.row < number <= ROWS_MAX:
            raise bad_sheet(self.name, f"row {printed} stands below row {self.row}")
        self.row, suffix = number, str(number)
        if not self.tags:
            space = str(row.tag)[: -len("row")]
            self.tags = tuple(space + name for name in ("c", "v", "is", "f"))
        cell_tag, columns = self.tags[0], self.columns
        out, last = list[bytes](), -1
        for cell in row:
            if cell.tag != cell_tag:
                continue
            ref = cell.get("r")
            if ref is None:
                at = last + 1
            else:
                known = columns.get(ref[: -len(suffix)]) if ref.endswith(suffix) else None
                at = self._column(ref) if known is None else known
            if at <= last:
                raise bad_sheet(self.name, f"cell {ref} stands twice or out of its order", number)
            last = at
            if value := self._value(cell):
                if at >= COLUMNS_MAX:
                    raise FileRefused(
                        "TOO_MANY_COLUMNS", self.name, f"a value in column {at + 1}",
                        "have the file looked at", number,
                    )  # fmt: skip
                if at > len(out):
                    out += [b""] * (at - len(out))
                out.append(value)
        merged = out and (self.merged or self.above)
        return self._under_merged(out, number) if merged else out

    def _column(self, ref: str) -> int:
        """The column of a cell of this row, which is then known by its letters."""
        column, row = _place(ref, self.name)
        if row != self.row:
            raise bad_sheet(self.name, f"cell {ref} stands in row {self.row}", self.row)
        self.columns[ref[: -len(str(row))]] = column
        return column

    def _value(self, cell: etree._Element) -> bytes:
        _, value, inner, worked_out = self.tags
        kind, text, inline, formula = cell.get("t", "n"), None, None, False
        for part in cell:
            name = part.tag
            if name == value:
                text = part.text
            elif name == inner:
                inline = part
            elif name == worked_out:
                formula = True
        try:
            if kind == "s" and text:
                return self.shared.get(text) or self._shared(text)
            if kind == "inlineStr":
                return b"" if inline is None else encoded(text_of(inline))
            if kind == "str":
                return f"{NONE}=".encode() if formula and text is None else encoded(text or "")
            if not text:
                return f"{NONE}=".encode() if formula else b""
            return self._typed(kind, text.strip(), cell.get("s", "0"))
        except (ValueError, IndexError) as fault:
            found = f"cell {cell.get('r') or ''}: {fault}"
            raise bad_sheet(self.name, found, self.row) from fault

    def _shared(self, text: str) -> bytes:
        """A shared text; those that come early are likely to come again, and are kept."""
        found = self.values.texts[_natural(text)]
        if len(self.shared) < _SHARED_MAX:
            self.shared[text] = found
        return found

    def _typed(self, kind: str, text: str, style: str) -> bytes:
        if kind == "n":
            styles = self.values.styles
            meant = styles[_natural(style)] if styles else 0
            return number_text(text, meant, self.values.since_1904).encode()
        if kind == "b":
            return b"FALSE" if text in ("0", "false") else b"TRUE"
        if kind == "e":
            return NONE.encode() + encoded(text if text.startswith("#") else f"#{text}")
        if kind == "d":
            return _iso(text)
        raise ValueError(f"{kind[:20]!r} is no type of a cell")

    def _under_merged(self, cells: list[bytes], row: int) -> list[bytes]:
        """Marks the cells that lie under a merged one, unless they have values of their own."""
        while self.merged and self.merged[-1][0] <= row:
            self.above.append(self.merged.pop())
        self.above = [each for each in self.above if each[1] >= row]
        if len(self.above) > COLUMNS_MAX:
            raise bad_sheet(self.name, "its merged cells overlap", row)
        for first, _, left, right in self.above:
            end = min(right + 1, COLUMNS_MAX)
            cells += [b""] * (end - len(cells))
            for at in range(left + (first == row), end):
                cells[at] = cells[at] or NONE.encode()
        return cells


def _natural(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text[:20]!r} is no number of a text or style")
    return int(text)


def text_of(element: etree._Element) -> str:
    """The text of a shared or inline string, of all its runs; readings beside it are left out."""
    out = []
    for part in element:
        name = etree.QName(part).localname
        if name == "t":
            out.append(part.text or "")
        elif name == "r":
            out += [each.text or "" for each in part.iterfind("{*}t")]
    return "".join(out)


def _iso(text: str) -> bytes:
    """A date or time of the strict format; one with an offset is left to the page's format."""
    with_offset = re.search(r"(Z|[+-]\d\d:?\d\d)$", text) and "T" in text
    if with_offset:
        return encoded(text)
    if ":" in text and "T" not in text:
        return f"{MOMENT}{time.fromisoformat(text)}".encode()
    at = datetime.fromisoformat(text)
    return f"{MOMENT}{at if 'T' in text else at.date()}".encode()
