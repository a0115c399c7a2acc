"""A statement read by a profile as ingest would read it, in a folder of its own that is gone after.

Shows the first lines as they would land, totals declared and computed, what is rejected, and
guesses what is wrong.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.ingestion.control_totals import compare_totals, control_total_failures
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import ParsedFile, merge_results, parse_blocks, plan_tasks
from jobs.onboarding.guess import guesses
from jobs.statements.canonical.timestamps import day_in
from jobs.storage.archive import Storage, archive_file
from schemas.currencies import in_major_units
from schemas.errors import ConfigurationError, FileRefused
from schemas.profile.channel import Profile

_SHOWN = ("line_no", "kind", "status", "amount", "fee", "currency", "our_ref", "channel_ref",
          "traded_at")  # fmt: skip
_CELL_MAX = 28


@dataclass(frozen=True)
class Trial:
    """What a file would come to, for people (`shown`) and for programs (`body`)."""

    accepted: bool
    shown: list[str]
    body: dict[str, Any]


def tried(profile: Profile, statement: Path, day: date | None, lines_max: int) -> Trial:
    """Reads a statement by a profile; nothing is kept.

    Raises:
        ConfigurationError: the channel sends no files.
    """
    files = profile.files
    if files is None:
        raise ConfigurationError([f"{profile.channel} sends no statements"])
    pattern = files.pattern.rsplit("/", 1)[-1]
    day = day or day_in(statement.name, pattern)
    head = statement.read_bytes()[: 2**20]
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(folder)
        with statement.open("rb") as source:
            kept = archive_file(storage, source)
        try:
            plain = decompress(storage, kept, statement.name, "scratch", profile)
            plan = plan_file(storage, plain, statement.name, profile, day)
            tasks = plan_tasks(storage, plain, plan, profile, day or date(1970, 1, 1))
        except FileRefused as fault:
            hints = guesses(profile, statement.name, head, [])
            return _refused(str(fault), hints)
        done = [parse_blocks(task) for task in tasks]
        landed = merge_results(tasks, done).get(kept.file_id, ParsedFile(kept.file_id))
        seen = Counter(landed.days).most_common(1)
        known = day or (date.fromisoformat(seen[0][0]) if seen else date(1970, 1, 1))
        totals, _ = compare_totals(landed, plan)
        said = control_total_failures(landed, plan, files, statement.name, known)
        lines = _rows(folder, "statement_lines", [each.path for each in landed.lines], lines_max)
        rejected = _rows(folder, "rejected_lines", [each.path for each in landed.rejected], 5)
    reasons = [str(row["reason"]) for row in rejected]
    hints = guesses(profile, statement.name, head, reasons) if said else []
    shown = _table(lines)
    shown += ["", f"{landed.line_count:,} lines, {landed.rejected_count:,} rejected"]
    shown += [
        f"  line {row['line_no']}: {row['reason']}   {str(row['raw'])[:80]}" for row in rejected
    ]
    shown += ["", "totals (declared, computed):", *(_total(row) for row in totals)]
    shown += ["", f"would be REFUSED: {said}" if said else "would be ACCEPTED"]
    shown += [f"  perhaps: {hint}" for hint in hints]
    body = {
        "verdict": said or "ACCEPTED",
        "lines": landed.line_count,
        "rejected": landed.rejected_count,
        "totals": totals,
        "days": dict(landed.days),
        "guesses": hints,
    }
    return Trial(said is None, shown, body)


def _refused(said: str, hints: list[str]) -> Trial:
    shown = [f"would be REFUSED: {said}", *(f"  perhaps: {hint}" for hint in hints)]
    return Trial(False, shown, {"verdict": said, "lines": 0, "rejected": 0, "guesses": hints})


def _rows(folder: str, table: str, paths: Sequence[str], most: int) -> list[dict[str, Any]]:
    """The first rows, by their line numbers."""
    if not paths:
        return []
    whole = pa.concat_tables(pq.ParquetFile(f"{folder}/{table}/{path}").read() for path in paths)
    rows: list[dict[str, Any]] = whole.sort_by("line_no").slice(0, most).to_pylist()
    return rows


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    cells = [list(_SHOWN)]
    for row in rows:
        shown = []
        for name in _SHOWN:
            value = row[name]
            if name in ("amount", "fee") and value is not None:
                value = in_major_units(value, row["currency"])
            elif name == "traded_at" and value is not None:
                value = f"{value:%Y-%m-%d %H:%M:%S}Z"
            shown.append("" if value is None else str(value)[:_CELL_MAX])
        cells.append(shown)
    widths = [max(len(row[place]) for row in cells) for place in range(len(_SHOWN))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _total(row: Mapping[str, Any]) -> str:
    code = row["currency"]
    values = [
        "unchecked" if value is None else in_major_units(value, code) if code else f"{value:,}"
        for value in (row["declared"], row["computed"])
    ]
    mark = "" if row["declared"] in (None, row["computed"]) else "   DIFFERS"
    return f"  {row['name']:<24} {code or '':<4} {values[0]:>18} {values[1]:>18}{mark}"
