"""Splits blocks of text into cells: whole columns where a block is clean, else line by line.

A block is whole lines. The slow path, line by line, is the definition. The fast path runs only
where counts prove that it splits every line as the slow path would.
"""

from collections import deque
from collections.abc import Iterable

import pyarrow as pa

from jobs.statements.reading import sheet_encoding
from jobs.statements.reading.fast_cells import BACKTICK, read_cells_fast
from jobs.statements.reading.line_format import Cells, LineFormat, RejectedLines, render_line
from jobs.statements.reading.quoting import QuoteNotClosed, split_quoted_line

#: Bytes of a record of several lines at most.
RECORD_BYTES_MAX = 64 * 1024
_BLANK = b" \t\r\x0b\x0c"


def read_cells(
    block: bytes, first_line: int, line_format: LineFormat, rejected: RejectedLines
) -> Cells:
    """Reads the cells of a block. Adds lines that it cannot split to `rejected`; skips blank ones.

    The first line of the block has the number `first_line`.
    """
    if line_format.cutter is not None:
        return line_format.cutter.read(block, first_line, rejected)
    lines, line_no = block, None
    if line_format.record_types is not None:
        filtered = line_format.record_types.filter_lines(block, first_line)
        lines, line_no = filtered.block, filtered.line_no
        for number, raw in filtered.unknown:
            code = line_format.record_types.read_code(raw).decode(line_format.encoding, "replace")
            fault = f"UNKNOWN_RECORD: {code[:40]!r} is no record type"
            rejected.add(number, render_line(raw, line_format), fault)
    columns = read_cells_fast(lines, line_format) if lines and not line_format.is_sheet else None
    if columns is not None:
        count = len(next(iter(columns.values())))
        numbers = pa.array(line_no or range(first_line, first_line + count), pa.int64())
        return Cells(
            columns, numbers, block, first_line, line_format.encoding, line_format.is_sheet
        )
    pieces = lines.split(b"\n")
    numbered = zip(line_no or range(first_line, first_line + len(pieces)), pieces, strict=False)
    columns, numbers = _read_by_line(numbered, line_format, rejected)
    return Cells(columns, numbers, block, first_line, line_format.encoding, line_format.is_sheet)


def _read_by_line(
    numbered: Iterable[tuple[int, bytes]], line_format: LineFormat, rejected: RejectedLines
) -> tuple[dict[int, pa.Array], pa.Array]:
    rows: list[list[str]] = []
    numbers: list[int] = []
    blank = _BLANK.replace(line_format.separator.encode(), b"")
    if line_format.is_sheet:
        blank = _BLANK + sheet_encoding.BLANK_CHARACTERS.encode()
    pending = deque(numbered)
    while pending:
        number, raw = pending.popleft()
        if not raw.strip(blank):
            continue
        try:
            cells = _split_record(raw, pending, line_format)
        except ValueError as fault:
            rejected.add(number, render_line(raw, line_format), str(fault))
            continue
        rows.append(cells)
        numbers.append(number)
    columns = {
        i: pa.array([cells[i] for cells in rows], pa.string()) for i in line_format.read_indexes
    }
    return columns, pa.array(numbers, pa.int64())


def _split_record(
    raw: bytes, following: deque[tuple[int, bytes]], line_format: LineFormat
) -> list[str]:
    """Splits a line into cells; with the lines behind it, where a quoted value goes on there.

    Takes those lines from `following`.

    Raises:
        ValueError: the line cannot be split, alone or with lines behind it.
    """
    try:
        return _split_line(raw, line_format)
    except QuoteNotClosed:
        if line_format.record_types is not None:
            raise
        record, size = [raw], len(raw) + 1
        for _, line in following:
            record.append(line)
            size += len(line) + 1
            if size > RECORD_BYTES_MAX:
                raise
            # Only a line with a quote can close the value.
            if line_format.quote and line_format.quote.encode() in line:
                try:
                    cells = _split_line(b"\n".join(record), line_format)
                except QuoteNotClosed:
                    continue
                for _ in record[1:]:
                    following.popleft()
                return cells
        raise


def _split_line(raw: bytes, line_format: LineFormat) -> list[str]:
    """Splits one line into cells.

    Raises:
        ValueError: the line is not in the encoding, has a NUL byte, or another number of cells.
    """
    try:
        text = raw.decode(line_format.encoding).removesuffix("\r")
    except UnicodeDecodeError as fault:
        raise ValueError(
            f"BAD_ENCODING: byte {fault.start + 1} is not {line_format.encoding}"
        ) from fault
    if "\0" in text:
        raise ValueError("NUL_BYTE: a NUL byte stands in the line")
    if line_format.separator == BACKTICK:
        if not text.startswith(BACKTICK):
            raise ValueError("NO_VALUES: the line does not begin with a backtick")
        cells = text[1:].split(",`")
    elif line_format.quote is None:
        cells = text.split(line_format.separator)
    else:
        cells = split_quoted_line(text, line_format.separator, line_format.quote)
    if len(cells) > line_format.width and line_format.realigner is not None:
        cells = line_format.realigner.join_free_text(cells) or cells
    if line_format.is_sheet and len(cells) <= line_format.width:
        return cells + [""] * (line_format.read_indexes[-1] + 1 - len(cells))
    if len(cells) != line_format.width:
        raise ValueError(f"WRONG_WIDTH: {len(cells)} cells, not {line_format.width}")
    return cells
