"""A workbook (.xlsx) of tables, written row by row by XlsxWriter in bounded memory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO, NamedTuple

import xlsxwriter

from jobs.reports.money_text import Cell, Money

#: A sheet can hold 1,048,576 rows; after this many rows the next sheet begins.
SHEET_ROWS_MAX = 1_000_000
#: The most UTF-16 units that a cell can hold.
TEXT_UNITS_MAX = 32_767
_DECIMALS_MAX = 4
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class Heading(NamedTuple):
    """The heading of a column and the column's width in characters.

    A cell of a column with `choices` takes one of these, from a list.
    """

    text: str
    width: int
    choices: tuple[str, ...] = ()


class Workbook:
    """Tables with a fixed heading row, one after another, each on as many sheets as it needs.

    Text stays text. An amount is a number with its currency's decimals, or text if a spreadsheet
    would round it. The same rows give the same bytes.
    """

    def __init__(
        self, stream: IO[bytes], name: str, headings: Sequence[Heading], rows_max: int | None = None
    ) -> None:
        self._book = xlsxwriter.Workbook(stream, _OPTIONS)
        self._book.set_properties({"created": datetime(1980, 1, 1, tzinfo=UTC)})
        self._head = self._book.add_format({"bold": True})
        self._money = [
            self._book.add_format({"num_format": "#,##0" + "." * bool(decimals) + "0" * decimals})
            for decimals in range(_DECIMALS_MAX + 1)
        ]
        self._rows_max = rows_max or SHEET_ROWS_MAX
        self._begin_table(name, headings)

    def begin_table(self, name: str, headings: Sequence[Heading]) -> None:
        """Ends the table before and begins another one, on a sheet of its own."""
        self._finish_sheet()
        self._begin_table(name, headings)

    def add(self, row: Sequence[Cell]) -> None:
        """Adds one row; begins a new sheet if the last one is full."""
        if self._row >= self._rows_max:
            self._finish_sheet()
            self._begin_sheet()
        self._row += 1
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                self._sheet.write_string(self._row, column, _cut_to_cell(cell))
            elif isinstance(cell, Money) and not cell.is_number:
                self._sheet.write_string(self._row, column, cell.text)
            elif isinstance(cell, Money):
                value, style = float(cell.text), self._money[cell.decimals]
                self._sheet.write_number(self._row, column, value, style)
            elif cell is not None:
                self._sheet.write_number(self._row, column, cell)

    def close(self) -> None:
        """Flushes the rest; the stream stays open."""
        self._finish_sheet()
        self._book.close()

    def _begin_table(self, name: str, headings: Sequence[Heading]) -> None:
        self._name, self._headings, self._sheets = name, headings, 0
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self._sheets += 1
        name = self._name if self._sheets == 1 else f"{self._name} {self._sheets}"
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        self._row = 0
        for column, heading in enumerate(self._headings):
            self._sheet.set_column(column, column, heading.width)
            self._sheet.write_string(0, column, heading.text, self._head)

    def _finish_sheet(self) -> None:
        for column, heading in enumerate(self._headings):
            if heading.choices and self._row:
                rule = {"validate": "list", "source": list(heading.choices)}
                self._sheet.data_validation(1, column, self._row, column, rule)
        self._sheet.autofilter(0, 0, self._row, len(self._headings) - 1)


def _cut_to_cell(text: str) -> str:
    """Cuts a text to the size of a cell, never in the middle of a character."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * TEXT_UNITS_MAX:
        return text
    return units[: 2 * TEXT_UNITS_MAX].decode("utf-16-le", "ignore")
