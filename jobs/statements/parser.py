"""What a dialect is, and what passes between its functions.

- `identify(sample)`: whether a file's first bytes are of this dialect;
- `plan(sample, profile)`: where its lines lie, how they are cut, what the file declares;
- `parse(cells, plan, profile)`: the cells of a block to canonical lines. A document that is not one
  line a record (XML, sections that depend on each other) has instead
- `read(source, plan, profile)`: the whole file, once and in a stream, to canonical lines by pieces;
- `to_text(source, name, profile, bytes_max)`: where the files are archives themselves (a workbook),
  the text that is then planned and read, in pieces.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import IO

import pyarrow as pa

from jobs.statements.canonical.lines import Lines
from jobs.statements.reading.shape import Cells, Rejected, Shape
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout

#: Bytes of a file's start and end that a plan may look at.
HEAD_BYTES = 256 * 1024
TAIL_BYTES = 64 * 1024
#: How many breaks of a running balance a piece tells.
BROKEN_MAX = 3


@dataclass(frozen=True)
class Sample:
    """A file's name, size in bytes, its first and last bytes, and where known its business date."""

    name: str
    size: int
    head: bytes
    tail: bytes
    day: date | None = None

    @property
    def tail_offset(self) -> int:
        """Where in the file `tail` begins."""
        return self.size - len(self.tail)


@dataclass(frozen=True)
class Declared:
    """A total as the file prints it; `unit` is `count`, `major` or `minor`.

    With a `currency` it speaks for the lines of that currency only.
    """

    name: str
    text: str
    unit: str
    currency: str | None = None


@dataclass(frozen=True)
class Plan:
    """How a file is read.

    Lines are at bytes `start` to `end`, the first of them numbered `first_line`; `places` says
    which cell (from 0) holds which column; `day_check` is the dialect's own. A document has no
    shape: it is read by its dialect. `covered` names those of `count`, `amount` and `fee` that are
    proved by totals of other names. `newest_first` says which way a running balance runs;
    `file_date` is the day that the file says it is of, where its lines need it for their year;
    `name` is the file's own, for messages.
    """

    dialect: str
    shape: Shape | None
    places: dict[str, int]
    start: int
    first_line: int
    end: int
    declared: tuple[Declared, ...] = ()
    currency: str | None = None
    day_check: str = "near"
    covered: tuple[str, ...] = ()
    newest_first: bool = False
    file_date: date | None = None
    name: str = ""


@dataclass(frozen=True)
class Check:
    """A total that stands inside a document beside what its lines add up to.

    `declared` and `computed` are minor units of `currency`, or counts where it is None. A total
    that could not be read is None, and refuses the file with `text`.
    """

    name: str
    currency: str | None
    declared: int | None
    computed: int
    text: str = ""


@dataclass(frozen=True)
class Link:
    """A piece of a running balance, in the order of the file, in minor units.

    `before` stands above the piece's first line, `after` below its last; `broken` are the lines
    whose printed balance does not follow from the one above: (line number, printed, due).
    """

    first_line: int
    before: int
    after: int
    broken: tuple[tuple[int, int, int], ...] = ()


@dataclass
class Parsed:
    """Canonical lines of a block, and per declared total what each line adds to it (BIGINT).

    A document's reader sets `line_no` (BIGINT, no number twice in a file) among the columns, `raw`
    with the text of every row, and `rejected` with what became no row at all.
    """

    lines: Lines
    totals: dict[str, pa.Array] = field(default_factory=dict)
    link: Link | None = None
    checks: tuple[Check, ...] = ()
    raw: Sequence[str] = ()
    rejected: Rejected = field(default_factory=Rejected)


@dataclass(frozen=True)
class Dialect:
    """A format of statement files, as the registry holds it.

    A dialect of lines has `parse`, one of whole documents has `read`: exactly one of the two. One
    whose files are archives themselves has `to_text`; one whose files are separated text, or are
    laid out as such, says by `text_layout` how their lines are cut.
    """

    name: str
    identify: Callable[[Sample], bool]
    plan: Callable[[Sample, Profile], Plan]
    parse: Callable[[Cells, Plan, Profile], Parsed] | None = None
    read: Callable[[IO[bytes], Plan, Profile], Iterator[Parsed]] | None = None
    to_text: Callable[[IO[bytes], str, Profile, int], Iterator[bytes]] | None = None
    text_layout: Callable[[Profile], DelimitedLayout] | None = None

    def __post_init__(self) -> None:
        if (self.parse is None) == (self.read is None):
            raise ValueError(f"dialect {self.name}: it has either `parse` or `read`")

    @property
    def is_document(self) -> bool:
        """Whether it reads whole documents instead of lines."""
        return self.read is not None

    @property
    def is_archive(self) -> bool:
        """Whether its files are archives that it lays out as lines of text itself."""
        return self.to_text is not None


def linked(amounts: pa.Array, printed: pa.Array, line_no: pa.Array, newest_first: bool) -> Link:
    """A block's running balance: each printed balance against the one above and the amount.

    `amounts` are signed, `printed` stands on the same line, after the amount was booked. All three
    are BIGINT without nulls and hold a row at least. Newest first, a line's amount leads from the
    balance below it to its own.
    """
    values, balances, numbers = (each.to_pylist() for each in (amounts, printed, line_no))
    broken = []
    for row in range(1, len(values)):
        if newest_first:
            due, seen = balances[row - 1] - values[row - 1], balances[row]
        else:
            due, seen = balances[row - 1] + values[row], balances[row]
        if due != seen:
            broken.append((numbers[row], seen, due))
    if newest_first:
        before, after = balances[0], balances[-1] - values[-1]
    else:
        before, after = balances[0] - values[0], balances[-1]
    return Link(numbers[0], before, after, tuple(broken[:BROKEN_MAX]))


def last_line(sample: Sample, before: int | None = None) -> tuple[int, bytes]:
    """The last line that is not blank, above byte `before` of the file, and where it begins."""
    tail = sample.tail if before is None else sample.tail[: before - sample.tail_offset]
    text = tail.rstrip(b"\r\n \t")
    start = text.rfind(b"\n") + 1
    return sample.tail_offset + start, text[start:]
