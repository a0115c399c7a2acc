"""A BAI2 file cut into its records, with what continues them, and the cells of a record."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import IO

from jobs.statements.bank.entries import lines_of, text_of
from schemas.errors import FileRefused

_CODE = re.compile(r"^(01|02|03|16|49|88|98|99)\s*(?:,|/|$)")
_RECORD_CHARS_MAX = 2**20
#: A transaction whose cells go on in more records than this is in its text.
_PARTS_BEFORE_TEXT = 50
#: Availability of funds: immediate, in a day, in two or more; V, S and D have cells of their own.
_FUNDS_TYPES = ("", "Z", "0", "1", "2", "V", "S", "D")


@dataclass
class Record:
    """A record with what continues it: its code, the line it begins on, its parts, its lines."""

    code: str
    line: int
    parts: list[str]
    lines: int = 1
    in_text: bool = False

    def cells(self) -> list[str]:
        """The values between commas, up to the slash that ends a record."""
        text = "".join(self.parts)
        return [cell.strip() for cell in text.rstrip().removesuffix("/").split(",")]

    def go_on(self, record_88: str) -> None:
        """Goes on in a record 88: in its next cell, or in the text of a transaction."""
        last = self.parts[-1].rstrip()
        joint = "," if last.endswith("/") or not self._is_in_text() else " "
        self.parts[-1] = last.removesuffix("/")
        self.parts.append(f"{joint}{record_88}")
        self.lines += 1

    def _is_in_text(self) -> bool:
        if self.code == "16" and not self.in_text:
            cells = self.cells()
            begun = len(cells) > behind_funds(cells, 3)[0] + 2
            self.in_text = begun or len(self.parts) > _PARTS_BEFORE_TEXT
        return self.in_text


def records_of(source: IO[bytes], name: str) -> Iterator[Record]:
    """Records with their continuations, be they records 88 or lines broken by width."""
    current: Record | None = None
    size = 0
    for number, raw in lines_of(source, name):
        line = text_of(raw)
        hit = _CODE.match(line)
        if hit is None and (current is None or not line.strip()):
            if line.strip("\x1a \t"):
                raise broken(name, number, "a line that belongs to no record")
            continue
        size = size + len(line) if hit is None or hit[1] == "88" else 0
        if size > _RECORD_CHARS_MAX:
            raise broken(name, number, "a record of over a million characters")
        if current is not None and hit is None:
            current.parts.append(line)
        elif current is not None and hit is not None and hit[1] == "88":
            current.go_on(line[3:])
        else:
            if current is not None:
                yield current
            if hit is None or hit[1] == "88":
                raise broken(name, number, "a continuation of nothing")
            current = Record(hit[1], number, [line])
    if current is not None:
        yield current


def broken(name: str, line: int, found: str) -> FileRefused:
    """A file whose records are not in order."""
    return FileRefused("BAD_STATEMENT", name, found, "have the bank send it again", line)


def must_be_funds(cells: list[str], at: int, name: str, line: int) -> None:
    """Makes sure of a funds type: behind one that is none, every cell may be another than it seems.

    Raises:
        FileRefused: it is none.
    """
    kind = cell_at(cells, at)
    if kind.upper() not in _FUNDS_TYPES:
        raise broken(name, line, f"{kind[:10]!r} is no funds type")


def behind_funds(cells: list[str], at: int) -> tuple[int, date | None]:
    """The place behind a funds type and its own cells, and the value date that it gives."""
    kind = cell_at(cells, at).upper()
    if kind == "V":
        return at + 3, day_of(cell_at(cells, at + 1))
    if kind == "S":
        return at + 4, None
    if kind == "D":
        count = cell_at(cells, at + 1)
        return at + 2 + 2 * (int(count) if count.isdigit() else 0), None
    return at + 1, None


def cell_at(cells: list[str], place: int) -> str:
    """A cell, empty where the record ends before it."""
    return cells[place] if place < len(cells) else ""


def day_of(text: str) -> date | None:
    """A date of six digits; None where it is none."""
    try:
        return datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
