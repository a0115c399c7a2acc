"""One statement file read as `ingest` reads it, without an engine: what is told of it."""

import tempfile
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq

from jobs.ingestion.control_totals import totals_of, verdict
from jobs.ingestion.open_file import plain_of, planned
from jobs.ingestion.parse_tasks import Landed, carried_out, landed_by, tasks_of
from jobs.storage import archive
from jobs.storage.archive import BLOCK_BYTES, Storage, receive
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
        kept = receive(storage, BytesIO(content))
        assert profile.files is not None
        try:
            plain = plain_of(storage, kept, name, "scratch", profile)
            plan = planned(storage, plain, name, profile, day)
            tasks = tasks_of(storage, plain, plan, profile, day)
        except FileRefused as fault:
            return Told(str(fault))
        done = [carried_out(task) for task in tasks]
        # A file without lines has no tasks.
        landed = landed_by(tasks, done).get(kept.file_id, Landed(kept.file_id))
        totals, _ = totals_of(landed, plan)
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
        verdict(landed, plan, profile.files, name, day) or "ACCEPTED",
        sorted(rows["statement_lines"], key=lambda row: int(row["line_no"])),
        sorted(rows["rejected_lines"], key=lambda row: int(row["line_no"])),
        totals,
        bool(landed.links),
    )
