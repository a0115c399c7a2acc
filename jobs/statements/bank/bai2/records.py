"""Cuts a BAI2 file into records with their continuations, and a record into cells."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import IO

from jobs.statements.bank.raw_lines import decode_line, read_lines
from schemas.currencies import MINOR_UNITS
from schemas.errors import FileRefused

_CODE = re.compile(r"^(01|02|03|16|49|88|98|99)\s*(?:,|/|$)")
_RECORD_CHARS_MAX = 2**20
_AMOUNT_MAX = 10**15
#: Records that the cells of a transaction may take; what follows is its text.
_CELL_PARTS_MAX = 50
#: Availability of funds: immediate, in a day, in two or more; V, S and D have further cells.
_FUNDS_TYPES = ("", "Z", "0", "1", "2", "V", "S", "D")


@dataclass
class Record:
    """A record with its continuations: code, number of its first line, parts, count of lines."""

    code: str
    line: int
    parts: list[str]
    lines: int = 1
    in_text: bool = False

    def cells(self) -> list[str]:
        """The trimmed values between commas, up to the slash that ends the record."""
        text = "".join(self.parts)
        return [cell.strip() for cell in text.rstrip().removesuffix("/").split(",")]

    def append_continuation(self, record_88: str) -> None:
        """Adds a record 88: as the next cell, or as more text of a transaction."""
        last = self.parts[-1].rstrip()
        joint = "," if last.endswith("/") or not self._is_in_text() else " "
        self.parts[-1] = last.removesuffix("/")
        self.parts.append(f"{joint}{record_88}")
        self.lines += 1

    def _is_in_text(self) -> bool:
        if self.code == "16" and not self.in_text:
            cells = self.cells()
            has_text = len(cells) > skip_funds_type(cells, 3)[0] + 2
            self.in_text = has_text or len(self.parts) > _CELL_PARTS_MAX
        return self.in_text


def read_records(source: IO[bytes], name: str) -> Iterator[Record]:
    """Records with their continuations: records 88, or lines that the bank broke by width.

    Raises:
        FileRefused: a line belongs to no record, or a record is too long.
    """
    current: Record | None = None
    size = 0
    for number, raw in read_lines(source, name):
        line = decode_line(raw)
        hit = _CODE.match(line)
        if hit is None and (current is None or not line.strip()):
            if line.strip("\x1a \t"):
                raise record_refusal(name, number, "a line that belongs to no record")
            continue
        size = size + len(line) if hit is None or hit[1] == "88" else 0
        if size > _RECORD_CHARS_MAX:
            raise record_refusal(name, number, "a record of over a million characters")
        if current is not None and hit is None:
            current.parts.append(line)
        elif current is not None and hit is not None and hit[1] == "88":
            current.append_continuation(line[3:])
        else:
            if current is not None:
                yield current
            if hit is None or hit[1] == "88":
                raise record_refusal(name, number, "a continuation of nothing")
            current = Record(hit[1], number, [line])
    if current is not None:
        yield current


def record_refusal(name: str, line: int, problem: str) -> FileRefused:
    """The error for a file whose records are not in order."""
    return FileRefused("BAD_STATEMENT", name, problem, "have the bank send it again", line)


def assert_funds_type(cells: list[str], at: int, name: str, line: int) -> None:
    """Makes sure that a cell is a funds type, since the position of the cells behind depends on it.

    Raises:
        FileRefused: it is none.
    """
    kind = cell_at(cells, at)
    if kind.upper() not in _FUNDS_TYPES:
        raise record_refusal(name, line, f"{kind[:10]!r} is no funds type")


def skip_funds_type(cells: list[str], at: int) -> tuple[int, date | None]:
    """The index of the cell behind a funds type and its cells, and its value date, if any."""
    kind = cell_at(cells, at).upper()
    if kind == "V":
        return at + 3, parse_date(cell_at(cells, at + 1))
    if kind == "S":
        return at + 4, None
    if kind == "D":
        count = cell_at(cells, at + 1)
        pairs = int(count) if re.fullmatch(r"\d{1,9}", count, re.ASCII) else 0
        return at + 2 + 2 * pairs, None
    return at + 1, None


def cell_at(cells: list[str], place: int) -> str:
    """A cell; empty where the record ends before it."""
    return cells[place] if place < len(cells) else ""


def parse_date(text: str) -> date | None:
    """A date of six digits, yymmdd; None where it is no date."""
    try:
        return datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def parse_amount(text: str, name: str, line: int) -> int:
    """An amount with an optional sign, in minor units.

    Raises:
        FileRefused: it is no number, or too large.
    """
    if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) or abs(int(text)) > _AMOUNT_MAX:
        raise record_refusal(name, line, f"{text[:30]!r} is no amount in minor units")
    return int(text)


def parse_currency(code: str, name: str, line: int) -> str:
    """A currency code of ISO 4217.

    Raises:
        FileRefused: it is none.
    """
    if code not in MINOR_UNITS:
        raise record_refusal(name, line, f"{code[:10]!r} is no currency of ISO 4217")
    return code
