"""What a dialect is: three functions in a module of its own, and what passes between them.

- `identify(sample)`: whether a file's first bytes are of this dialect;
- `plan(sample, profile)`: where its lines lie, how they are cut, what the file declares;
- `parse(cells, plan, profile)`: the cells of a block to canonical lines.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from jobs.statements.canonical import Lines
from jobs.statements.cells import Cells, Shape
from schemas.profile import Profile

#: Bytes of a file's start and end that a plan may look at.
HEAD_BYTES = 256 * 1024
TAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Sample:
    """A file's name, size in bytes, and its first and last bytes."""

    name: str
    size: int
    head: bytes
    tail: bytes

    @property
    def tail_offset(self) -> int:
        """Where in the file `tail` begins."""
        return self.size - len(self.tail)


@dataclass(frozen=True)
class Declared:
    """A total as the file prints it; `unit` is `count`, `major` or `minor`."""

    name: str
    text: str
    unit: str


@dataclass(frozen=True)
class Plan:
    """How a file is read.

    Lines are at bytes `start` to `end`, the first of them numbered `first_line`; `places` says
    which cell (from 0) holds which column; `day_check` is the dialect's own.
    """

    dialect: str
    shape: Shape
    places: dict[str, int]
    start: int
    first_line: int
    end: int
    declared: tuple[Declared, ...] = ()
    currency: str | None = None
    day_check: str = "near"


@dataclass
class Parsed:
    """Canonical lines of a block, and per declared total what each line adds to it (BIGINT)."""

    lines: Lines
    totals: dict[str, pa.Array] = field(default_factory=dict)


class Dialect(Protocol):
    """A module of this package that reads one dialect."""

    identify: Callable[[Sample], bool]
    plan: Callable[[Sample, Profile], Plan]
    parse: Callable[[Cells, Plan, Profile], Parsed]


def last_line(sample: Sample, before: int | None = None) -> tuple[int, bytes]:
    """The last line that is not blank, above byte `before` of the file, and where it begins."""
    tail = sample.tail if before is None else sample.tail[: before - sample.tail_offset]
    text = tail.rstrip(b"\r\n \t")
    start = text.rfind(b"\n") + 1
    return sample.tail_offset + start, text[start:]
