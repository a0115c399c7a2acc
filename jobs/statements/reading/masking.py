"""Masks names and account numbers in raw lines that tieout keeps or shows."""

import csv
import re
from dataclasses import dataclass


def mask_account_number(number: str) -> str:
    """Masks an account number but for its last four characters."""
    return "*" * (len(number) - 4) + number[-4:]


def mask_name(name: str) -> str:
    """Masks a name: its first character and two stars."""
    return f"{name[:1]}**"


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
    edge_characters = re.escape(separator + (quote or "")) + r"\s\ufeff"
    pattern = re.compile(f"(?<![^{edge_characters}]){re.escape(cell)}(?![^{edge_characters}])")
    return pattern.sub(lambda _: masked, text)


@dataclass(frozen=True)
class PrivateCells:
    """The cells (from 0) of a line with names and account numbers. With `width` 0, lines may have
    any number of cells.
    """

    names: tuple[int, ...]
    numbers: tuple[int, ...]
    width: int
    separator: str
    quote: str | None
    strip: str

    def mask(self, raw: str) -> str:
        """Masks them in a rejected line.

        In a line of another width, one cell shifted those behind it, so this counts cells from
        both ends of the line.
        """
        cells = split_raw_line(raw, self.separator, self.quote)
        shift = len(cells) - self.width if self.width else 0
        for indexes, mask_text in ((self.names, mask_name), (self.numbers, mask_account_number)):
            for at in {at for place in indexes for at in (place, place + shift)}:
                cell = cells[at].strip(self.strip) if 0 <= at < len(cells) else ""
                if cell:
                    raw = mask_cell(raw, cell, mask_text(cell), self.separator, self.quote)
        return raw


@dataclass(frozen=True)
class PrivateBytes:
    """The bytes of a fixed-width record (from 0: start, width) with names and account numbers."""

    names: tuple[tuple[int, int], ...]
    numbers: tuple[tuple[int, int], ...]
    encoding: str

    def mask(self, raw: str) -> str:
        """Masks them in a rejected record. Each undecodable character counts as one byte."""
        record = raw.replace("\ufffd", "?").encode(self.encoding, "replace")
        for fields, mask_text in ((self.names, mask_name), (self.numbers, mask_account_number)):
            for start, width in fields:
                field = record[start : start + width]
                text = field.decode(self.encoding, "replace").strip()
                if text:
                    masked = mask_text(text).encode(self.encoding, "replace").ljust(len(field))
                    record = record[:start] + masked[: len(field)] + record[start + width :]
        return record.decode(self.encoding, "replace")
