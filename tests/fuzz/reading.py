"""Reads one statement file as `ingest` does, without an engine."""

import tempfile
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq

from jobs.ingestion.gates.balance_gaps import describe_gaps
from jobs.ingestion.gates.control_totals import compare_totals, control_total_failures
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import ParsedFile, merge_results, parse_blocks, plan_tasks
from jobs.storage import archive
from jobs.storage.archive import BLOCK_BYTES, Storage, archive_file
from schemas.errors import FileRefused
from schemas.profile.channel import Profile


@dataclass
class ReadResult:
    """The result of a file: `ACCEPTED` or the reasons, its lines, rejected lines, totals and
    what is missing between its balances."""

    verdict: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    totals: list[dict[str, Any]] = field(default_factory=list)
    has_running_balance: bool = False
    gaps: list[str] = field(default_factory=list)

    @property
    def is_accepted(self) -> bool:
        """Whether tieout accepts the file."""
        return self.verdict == "ACCEPTED"

    def is_proved(self, name: str) -> bool:
        """Whether the file's declared totals prove `count`, `amount` or `fee`."""
        return not any(row["name"] == name and row["declared"] is None for row in self.totals)


def read_statement(
    content: bytes,
    profile: Profile,
    day: date,
    name: str = "statement.csv",
    block_bytes: int = BLOCK_BYTES,
) -> ReadResult:
    """Reads a file's bytes in blocks of about `block_bytes`.

    A refused file gives a verdict and raises nothing. Any exception is a fault of tieout.
    """
    with tempfile.TemporaryDirectory() as folder, patch.object(archive, "BLOCK_BYTES", block_bytes):
        storage = Storage(folder)
        archived = archive_file(storage, BytesIO(content))
        assert profile.files is not None
        try:
            plain = decompress(storage, archived, name, "scratch", profile)
            plan = plan_file(storage, plain, name, profile, day)
            tasks = plan_tasks(storage, plain, plan, profile, day)
        except FileRefused as fault:
            return ReadResult(str(fault))
        results = [parse_blocks(task) for task in tasks]
        # A file without lines has no tasks.
        parsed = merge_results(tasks, results).get(archived.file_id, ParsedFile(archived.file_id))
        totals, _ = compare_totals(parsed, plan)
        rows = {
            table: [
                row
                for file in files
                for row in pq.ParquetFile(f"{folder}/{table}/{file.path}").read().to_pylist()
            ]
            for table, files in (
                ("statement_lines", parsed.line_files),
                ("rejected_lines", parsed.rejected_files),
            )
        }
    return ReadResult(
        control_total_failures(parsed, plan, profile.files, name, day) or "ACCEPTED",
        sorted(rows["statement_lines"], key=lambda row: int(row["line_no"])),
        sorted(rows["rejected_lines"], key=lambda row: int(row["line_no"])),
        totals,
        bool(parsed.balance_segments),
        describe_gaps(name, parsed.balance_spans),
    )
