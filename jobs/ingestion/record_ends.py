"""Moves the ends of blocks out of quoted values that hold line ends."""

from collections.abc import Sequence
from dataclasses import replace
from typing import IO

from jobs.statements.reading.cells import RECORD_BYTES_MAX
from jobs.statements.reading.line_format import LineFormat
from jobs.statements.reading.quoting import QuoteNotClosed, split_quoted_line
from jobs.storage.archive import Block


def end_at_records(
    source: IO[bytes], blocks: Sequence[Block], line_format: LineFormat | None
) -> list[Block]:
    """The blocks of a file, each ending at the end of a record, where values are quoted.

    Blocks are adjacent and end at line ends. The function reads some kilobytes at each end,
    and the whole block where a value may go on behind it.
    """
    moved = list(blocks)
    if line_format is None or not line_format.quote:
        return moved
    for place in range(len(moved) - 1):
        block, following = moved[place], moved[place + 1]
        rest = _read_rest_of_record(source, block, following, line_format)
        if rest:
            moved[place] = replace(block, length=block.length + len(rest))
            moved[place + 1] = Block(
                following.offset + len(rest),
                following.length - len(rest),
                following.first_line + rest.count(b"\n"),
            )
    return [block for block in moved if block.length]


def _read_rest_of_record(
    source: IO[bytes], block: Block, following: Block, line_format: LineFormat
) -> bytes:
    """What belongs to the last record of a block and stands in the following one.

    The block begins with a record.
    """
    assert line_format.quote is not None
    quote = line_format.quote.encode()
    if not _may_end_within_value(source, block, line_format):
        return b""
    source.seek(block.offset)
    if source.read(block.length).count(quote) % 2 == 0:
        return b""
    behind = source.read(min(following.length, RECORD_BYTES_MAX)).split(b"\n")[:-1]
    for place, line in enumerate(behind):
        if line.count(quote) % 2:
            return b"\n".join([*behind[: place + 1], b""])
    return b""


def _may_end_within_value(source: IO[bytes], block: Block, line_format: LineFormat) -> bool:
    """Whether the last line that leaves a quote open, or closes one, may leave it open.

    Looks only at as many bytes as a record may have.
    """
    assert line_format.quote is not None
    quote, end = line_format.quote.encode(), block.offset + block.length
    start = max(block.offset, end - RECORD_BYTES_MAX)
    source.seek(start)
    lines = source.read(end - start).split(b"\n")
    last = next((line for line in reversed(lines) if line.count(quote) % 2), b"")
    text = last.decode(line_format.encoding, "replace")
    try:
        split_quoted_line(text, line_format.separator, line_format.quote)
    except QuoteNotClosed:
        return True
    except ValueError:
        return False
    return False
