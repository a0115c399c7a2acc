"""What of a raw line is shown to nobody: account numbers to their tails, names to one character."""

import csv
import re
from dataclasses import dataclass


def tail_of(number: str) -> str:
    """An account number as it is shown."""
    return "*" * (len(number) - 4) + number[-4:]


def first_of(name: str) -> str:
    """A name as it is shown."""
    return f"{name[:1]}**"


def cut(text: str, separator: str, quote: str | None) -> list[str]:
    """The cells of a raw line, whatever its quotes are like."""
    plain = text.lstrip("\ufeff")
    if quote is None:
        return plain.split(separator)
    try:
        return next(csv.reader([plain], delimiter=separator, quotechar=quote), [])
    except csv.Error:
        return plain.split(separator)


def hidden(text: str, cell: str, shown: str, separator: str, quote: str | None) -> str:
    """A raw line with a cell as it is shown; a name may be a letter, so no part of another is."""
    edge = re.escape(separator + (quote or "")) + r"\s\ufeff"
    whole = re.compile(f"(?<![^{edge}]){re.escape(cell)}(?![^{edge}])")
    return whole.sub(lambda _: shown, text)


@dataclass(frozen=True)
class Private:
    """Which cells (from 0) of a line hold names and account numbers; a line of `width` 0 may have
    any number of cells.
    """

    names: tuple[int, ...]
    numbers: tuple[int, ...]
    width: int
    separator: str
    quote: str | None
    strip: str

    def hidden(self, raw: str) -> str:
        """A rejected line without them.

        A line of another width is shifted by one of its cells: it is read from both its ends.
        """
        cells = cut(raw, self.separator, self.quote)
        shift = len(cells) - self.width if self.width else 0
        for places, shown in ((self.names, first_of), (self.numbers, tail_of)):
            for at in {at for place in places for at in (place, place + shift)}:
                cell = cells[at].strip(self.strip) if 0 <= at < len(cells) else ""
                if cell:
                    raw = hidden(raw, cell, shown(cell), self.separator, self.quote)
        return raw


@dataclass(frozen=True)
class PrivateBytes:
    """Which bytes of a fixed-width record (from 0: start, width) hold names and account numbers."""

    names: tuple[tuple[int, int], ...]
    numbers: tuple[tuple[int, int], ...]
    encoding: str

    def hidden(self, raw: str) -> str:
        """A rejected record without them; what could not be decoded stands for a byte each."""
        record = raw.replace("\ufffd", "?").encode(self.encoding, "replace")
        for fields, shown in ((self.names, first_of), (self.numbers, tail_of)):
            for start, width in fields:
                field = record[start : start + width]
                text = field.decode(self.encoding, "replace").strip()
                if text:
                    masked = shown(text).encode(self.encoding, "replace").ljust(len(field))
                    record = record[:start] + masked[: len(field)] + record[start + width :]
        return record.decode(self.encoding, "replace")
