"""Killed between any two writes: what is there can be trusted, and the same command heals it."""

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
from tests.support.paths import ROOT
from tests.support.worlds import World, day, line, txn

WRITES = ("commit_files", "commit_day", "replace_rows", "append_rows")
TABLES = (STATEMENT_LINES, REJECTED_LINES, INTERNAL_TRANSACTIONS, OUTCOMES, OPEN_ITEMS, FEE_CHECKS,
          FEE_TOTALS)  # fmt: skip
SCHEDULE = FeeSchedule(channel="bank", entries=(FeeEntry(name="all", rate="0.006"),))


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


def filled(root: Path, lake: Lake) -> World:
    """Two days with a new version of the first one's statement waiting."""
    world = World(root, lake)
    world.statement(0, line("A"), line("B", "9.99"), line("C", fee="0.07"))
    world.snapshot(0, txn("A"), txn("B"), txn("D"))
    return world


def command(world: World) -> None:
    """What the scheduler runs for a day."""
    world.ingest(0)
    world.match(0)
    profile = world.config.profiles["bank"]
    check_day.record_fee_check(world.lake, profile, SCHEDULE, day(0))
    export_day.record_export(world.lake, profile, day(0))


def state(lake: Lake) -> dict[str, Any]:
    """All rows of all tables, and the exported breaks."""
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
    """Calls `before` and `after` with the number of each write of a lake, a write within another
    counted too; returns how many were begun.
    """
    begun = 0

    def wrapped(write: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal begun
            begun += 1
            mine = begun
            before(mine)
            done = write(*args, **kwargs)
            after(mine)
            return done

        return call

    for name in WRITES:
        setattr(lake, name, wrapped(getattr(lake, name)))
    return lambda: begun


def dies(lake: Lake, dies_at: int, after: bool) -> None:
    """Makes the lake die at its n-th write, before or after it."""

    def death(number: int) -> None:
        if number == dies_at:
            raise Killed

    around_writes(lake, *((lambda number: None, death) if after else (death, lambda number: None)))


def left_at_every_write(world: World, shots: Path) -> Callable[[], list[Path]]:
    """Copies the world, as a dead process leaves it on disk, before each write of its lake, and
    after every third (which is much as before the next); returns the copies, and one of now.
    """

    def copied(name: str) -> None:
        shutil.copytree(world.root, shots / name)

    begun = around_writes(
        world.lake,
        lambda number: copied(f"{number:02}-before"),
        lambda number: number % 3 or copied(f"{number:02}-after"),
    )

    def left() -> list[Path]:
        copied("end")
        made = sorted(shots.iterdir())
        assert len(made) == begun() + begun() // 3 + 1
        return made

    return left


@pytest.mark.slow
@pytest.mark.sail_only
def test_killed_at_every_write(spark, tmp_path: Path) -> None:
    """For each write of a day, dead before or after it: run again, all tables as in one go."""
    clean = filled(tmp_path / "clean", Lake(spark, str(tmp_path / "clean/lake")).prepare())
    left = left_at_every_write(clean, tmp_path / "left")
    command(clean)
    places, expected = left(), state(clean.lake)
    assert len(places) >= 13
    for root in places:
        world = World(root, Lake(spark, str(root / "lake")).prepare())
        assert_trusted(world)
        command(world)
        assert state(world.lake) == expected, root.name


def assert_trusted(world: World) -> None:
    """Each table holds a whole day or none of it, and a match refuses files without their lines."""
    counts = [world.lake.read(table).count() for table in TABLES]
    for table, count, whole in zip(TABLES, counts, (3, 0, 3, 4, 2, 1, 1), strict=True):
        assert count in (0, whole), f"{table.name} has {count} rows"
    try:
        world.match(0)
    except LakeInconsistent:
        assert world.lake.read(OUTCOMES).count() == 0


DEAD = """
import os, sys
from pathlib import Path
from jobs.storage.archive import Storage
from jobs.lake.tables import Lake
from jobs.engine.session import open_session
from tests.end_to_end import test_killed as t
root = Path(sys.argv[1])
world = t.filled(root, Lake(open_session("sail"), str(root / "lake")).prepare())
t.Killed.__init__ = lambda self: os._exit(9)
t.dies(world.lake, int(sys.argv[2]), True)
t.command(world)
"""


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.parametrize("dies_at", [2, 6])
def test_a_process_that_really_dies(spark, tmp_path: Path, dies_at: int) -> None:
    """The process ends at once, without a farewell: another one finishes the day."""
    done = subprocess.run(
        [sys.executable, "-c", DEAD, str(tmp_path / "dead"), str(dies_at)], check=False,
        env={**os.environ, "PYTHONPATH": "."}, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 9
    healed = filled(tmp_path / "dead", Lake(spark, str(tmp_path / "dead/lake")).prepare())
    command(healed)
    clean = filled(tmp_path / "clean", Lake(spark, str(tmp_path / "clean/lake")).prepare())
    command(clean)
    assert state(healed.lake) == state(clean.lake)


@pytest.mark.sail_only
def test_what_a_dead_process_staged_goes_after_a_week(tmp_path: Path) -> None:
    """Left eight days ago: gone with the next command that writes. Six days ago, or still written
    to, or with a command that only looks: there.
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

    def left() -> list[str]:
        return sorted(each.name for each in (lake / "_staging").iterdir())

    with open_lake(str(lake), "sail", writes=False):
        assert left() == ["busy", "dead", "idle"]
    with open_lake(str(lake), "sail", lazy_session=True):
        assert left() == ["busy", "idle"]


def test_two_that_clean_up_at_once(tmp_path: Path) -> None:
    """Both come through, whoever takes which file; what is no folder is nobody's to remove."""
    staging = tmp_path / "_staging"
    for number in range(40):
        place = staging / f"dead{number}"
        place.mkdir(parents=True)
        files = [place / f"{each}.parquet" for each in range(20)]
        for each in files:
            each.write_bytes(b"x")
        _backdate(8, *files, place)
    (staging / "note.txt").write_text("kept")
    _backdate(8, staging / "note.txt")
    storages = [Storage(str(tmp_path)) for _ in range(4)]
    with ThreadPoolExecutor(len(storages)) as both:
        list(both.map(lambda each: each.remove_idle_folders("_staging", 7), storages))
    storages[0].remove_idle_folders("_staging", 7)
    assert [each.name for each in staging.iterdir()] == ["note.txt"]


def _backdate(days: int, *paths: Path) -> None:
    then = time.time() - days * 86_400
    for each in paths:
        os.utime(each, (then, then))
