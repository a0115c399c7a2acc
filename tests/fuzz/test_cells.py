"""Compares the fast path of splitting lines with the slow one, the definition, on random blocks.

The blocks consist of the bytes that matter: separators, quotes, backticks, line ends, NUL, byte
order marks, and GBK characters whose second byte looks like one of them.
"""

from random import Random

import pytest

from jobs.statements.reading.cells import BACKTICK, read_cells
from jobs.statements.reading.line_format import LineFormat, RejectedLines

PIECES = [
    b"a",
    b"7",
    b" ",
    b"\t",
    b"|",
    b",",
    b"`",
    b",`",
    b'"',
    b'""',
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
]
ENCODING_PIECES = {
    "utf-8": ["茶".encode(), b"\xef\xbb\xbf", b"\xff"],
    "gb18030": [b"\x81\x60", b"\x81\x7c", b"\x841\x953"],
}
LINE_FORMATS = [
    LineFormat("utf-8", BACKTICK, None, 3, (0, 2)),
    LineFormat("gb18030", BACKTICK, None, 3, (0, 1, 2)),
    LineFormat("utf-8", ",", None, 3, (0, 1, 2)),
    LineFormat("gb18030", "|", None, 2, (0, 1)),
    LineFormat("utf-8", "\t", None, 3, (0, 1, 2)),
    LineFormat("utf-8", "|,|", None, 3, (0, 2)),
    LineFormat("utf-8", ",", '"', 3, (0, 1, 2)),
    LineFormat("utf-8", ",", '"', 1, (0,)),
]


def draw_block(draw: Random, line_format: LineFormat) -> bytes:
    """Draws lines, most of the right width, with some unexpected bytes."""
    has_lead = line_format.separator == BACKTICK
    separator = b",`" if has_lead else line_format.separator.encode()
    pieces = [*PIECES, *ENCODING_PIECES[line_format.encoding]]
    lines = []
    for _ in range(draw.randrange(1, 6)):
        cells = [
            b"".join(draw.choices(pieces[:4], k=draw.randrange(3)))
            for _ in range(line_format.width)
        ]
        if line_format.quote and draw.random() < 0.5:
            cells = [b'"' + cell + b'"' for cell in cells]
        line = (b"`" if has_lead else b"") + separator.join(cells)
        if draw.random() < 0.4:
            place = draw.randrange(len(line) + 1)
            line = line[:place] + draw.choice(pieces) + line[place:]
        lines.append(line)
    end = draw.choice((b"\n", b"\n", b"\r\n"))
    return end.join(lines) + draw.choice((end, b"", b"\n\n"))


@pytest.mark.parametrize("line_format", LINE_FORMATS, ids=str)
def test_fast_path_equals_the_slow_path(line_format: LineFormat) -> None:
    """In a thousand blocks, both paths give the same cells, line numbers and rejections.

    A line with a NUL byte before the block forces the slow path.
    """
    draw = Random(f"cells {line_format}")
    for _ in range(1000):
        block = draw_block(draw, line_format)
        fast_rejected, slow_rejected = RejectedLines(), RejectedLines()
        fast = read_cells(block, 2, line_format, fast_rejected)
        bad = b"\0\n"
        slow = read_cells(bad + block, 1, line_format, slow_rejected)
        numbers = fast.line_no.to_pylist()
        assert numbers == slow.line_no.to_pylist(), block
        for place in line_format.read_indexes:
            assert fast.columns[place].to_pylist() == slow.columns[place].to_pylist(), block
        assert fast_rejected.line_no == slow_rejected.line_no[1:], block
        assert fast_rejected.reason == slow_rejected.reason[1:], block
