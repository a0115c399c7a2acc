"""Blocks of text to cells: whole columns at once where a block is clean, else line by line.

A block is whole lines. The quick way is taken only when counts prove that it reads every line as
the slow way would; the slow way is the definition.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from jobs.statements import sheet_marks
from jobs.statements.private import Private, PrivateBytes
from jobs.statements.quick_cells import BACKTICK, quick
from jobs.statements.quoting import cut_quoted
from jobs.statements.realign import Realign
from jobs.statements.record_types import Codes

_BLANK = b" \t\r\x0b\x0c"


@dataclass(frozen=True)
class Shape:
    """How lines are cut into cells: `separator` BACKTICK means every value is led by one.

    `width` is the number of cells of a line, `wanted` the places (from 0) that are read. What is
    not separated is cut by a `cutter` of its own. `private` are cells that no raw line shows.
    Lines of a sheet bear marks, see `sheet_marks`, and may be shorter: the cells that they lack are
    empty.
    """

    encoding: str
    separator: str
    quote: str | None
    width: int
    wanted: tuple[int, ...]
    codes: Codes | None = None
    cutter: "Cutter | None" = None
    realign: Realign | None = None
    private: Private | PrivateBytes | None = None
    is_sheet: bool = False


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
    is_sheet: bool = False

    def raw(self, line_nos: Sequence[int]) -> list[str]:
        """The texts of some lines, for their rejections."""
        lines = self.block.split(b"\n")
        return [_shown(lines[number - self.first_line], self) for number in line_nos]


class Cutter(Protocol):
    """Another way than separators to cut the lines of a block."""

    def read(self, block: bytes, first_line: int, rejected: Rejected) -> Cells:
        """Cells of a block, as `read_cells` gives them."""


def read_cells(block: bytes, first_line: int, shape: Shape, rejected: Rejected) -> Cells:
    """Cells of a block; lines that cannot be cut are added to `rejected`, blank ones left out."""
    if shape.cutter is not None:
        return shape.cutter.read(block, first_line, rejected)
    lines, line_no = block, None
    if shape.codes is not None:
        sifted = shape.codes.sifted(block, first_line)
        lines, line_no = sifted.block, sifted.line_no
        for number, raw in sifted.unknown:
            code = shape.codes.of(raw).decode(shape.encoding, "replace")
            fault = f"UNKNOWN_RECORD: {code[:40]!r} is no record type"
            rejected.add(number, _shown(raw, shape), fault)
    columns = quick(lines, shape) if lines and not shape.is_sheet else None
    if columns is not None:
        count = len(next(iter(columns.values())))
        numbers = pa.array(line_no or range(first_line, first_line + count), pa.int64())
        return Cells(columns, numbers, block, first_line, shape.encoding, shape.is_sheet)
    pieces = lines.split(b"\n")
    numbered = zip(line_no or range(first_line, first_line + len(pieces)), pieces, strict=False)
    columns, numbers = _line_by_line(numbered, shape, rejected)
    return Cells(columns, numbers, block, first_line, shape.encoding, shape.is_sheet)


def _shown(line: bytes, of: Shape | Cells) -> str:
    """A line as people see it."""
    text = line.decode(of.encoding, "replace").rstrip("\r")
    return sheet_marks.shown(text) if of.is_sheet else text


def _line_by_line(
    numbered: Iterable[tuple[int, bytes]], shape: Shape, rejected: Rejected
) -> tuple[dict[int, pa.Array], pa.Array]:
    kept: list[list[str]] = []
    numbers: list[int] = []
    blank = _BLANK.replace(shape.separator.encode(), b"")
    if shape.is_sheet:
        blank = _BLANK + sheet_marks.EMPTY.encode()
    for number, raw in numbered:
        if not raw.strip(blank):
            continue
        try:
            cells = _cut(raw, shape)
        except ValueError as fault:
            rejected.add(number, _shown(raw, shape), str(fault))
            continue
        kept.append(cells)
        numbers.append(number)
    columns = {i: pa.array([cells[i] for cells in kept], pa.string()) for i in shape.wanted}
    return columns, pa.array(numbers, pa.int64())


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
        cells = cut_quoted(text, shape.separator, shape.quote)
    if len(cells) > shape.width and shape.realign is not None:
        cells = shape.realign.cells(cells) or cells
    if shape.is_sheet and len(cells) <= shape.width:
        return cells + [""] * (shape.wanted[-1] + 1 - len(cells))
    if len(cells) != shape.width:
        raise ValueError(f"WRONG_WIDTH: {len(cells)} cells, not {shape.width}")
    return cells
