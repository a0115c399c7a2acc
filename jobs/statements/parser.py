"""What a dialect is, and what its functions pass to each other.

- `identify(sample)`: whether a file's first bytes look like this dialect;
- `plan(sample, profile)`: where the lines are, how to split them, which totals the file declares;
- `parse(cells, plan, profile)`: the cells of a block to canonical lines;
- `read(source, plan, profile)`: instead of `parse`, where a record is not one line (XML, sections
  that depend on each other): streams the whole file once and yields canonical lines in blocks;
- `to_text(source, name, profile, bytes_max)`: where a file is itself an archive (a workbook),
  yields it as text in blocks; `plan` and `parse` then read that text.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import IO

import pyarrow as pa

from jobs.statements.canonical.lines import Lines
from jobs.statements.reading.line_format import Cells, LineFormat, RejectedLines
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout

#: Bytes of a file's start and end that `plan` may read.
HEAD_BYTES = 256 * 1024
TAIL_BYTES = 64 * 1024
#: How many gaps of a running balance a segment reports.
GAPS_MAX = 3


@dataclass(frozen=True)
class Sample:
    """A file's name, size in bytes, first and last bytes, and its business date where known."""

    file_name: str
    byte_size: int
    head: bytes
    tail: bytes
    business_date: date | None = None

    @property
    def tail_offset(self) -> int:
        """The byte of the file at which `tail` begins."""
        return self.byte_size - len(self.tail)


@dataclass(frozen=True)
class DeclaredTotal:
    """A total as the file prints it; `unit` is `count`, `major` or `minor`.

    With a `currency`, it covers the lines of that currency only.
    """

    name: str
    text: str
    unit: str
    currency: str | None = None


@dataclass(frozen=True)
class Plan:
    """How to read one file.

    The statement lines are at bytes `start_byte` to `end_byte`; the first has the number
    `first_line`. `column_indexes` maps a column to its cell (from 0). A document has no
    `line_format`: its dialect reads it. `day_check` is the dialect's default for a profile that
    sets none. `covered_totals` names those of `count`, `amount` and `fee` that totals of other
    names prove. `reverse_order` says that the newest line comes first. `file_date` is the date
    that the file gives, from which its lines take their year. Messages show `file_name`. Of
    several documents in one file, `documents` has the first byte and the end of each.
    """

    dialect: str
    line_format: LineFormat | None
    column_indexes: dict[str, int]
    start_byte: int
    first_line: int
    end_byte: int
    declared: tuple[DeclaredTotal, ...] = ()
    currency: str | None = None
    day_check: str = "near"
    covered_totals: tuple[str, ...] = ()
    reverse_order: bool = False
    file_date: date | None = None
    file_name: str = ""
    documents: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class ControlTotal:
    """A total that a document declares, and the sum that its lines give.

    `declared` and `computed` are minor units of `currency`, or counts where `currency` is None.
    `declared` is None where the total could not be read; ingestion then refuses the file with
    `text`. `cause` says why it may differ, where that is known.
    """

    name: str
    currency: str | None
    declared: int | None
    computed: int
    text: str = ""
    cause: str = ""


@dataclass(frozen=True)
class BalanceSegment:
    """A segment of a running balance, in the order of the file, in minor units.

    `opening_balance` is the balance above the segment's first line, `closing_balance` the one below
    its last line. `gaps` are the lines whose printed balance does not follow from the one above:
    (line number, printed balance, expected balance).
    """

    first_line: int
    opening_balance: int
    closing_balance: int
    gaps: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True)
class BalanceSpan:
    """Statements of one account without a gap between them: what the first opens and the last
    closes with, in minor units, and when.

    `account` stands for the account number, `account_tail` is its end. Numbers are the bank's, None
    where it gives none.
    """

    account: str
    account_tail: str
    currency: str
    first_number: int | None
    opening_day: date | None
    opening: int
    last_number: int | None
    closing_day: date | None
    closing: int


@dataclass
class ParsedBlock:
    """Canonical lines of a block, and per declared total what each line adds to it (BIGINT).

    A document's reader sets `line_no` (BIGINT, no number twice in a file) among the columns, `raw`
    with the text of every row, and `rejected` with what became no row at all.
    """

    lines: Lines
    totals: dict[str, pa.Array] = field(default_factory=dict)
    balance_segment: BalanceSegment | None = None
    control_totals: tuple[ControlTotal, ...] = ()
    balance_spans: tuple[BalanceSpan, ...] = ()
    raw: Sequence[str] = ()
    rejected: RejectedLines = field(default_factory=RejectedLines)


@dataclass(frozen=True)
class Dialect:
    """A format of statement files, as the registry holds it.

    A dialect has exactly one of `parse` (files of lines) and `read` (whole documents). A dialect
    whose files are archives also has `to_text`. A dialect of separated text has `text_layout`,
    which returns how to split its lines. Where only some of its files are archives, `renders_if`
    says of a file whether it is one. With `joins_documents` it reads several documents, packed
    together, as one file.
    """

    name: str
    identify: Callable[[Sample], bool]
    plan: Callable[[Sample, Profile], Plan]
    parse: Callable[[Cells, Plan, Profile], ParsedBlock] | None = None
    read: Callable[[IO[bytes], Plan, Profile], Iterator[ParsedBlock]] | None = None
    to_text: Callable[[IO[bytes], str, Profile, int], Iterator[bytes]] | None = None
    renders_if: Callable[[Sample], bool] | None = None
    text_layout: Callable[[Profile], DelimitedLayout] | None = None
    joins_documents: bool = False

    def __post_init__(self) -> None:
        if (self.parse is None) == (self.read is None):
            raise ValueError(f"dialect {self.name}: define exactly one of `parse` and `read`")

    def renders(self, sample: Sample) -> bool:
        """Whether `to_text` must render a file before the dialect reads it."""
        return self.to_text is not None and (self.renders_if is None or self.renders_if(sample))

    @property
    def is_document(self) -> bool:
        """Whether the dialect reads whole documents instead of lines."""
        return self.read is not None

    @property
    def is_archive(self) -> bool:
        """Whether all of its files are archives that the dialect itself renders as text."""
        return self.to_text is not None and self.renders_if is None


def check_running_balance(
    amounts: pa.Array, printed: pa.Array, line_no: pa.Array, reverse_order: bool
) -> BalanceSegment:
    """Compares each printed balance of a block with the balance above it and the amount.

    All three columns are BIGINT without nulls, with at least one row. `amounts` are signed;
    `printed` is the balance after the amount of the same line. In reverse order, a line's amount
    leads from the balance below it to its own.
    """
    values, balances, numbers = (column.to_pylist() for column in (amounts, printed, line_no))
    gaps = []
    for row in range(1, len(values)):
        step = -values[row - 1] if reverse_order else values[row]
        expected = balances[row - 1] + step
        if expected != balances[row]:
            gaps.append((numbers[row], balances[row], expected))
    if reverse_order:
        opening, closing = balances[0], balances[-1] - values[-1]
    else:
        opening, closing = balances[0] - values[0], balances[-1]
    return BalanceSegment(numbers[0], opening, closing, tuple(gaps[:GAPS_MAX]))


def find_last_line(sample: Sample, before: int | None = None) -> tuple[int, bytes]:
    """Finds the last line above byte `before` that is not blank: its first byte, its content."""
    tail = sample.tail if before is None else sample.tail[: before - sample.tail_offset]
    text = tail.rstrip(b"\r\n \t")
    start = text.rfind(b"\n") + 1
    return sample.tail_offset + start, text[start:]
