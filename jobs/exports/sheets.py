"""Writes the rows of breaks to a CSV file and a workbook at the same time, in bounded memory."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from jobs.exports.breaks import HEADINGS
from jobs.exports.workbook import Heading, Workbook
from jobs.reports.money_text import Cell, Money


class CsvFile:
    """A CSV file for people: UTF-8 with BOM, RFC 4180."""

    def __init__(self, stream: BinaryIO, headings: Sequence[Heading] = HEADINGS) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        self._write = csv.writer(self._text, lineterminator="\r\n").writerow
        self._write([heading.text for heading in headings])

    def add(self, row: tuple[Cell, ...]) -> None:
        """Adds one row."""
        self._write([cell.text if isinstance(cell, Money) else cell for cell in row])

    def close(self) -> None:
        """Flushes the rest; the stream stays open."""
        self._text.flush()
        self._text.detach()


def write_breaks(rows: Iterable[tuple[Cell, ...]], as_csv: BinaryIO, as_xlsx: BinaryIO) -> int:
    """Writes all rows to both streams; returns their number."""
    table, book, count = CsvFile(as_csv), Workbook(as_xlsx, "Breaks", HEADINGS), 0
    for row in rows:
        count += 1
        table.add(row)
        book.add(row)
    table.close()
    book.close()
    return count
