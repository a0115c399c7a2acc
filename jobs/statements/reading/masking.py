"""Masks names and account numbers in raw lines that tieout keeps or shows."""

import csv
import re
from dataclasses import dataclass

from schemas.private_text import mask_private_text


def mask_account_number(number: str) -> str:
    """Masks an account number but for its last four characters."""
    return "*" * (len(number) - 4) + number[-4:]


def mask_name(name: str) -> str:
    """Masks a name: its first character and two stars."""
    return f"{name[:1]}**"


def hide(text: str) -> str:
    """Stands for any text that is private as a whole; an empty one stays."""
    return "***" if text else text


def split_raw_line(text: str, separator: str, quote: str | None) -> list[str]:
    """Splits a raw line into cells; by the separator alone where its quotes are invalid."""
    line = text.lstrip("\ufeff")
    if quote is None:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator, quotechar=quote), [])
    except csv.Error:
        return line.split(separator)


def mask_cell(text: str, cell: str, masked: str, separator: str, quote: str | None) -> str:
    """Replaces a cell's text in a raw line; only as a whole cell, as a name may be one letter."""
    printed = cell.replace(quote, quote * 2) if quote else cell
    edge_characters = re.escape(separator + (quote or "")) + r"\s\ufeff"
    pattern = re.compile(f"(?<![^{edge_characters}]){re.escape(printed)}(?![^{edge_characters}])")
    return pattern.sub(lambda _: masked, text)


@dataclass(frozen=True)
class PrivateCells:
    """The cells (from 0) of a line with names, account numbers, and what else is private.

    With `width` 0, lines may have any number of cells. `references` are cells that stay readable;
    if they are known, each long number of any other cell may be an account and is masked.
    """

    names: tuple[int, ...]
    numbers: tuple[int, ...]
    width: int
    separator: str
    quote: str | None
    strip: str
    hidden: tuple[int, ...] = ()
    references: tuple[int, ...] | None = None

    def mask(self, raw: str) -> str:
        """Masks them in a rejected line.

        In a line of another width, one cell shifted those behind it, so this counts cells from
        both ends of the line.
        """
        cells = split_raw_line(raw, self.separator, self.quote)
        kinds = ((self.names, mask_name), (self.numbers, mask_account_number), (self.hidden, hide))
        for indexes, mask_text in kinds:
            for cell in self._texts(cells, indexes):
                raw = mask_cell(raw, cell, mask_text(cell), self.separator, self.quote)
        if self.references is None:
            return mask_private_text(raw)
        known = self._texts(cells, self.references)
        return mask_private_text(raw, known, every_number=True)

    def _texts(self, cells: list[str], indexes: tuple[int, ...]) -> list[str]:
        """What stands in cells, counted from both ends of the line; without empty ones."""
        shift = len(cells) - self.width if self.width else 0
        places = {at for place in indexes for at in (place, place + shift) if 0 <= at < len(cells)}
        texts = (cells[at].strip(self.strip) for at in sorted(places))
        return [text for text in texts if text]


@dataclass(frozen=True)
class PrivateBytes:
    """The bytes of a fixed-width record (from 0: start, width) with names, account numbers, and
    what else is private.
    """

    names: tuple[tuple[int, int], ...]
    numbers: tuple[tuple[int, int], ...]
    encoding: str
    hidden: tuple[tuple[int, int], ...] = ()

    def mask(self, raw: str) -> str:
        """Masks them in a rejected record. Each undecodable character counts as one byte."""
        record = raw.replace("\ufffd", "?").encode(self.encoding, "replace")
        kinds = ((self.names, mask_name), (self.numbers, mask_account_number), (self.hidden, hide))
        for fields, mask_text in kinds:
            for start, width in fields:
                field = record[start : start + width]
                text = field.decode(self.encoding, "replace").strip()
                if text:
                    masked = mask_text(text).encode(self.encoding, "replace").ljust(len(field))
                    record = record[:start] + masked[: len(field)] + record[start + width :]
        return mask_private_text(record.decode(self.encoding, "replace"))
