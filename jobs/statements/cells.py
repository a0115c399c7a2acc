"""Blocks of text to cells: whole columns at once where a block is clean, else line by line.

A block is whole lines. The quick way is taken only when counts prove that it reads every line as
the slow way would; the slow way is the definition.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

#: Between two values of a WeChat bill, and before the first.
BACKTICK = "`"
_NEWLINE, _RETURN, _TICK, _COMMA = b"\n\r`,"
_WINDOW_BYTES = 512 * 1024


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

    def raw(self, line_nos: Sequence[int]) -> list[str]:
        """The texts of some lines, for their rejections."""
        lines = self.block.split(b"\n")
        return [
            lines[number - self.first_line].decode(self.encoding, "replace").rstrip("\r")
            for number in line_nos
        ]


def read_cells(block: bytes, first_line: int, shape: Shape, rejected: Rejected) -> Cells:
    """Cells of a block; lines that cannot be cut are added to `rejected`, blank ones left out."""
    columns = _quick(block, shape)
    if columns is not None:
        count = len(next(iter(columns.values())))
        numbers = pa.array(range(first_line, first_line + count), pa.int64())
        return Cells(columns, numbers, block, first_line, shape.encoding)
    return _line_by_line(block, first_line, shape, rejected)


def _quick(block: bytes, shape: Shape) -> dict[int, pa.Array] | None:
    facts = _facts(block)
    if facts is None:
        return None
    lines = facts.newlines + (not block.endswith(b"\n"))
    if facts.returns and (
        facts.returns != block.count(b"\r\n")
        or facts.returns < lines - 1
        or b"\n\r\n" in block
        or block.startswith(b"\r")
    ):
        return None
    if shape.encoding == "utf-8":
        if not _is_utf8(block):
            return None
    else:
        try:
            block = block.decode(shape.encoding).encode()
        except UnicodeDecodeError:
            return None
    if shape.separator == BACKTICK:
        if facts.ticks != lines * shape.width or facts.joints != lines * (shape.width - 1):
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


@dataclass
class _Facts:
    """Counts of a block: line ends, carriage returns, backticks, backticks behind a comma."""

    newlines: int = 0
    returns: int = 0
    ticks: int = 0
    joints: int = 0


def _facts(block: bytes) -> _Facts | None:
    """Counts of a block; None where a NUL byte or an empty line stands in it.

    Counted by numpy window by window: it stays in the cache, and lets other threads work.
    """
    facts = _Facts()
    whole = np.frombuffer(block, np.uint8)
    before = _NEWLINE  # so that an empty first line is seen
    for start in range(0, len(whole), _WINDOW_BYTES):
        window = whole[start : start + _WINDOW_BYTES]
        ends, ticks = window == _NEWLINE, window == _TICK
        empty = bool((ends[1:] & ends[:-1]).any()) or bool(ends[0] and before == _NEWLINE)
        if empty or not window.all():
            return None
        facts.newlines += int(np.count_nonzero(ends))
        facts.returns += int(np.count_nonzero(window == _RETURN))
        facts.ticks += int(np.count_nonzero(ticks))
        facts.joints += int(np.count_nonzero(ticks[1:] & (window[:-1] == _COMMA)))
        facts.joints += int(bool(ticks[0]) and before == _COMMA)
        before = int(window[-1])
    return facts


def _is_utf8(block: bytes) -> bool:
    ends = pa.array([0, len(block)], pa.int32()).buffers()[1]
    one = pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(block)])
    try:
        one.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


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
