"""Writes a day's rows to a CSV file and a workbook at the same time, in bounded memory."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from sys import maxsize
from typing import BinaryIO

from jobs.exports import fee_differences, overview
from jobs.exports.breaks import DECISION_HEADINGS, HEADINGS
from jobs.exports.sections import ROWS_MAX, Section
from jobs.exports.workbook import Heading, Workbook
from jobs.reports.money_text import Cell, Money

Rows = Iterable[tuple[Cell, ...]]


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


def write_breaks(
    summary: Rows,
    rows: Iterable[tuple[Section, tuple[Cell, ...]]],
    section_sizes: Mapping[Section, int],
    fees: Rows,
    as_csv: BinaryIO,
    as_xlsx: BinaryIO,
) -> int:
    """Writes the breaks to `as_csv`, and all sheets to `as_xlsx`; returns the number of breaks.

    `rows` come section by section, in the order of `Section`; `section_sizes` says how many there
    are in all, so that a sheet that is cut says so.
    """
    book = Workbook(as_xlsx, overview.NAME, overview.HEADINGS)
    for row in summary:
        book.add(row)
    table, breaks = CsvFile(as_csv), 0
    groups = groupby(rows, key=itemgetter(0))
    next_group = next(groups, None)
    for section in Section:
        decision = DECISION_HEADINGS if section == Section.BREAKS else ()
        book.begin_table(section.value, (*decision, *HEADINGS))
        if next_group is not None and next_group[0] == section:
            for _, row in next_group[1]:
                book.add((*[None] * len(decision), *row))
                if section == Section.BREAKS:
                    table.add(row)
                    breaks += 1
            next_group = next(groups, None)
        surplus = section_sizes.get(section, 0) - ROWS_MAX.get(section, maxsize)
        if surplus > 0:
            note = f"and {surplus:,} more, with less money: see the table outcomes"
            book.add((note, *[None] * (len(HEADINGS) - 1)))
    book.begin_table(fee_differences.NAME, fee_differences.HEADINGS)
    for row in fees:
        book.add(row)
    table.close()
    book.close()
    return breaks
