"""A bill that the merchant console saved as a workbook: its sheet becomes the text of the bill.

The rows have the headings and values of the text, each value with or without its backtick. Source:
docs/reference/dialects/wechat_bill.md, "Workbooks".
"""

from collections.abc import Callable, Collection, Iterator
from typing import IO

from jobs.statements.reading.fast_cells import BACKTICK
from jobs.statements.reading.sheet_encoding import (
    DATE_TIME,
    MARKERS,
    NO_VALUE,
    NUMBER,
    SEPARATOR,
    decode_cell,
)
from jobs.statements.xlsx.workbook_zip import Workbook
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

#: Digits of a number that a spreadsheet keeps.
_DIGITS_MAX = 15
ToText = Callable[[IO[bytes], str, Profile, int], Iterator[bytes]]


def render_bills(first_headings: str, totals: Collection[str]) -> ToText:
    """The function that yields a workbook's bill as text: rows above its header are left out.

    The bill begins with the `first_headings`; its summary with one of the `totals`, or of those
    that the profile names.
    """
    first = first_headings.rstrip(",").split(",")

    def to_text(source: IO[bytes], name: str, profile: Profile, bytes_max: int) -> Iterator[bytes]:
        """Yields the lines of the only sheet with values, in blocks.

        Raises:
            FileRefused: the file is no workbook that tieout reads, or no row is the header.
        """
        encoding = profile.wechat.encoding
        known = {*totals, *map(str, profile.wechat.totals)}
        width = 0
        for block in Workbook(source, name, bytes_max).read_lines(None):
            lines = []
            for line in block.decode("utf-8").split("\n"):
                cells = [_read_cell(cell) for cell in line.split(SEPARATOR)] if line else []
                is_header = cells[: len(first)] == first
                if is_header or (width and cells and cells[0] in known):
                    width = len(cells)
                    lines.append(",".join(cells))
                elif width and cells:
                    cells += [""] * (width - len(cells))
                    lines.append(",".join(f"{BACKTICK}{cell}" for cell in cells))
            yield "".join(f"{line}\n" for line in lines).encode(encoding, "replace")
        if not width:
            raise FileRefused(
                "UNKNOWN_LAYOUT", name, f"no row of its sheet begins with {', '.join(first)}",
                "send the bill as the merchant console saves it", 1,
            )  # fmt: skip

    return to_text


def _read_cell(cell: str) -> str:
    """A cell's text as the bill prints it; what has no value, or lost digits, stays no value.

    A number of more digits than a spreadsheet keeps is shown as one, which no reference may be.
    """
    marker, content = (cell[:1], cell[1:]) if cell[:1] and cell[0] in MARKERS else ("", cell)
    if marker == NUMBER and content.isdecimal() and len(content) > _DIGITS_MAX:
        return f"{content[0]}.{content[1:]}E+{len(content) - 1:02}"
    if marker == NO_VALUE:
        return f"#{content.strip('#=') or 'EMPTY'}"
    if marker == DATE_TIME:
        return content if " " in content or ":" in content else f"{content} 00:00:00"
    text = " ".join(decode_cell(content).split())
    return text.strip().removeprefix(BACKTICK).replace(f",{BACKTICK}", f", {BACKTICK}")
