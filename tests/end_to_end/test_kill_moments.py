"""Real processes: killed at many moments of every job, four at once on one date, and a full disk.

`make nightly` runs it and prints a table; `TIEOUT_MOMENTS` says how many moments there are (200).
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from schemas.tables import TABLES
from tests.support.ledger import day, file_line, file_txn
from tests.support.paths import ROOT
from tests.support.pipeline_fixture import PAGE, PipelineFixture

pytestmark = [pytest.mark.nightly, pytest.mark.sail_only]
MOMENTS = int(os.environ.get("TIEOUT_MOMENTS", "200"))
#: Columns that differ between two runs of the same work.
VOLATILE = {"created_at", "decision_id", "received_at", "archived_path", "matched_by"}
_TIME = re.compile(r"at \d{4}-\d\d-\d\dT[\d:]+Z")
#: `runs` has a row more for each job that ran again.
COMPARED = [table for table in TABLES if table.name != "runs"]
SCHEDULE = 'channel: bank\nentries:\n  - {name: standard, rate: "0.0060"}\n'


@dataclass(frozen=True)
class Job:
    """A command of the day; `words` stand behind the common arguments."""

    name: str
    words: tuple[str, ...] = ()

    def start(self, root: Path) -> "subprocess.Popen[str]":
        """Starts the job as a process of its own."""
        command = [sys.executable, "-m", "jobs", self.name, "--lake", f"{root}/lake"]
        command += ["--config", f"{root}/config", "--engine", "sail"]
        if self.name in ("ingest", "run"):
            command += ["--inbox", f"{root}/inbox", "--no-quality"]
        if self.name != "decide":
            command += ["--business-date", str(day(0))]
        words = [word.format(**_ids(root)) for word in self.words]
        return subprocess.Popen(
            [*command, *words],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            text=True,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, root: Path) -> float:
        """Runs the job to its end; returns its seconds."""
        started = time.monotonic()
        process = self.start(root)
        output, errors = process.communicate(timeout=300)
        assert process.returncode in (0, 3), f"{self}: {output[-500:]}{errors[-2000:]}"
        return time.monotonic() - started


def _ids(root: Path) -> dict[str, str]:
    """Ids that words of a job name: the last decision, and the file in force."""
    decisions = _rows(root / "lake" / "decisions")
    files = [row for row in _rows(root / "lake" / "statement_files") if row["version"] == 1]
    return {
        "decision": decisions[-1]["decision_id"] if decisions else "none",
        "file": files[0]["file_id"] if files else "none",
    }


def _rows(table: Path) -> list[dict[str, Any]]:
    if not DeltaTable.is_deltatable(str(table)):
        return []
    return list(DeltaTable(str(table)).to_pyarrow_table().to_pylist())


DAY = (
    Job("ingest"),
    Job("match"),
    Job("check_fees"),
    Job("export"),
    Job("decide", ("propose", "accept", "B", "--by", "ann", "--reason", "seen")),
    Job("decide", ("approve", "{decision}", "--by", "bob")),
    Job("match"),
    Job("files", ("withdraw", "{file}", "--by", "ann", "--reason", "another shop's")),
    Job("ingest"),
    Job("match"),
)


def make_day(root: Path) -> PipelineFixture:
    """A pipeline on disk with a statement, a snapshot and a rate card."""
    root.mkdir()
    pipeline = PipelineFixture(root, None)  # type: ignore[arg-type]
    lines = [file_line(f"L{number}") for number in range(40)]
    pipeline.write_statement(0, *lines, file_line("B", "9.99"), file_line("C", fee="0.07"))
    pipeline.write_snapshot(0, *[file_txn(f"L{number}") for number in range(39)], file_txn("B"))
    (root / "config" / "fee_schedules").mkdir()
    (root / "config" / "fee_schedules" / "bank.yaml").write_text(SCHEDULE)
    return pipeline


def read_state(root: Path) -> dict[str, Any]:
    """The rows of all tables without what differs between two runs, and the exported breaks."""
    state: dict[str, Any] = {}
    for table in COMPARED:
        rows = [
            {name: value for name, value in row.items() if name not in VOLATILE}
            for row in _rows(root / "lake" / table.name)
            if row.get("status") != "DUPLICATE"
        ]
        state[table.name] = sorted(
            _TIME.sub("", json.dumps(row, default=str, sort_keys=True)).replace(str(root), "")
            for row in rows
        )
    breaks = root / "lake" / "exports" / str(day(0)) / "bank" / "breaks.csv"
    state["breaks"] = breaks.read_bytes() if breaks.exists() else b""
    return state


def kill_after(process: "subprocess.Popen[str]", seconds: float) -> bool:
    """Kills the process after so many seconds; returns whether it was still running."""
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True
    return False


def test_any_job_killed_at_any_moment_and_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each job of the day is killed at moments spread over its time, and run again: all tables have
    the rows of a job that nobody killed.
    """
    make_day(tmp_path / "clean")
    table: list[tuple[str, int, int]] = []
    for number, job in enumerate(DAY):
        before, after = tmp_path / f"before-{number}", tmp_path / "clean"
        shutil.copytree(after, before)
        seconds = job.run(after)
        expected = read_state(after)
        moments, killed = max(MOMENTS // len(DAY), 1), 0
        for moment in range(moments):
            root = tmp_path / "trial"
            shutil.rmtree(root, ignore_errors=True)
            shutil.copytree(before, root)
            killed += kill_after(job.start(root), seconds * (moment + 0.5) / moments)
            again = job
            if job.words[:1] == ("propose",) and _rows(root / "lake" / "decisions"):
                again = Job("decide", ("list",))
            again.run(root)
            assert _same(read_state(root), expected) == [], (job, moment)
        table.append((" ".join([job.name, *job.words[:1]]), moments, killed))
    with capsys.disabled():
        sys.stdout.write("\n| job | moments | killed before the end | other rows |\n")
        sys.stdout.write("| --- | ---: | ---: | ---: |\n")
        for name, moments, killed in table:
            sys.stdout.write(f"| {name} | {moments} | {killed} | 0 |\n")
    assert sum(killed for _, _, killed in table) >= sum(moments for _, moments, _ in table) * 0.5


def _same(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    return [
        f"{name}: {found[name]} instead of {expected[name]}"
        for name in expected
        if found[name] != expected[name]
    ]


def _run_at_once(processes: Sequence["subprocess.Popen[str]"]) -> Counter[int]:
    statuses: Counter[int] = Counter()
    for process in processes:
        output, errors = process.communicate(timeout=600)
        assert process.returncode in (0, 3), f"{output[-500:]}{errors[-2000:]}"
        statuses[process.returncode] += 1
    return statuses


def test_four_processes_on_one_date(tmp_path: Path) -> None:
    """Four ingests of one date at once, each with a part that the others may not have seen; then
    four matches and exports at once: the rows of one process after the other.
    """
    page = PAGE.replace("*.csv*", "{part}.csv").replace("layout:", '  parts: "0-3"\nlayout:', 1)
    for name in ("clean", "busy"):
        pipeline = make_day(tmp_path / name)
        pipeline.write_profile(page)
        (pipeline.inbox / "bank" / str(day(0)) / "lines.csv").unlink()
    ingests = []
    for part in range(4):
        for name in ("clean", "busy"):
            pipeline = PipelineFixture(tmp_path / name, None, page)  # type: ignore[arg-type]
            lines = [file_line(f"L{number}") for number in range(part * 9, part * 9 + 9)]
            pipeline.write_statement(0, *lines, name=f"{part}.csv")
        ingests.append(Job("ingest").start(tmp_path / "busy"))
    _run_at_once(ingests)
    _run_at_once([Job("match").start(tmp_path / "busy") for _ in range(4)])
    _run_at_once([Job("export").start(tmp_path / "busy") for _ in range(4)])
    for job in (Job("ingest"), Job("match"), Job("export")):
        job.run(tmp_path / "clean")
    assert _same(read_state(tmp_path / "busy"), read_state(tmp_path / "clean")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
@pytest.mark.parametrize("kilobytes", [150, 300, 450, 600])
def test_full_disk(tmp_path: Path, kilobytes: int) -> None:
    """The disk fills up during the day: a job ends with an error, or is whole. Once it has room
    again, the same jobs give the same rows.
    """
    make_day(tmp_path / "clean")
    for job in DAY[:4]:
        job.run(tmp_path / "clean")
    root = tmp_path / "full"
    make_day(root)
    (root / "lake").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tieout-test", f"{root}/lake"]
    subprocess.run(mount, check=True)
    try:
        statuses = []
        for job in DAY[:4]:
            process = job.start(root)
            process.communicate(timeout=300)
            statuses.append(process.returncode)
        assert any(statuses), "the disk was not full"
        subprocess.run(["mount", "-o", "remount,size=200m", f"{root}/lake"], check=True)
        for job in DAY[:4]:
            job.run(root)
        assert _same(read_state(root), read_state(tmp_path / "clean")) == []
    finally:
        subprocess.run(["umount", f"{root}/lake"], check=True)
