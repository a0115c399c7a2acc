"""One statement file read as `ingest` reads it, without an engine: what is told of it."""

import tempfile
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq

from jobs.ingestion.control_totals import compare_totals, control_total_failures
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import ParsedFile, merge_results, parse_blocks, plan_tasks
from jobs.storage import archive
from jobs.storage.archive import BLOCK_BYTES, Storage, archive_file
from schemas.errors import FileRefused
from schemas.profile.channel import Profile


@dataclass
class Told:
    """What became of a file: `ACCEPTED` or the reasons, its lines, and its totals as they stand."""

    verdict: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    totals: list[dict[str, Any]] = field(default_factory=list)
    chained: bool = False

    @property
    def accepted(self) -> bool:
        """Whether its lines would be in force."""
        return self.verdict == "ACCEPTED"

    def checked(self, name: str) -> bool:
        """Whether `count`, `amount` or `fee` is proved by what the file declares."""
        return not any(row["name"] == name and row["declared"] is None for row in self.totals)


def read(
    content: bytes,
    profile: Profile,
    day: date,
    name: str = "statement.csv",
    block_bytes: int = BLOCK_BYTES,
) -> Told:
    """Reads a file's bytes in blocks of about `block_bytes`.

    Nothing is raised for a file that is refused by name; whatever is raised is a fault of ours.
    """
    with tempfile.TemporaryDirectory() as folder, patch.object(archive, "BLOCK_BYTES", block_bytes):
        storage = Storage(folder)
        kept = archive_file(storage, BytesIO(content))
        assert profile.files is not None
        try:
            plain = decompress(storage, kept, name, "scratch", profile)
            plan = plan_file(storage, plain, name, profile, day)
            tasks = plan_tasks(storage, plain, plan, profile, day)
        except FileRefused as fault:
            return Told(str(fault))
        done = [parse_blocks(task) for task in tasks]
        # A file without lines has no tasks.
        landed = merge_results(tasks, done).get(kept.file_id, ParsedFile(kept.file_id))
        totals, _ = compare_totals(landed, plan)
        rows = {
            table: [
                row
                for each in files
                for row in pq.ParquetFile(f"{folder}/{table}/{each.path}").read().to_pylist()
            ]
            for table, files in (
                ("statement_lines", landed.lines),
                ("rejected_lines", landed.rejected),
            )
        }
    return Told(
        control_total_failures(landed, plan, profile.files, name, day) or "ACCEPTED",
        sorted(rows["statement_lines"], key=lambda row: int(row["line_no"])),
        sorted(rows["rejected_lines"], key=lambda row: int(row["line_no"])),
        totals,
        bool(landed.links),
    )
