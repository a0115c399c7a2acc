"""Golden files: what a statement lands as, and the page of the tables. `make golden` writes anew.

A case is a folder below `golden/`: `profile.yaml`, a statement beside it, and `landed.json`,
the lines, rejected lines and totals that must come of it. Below `shipped/` the folder is named
after the shipped profile that reads it. `python -m tests.support.golden` shows what
changes and writes it; the test only compares.
"""

import difflib
import json
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from ruamel.yaml import YAML

from jobs.ingestion.control_totals import compare_totals, control_total_failures
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import merge_results as summed
from jobs.ingestion.parse_tasks import parse_blocks, plan_tasks
from jobs.storage.archive import Storage, archive_file
from schemas.profile.channel import Profile
from schemas.tables import TABLES
from tests.support.paths import GOLDEN, ROOT

SHIPPED = ROOT / "schemas" / "shipped_profiles"
TABLES_PAGE = ROOT / "docs" / "reference" / "tables.md"
DAY = date(2026, 11, 16)


def cases() -> list[Path]:
    """The folders of all cases."""
    own = [path.parent for path in GOLDEN.glob("*/*/profile.yaml")]
    return sorted([*own, *(path for path in GOLDEN.glob("shipped/*") if path.is_dir())])


def profile_of(case: Path) -> Profile:
    """A case's own profile, or the shipped one that it is named after."""
    page = case / "profile.yaml"
    if case.parent.name == "shipped":
        page = SHIPPED / f"{case.name}.yaml"
    return Profile.model_validate(YAML().load(page.read_text("utf-8")))


def landed(case: Path) -> str:
    """What a case's statement lands as, as JSON text."""
    profile = profile_of(case)
    statement = next(p for p in sorted(case.iterdir()) if p.name.startswith("statement"))
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(folder)
        with statement.open("rb") as source:
            kept = archive_file(storage, source)
        plain = decompress(storage, kept, statement.name, "scratch", profile)
        plan = plan_file(storage, plain, statement.name, profile, DAY)
        tasks = plan_tasks(storage, plain, plan, profile, DAY)
        result = summed(tasks, [parse_blocks(task) for task in tasks])[kept.file_id]
        totals, _ = compare_totals(result, plan)
        told = {
            "verdict": control_total_failures(result, plan, profile.files, statement.name, DAY)
            or "ACCEPTED",
            "totals": totals,
            "lines": [
                row
                for each in result.lines
                for row in _rows(f"{folder}/statement_lines/{each.path}")
            ],
            "rejected": [
                row
                for each in result.rejected
                for row in _rows(f"{folder}/rejected_lines/{each.path}")
            ],
        }
    return json.dumps(told, ensure_ascii=False, indent=1, default=str) + "\n"


def _rows(path: str) -> list[dict[str, Any]]:
    rows = pq.ParquetFile(path).read().to_pylist()
    return [
        {
            name: value
            for name, value in row.items()
            if value is not None and name not in ("file_id", "line_id")
        }
        for row in rows
    ]


def tables_page() -> str:
    """The reference page of the tables, from their definitions."""
    out = [
        "# Tables",
        "",
        "Made from `schemas/tables.py` by `make golden`. Amounts are BIGINT minor"
        " units next to an ISO 4217 `currency`;",
        "timestamps are UTC; `*_norm` are references normalized for joining ([rules](rules.md)).",
        "",
    ]
    for table in TABLES:
        by = (
            f" Partitions: {', '.join(f'`{name}`' for name in table.partitions)}."
            if (table.partitions)
            else ""
        )
        out += [
            f"## {table.name}",
            "",
            f"{table.grain[0].upper()}{table.grain[1:]}.{by}",
            "",
            "| column | type |",
            "| --- | --- |",
        ]
        out += [f"| `{field.name}` | {field.dataType.simpleString()} |" for field in table.schema]
        out.append("")
    return "\n".join(out)


def expected() -> dict[Path, str]:
    """Every golden file and what must stand in it."""
    return {case / "landed.json": landed(case) for case in cases()} | {TABLES_PAGE: tables_page()}


def main() -> int:
    """Writes golden files anew, showing what changes."""
    for path, text in expected().items():
        old = path.read_text("utf-8") if path.exists() else ""
        if old != text:
            sys.stdout.writelines(
                difflib.unified_diff(
                    old.splitlines(True),
                    text.splitlines(True),
                    f"{path.name} (old)",
                    str(path.name),
                )
            )
            path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
