"""Holds a lake against the labels: every item's last row, and every fee that is off."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

Rows = list[dict[str, Any]]


def table(lake: Path, name: str) -> Rows:
    """All rows of a table of the lake, as dicts, whichever engine wrote them."""
    return [dict(row) for row in DeltaTable(str(lake / name)).to_pyarrow_table().to_pylist()]


def labels(path: Path) -> list[dict[str, str]]:
    """The rows of a label file."""
    with path.open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def faults(lake: Path, label_file: Path) -> list[str]:
    """What differs between the lake and the labels, a sentence each; empty when all is right."""
    expected = labels(label_file)
    found = [*outcome_faults(table(lake, "outcomes"), expected)]
    found += fee_faults(table(lake, "fee_checks"), expected)
    return found


def outcome_faults(rows: Rows, expected: list[dict[str, str]]) -> Iterable[str]:
    """Every item whose last row is not as labelled, and every one without a label."""
    last: dict[str, dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["run_date"]):
        for key in filter(None, (row["txn_id"], row["line_id"])):
            last[key] = row
    for label in expected:
        keys = [key for key in (label["txn_id"], label["line_id"]) if key]
        wanted = _wanted(label)
        for key in keys:
            row = last.pop(key, None)
            got = _got(row) if row else "no row"
            if got != wanted:
                yield f"{label['channel']} {label['case']} {key}: expected {wanted}, found {got}"
    for key, row in last.items():
        yield f"{row['channel']} {key}: no label, found {_got(row)}"


def _wanted(label: dict[str, str]) -> str:
    pair = f"{label['txn_id'] or '-'} with {label['line_id'] or '-'}"
    says = f"{label['outcome']} [{label['reasons']}] {label['action']}"
    return f"{label['run_date']} {says} of {pair}"


def _got(row: dict[str, Any]) -> str:
    pair = f"{row['txn_id'] or '-'} with {row['line_id'] or '-'}"
    says = f"{row['outcome']} [{' '.join(row['reasons'] or ())}] {row['action']}"
    return f"{row['run_date']} {says} of {pair}"


def fee_faults(rows: Rows, expected: list[dict[str, str]]) -> Iterable[str]:
    """Every line whose fee check is not as labelled; a line without one is in order."""
    wanted = {label["line_id"]: f"{label['fee_result']} {label['fee_difference']}"
              for label in expected if label["fee_result"]}  # fmt: skip
    found = {row["line_id"]: f"{row['result']} {row['difference']}" for row in rows}
    for key in sorted(wanted.keys() | found.keys()):
        if wanted.get(key) != found.get(key):
            yield f"fee of {key}: expected {wanted.get(key, 'OK')}, found {found.get(key, 'OK')}"
