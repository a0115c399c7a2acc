"""Blocks of text to cells: whole columns at once where a block is clean, else line by line.

A block is whole lines. The quick way is taken only when counts prove that it reads every line as
the slow way would; the slow way is the definition.
"""

import csv
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

#: Between two values of a WeChat bill, and before the first.
BACKTICK = "`"


@dataclass(frozen=True)
class Shape:
    """How lines are cut into cells: `separator` BACKTICK means every value is led by one.

    `width` is the number of cells of a line, `wanted` the places (from 0) that are read.
    """

    encoding: str
    separator: str
    quote: str | None
    width: int
    wanted: tuple[int, ...]


@dataclass
class Rejected:
    """Lines that could not be read: line number (from 1), raw text, reason."""

    line_no: list[int] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)

    def add(self, line_no: int, raw: str, reason: str) -> None:
        """One line more."""
        self.line_no.append(line_no)
        self.raw.append(raw)
        self.reason.append(reason)


@dataclass(frozen=True)
class Cells:
    """Cells of the good lines by place, their line numbers (BIGINT), and the lines' raw source."""

    columns: dict[int, pa.Array]
    line_no: pa.Array
    block: bytes
    first_line: int
    encoding: str

    def raw(self, line_no: int) -> str:
        """The text of a line, for a rejection."""
        lines = self.block.split(b"\n")
        return lines[line_no - self.first_line].decode(self.encoding, "replace").rstrip("\r")


def read_cells(block: bytes, first_line: int, shape: Shape, rejected: Rejected) -> Cells:
    """Cells of a block; lines that cannot be cut are added to `rejected`, blank ones left out."""
    columns = _quick(block, shape)
    if columns is not None:
        count = len(next(iter(columns.values())))
        numbers = pa.array(range(first_line, first_line + count), pa.int64())
        return Cells(columns, numbers, block, first_line, shape.encoding)
    return _line_by_line(block, first_line, shape, rejected)


def _quick(block: bytes, shape: Shape) -> dict[int, pa.Array] | None:
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    returns = block.count(b"\r")
    if returns and (returns != block.count(b"\r\n") or returns < lines - 1):
        return None
    if b"\0" in block or b"\n\n" in block or b"\n\r\n" in block or block[:1] in (b"\n", b"\r"):
        return None
    try:
        text = block.decode(shape.encoding)
    except UnicodeDecodeError:
        return None
    if shape.encoding != "utf-8":
        block = text.encode()
    del text
    if shape.separator == BACKTICK:
        marks, joints = block.count(b"`"), block.count(b",`")
        if marks != lines * shape.width or joints != lines * (shape.width - 1):
            return None
        found = _arrow(block, BACKTICK, None, shape.width + 1, [i + 1 for i in shape.wanted])
        last = shape.width - 1
        return found and {
            i: found[i + 1] if i == last else pc.utf8_slice_codeunits(found[i + 1], 0, -1)
            for i in shape.wanted
        }
    if shape.quote is not None and block.count(shape.quote.encode()) % 2:
        return None
    found = _arrow(block, shape.separator, shape.quote, shape.width, list(shape.wanted))
    if found and len(next(iter(found.values()))) != lines:
        return None
    return found


def _arrow(
    block: bytes, separator: str, quote: str | None, width: int, wanted: list[int]
) -> dict[int, pa.Array] | None:
    names = [str(place) for place in range(width)]
    chosen = [str(place) for place in wanted]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(block),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
            arrow_csv.ParseOptions(
                delimiter=separator,
                quote_char=quote or False,
                double_quote=True,
                newlines_in_values=False,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(chosen, pa.string()),
                include_columns=chosen,
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return {place: table.column(str(place)).combine_chunks() for place in wanted}


def _line_by_line(block: bytes, first_line: int, shape: Shape, rejected: Rejected) -> Cells:
    kept: list[list[str]] = []
    numbers: list[int] = []
    for number, raw in enumerate(block.split(b"\n"), first_line):
        if not raw.strip():
            continue
        try:
            cells = _cut(raw, shape)
        except ValueError as fault:
            rejected.add(number, raw.decode(shape.encoding, "replace").rstrip("\r"), str(fault))
            continue
        kept.append(cells)
        numbers.append(number)
    columns = {i: pa.array([cells[i] for cells in kept], pa.string()) for i in shape.wanted}
    line_no = pa.array(numbers, pa.int64())
    return Cells(columns, line_no, block, first_line, shape.encoding)


def _cut(raw: bytes, shape: Shape) -> list[str]:
    """The cells of one line.

    Raises:
        ValueError: not in the encoding, a NUL byte, or another number of cells.
    """
    try:
        text = raw.decode(shape.encoding).removesuffix("\r")
    except UnicodeDecodeError as fault:
        raise ValueError(f"BAD_ENCODING: byte {fault.start + 1} is not {shape.encoding}") from fault
    if "\0" in text:
        raise ValueError("NUL_BYTE: a NUL byte stands in the line")
    if shape.separator == BACKTICK:
        if not text.startswith(BACKTICK):
            raise ValueError("NO_VALUES: the line does not begin with a backtick")
        cells = text[1:].split(",`")
    elif shape.quote is None:
        cells = text.split(shape.separator)
    else:
        try:
            reader = csv.reader(
                [text], delimiter=shape.separator, quotechar=shape.quote, strict=True
            )
            cells = next(reader)
        except csv.Error as fault:
            raise ValueError(f"BAD_QUOTES: {fault}") from fault
    if len(cells) != shape.width:
        raise ValueError(f"WRONG_WIDTH: {len(cells)} cells, not {shape.width}")
    return cells
