"""Blocks of text to cells: whole columns at once where a block is clean, else line by line.

A block is whole lines. The quick way is taken only when counts prove that it reads every line as
the slow way would; the slow way is the definition.
"""

from collections.abc import Iterable

import pyarrow as pa

from jobs.statements.reading import cell_marks
from jobs.statements.reading.fast_cells import BACKTICK, quick
from jobs.statements.reading.quoting import cut_quoted
from jobs.statements.reading.shape import Cells, Rejected, Shape, _shown

_BLANK = b" \t\r\x0b\x0c"


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


def _line_by_line(
    numbered: Iterable[tuple[int, bytes]], shape: Shape, rejected: Rejected
) -> tuple[dict[int, pa.Array], pa.Array]:
    kept: list[list[str]] = []
    numbers: list[int] = []
    blank = _BLANK.replace(shape.separator.encode(), b"")
    if shape.is_sheet:
        blank = _BLANK + cell_marks.EMPTY.encode()
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
