"""Golden files: the rows of statements, and the tables page. `make golden` rewrites them.

A case is a folder below `golden/`: `profile.yaml`, a statement, and `landed.json` with the lines,
rejected lines and totals that tieout must read. A folder below `shipped/` has the name of the
shipped profile that reads it. `python -m tests.support.golden` shows what changes and writes it;
the test only compares.
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

from jobs.ingestion.gates.control_totals import compare_totals, control_total_failures
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


def list_cases() -> list[Path]:
    """Lists the folders of all cases."""
    own = [path.parent for path in GOLDEN.glob("*/*/profile.yaml")]
    return sorted([*own, *(path for path in GOLDEN.glob("shipped/*") if path.is_dir())])


def load_profile(case: Path) -> Profile:
    """Loads a case's own profile, or the shipped profile of its name."""
    page = case / "profile.yaml"
    if case.parent.name == "shipped":
        page = SHIPPED / f"{case.name}.yaml"
    return Profile.model_validate(YAML().load(page.read_text("utf-8")))


def parse_case(case: Path) -> str:
    """Reads a case's statement as `ingest` does; returns verdict, totals and rows as JSON text."""
    profile = load_profile(case)
    statement = next(p for p in sorted(case.iterdir()) if p.name.startswith("statement"))
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(folder)
        with statement.open("rb") as source:
            archived = archive_file(storage, source)
        plain = decompress(storage, archived, statement.name, "scratch", profile)
        plan = plan_file(storage, plain, statement.name, profile, DAY)
        tasks = plan_tasks(storage, plain, plan, profile, DAY)
        result = summed(tasks, [parse_blocks(task) for task in tasks])[archived.file_id]
        totals, _ = compare_totals(result, plan)
        content = {
            "verdict": control_total_failures(result, plan, profile.files, statement.name, DAY)
            or "ACCEPTED",
            "totals": totals,
            "lines": [
                row
                for file in result.line_files
                for row in _read_rows(f"{folder}/statement_lines/{file.path}")
            ],
            "rejected": [
                row
                for file in result.rejected_files
                for row in _read_rows(f"{folder}/rejected_lines/{file.path}")
            ],
        }
    return json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n"


def _read_rows(path: str) -> list[dict[str, Any]]:
    rows = pq.ParquetFile(path).read().to_pylist()
    return [
        {
            name: value
            for name, value in row.items()
            if value is not None and name not in ("file_id", "line_id")
        }
        for row in rows
    ]


def render_tables_page() -> str:
    """Renders the reference page of the tables from their definitions."""
    lines = [
        "# Tables",
        "",
        "Made from `schemas/tables/` by `make golden`. Amounts are BIGINT minor"
        " units next to an ISO 4217 `currency`;",
        "timestamps are UTC; `*_norm` are references normalized for joining ([rules](rules.md)).",
        "New tables carry the descriptions as column comments in the Delta log.",
        "",
        "A table that an earlier version made keeps its rows. Readers see columns under today's"
        " names; the first command that",
        "writes renames them and adds missing ones, null in older rows.",
        "",
    ]
    for table in TABLES:
        partitions = (
            f" Partitions: {', '.join(f'`{name}`' for name in table.partitions)}."
            if (table.partitions)
            else ""
        )
        lines += [
            f"## {table.name}",
            "",
            f"{table.grain[0].upper()}{table.grain[1:]}.{partitions}",
            "",
            "| column | type | description |",
            "| --- | --- | --- |",
        ]
        lines += [
            f"| `{column.name}` | {column.type.simpleString()} | {_escape(column.description)} |"
            for column in table.definition
        ]
        lines.append("")
    return "\n".join(lines)


def _escape(text: str) -> str:
    """Text of a cell of a Markdown table."""
    return text.replace("|", "\\|")


def render_expected() -> dict[Path, str]:
    """Renders every golden file: path to text."""
    return {case / "landed.json": parse_case(case) for case in list_cases()} | {
        TABLES_PAGE: render_tables_page()
    }


def main() -> int:
    """Rewrites the golden files and shows what changes."""
    for path, text in render_expected().items():
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
