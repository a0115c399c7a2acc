"""Detects the table in an unknown statement: separator, header, rows, footer."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.onboarding.evidence.foot import find_foot
from jobs.onboarding.evidence.headings import recognise_columns
from schemas.errors import FileRefused

#: The most lines to look at, from the start of a file.
LINES_MAX = 2000
HEADER_WITHIN = 200
#: The most lines to look at, from the end of a file.
FOOT_MAX = 20
SEPARATORS = (",", "\t", ";", "|", "||", "|@|", "^", "~", "\x01")
_NAMED_MIN = 2
_VALUE = re.compile(
    r"\D{0,4}\d[\d.,']*[.,]\d{1,3}\D{0,4}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?"
    r"|20\d{6}(?:\d{6})?"
)


@dataclass(frozen=True)
class Table:
    """The cells of a file: lines above the header, the header, the first rows of trades, and the
    lines below the trades, `foot`.

    Without a header, `header` has the numbers of the columns, from 1.
    """

    encoding: str
    separator: str
    quote: str | None
    above: list[str]
    header: list[str]
    rows: list[list[str]]
    foot: list[str]
    has_header: bool = True

    def split(self, line: str) -> list[str]:
        """Splits a line into cells without surrounding blanks."""
        return split_cells(line, self.separator, self.quote)


def split_cells(line: str, separator: str, quote: str | None) -> list[str]:
    """Splits a line into cells, as a layout does."""
    cells = line.split(separator)
    if quote is not None and quote in line:
        try:
            cells = next(csv.reader([line], delimiter=separator, quotechar=quote), [""])
        except csv.Error:
            cells = line.split(separator)
    return [cell.strip(" \t\r\ufeff") for cell in cells]


def detect_table(
    head: Sequence[str], tail: Sequence[str], encoding: str, name: str, separator: str | None = None
) -> Table:
    """Detects the table in the first and last lines of a text.

    Raises:
        FileRefused: no separator splits its lines, or no line looks like a header.
    """
    lines = list(head[:LINES_MAX])
    chosen = _detect_separator(lines) if separator is None else separator
    if chosen is None:
        raise _not_recognised(
            name, "no comma, tab, bar or similar character splits its lines into columns"
        )
    has_quotes = len(chosen) == 1 and any(
        line.startswith('"') or f'{chosen}"' in line for line in lines
    )
    quote = '"' if has_quotes and separator is None else None
    rows_of_cells = [split_cells(line, chosen, quote) for line in lines]
    header_at = _find_header(rows_of_cells)
    last = [line for line in tail if line.strip()][-FOOT_MAX:]
    if header_at is None:
        first = _find_first_row(rows_of_cells)
        if first is None:
            raise _not_recognised(name, "no lines of it have amounts or dates in columns")
        header_at = first - 1
        is_data = header_at < 0 or _has_values(rows_of_cells[header_at])
        is_data |= len(rows_of_cells[header_at]) != len(rows_of_cells[first])
        if is_data:
            header = [str(number) for number in range(1, len(rows_of_cells[first]) + 1)]
            rows, foot = _divide(rows_of_cells[first:], last, chosen, quote)
            return Table(encoding, chosen, quote, lines[:first], header, rows, foot, False)
    header = rows_of_cells[header_at]
    headers = [at for at, line in enumerate(last) if split_cells(line, chosen, quote) == header]
    last = last[headers[-1] + 1 :] if headers else last
    rows, foot = _divide(rows_of_cells[header_at + 1 :], last, chosen, quote)
    return Table(encoding, chosen, quote, lines[:header_at], header, rows, foot)


def _divide(
    rows_of_cells: Sequence[list[str]], last: Sequence[str], separator: str, quote: str | None
) -> tuple[list[list[str]], list[str]]:
    """The rows of trades without blank ones, and the lines below them."""
    rows = [row for row in rows_of_cells if any(row)]
    foot = find_foot(last, rows, lambda line: split_cells(line, separator, quote))
    foot_cells = [split_cells(line, separator, quote) for line in foot]
    while rows and rows[-1] in foot_cells:
        rows.pop()
    return rows, foot


def _find_first_row(rows_of_cells: Sequence[Sequence[str]]) -> int | None:
    """The number of the first row with values, of the width that most such rows have."""
    widths = Counter(len(row) for row in rows_of_cells if _has_values(row))
    if not widths:
        return None
    width = widths.most_common(1)[0][0]
    return next(
        at for at, row in enumerate(rows_of_cells) if len(row) == width and _has_values(row)
    )


def _has_values(row: Sequence[str]) -> bool:
    """Whether cells of a row are an amount with decimals or a date, as no heading is."""
    return len(row) > 1 and any(_VALUE.fullmatch(cell) for cell in row)


def _not_recognised(name: str, reason: str) -> FileRefused:
    return FileRefused(
        "NOT_RECOGNISED", name, reason,
        "take the nearest page of `tieout profile list` and describe the file in it",
    )  # fmt: skip


def _detect_separator(lines: Sequence[str]) -> str | None:
    """The separator that splits the most lines into the same number of cells, and more cells."""
    best, score = None, 0
    for separator in SEPARATORS:
        quote = '"' if len(separator) == 1 else None
        widths = Counter(len(split_cells(line, separator, quote)) for line in lines if line.strip())
        widths.pop(1, None)
        if widths:
            width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] - 1), item[0]))
            if count * (width - 1) > score:
                best, score = separator, count * (width - 1)
    return best


def _find_header(rows_of_cells: Sequence[Sequence[str]]) -> int | None:
    """The number of the line with the most known headings; the first of several."""
    counts = [len(recognise_columns(list(row))) for row in rows_of_cells[:HEADER_WITHIN]]
    most = max(counts, default=0)
    return counts.index(most) if most >= _NAMED_MIN else None
