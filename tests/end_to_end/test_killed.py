"""A process dies between any two writes: the lake stays right, and the same command repairs it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from jobs.cli.lake_session import open_lake
from jobs.exports import export_day
from jobs.fees import check_day
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.errors import LakeInconsistent
from schemas.fee_schedule import FeeEntry, FeeSchedule
from schemas.tables import (
    FEE_CHECKS,
    FEE_TOTALS,
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    REJECTED_LINES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from tests.support.first_by_day import first_by_day
from tests.support.ledger import day, file_line, file_txn
from tests.support.paths import ROOT
from tests.support.pipeline_fixture import PipelineFixture

WRITES = ("commit_files", "commit_day", "change_rows", "append_rows")
TABLES = (STATEMENT_LINES, REJECTED_LINES, INTERNAL_TRANSACTIONS, OUTCOMES, OPEN_ITEMS, FEE_CHECKS,
          FEE_TOTALS)  # fmt: skip
SCHEDULE = FeeSchedule(channel="bank", entries=(FeeEntry(name="all", rate="0.006"),))


class Killed(BaseException):
    """Stands for the end of the process; no code catches it."""


def make_pipeline(root: Path, lake: Lake) -> PipelineFixture:
    """A pipeline whose inbox has a statement and a snapshot of one day."""
    pipeline = PipelineFixture(root, lake)
    pipeline.write_statement(0, file_line("A"), file_line("B", "9.99"), file_line("C", fee="0.07"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"), file_txn("D"))
    return pipeline


def run_jobs(pipeline: PipelineFixture) -> None:
    """Runs the jobs that the scheduler runs for a day."""
    pipeline.ingest(0)
    pipeline.match(0)
    profile = pipeline.config.profiles["bank"]
    check_day.record_fee_check(pipeline.lake, profile, SCHEDULE, day(0))
    export_day.record_export(pipeline.lake, profile, day(0))


def read_state(lake: Lake) -> dict[str, Any]:
    """Reads all rows of all tables, and the exported breaks."""
    rows = {table.name: sorted(str(row) for row in lake.read(table).collect()) for table in TABLES}
    rows["files"] = sorted(
        str((row["file_name"], row["version"], row["status"], row["line_count"]))
        for row in lake.read_rows(STATEMENT_FILES)
        if row["status"] != "DUPLICATE"
    )
    breaks = Path(lake.uri) / "exports" / str(day(0)) / "bank" / "breaks.csv"
    rows["breaks"] = breaks.read_text("utf-8-sig") if breaks.exists() else ""
    return rows


def around_writes(
    lake: Lake, before: Callable[[int], object], after: Callable[[int], object]
) -> Callable[[], int]:
    """Calls `before` and `after` with the number of each write of a lake.

    It also counts a write within another. Returns a function that returns the number of writes.
    """
    count = 0

    def wrap(write: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            number = count
            before(number)
            result = write(*args, **kwargs)
            after(number)
            return result

        return call

    for name in WRITES:
        setattr(lake, name, wrap(getattr(lake, name)))
    return lambda: count


def kill_at_write(lake: Lake, kill_at: int, after: bool) -> None:
    """Raises `Killed` at the n-th write of the lake, before or after the write."""

    def kill(number: int) -> None:
        if number == kill_at:
            raise Killed

    around_writes(lake, *((lambda number: None, kill) if after else (kill, lambda number: None)))


def snapshot_each_write(pipeline: PipelineFixture, folder: Path) -> Callable[[], list[Path]]:
    """Copies the pipeline on disk, as a dead process leaves it, around the writes of its lake.

    It copies before each write and after every third one: after a write the state is much the same
    as before the next. The returned function adds a copy of the end and returns all copies.
    """

    def copy_pipeline(name: str) -> None:
        shutil.copytree(pipeline.root, folder / name)

    write_count = around_writes(
        pipeline.lake,
        lambda number: copy_pipeline(f"{number:02}-before"),
        lambda number: number % 3 or copy_pipeline(f"{number:02}-after"),
    )

    def list_snapshots() -> list[Path]:
        copy_pipeline("end")
        snapshots = sorted(folder.iterdir())
        assert len(snapshots) == write_count() + write_count() // 3 + 1
        return snapshots

    return list_snapshots


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.nightly)])
def test_rerun_after_a_kill_at_any_write_gives_the_same_rows(
    spark, tmp_path: Path, step: int
) -> None:
    """For each write of a day the process dies before or after it; a rerun completes all tables.
    By day every third of these moments, by night all of them.
    """
    clean = make_pipeline(tmp_path / "clean", Lake(spark, str(tmp_path / "clean/lake")).prepare())
    list_snapshots = snapshot_each_write(clean, tmp_path / "snapshots")
    run_jobs(clean)
    snapshots, expected = list_snapshots(), read_state(clean.lake)
    assert len(snapshots) >= 13
    for root in snapshots[::step]:
        pipeline = PipelineFixture(root, Lake(spark, str(root / "lake")).prepare())
        assert_consistent(pipeline)
        run_jobs(pipeline)
        assert read_state(pipeline.lake) == expected, root.name


def assert_consistent(pipeline: PipelineFixture) -> None:
    """Each table has a whole day or none of it, and a match refuses files without their lines."""
    counts = [pipeline.lake.read(table).count() for table in TABLES]
    for table, count, whole in zip(TABLES, counts, (3, 0, 3, 4, 2, 1, 1), strict=True):
        assert count in (0, whole), f"{table.name} has {count} rows"
    try:
        pipeline.match(0)
    except LakeInconsistent:
        assert pipeline.lake.read(OUTCOMES).count() == 0


DYING_PROCESS = """
import os, sys
from pathlib import Path
from jobs.storage.archive import Storage
from jobs.lake.tables import Lake
from jobs.engine.session import open_session
from tests.end_to_end import test_killed as t
from tests.support.first_by_day import first_by_day
root = Path(sys.argv[1])
pipeline = t.make_pipeline(root, Lake(open_session("sail"), str(root / "lake")).prepare())
t.Killed.__init__ = lambda self: os._exit(9)
t.kill_at_write(pipeline.lake, int(sys.argv[2]), True)
t.run_jobs(pipeline)
"""


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.parametrize("kill_at", first_by_day(2, 6))
def test_another_process_finishes_the_day_of_a_dead_one(
    spark, tmp_path: Path, kill_at: int
) -> None:
    """The process exits at once, without any cleanup."""
    process = subprocess.run(
        [sys.executable, "-c", DYING_PROCESS, str(tmp_path / "dead"), str(kill_at)], check=False,
        env={**os.environ, "PYTHONPATH": "."}, cwd=ROOT,
    )  # fmt: skip
    assert process.returncode == 9
    repaired = make_pipeline(tmp_path / "dead", Lake(spark, str(tmp_path / "dead/lake")).prepare())
    run_jobs(repaired)
    clean = make_pipeline(tmp_path / "clean", Lake(spark, str(tmp_path / "clean/lake")).prepare())
    run_jobs(clean)
    assert read_state(repaired.lake) == read_state(clean.lake)


@pytest.mark.sail_only
def test_staging_of_a_dead_process_is_removed_after_a_week(tmp_path: Path) -> None:
    """The next command that writes removes a folder of eight days ago. It keeps one of six days ago
    and one that is still written to. A command that only reads removes nothing.
    """
    lake = tmp_path / "lake"
    with open_lake(str(lake), "sail"):
        pass
    for name, days in (("dead", 8), ("idle", 6), ("busy", 8)):
        place = lake / "_staging" / name / "marks"
        place.mkdir(parents=True)
        (place / "part.parquet").write_bytes(b"x")
        _backdate(days, place / "part.parquet", place, place.parent)
    (lake / "_staging/busy/marks/more.parquet").write_bytes(b"x")

    def staged() -> list[str]:
        return sorted(folder.name for folder in (lake / "_staging").iterdir())

    with open_lake(str(lake), "sail", writes=False):
        assert staged() == ["busy", "dead", "idle"]
    with open_lake(str(lake), "sail", lazy_session=True):
        assert staged() == ["busy", "idle"]


def test_processes_may_remove_idle_folders_at_once(tmp_path: Path) -> None:
    """Four succeed, whichever removes which file; none removes a file that is not in a folder."""
    staging = tmp_path / "_staging"
    for number in range(40):
        place = staging / f"dead{number}"
        place.mkdir(parents=True)
        files = [place / f"{index}.parquet" for index in range(20)]
        for file in files:
            file.write_bytes(b"x")
        _backdate(8, *files, place)
    (staging / "note.txt").write_text("kept")
    _backdate(8, staging / "note.txt")
    storages = [Storage(str(tmp_path)) for _ in range(4)]
    with ThreadPoolExecutor(len(storages)) as pool:
        list(pool.map(lambda storage: storage.remove_idle_folders("_staging", 7), storages))
    storages[0].remove_idle_folders("_staging", 7)
    assert [path.name for path in staging.iterdir()] == ["note.txt"]


def _backdate(days: int, *paths: Path) -> None:
    past = time.time() - days * 86_400
    for path in paths:
        os.utime(path, (past, past))
