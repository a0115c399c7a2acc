"""Cells of a clean block, whole columns at once; what is not surely clean is left to the slow way.

Source: docs/reference/dialects.md.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from jobs.statements.reading.quoting import surely_plain

if TYPE_CHECKING:
    from jobs.statements.reading.shape import Shape

#: Between two values of a WeChat bill, and before the first.
BACKTICK = "`"
_NEWLINE, _RETURN, _TICK, _COMMA = b"\n\r`,"
#: Stands for a separator of several bytes while Arrow cuts.
_UNIT = b"\x1f"
_BOM = b"\xef\xbb\xbf"
_WINDOW_BYTES = 512 * 1024


def quick(block: bytes, shape: "Shape") -> dict[int, pa.Array] | None:
    """Columns by place; None where counts do not prove that every line is cut as it should be."""
    facts = _facts(block)
    if facts is None or shape.width == 1:  # a line of blanks: is it a value, or none?
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
    if block.startswith(_BOM):  # Arrow drops it
        return None
    if shape.separator == BACKTICK:
        if facts.ticks != lines * shape.width or facts.joints != lines * (shape.width - 1):
            return None
        found = _arrow(block, BACKTICK, None, shape.width + 1, [0, *(i + 1 for i in shape.wanted)])
        last = shape.width - 1
        if found and pc.max(pc.binary_length(found[0])).as_py():
            return None  # something stands before a line's first backtick
        return found and {
            i: found[i + 1] if i == last else pc.utf8_slice_codeunits(found[i + 1], 0, -1)
            for i in shape.wanted
        }
    separator = shape.separator
    if len(separator.encode()) > 1:
        if _UNIT in block:
            return None
        block, separator = block.replace(separator.encode(), _UNIT), _UNIT.decode()
    if shape.quote is not None and not surely_plain(
        block, separator.encode(), shape.quote.encode()
    ):
        return None
    found = _arrow(block, separator, shape.quote, shape.width, list(shape.wanted))
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
