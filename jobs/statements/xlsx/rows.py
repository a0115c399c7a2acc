"""Streams the rows of a sheet as lines of text with markers. Source: ECMA-376 part 1, 18.3.1."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import IO

from lxml import etree

from jobs.statements.reading.sheet_encoding import DATE_TIME, NO_VALUE, SEPARATOR, encode_cell
from jobs.statements.reading.xml_stream import stream_elements
from jobs.statements.xlsx.number_formats import format_number
from schemas.errors import FileRefused

ROWS_MAX, MERGED_MAX, _COLUMNS_OF_A_SHEET = 1_048_576, 100_000, 16_384
#: Most columns with values; no statement has more.
COLUMNS_MAX = 1000
_CHUNK_BYTES = 1 << 20
_MERGED = re.compile(
    rb"<(?:[\w.-]+:)?mergeCell\s[^<>]*?ref\s*=\s*[\"']([A-Z]+\d+):([A-Z]+\d+)[\"']"
)
_MERGED_BYTES_MAX = 200
_SHARED_MAX = 4096
_ROW_OR_INDEX = re.compile(r"[0-9]{1,12}", re.ASCII)
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
MergedArea = tuple[int, int, int, int]


@dataclass(frozen=True)
class CellContext:
    """What cells refer to: shared texts, the meaning of numbers by style, and the date system."""

    texts: Sequence[bytes]
    styles: Sequence[int]
    since_1904: bool = False


def bad_sheet(name: str, problem: str, line: int = 0) -> FileRefused:
    """The refusal of a workbook or sheet that breaks the format."""
    return FileRefused("BAD_WORKBOOK", name, problem, "save it again, or fetch it again", line)


def find_merged_areas(source: IO[bytes], name: str) -> list[MergedArea]:
    """Finds merged areas, the lowest first: first and last row, first (from 0) and last column.

    The file lists them below its rows, so this searches the whole part first.
    """
    areas, rest = [], b""
    while chunk := source.read(_CHUNK_BYTES):
        text = rest + chunk
        rest = text[-_MERGED_BYTES_MAX:]
        if b"mergeCell" in text:
            for match in _MERGED.finditer(text):
                corners = [_parse_cell_reference(ref.decode(), name) for ref in match.groups()]
                areas.append((corners[0][1], corners[1][1], corners[0][0], corners[1][0]))
            if len(areas) > MERGED_MAX:
                raise bad_sheet(name, f"it has more than {MERGED_MAX} merged areas")
    return sorted(set(areas), reverse=True)


def _parse_cell_reference(text: str, name: str) -> tuple[int, int]:
    """Parses a cell reference such as `AB12`: column (from 0) and row (from 1)."""
    match = _PLACE.fullmatch(text)
    column = 0
    for letter in match[1] if match else "":
        column = column * 26 + ord(letter) - 64
    if match is None or column > _COLUMNS_OF_A_SHEET or int(match[2]) > ROWS_MAX:
        raise bad_sheet(name, f"it has an invalid cell reference {text[:20]!r}")
    return column - 1, int(match[2])


@dataclass
class SheetReader:
    """Reads a sheet. `coming_areas` are merged areas below the current row, the lowest first;
    `open_areas` are those that the row may lie in; `columns` caches column numbers by letters.
    """

    name: str
    context: CellContext
    coming_areas: list[MergedArea] = field(default_factory=list)
    open_areas: list[MergedArea] = field(default_factory=list)
    row: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    shared: dict[str, bytes] = field(default_factory=dict)

    def read_lines(self, source: IO[bytes]) -> Iterator[bytes]:
        """Yields text in blocks; line N is row N. Missing rows become blank lines, but for those at
        the end.

        Raises:
            FileRefused: the sheet is not well-formed, or has too many columns.
        """
        last_row, pending, size = 0, [], 0
        for row in stream_elements(source, "row", self.name, until="sheetData"):
            cells = self._read_cells(row)
            if not cells:
                continue
            line = b"\n" * (self.row - last_row - 1) + SEPARATOR.encode().join(cells) + b"\n"
            last_row = self.row
            pending.append(line)
            size += len(line)
            if size >= _CHUNK_BYTES:
                yield b"".join(pending)
                pending, size = [], 0
        yield b"".join(pending)

    def is_empty(self, source: IO[bytes]) -> bool:
        """Whether no cell of the sheet has a value."""
        rows = stream_elements(source, "row", self.name, until="sheetData")
        return not any(self._read_cells(row) for row in rows)

    def _read_cells(self, row: etree._Element) -> list[bytes]:
        """Reads the cells of a row, up to the last one with a value."""
        row_text = row.get("r")
        number_text = str(self.row + 1) if row_text is None else row_text
        number = int(number_text) if _ROW_OR_INDEX.fullmatch(number_text) else 0
        if not self.row < number <= ROWS_MAX:
            raise bad_sheet(self.name, f"row {str(row_text)[:20]} follows row {self.row}")
        self.row, suffix = number, str(number)
        if not self.tags:
            namespace = str(row.tag)[: -len("row")]
            self.tags = tuple(namespace + name for name in ("c", "v", "is", "f"))
        cell_tag, columns = self.tags[0], self.columns
        cells, last_column = list[bytes](), -1
        for cell in row:
            if cell.tag != cell_tag:
                continue
            reference = cell.get("r")
            if reference is None:
                column = last_column + 1
            else:
                is_in_row = reference.endswith(suffix)
                cached = columns.get(reference[: -len(suffix)]) if is_in_row else None
                column = self._find_column(reference) if cached is None else cached
            if column <= last_column:
                raise bad_sheet(self.name, f"cell {reference} is repeated or out of order", number)
            last_column = column
            if value := self._read_value(cell):
                if column >= COLUMNS_MAX:
                    raise FileRefused(
                        "TOO_MANY_COLUMNS", self.name, f"a value in column {column + 1}",
                        "inspect the file", number,
                    )  # fmt: skip
                if column > len(cells):
                    cells += [b""] * (column - len(cells))
                cells.append(value)
        has_merged_areas = cells and (self.coming_areas or self.open_areas)
        return self._mark_merged_cells(cells, number) if has_merged_areas else cells

    def _find_column(self, reference: str) -> int:
        """Finds the column of a cell in this row and caches it by its letters."""
        column, row = _parse_cell_reference(reference, self.name)
        if row != self.row:
            raise bad_sheet(self.name, f"row {self.row} has a cell {reference}", self.row)
        self.columns[reference[: -len(str(row))]] = column
        return column

    def _read_value(self, cell: etree._Element) -> bytes:
        _, value_tag, inline_tag, formula_tag = self.tags
        cell_type, text, inline, is_formula = cell.get("t", "n"), None, None, False
        for part in cell:
            name = part.tag
            if name == value_tag:
                text = part.text
            elif name == inline_tag:
                inline = part
            elif name == formula_tag:
                is_formula = True
        try:
            if cell_type == "s" and text:
                return self.shared.get(text) or self._get_shared_text(text)
            if cell_type == "inlineStr":
                return b"" if inline is None else encode_cell(read_text(inline))
            if cell_type == "str":
                return (
                    f"{NO_VALUE}=".encode()
                    if is_formula and text is None
                    else encode_cell(text or "")
                )
            if not text:
                return f"{NO_VALUE}=".encode() if is_formula else b""
            return self._encode_typed_value(cell_type, text.strip(), cell.get("s", "0"))
        except (ValueError, IndexError) as fault:
            problem = f"cell {cell.get('r') or ''}: {fault}"
            raise bad_sheet(self.name, problem, self.row) from fault

    def _get_shared_text(self, text: str) -> bytes:
        """Gets a shared text and caches the first ones, which often repeat."""
        value = self.context.texts[_parse_index(text)]
        if len(self.shared) < _SHARED_MAX and len(value) < _SHARED_MAX:
            self.shared[text] = value
        return value

    def _encode_typed_value(self, cell_type: str, text: str, style: str) -> bytes:
        if cell_type == "n":
            styles = self.context.styles
            number_meaning = styles[_parse_index(style)] if styles else 0
            return format_number(text, number_meaning, self.context.since_1904).encode()
        if cell_type == "b":
            return b"FALSE" if text in ("0", "false") else b"TRUE"
        if cell_type == "e":
            return NO_VALUE.encode() + encode_cell(text if text.startswith("#") else f"#{text}")
        if cell_type == "d":
            return _encode_iso_time(text)
        raise ValueError(f"{cell_type[:20]!r} is no type of a cell")

    def _mark_merged_cells(self, cells: list[bytes], row: int) -> list[bytes]:
        """Marks cells under a merged cell as without a value, unless they have their own."""
        while self.coming_areas and self.coming_areas[-1][0] <= row:
            self.open_areas.append(self.coming_areas.pop())
        self.open_areas = [area for area in self.open_areas if area[1] >= row]
        if len(self.open_areas) > COLUMNS_MAX:
            raise bad_sheet(self.name, "its merged cells overlap", row)
        for first, _, left, right in self.open_areas:
            end = min(right + 1, COLUMNS_MAX)
            cells += [b""] * (end - len(cells))
            for column in range(left + (first == row), end):
                cells[column] = cells[column] or NO_VALUE.encode()
        return cells


def _parse_index(text: str) -> int:
    if _ROW_OR_INDEX.fullmatch(text):
        return int(text)
    raise ValueError(f"{text[:20]!r} is no number of a text or style")


def read_text(element: etree._Element) -> str:
    """Reads the text of a shared or inline string: all its runs, without phonetic readings."""
    texts = []
    for part in element:
        name = etree.QName(part).localname
        if name == "t":
            texts.append(part.text or "")
        elif name == "r":
            texts += [run.text or "" for run in part.iterfind("{*}t")]
    return "".join(texts)


def _encode_iso_time(text: str) -> bytes:
    """Encodes a date or time of the strict format. One with an offset stays a text."""
    has_offset = re.search(r"(Z|[+-]\d\d:?\d\d)$", text) and "T" in text
    if has_offset:
        return encode_cell(text)
    if ":" in text and "T" not in text:
        return f"{DATE_TIME}{time.fromisoformat(text)}".encode()
    moment = datetime.fromisoformat(text)
    return f"{DATE_TIME}{moment if 'T' in text else moment.date()}".encode()
