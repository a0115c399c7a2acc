"""The fast path: splits a clean block into whole columns. Other blocks take the slow path.

Source: docs/reference/dialects.md.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from jobs.statements.reading.quoting import has_simple_quotes

if TYPE_CHECKING:
    from jobs.statements.reading.line_format import LineFormat

#: Stands before every value of a WeChat bill.
BACKTICK = "`"
_NEWLINE, _RETURN, _TICK, _COMMA = b"\n\r`,"
#: Replaces a separator of several bytes, because Arrow splits at one byte only.
_UNIT = b"\x1f"
_BOM = b"\xef\xbb\xbf"
_WINDOW_BYTES = 512 * 1024


def read_cells_fast(block: bytes, line_format: "LineFormat") -> dict[int, pa.Array] | None:
    """Columns by index; None where counts do not prove that every line splits as it should."""
    counts = _count_bytes(block)
    if (
        counts is None or line_format.width == 1
    ):  # a line of blanks could be a value or a blank line
        return None
    lines = counts.newlines + (not block.endswith(b"\n"))
    if counts.returns and (
        counts.returns != block.count(b"\r\n")
        or counts.returns < lines - 1
        or b"\n\r\n" in block
        or block.startswith(b"\r")
    ):
        return None
    if line_format.encoding == "utf-8":
        if not _is_utf8(block):
            return None
    else:
        try:
            block = block.decode(line_format.encoding).encode()
        except UnicodeDecodeError:
            return None
    if block.startswith(_BOM):  # Arrow drops it
        return None
    if line_format.separator == BACKTICK:
        if counts.backticks != lines * line_format.width or counts.separators != lines * (
            line_format.width - 1
        ):
            return None
        columns = _read_with_arrow(
            block,
            BACKTICK,
            None,
            line_format.width + 1,
            [0, *(i + 1 for i in line_format.read_indexes)],
        )
        last = line_format.width - 1
        if columns and pc.max(pc.binary_length(columns[0])).as_py():
            return None  # text before a line's first backtick
        return columns and {
            i: columns[i + 1] if i == last else pc.utf8_slice_codeunits(columns[i + 1], 0, -1)
            for i in line_format.read_indexes
        }
    separator = line_format.separator
    if len(separator.encode()) > 1:
        if _UNIT in block:
            return None
        block, separator = block.replace(separator.encode(), _UNIT), _UNIT.decode()
    if line_format.quote is not None and not has_simple_quotes(
        block, separator.encode(), line_format.quote.encode()
    ):
        return None
    columns = _read_with_arrow(
        block, separator, line_format.quote, line_format.width, list(line_format.read_indexes)
    )
    if columns and len(next(iter(columns.values()))) != lines:
        return None
    return columns


@dataclass
class _ByteCounts:
    """Counts of a block: line ends, carriage returns, backticks, backticks behind a comma."""

    newlines: int = 0
    returns: int = 0
    backticks: int = 0
    separators: int = 0


def _count_bytes(block: bytes) -> _ByteCounts | None:
    """Counts the bytes of a block; None where it has a NUL byte or an empty line.

    numpy counts window by window: a window stays in the CPU cache, and other threads can run.
    """
    counts = _ByteCounts()
    whole = np.frombuffer(block, np.uint8)
    before = _NEWLINE  # so that an empty first line counts as empty
    for start in range(0, len(whole), _WINDOW_BYTES):
        window = whole[start : start + _WINDOW_BYTES]
        ends, ticks = window == _NEWLINE, window == _TICK
        empty = bool((ends[1:] & ends[:-1]).any()) or bool(ends[0] and before == _NEWLINE)
        if empty or not window.all():
            return None
        counts.newlines += int(np.count_nonzero(ends))
        counts.returns += int(np.count_nonzero(window == _RETURN))
        counts.backticks += int(np.count_nonzero(ticks))
        counts.separators += int(np.count_nonzero(ticks[1:] & (window[:-1] == _COMMA)))
        counts.separators += int(bool(ticks[0]) and before == _COMMA)
        before = int(window[-1])
    return counts


def _is_utf8(block: bytes) -> bool:
    ends = pa.array([0, len(block)], pa.int32()).buffers()[1]
    one = pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(block)])
    try:
        one.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def _read_with_arrow(
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
