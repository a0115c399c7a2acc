"""Records of a CSV document, whose quoted values may hold line ends, in a stream and bounded.

Nothing larger than a record is held: what is open longer than `RECORD_BYTES_MAX`, such as a quote
that is never closed, is refused. The rules of quoting are RFC 4180's, read strictly.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import IO

from schemas.errors import FileRefused

RECORD_BYTES_MAX = 10**6
COLUMNS_MAX = 1000
PIECE_RECORDS = 50_000
PIECE_CHARACTERS = 32 * 2**20
#: Records above which a header must have come.
HEADER_WITHIN = 20
_CHUNK = 1 << 20
_BOM = "\ufeff"


@dataclass(frozen=True)
class Record:
    """A record: the line (from 1) on which it begins, its cells trimmed, its text as it stands."""

    line_no: int
    cells: list[str]
    raw: str


class _Lines:
    """Decoded lines of a file with their ends; what the reader took since it was last asked."""

    def __init__(self, source: IO[bytes], file: str) -> None:
        self.lines, self.file = _physical(source, file), file
        self.taken: list[str] = []
        self.count = self.size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.count += 1
        self.size += len(line)
        if self.size > RECORD_BYTES_MAX:
            raise _too_long(self.file, self.count)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise FileRefused(
                "BAD_ENCODING", self.file, f"it is not in UTF-8 ({fault.reason})",
                "have it sent in UTF-8", self.count,
            ) from fault  # fmt: skip
        if "\0" in text:
            raise FileRefused(
                "BAD_ENCODING", self.file, "it holds a NUL", "have it sent in UTF-8", self.count
            )
        text = text.removeprefix(_BOM) if self.count == 1 else text
        self.taken.append(text)
        return text

    def raw(self) -> str:
        """The text taken since the last call."""
        text = "".join(self.taken).rstrip("\r\n")
        self.taken, self.size = [], 0
        return text


def _physical(source: IO[bytes], file: str) -> Iterator[bytes]:
    rest, number = b"", 0
    while chunk := source.read(_CHUNK):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        number += len(lines)
        if len(rest) > RECORD_BYTES_MAX:
            raise _too_long(file, number + 1)
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


def _too_long(file: str, line: int) -> FileRefused:
    return FileRefused(
        "RECORD_TOO_LONG", file, f"a record of more than {RECORD_BYTES_MAX} bytes",
        "have it looked at: a quote may be open", line,
    )  # fmt: skip


def records(source: IO[bytes], file: str) -> Iterator[Record]:
    """The records of a file, in order; blank lines are left out.

    Raises:
        FileRefused: not UTF-8, quotes that do not fit, a record that is too long or too wide.
    """
    lines = _Lines(source, file)
    reader = csv.reader(lines, strict=True)
    while True:
        first = lines.count + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            if "field limit" in str(fault):
                raise _too_long(file, first) from fault
            raise FileRefused(
                "BAD_CSV", file, f"its quotes or line ends do not fit ({fault})",
                "fetch the file again: it may be cut", first,
            ) from fault  # fmt: skip
        raw = lines.raw()
        if len(cells) > COLUMNS_MAX:
            raise FileRefused(
                "TOO_MANY_COLUMNS", file, f"a record of {len(cells)} columns",
                "have the file looked at", first,
            )  # fmt: skip
        if any(cell and not cell.isspace() for cell in cells):
            yield Record(first, [cell.strip() for cell in cells], raw)


def is_full(piece: Sequence[Record], size: int) -> bool:
    """Whether a piece of so many characters goes on: 50,000 records, or fewer long ones."""
    return len(piece) >= PIECE_RECORDS or size >= PIECE_CHARACTERS


def pieces(found: Iterator[Record]) -> Iterator[list[Record]]:
    """Records by some 50,000, or fewer long ones."""
    piece: list[Record] = []
    size = 0
    for record in found:
        piece.append(record)
        size += len(record.raw)
        if is_full(piece, size):
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def header_of(name: str, head: bytes, is_header: Callable[[Sequence[str]], bool]) -> Record:
    """The header, looked for in the first records of a file.

    Raises:
        FileRefused: there is none, or what stands above it cannot be read.
    """
    for record in islice(records(BytesIO(head), name), HEADER_WITHIN):
        if is_header(record.cells):
            return record
    raise FileRefused(
        "UNKNOWN_LAYOUT", name, "its header is not in the first lines",
        "check the profile's `dialect`",
    )  # fmt: skip


def bound(
    header: Record, names: Mapping[str, Sequence[str]], needed: Sequence[str], file: str
) -> dict[str, int]:
    """Where our columns stand: the first of the names of each that the header has.

    Raises:
        FileRefused: a needed column is not there, or a name that is read stands twice.
    """
    heads = [each.casefold() for each in header.cells]
    places: dict[str, int] = {}
    for ours, theirs in names.items():
        name = next((each for each in theirs if each.casefold() in heads), None)
        if name is None:
            continue
        if heads.count(name.casefold()) > 1:
            raise FileRefused(
                "UNKNOWN_LAYOUT", file, f"column {name} stands twice", "have it sent once",
                header.line_no,
            )  # fmt: skip
        places[ours] = heads.index(name.casefold())
    missing = [" or ".join(names[each]) for each in needed if each not in places]
    if missing:
        raise FileRefused(
            "UNKNOWN_LAYOUT", file, f"it has no column {', '.join(missing)}",
            "have the report made with it", header.line_no,
        )  # fmt: skip
    return places
