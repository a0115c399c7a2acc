"""How to split a file's bytes into records and cells, and the cells that come out of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from jobs.statements.reading import sheet_encoding
from jobs.statements.reading.masking import PrivateBytes, PrivateCells
from jobs.statements.reading.realign import Realigner
from jobs.statements.reading.record_types import RecordTypes


@dataclass(frozen=True)
class LineFormat:
    """How to split lines into cells.

    With the `separator` BACKTICK, a backtick stands before every value. `width` is the number of
    cells of a line, `read_indexes` the cells (from 0) to read. Lines without separators have a
    `cutter`. tieout masks `private_cells` in every raw line that it keeps. Lines of a sheet carry
    markers (see `sheet_encoding`) and may be shorter than `width`: missing cells are empty.
    """

    encoding: str
    separator: str
    quote: str | None
    width: int
    read_indexes: tuple[int, ...]
    record_types: RecordTypes | None = None
    cutter: "Cutter | None" = None
    realigner: Realigner | None = None
    private_cells: PrivateCells | PrivateBytes | None = None
    is_sheet: bool = False


@dataclass
class RejectedLines:
    """Lines that cannot be read: line number (from 1), raw text, reason."""

    line_no: list[int] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    reason: list[str] = field(default_factory=list)

    def add(self, line_no: int, raw: str, reason: str) -> None:
        """Adds one line."""
        self.line_no.append(line_no)
        self.raw.append(raw)
        self.reason.append(reason)


@dataclass(frozen=True)
class Cells:
    """Cells of the accepted lines by index, their line numbers (BIGINT), and the raw block."""

    columns: dict[int, pa.Array]
    line_no: pa.Array
    block: bytes
    first_line: int
    encoding: str
    is_sheet: bool = False

    def raw_lines(self, line_nos: Sequence[int]) -> list[str]:
        """The raw texts of the lines with these numbers."""
        lines = self.block.split(b"\n")
        return [render_line(lines[number - self.first_line], self) for number in line_nos]


class Cutter(Protocol):
    """Splits lines that have no separators into cells."""

    def read(self, block: bytes, first_line: int, rejected: RejectedLines) -> Cells:
        """Reads the cells of a block, as `read_cells` does."""


def render_line(line: bytes, source: LineFormat | Cells) -> str:
    """A line as text for people."""
    text = line.decode(source.encoding, "replace").rstrip("\r")
    return sheet_encoding.render_row(text) if source.is_sheet else text
