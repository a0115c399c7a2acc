"""`tieout maintain`: what no table needs goes, all else stays, also beside running writers."""

import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from jobs.__main__ import main
from jobs.lake.commit import DataFile
from jobs.lake.tables import Lake
from jobs.lake.write_checks import arrow_schema
from schemas.tables import FEE_TOTALS, RUNS, STATEMENT_FILES
from tests.support.ledger import day

DAYS = 86_400
HEX = "0123456789abcdef" * 2


def open_session() -> Any:
    raise AssertionError("maintenance needs no session")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake without a session."""
    return Lake(open_session, str(tmp_path / "lake"))


def maintain(lake: Lake, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """The summary of the command, which ends with 0."""
    assert main(["maintain", "--lake", lake.uri, "--engine", "sail", *more]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def write_total(lake: Lake, name: str, lines: int) -> DataFile:
    """A data file of one row that no version has yet, as a task leaves it."""
    place = f"business_date={day(0)}/channel=bank/{name}/part.parquet"
    path = Path(lake.path(FEE_TOTALS), place)
    path.parent.mkdir(parents=True)
    schema = pa.schema(
        field for field in arrow_schema(FEE_TOTALS) if field.name not in FEE_TOTALS.partitions
    )
    pq.write_table(pa.Table.from_pylist([{"lines": lines}], schema=schema), path)
    return DataFile("bank", place, path.stat().st_size, 1)


def make_older(days: int, *paths: Path) -> None:
    """Makes files and folders look as if nobody had written to them for some days."""
    at = time.time() - days * DAYS
    for path in paths:
        for each in (path, *path.rglob("*")):
            os.utime(each, (at, at))


def make_commits_older(days: int, lake: Lake, name: str) -> None:
    """Moves the times at which a table's commits removed files some days back."""
    for path in Path(lake.uri, name, "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for action in actions:
            if "remove" in action:
                action["remove"]["deletionTimestamp"] -= days * DAYS * 1000
        path.write_text("".join(f"{json.dumps(action)}\n" for action in actions), "utf-8")


def names(lake: Lake, places: Sequence[str]) -> list[str]:
    """Those of some places below the lake that are there."""
    return [place for place in places if Path(lake.uri, place).exists()]


def total_lines(lake: Lake) -> list[int]:
    return sorted(DeltaTable(lake.path(FEE_TOTALS)).to_pyarrow_table()["lines"].to_pylist())


def test_control_tables_are_joined_and_no_row_changes(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        lake.append_rows(RUNS, [{"run_id": str(number), "counts": {"lines": number}}])
    before = sorted(lake.read_rows(RUNS), key=str)
    dry = maintain(lake, capsys, "--dry-run")
    assert dry["tables"]["runs"] == {"files_before": 5, "files_after": 5, "removed": 0}
    done = maintain(lake, capsys)
    assert done["tables"]["runs"] == {"files_before": 5, "files_after": 1, "removed": 0}
    assert sorted(lake.read_rows(RUNS), key=str) == before


def test_only_old_files_that_no_version_needs_are_removed(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    """The day was replaced 40 days ago, 10 days ago and today. Two killed jobs left a file each,
    one long ago and one today, which may still be committed.
    """
    lake.append_rows(RUNS, [{"run_id": "1"}])
    lake.create(FEE_TOTALS)
    lake.commit_day(FEE_TOTALS, [write_total(lake, "replaced", 1)], day(0), "bank")
    lake.commit_day(FEE_TOTALS, [write_total(lake, "for_30_days", 2)], day(0), "bank")
    make_commits_older(30, lake, "fee_totals")
    lake.commit_day(FEE_TOTALS, [write_total(lake, "until_today", 2)], day(0), "bank")
    make_commits_older(10, lake, "fee_totals")
    lake.commit_day(FEE_TOTALS, [write_total(lake, "in_force", 3)], day(0), "bank")
    write_total(lake, "killed", 4)
    running = write_total(lake, "running", 5)
    folder = Path(lake.path(FEE_TOTALS), f"business_date={day(0)}", "channel=bank")
    old = ("killed", "replaced", "for_30_days", "in_force")
    make_older(70, *(folder / name for name in old))

    dry = maintain(lake, capsys, "--dry-run")["tables"]["fee_totals"]
    assert dry == {"files_before": 1, "files_after": 1, "removed": 2}
    assert all((folder / name / "part.parquet").exists() for name in ("killed", "replaced"))
    assert maintain(lake, capsys)["tables"]["fee_totals"] == dry
    kept = {"for_30_days", "until_today", "in_force", "running"}
    assert maintain(lake, capsys)["tables"]["fee_totals"]["removed"] == 0  # from a checkpoint
    assert {path.parent.name for path in folder.rglob("*.parquet")} == kept
    assert total_lines(lake) == [3]
    lake.commit_files(FEE_TOTALS, day(0), [running], lambda _channel, _path: False)
    assert total_lines(lake) == [3, 5]
    week = ("--retention-hours", "168")
    assert maintain(lake, capsys, *week)["tables"]["fee_totals"]["removed"] == 1
    assert total_lines(lake) == [3, 5]


def test_leftovers_of_killed_processes_are_removed(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was written today stays, and so do received files, exports and pages of any age. An
    export that a killed process moved aside stays: the next export puts it back.
    """
    lake.append_rows(RUNS, [{"run_id": "1"}])
    leftovers = [
        f"_staging/{HEX}", f"archive/.partial-{HEX}", f"exports/2026-11-16/.bank-{HEX}",
        f"quality/2026-11-16/outcomes.bank.html.{HEX}.part", f"quality/index.html.{HEX}.part",
    ]  # fmt: skip
    kept = [f"archive/01/{HEX * 2}", "exports/2026-11-16/bank", "quality/index.html",
            f"exports/2026-11-16/.bank-{HEX}.earlier"]  # fmt: skip
    for place in (*leftovers, *kept):
        Path(lake.uri, place).mkdir(parents=True)
        Path(lake.uri, place, "x").touch()
    young = f"_staging/{HEX[::-1]}"
    Path(lake.uri, young).mkdir()
    make_older(40, *(Path(lake.uri, place) for place in (*leftovers, *kept)))

    assert maintain(lake, capsys, "--dry-run")["leftovers"] == sorted(leftovers)
    assert names(lake, leftovers) == leftovers
    assert maintain(lake, capsys)["leftovers"] == sorted(leftovers)
    assert names(lake, [*leftovers, *kept, young]) == [*kept, young]


def test_writers_beside_it_lose_nothing(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    """A writer replaces control rows and days while maintenance runs again and again."""
    lake.append_rows(RUNS, [{"run_id": "1"}])
    lake.create(FEE_TOTALS)

    def write() -> None:
        for version in range(1, 9):
            rows = [{"business_date": day(0), "channel": "bank", "version": version}]
            lake.replace_rows(STATEMENT_FILES, rows, day(0), "bank")
            total = write_total(lake, f"v{version}", version)
            lake.commit_day(FEE_TOTALS, [total], day(0), "bank")

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not writing.done():
            maintain(lake, capsys)
        writing.result()
    assert [row["version"] for row in lake.read_rows(STATEMENT_FILES)] == [8]
    assert total_lines(lake) == [8]


def test_too_short_a_retention_and_a_missing_lake_are_refused(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["maintain", "--lake", lake.uri, "--retention-hours", "24"]) == 2
    assert "--retention-hours 24 is below 168" in capsys.readouterr().out
    assert main(["maintain", "--lake", lake.uri, "--engine", "sail"]) == 2
    assert "there is no lake" in capsys.readouterr().out
    assert not Path(lake.uri).exists()
