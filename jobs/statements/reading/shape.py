"""How a file's bytes are cut into records and cells: the plan that every reader follows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from jobs.statements.reading import cell_marks
from jobs.statements.reading.masking import Private, PrivateBytes
from jobs.statements.reading.realign import Realign
from jobs.statements.reading.record_types import Codes


@dataclass(frozen=True)
class Shape:
    """How lines are cut into cells: `separator` BACKTICK means every value is led by one.

    `width` is the number of cells of a line, `wanted` the places (from 0) that are read. What is
    not separated is cut by a `cutter` of its own. `private` are cells that no raw line shows.
    Lines of a sheet bear marks, see `sheet_marks`, and may be shorter: the cells that they lack are
    empty.
    """

    encoding: str
    separator: str
    quote: str | None
    width: int
    wanted: tuple[int, ...]
    codes: Codes | None = None
    cutter: "Cutter | None" = None
    realign: Realign | None = None
    private: Private | PrivateBytes | None = None
    is_sheet: bool = False


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
    is_sheet: bool = False

    def raw(self, line_nos: Sequence[int]) -> list[str]:
        """The texts of some lines, for their rejections."""
        lines = self.block.split(b"\n")
        return [_shown(lines[number - self.first_line], self) for number in line_nos]


class Cutter(Protocol):
    """Another way than separators to cut the lines of a block."""

    def read(self, block: bytes, first_line: int, rejected: Rejected) -> Cells:
        """Cells of a block, as `read_cells` gives them."""


def _shown(line: bytes, of: Shape | Cells) -> str:
    """A line as people see it."""
    text = line.decode(of.encoding, "replace").rstrip("\r")
    return cell_marks.shown(text) if of.is_sheet else text
