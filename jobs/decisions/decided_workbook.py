"""Reads a workbook of breaks in which a reviewer has filled in decisions.

Source: docs/reference/decisions.md, "In a spreadsheet".
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from jobs.reports.labels import DECISION_LABELS
from jobs.reports.money_text import escape_formula
from schemas.currencies import MINOR_UNITS
from schemas.errors import DecisionRefused
from schemas.vocabulary import Effect, StatusOf

#: Columns that a decision is read from; the sheet may have others.
_COLUMNS = ("Decision", "Comment", "Run date", "Channel", "Currency", "Our amount",
            "Statement amount", "Our status", "Statement status", "Transaction", "Our currency",
            "Reason codes", "Line id")  # fmt: skip
_SHEET = "Breaks"
_NOT_XLSX = (InvalidFileException, zipfile.BadZipFile, KeyError, OSError)


@dataclass(frozen=True)
class DecidedRow:
    """A row of the sheet; `effect` is None if it has no decision.

    `place` names sheet and row. `txn_snapshot` and `line_snapshot` are status, amount (minor units)
    and currency with `|` between them, as `decisions` has them; None without that side.
    """

    place: str
    effect: Effect | None
    status_of: StatusOf | None
    comment: str
    channel: str
    run_date: date
    txn_id: str | None
    line_id: str | None
    reasons: str
    txn_snapshot: str | None
    line_snapshot: str | None


def read_decided_rows(path: str) -> list[DecidedRow]:
    """The rows of the sheets of breaks, in order; rows without a decision only if they can be read.

    Raises:
        DecisionRefused: WORKBOOK, the file is no workbook of breaks, or cells are wrong; it names
            every one.
    """
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except _NOT_XLSX as error:
        text = f"{path}: it is no workbook (.xlsx) that can be read"
        raise DecisionRefused("WORKBOOK", text) from error
    faults: list[str] = []
    rows: list[DecidedRow] = []
    sheets = [sheet for sheet in book.worksheets if sheet.title.split(" ")[0] == _SHEET]
    for sheet in sheets:
        rows += _read_sheet(sheet, faults)
    book.close()
    if not sheets:
        faults.append(f"{Path(path).name}: it has no sheet {_SHEET}")
    if faults:
        raise DecisionRefused("WORKBOOK", "; ".join(faults))
    return rows


def _read_sheet(sheet: Any, faults: list[str]) -> Iterator[DecidedRow]:
    rows = sheet.iter_rows(values_only=True)
    heads = [str(cell or "") for cell in next(rows, ())]
    if missing := [name for name in _COLUMNS if name not in heads]:
        faults.append(f"sheet {sheet.title}: it has no column {', '.join(missing)}")
        return
    places = {name: heads.index(name) for name in _COLUMNS}
    for number, cells in enumerate(rows, 2):
        values = {name: _text(cells, column) for name, column in places.items()}
        try:
            yield _read_row(f"sheet {sheet.title}, row {number}", values)
        except ValueError as error:
            # Without a decision it is an empty row, or no longer the member that was exported.
            if values["Decision"]:
                faults.append(f"sheet {sheet.title}, row {number}: {error}")


def _text(cells: Sequence[Any], column: int) -> str:
    value = cells[column] if column < len(cells) else None
    return "" if value is None else str(value).strip()


def _read_row(place: str, values: dict[str, str]) -> DecidedRow:
    """The row of these cells.

    Raises:
        ValueError: a cell is wrong, in words.
    """
    label = " ".join(values["Decision"].lower().split())
    if label and label not in DECISION_LABELS:
        raise ValueError(f"{values['Decision']!r} is none of {', '.join(DECISION_LABELS)}")
    effect, status_of = DECISION_LABELS[label] if label else (None, None)
    txn_id, line_id = _plain(values["Transaction"]), values["Line id"] or None
    if not (txn_id or line_id):
        raise ValueError("it has neither Transaction nor Line id")
    own_currency = values["Our currency"] or values["Currency"]
    ours = (values["Our status"], values["Our amount"], own_currency)
    theirs = (values["Statement status"], values["Statement amount"], values["Currency"])
    return DecidedRow(
        place,
        effect,
        status_of,
        values["Comment"],
        values["Channel"],
        date.fromisoformat(values["Run date"][:10]),
        txn_id,
        line_id,
        "+".join(values["Reason codes"].split()),
        _snapshot(*ours) if txn_id else None,
        _snapshot(*theirs) if line_id else None,
    )


def _snapshot(status: str, amount: str, currency: str) -> str:
    if currency not in MINOR_UNITS:
        raise ValueError(f"{currency!r} is no currency")
    try:
        minor = Decimal(amount).scaleb(MINOR_UNITS[currency])
    except InvalidOperation:
        raise ValueError(f"{amount!r} is no amount") from None
    if not minor.is_finite() or minor != int(minor):
        raise ValueError(f"{amount!r} is no amount of {currency}")
    return f"{status}|{int(minor)}|{currency}"


def _plain(text: str) -> str | None:
    """A text as it was before an apostrophe kept a spreadsheet from running it."""
    is_escaped = text.startswith("'") and escape_formula(text[1:]) == text
    return (text[1:] if is_escaped else text) or None
