"""`exports/<run_date>/settlement.csv`: what people have to look at after the settlement of a date.

Rows of `settlement_checks` of all channels that ask for something, the largest difference first,
currency by currency.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.exports.file_places import FilePlaces
from jobs.exports.sheets import CsvFile
from jobs.exports.workbook import Heading
from jobs.lake.tables import Lake
from jobs.reports.labels import ACTION_LABELS
from jobs.reports.money_text import Cell, escape_formula, money_cell
from jobs.storage.atomic_folder import replace_file
from schemas.tables import SETTLEMENT_CHECKS, STATEMENT_FILES
from schemas.vocabulary import Action

Row = Mapping[str, Any]
NAME = "settlement.csv"
HEADINGS = (
    Heading("Run date", 11),
    Heading("Channel", 12),
    Heading("Bank account", 14),
    Heading("Batch", 28),
    Heading("Number", 8),
    Heading("Merchant", 16),
    Heading("Batch date", 11),
    Heading("Result", 20),
    Heading("Reasons", 24),
    Heading("Currency", 9),
    Heading("Expected", 14),
    Heading("Credited", 14),
    Heading("Difference", 14),
    Heading("Due on", 11),
    Heading("Suggested action", 34),
    Heading("Credits", 40),
)
#: What asks nothing of anybody.
_QUIET = (Action.NONE.value, Action.WAIT.value)


def write_exceptions(lake: Lake, banks: Mapping[str, str], dates: Collection[date]) -> list[str]:
    """Writes the file of each date, whole or not at all, also if it has no row; returns their paths
    below the lake.

    `banks` gives the bank account of each channel that is settled. The same rows give the same
    bytes.
    """
    if not dates:
        return []
    columns = ("file_id", "file_name", "status", "received_at")
    names = sorted({*banks.values()})
    places = FilePlaces(lake.read_rows(STATEMENT_FILES, columns, channel=names))
    is_loud = ~pc.field("action").isin(pa.array(_QUIET))
    written = []
    for day in sorted(dates):
        rows = lake.read_arrow(SETTLEMENT_CHECKS, day, day, None, is_loud).to_pylist()
        path = f"exports/{day}/{NAME}"
        rows = sorted((row for row in rows if row["channel"] in banks), key=_place)
        files = lake.storage.fs
        with (
            replace_file(files, lake.storage.full_path(path)) as new_file,
            files.open_output_stream(new_file, compression=None) as stream,
        ):
            table = CsvFile(stream, HEADINGS)
            for row in rows:
                table.add(tuple(_render(row, banks, places)))
            table.close()
        written.append(path)
    return written


def _place(row: Row) -> tuple[Any, ...]:
    at_stake = abs(row["difference"] or 0)
    name = [str(row[each]) for each in ("channel", "batch", "batch_no", "per", "result")]
    return row["currency"], -at_stake, *name, str(row["credit_line_ids"])


def _render(row: Row, banks: Mapping[str, str], places: FilePlaces) -> Iterator[Cell]:
    code = row["currency"]
    credits = [places.text_of(line_id) or "" for line_id in row["credit_line_ids"] or ()]
    yield str(row["run_date"])
    yield row["channel"]
    yield banks[row["channel"]]
    yield escape_formula(row["batch"])
    yield row["batch_no"]
    yield escape_formula(row["per"] or None)
    yield str(row["batch_date"]) if row["batch_date"] else None
    yield row["result"]
    yield ", ".join(row["reasons"] or ())
    yield code
    yield money_cell(row["expected"], code)
    yield money_cell(row["credited"], code)
    yield money_cell(row["difference"], code)
    yield str(row["due_date"]) if row["due_date"] else None
    yield ACTION_LABELS[row["action"]]
    yield escape_formula(", ".join(credits))
