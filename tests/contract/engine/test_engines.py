"""Sessions of both engines; a lake that changes engines has the same rows as on one engine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from jobs.engine import session
from jobs.engine.delta_jars import class_archive_path
from tests.support.ledger import day, file_line, file_txn
from tests.support.paths import ROOT
from tests.support.pipeline_fixture import PipelineFixture

TABLES = ("statement_lines", "internal_transactions", "outcomes", "open_items", "fee_checks")
SCHEDULE = "channel: bank\nentries:\n  - {name: all, rate: '0.006', kind: PAYMENT}\n"


def run_days(pipeline: PipelineFixture, lake: Path, engine: str, first: int, last: int) -> None:
    """Runs days into a lake on an engine, in a separate process."""
    process = subprocess.run(
        [sys.executable, "-m", "jobs", "run", "--lake", str(lake), "--engine", engine,
         "--config", str(pipeline.root / "config"), "--inbox", str(pipeline.inbox), "--no-quality",
         "--business-date", str(day(first)), "--through", str(day(last))],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable},
    )  # fmt: skip
    assert process.returncode == 0, process.stderr[-3000:]
    assert json.loads(process.stdout.splitlines()[-1])["exit"] == 0


def rows(lake: Path) -> dict[str, list[str]]:
    """All rows of a lake's tables, as a Delta reader returns them."""
    return {name: sorted(str(row) for row in DeltaTable(str(lake / name)).to_pyarrow_table()
                         .to_pylist()) for name in TABLES}  # fmt: skip


def test_closing_an_inner_session_keeps_the_outer_one_open(
    spark: SparkSession, engine: str
) -> None:
    """A notebook's session still works after a command in the same process closed its own."""
    inner = session.open_session(engine)
    assert inner.range(2).count() == 2
    session.close_session(inner)
    assert spark.range(3).count() == 3


def test_embedded_engine_keeps_an_idle_session(spark: SparkSession) -> None:
    """By default it drops an idle session after minutes."""
    if session.engine_in_use(spark) == "sail":
        assert os.environ["SAIL_SPARK__SESSION_TIMEOUT_SECS"] == session.IDLE_SECONDS


@pytest.mark.spark
def test_spark_starts_from_the_class_archive(tmp_path: Path) -> None:
    """The JVM loads classes from the archive that `make jars` wrote, without a warning."""
    script = "from jobs.engine.session import open_session; open_session('spark')"
    if not class_archive_path().is_file():
        pytest.skip("this JVM writes no class archive")
    env = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    log = tmp_path / "classes.log"
    env["JDK_JAVA_OPTIONS"] = f"-Xlog:class+load:file={log}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "[warning]" not in done.stdout + done.stderr
    loaded = log.read_text(encoding="utf-8").splitlines()
    spark = [line for line in loaded if " org.apache.spark." in line]
    assert sum("(top)" in line for line in spark) > len(spark) / 2


@pytest.mark.nightly
@pytest.mark.spark
@pytest.mark.slow
def test_alternating_engines_give_the_same_rows(tmp_path: Path) -> None:
    """Three days with late lines, breaks and duplicates: Sail alone, and Spark in between."""
    pipeline = PipelineFixture(tmp_path, lake=None)  # type: ignore[arg-type]
    (tmp_path / "config/fee_schedules").mkdir()
    (tmp_path / "config/fee_schedules/bank.yaml").write_text(SCHEDULE)
    for offset in range(3):
        late = [file_line(f"late{offset - 1}")] if offset else []
        pipeline.write_statement(
            offset,
            file_line(f"A{offset}"),
            file_line(f"B{offset}", "9.99"),
            *late,
            file_line(f"A{offset}"),
            file_line(f"x{offset}", fee="0.07"),
        )
        pipeline.write_snapshot(
            offset,
            file_txn(f"A{offset}"),
            file_txn(f"B{offset}"),
            file_txn(f"late{offset}"),
            file_txn(f"y{offset}", status="FAILED"),
        )
    run_days(pipeline, tmp_path / "sail", "sail", 0, 2)
    run_days(pipeline, tmp_path / "alternating", "sail", 0, 0)
    run_days(pipeline, tmp_path / "alternating", "spark", 1, 1)
    run_days(pipeline, tmp_path / "alternating", "sail", 2, 2)
    expected = rows(tmp_path / "sail")
    assert len(expected["outcomes"]) > 20
    assert rows(tmp_path / "alternating") == expected
