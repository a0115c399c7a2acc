"""Compares a lake with the labels: every item's last row, and every wrong fee."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

Rows = list[dict[str, Any]]


def read_table(lake: Path, name: str) -> Rows:
    """All rows of a table of the lake, as dicts, whichever engine wrote them."""
    return [dict(row) for row in DeltaTable(str(lake / name)).to_pyarrow_table().to_pylist()]


def read_labels(path: Path) -> list[dict[str, str]]:
    """The rows of a label file."""
    with path.open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def find_faults(lake: Path, label_file: Path) -> list[str]:
    """One sentence per difference between the lake and the labels; empty when there is none."""
    expected = read_labels(label_file)
    faults = [*find_outcome_faults(read_table(lake, "outcomes"), expected)]
    faults += find_fee_faults(read_table(lake, "fee_checks"), expected)
    return faults


def find_settlement_faults(lake: Path, label_file: Path) -> list[str]:
    """One sentence per batch whose last row differs from its label, or that has no label."""
    last: dict[tuple[str, str], str] = {}
    rows = read_table(lake, "settlement_checks")
    for row in sorted(rows, key=lambda row: row["run_date"]):
        if row["batch"] is not None:
            last[row["channel"], row["batch"]] = (
                f"{row['run_date']} {row['result']} {row['credited']} of {row['expected']}"
            )
    expected = {
        (label["channel"], label["batch"]): (
            f"{label['run_date']} {label['result']} {label['credited']} of {label['expected']}"
        )
        for label in read_labels(label_file)
    }
    return [
        f"settlement of {' '.join(key)}: expected {expected.get(key, 'no row')},"
        f" found {last.get(key, 'no row')}"
        for key in sorted(last.keys() | expected.keys())
        if last.get(key) != expected.get(key)
    ]


def find_outcome_faults(rows: Rows, expected: list[dict[str, str]]) -> Iterable[str]:
    """Every item whose last row differs from its label, and every item without a label."""
    last: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["run_date"]):
        for key in filter(None, (row["txn_id"], row["line_id"])):
            last[key] = row
    for label in expected:
        keys = [key for key in (label["txn_id"], label["line_id"]) if key]
        expected_row = _render_label(label)
        for key in keys:
            row = last.pop(key, None)
            actual_row = _render_row(row) if row else "no row"
            if actual_row != expected_row:
                place = f"{label['channel']} {label['case']} {key}"
                yield f"{place}: expected {expected_row}, found {actual_row}"
    for key, row in last.items():
        yield f"{row['channel']} {key}: no label, found {_render_row(row)}"


def _render_label(label: dict[str, str]) -> str:
    pair = f"{label['txn_id'] or '-'} with {label['line_id'] or '-'}"
    result = f"{label['outcome']} [{label['reasons']}] {label['action']}"
    return f"{label['run_date']} {result} of {pair}"


def _render_row(row: dict[str, Any]) -> str:
    pair = f"{row['txn_id'] or '-'} with {row['line_id'] or '-'}"
    result = f"{row['outcome']} [{' '.join(row['reasons'] or ())}] {row['action']}"
    return f"{row['run_date']} {result} of {pair}"


def find_fee_faults(rows: Rows, expected: list[dict[str, str]]) -> Iterable[str]:
    """Every line whose fee check differs from its label; a line without a check is right."""
    due = {label["line_id"]: f"{label['fee_result']} {label['fee_difference']}"
           for label in expected if label["fee_result"]}  # fmt: skip
    checked = {row["line_id"]: f"{row['result']} {row['difference']}" for row in rows}
    for key in sorted(due.keys() | checked.keys()):
        if due.get(key) != checked.get(key):
            yield f"fee of {key}: expected {due.get(key, 'OK')}, found {checked.get(key, 'OK')}"
