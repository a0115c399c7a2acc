"""Streams the records of a CSV document, whose quoted values may contain line ends.

It holds one record at most and refuses a record above `RECORD_BYTES_MAX`, such as one with a quote
that is never closed. Quoting follows RFC 4180 strictly.
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
BATCH_RECORDS = 50_000
BATCH_CHARACTERS = 32 * 2**20
#: The header must be among so many first records.
HEADER_RECORDS_MAX = 20
_CHUNK = 1 << 20
_BOM = "\ufeff"


@dataclass(frozen=True)
class Record:
    """A record: the line (from 1) on which it begins, its trimmed cells, its raw text."""

    line_no: int
    cells: list[str]
    raw: str


class _DecodedLines:
    """Decoded lines of a file with their ends; remembers the lines of the current record."""

    def __init__(self, source: IO[bytes], file: str) -> None:
        self.lines, self.file = _split_lines(source, file), file
        self.record_lines: list[str] = []
        self.count = self.size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.count += 1
        self.size += len(line)
        if self.size > RECORD_BYTES_MAX:
            raise _record_too_long(self.file, self.count)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise FileRefused(
                "BAD_ENCODING", self.file, f"it is not in UTF-8 ({fault.reason})",
                "ask the sender for UTF-8", self.count,
            ) from fault  # fmt: skip
        if "\0" in text:
            raise FileRefused(
                "BAD_ENCODING",
                self.file,
                "it has a NUL byte",
                "ask the sender for UTF-8",
                self.count,
            )
        text = text.removeprefix(_BOM) if self.count == 1 else text
        self.record_lines.append(text)
        return text

    def take_raw(self) -> str:
        """The text read since the last call."""
        text = "".join(self.record_lines).rstrip("\r\n")
        self.record_lines, self.size = [], 0
        return text


def _split_lines(source: IO[bytes], file: str) -> Iterator[bytes]:
    rest, number = b"", 0
    while chunk := source.read(_CHUNK):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        number += len(lines)
        if len(rest) > RECORD_BYTES_MAX:
            raise _record_too_long(file, number + 1)
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


def _record_too_long(file: str, line: int) -> FileRefused:
    return FileRefused(
        "RECORD_TOO_LONG", file, f"a record of more than {RECORD_BYTES_MAX} bytes",
        "inspect the file: a quote may not be closed", line,
    )  # fmt: skip


def read_records(source: IO[bytes], file: str) -> Iterator[Record]:
    """Yields the records of a file in order; skips blank lines.

    Raises:
        FileRefused: the file is not UTF-8, its quotes are invalid, or a record is too long or too
            wide.
    """
    lines = _DecodedLines(source, file)
    reader = csv.reader(lines, strict=True)
    while True:
        first_line = lines.count + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            if "field limit" in str(fault):
                raise _record_too_long(file, first_line) from fault
            raise FileRefused(
                "BAD_CSV", file, f"its quotes or line ends are invalid ({fault})",
                "fetch the file again: it may be incomplete", first_line,
            ) from fault  # fmt: skip
        raw = lines.take_raw()
        if len(cells) > COLUMNS_MAX:
            raise FileRefused(
                "TOO_MANY_COLUMNS", file, f"a record of {len(cells)} columns",
                "inspect the file", first_line,
            )  # fmt: skip
        if any(cell and not cell.isspace() for cell in cells):
            yield Record(first_line, [cell.strip() for cell in cells], raw)


def is_batch_full(batch: Sequence[Record], size: int) -> bool:
    """Whether a batch of `size` characters is full: 50,000 records, or fewer long ones."""
    return len(batch) >= BATCH_RECORDS or size >= BATCH_CHARACTERS


def batch_records(source: Iterator[Record]) -> Iterator[list[Record]]:
    """Groups records into batches of 50,000, or fewer long ones."""
    batch: list[Record] = []
    size = 0
    for record in source:
        batch.append(record)
        size += len(record.raw)
        if is_batch_full(batch, size):
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def find_header(name: str, head: bytes, is_header: Callable[[Sequence[str]], bool]) -> Record:
    """Finds the header in the first records of a file.

    Raises:
        FileRefused: there is no header, or the records above it cannot be read.
    """
    for record in islice(read_records(BytesIO(head), name), HEADER_RECORDS_MAX):
        if is_header(record.cells):
            return record
    raise FileRefused(
        "UNKNOWN_LAYOUT", name, "its header is not in the first lines",
        "check the profile's `dialect`",
    )  # fmt: skip


def locate_columns(
    header: Record, names: Mapping[str, Sequence[str]], needed: Sequence[str], file: str
) -> dict[str, int]:
    """Finds the index of each column: `names` gives its possible names, the first match counts.

    Raises:
        FileRefused: the header lacks a column of `needed`, or has a name twice.
    """
    headings = [cell.casefold() for cell in header.cells]
    indexes: dict[str, int] = {}
    for column, options in names.items():
        name = next((option for option in options if option.casefold() in headings), None)
        if name is None:
            continue
        if headings.count(name.casefold()) > 1:
            raise FileRefused(
                "UNKNOWN_LAYOUT", file, f"it has column {name} twice", "ask for a report with one",
                header.line_no,
            )  # fmt: skip
        indexes[column] = headings.index(name.casefold())
    missing = [" or ".join(names[column]) for column in needed if column not in indexes]
    if missing:
        raise FileRefused(
            "UNKNOWN_LAYOUT", file, f"it has no column {', '.join(missing)}",
            "ask for a report with it", header.line_no,
        )  # fmt: skip
    return indexes
