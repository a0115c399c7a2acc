"""The quick way of cutting lines against the slow one, which is the definition, on drawn blocks.

A block is drawn from the bytes that matter: separators, quotes, backticks, line ends, NUL, marks,
and bytes of GBK whose second half looks like one of them.
"""

from random import Random

import pytest

from jobs.statements.reading.cells import BACKTICK, read_cells
from jobs.statements.reading.shape import Rejected, Shape

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
ODD = {
    "utf-8": ["茶".encode(), b"\xef\xbb\xbf", b"\xff"],
    "gb18030": [b"\x81\x60", b"\x81\x7c", b"\x841\x953"],
}
SHAPES = [
    Shape("utf-8", BACKTICK, None, 3, (0, 2)),
    Shape("gb18030", BACKTICK, None, 3, (0, 1, 2)),
    Shape("utf-8", ",", None, 3, (0, 1, 2)),
    Shape("gb18030", "|", None, 2, (0, 1)),
    Shape("utf-8", "\t", None, 3, (0, 1, 2)),
    Shape("utf-8", "|,|", None, 3, (0, 2)),
    Shape("utf-8", ",", '"', 3, (0, 1, 2)),
    Shape("utf-8", ",", '"', 1, (0,)),
]


def block_of(draw: Random, shape: Shape) -> bytes:
    """Lines of the right width for the most part, with odd bytes strewn in."""
    lead = shape.separator == BACKTICK
    joint = b",`" if lead else shape.separator.encode()
    pieces = [*PIECES, *ODD[shape.encoding]]
    lines = []
    for _ in range(draw.randrange(1, 6)):
        cells = [
            b"".join(draw.choices(pieces[:4], k=draw.randrange(3))) for _ in range(shape.width)
        ]
        if shape.quote and draw.random() < 0.5:
            cells = [b'"' + cell + b'"' for cell in cells]
        line = (b"`" if lead else b"") + joint.join(cells)
        if draw.random() < 0.4:
            at = draw.randrange(len(line) + 1)
            line = line[:at] + draw.choice(pieces) + line[at:]
        lines.append(line)
    end = draw.choice((b"\n", b"\n", b"\r\n"))
    return end.join(lines) + draw.choice((end, b"", b"\n\n"))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_quick_way_reads_as_the_slow_one(shape: Shape) -> None:
    """Three thousand blocks: the same cells under the same numbers, the same lines rejected.

    A block is read at once, and line by line beside a line that no quick way can read.
    """
    draw = Random(f"cells {shape}")
    for _ in range(3000):
        block = block_of(draw, shape)
        at_once, apart = Rejected(), Rejected()
        quick = read_cells(block, 2, shape, at_once)
        bad = b"\0\n"
        slow = read_cells(bad + block, 1, shape, apart)
        numbers = quick.line_no.to_pylist()
        assert numbers == slow.line_no.to_pylist(), block
        for place in shape.wanted:
            assert quick.columns[place].to_pylist() == slow.columns[place].to_pylist(), block
        assert at_once.line_no == apart.line_no[1:], block
        assert at_once.reason == apart.reason[1:], block
