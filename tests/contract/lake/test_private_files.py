"""Whatever a day writes below the lake is for its owner alone, on both engines."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.exports.export_day import record_export
from jobs.lake.tables import Lake
from jobs.storage.local_files import restrict_new_files
from tests.support.ledger import file_line, file_txn
from tests.support.pipeline_fixture import PipelineFixture


@pytest.fixture
def usual_umask() -> Iterator[None]:
    """The umask of most systems: all may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_files_are_0600_and_folders_0700(spark: SparkSession, tmp_path: Path) -> None:
    """Archive, tables, logs, staging and exports of one day."""
    lake = Lake(spark, str(tmp_path / "made" / "lake")).prepare()
    pipeline = PipelineFixture(tmp_path, lake)
    pipeline.write_statement(0, file_line("A"), file_line("B", "9.99"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("C"))
    pipeline.ingest(0)
    pipeline.match(0)
    record_export(lake, pipeline.config.profiles["bank"], pipeline.ingest(0)[0].business_date)
    lake.stage(spark.range(10), "numbers")
    modes = {
        str(path.relative_to(tmp_path)): stat.S_IMODE(path.lstat().st_mode)
        for path in [tmp_path / "made", *(tmp_path / "made").rglob("*")]
    }
    folders = {name for name in modes if (tmp_path / name).is_dir()}
    assert {
        name: oct(mode) for name, mode in modes.items() if name in folders and mode != 0o700
    } == {}
    assert {
        name: oct(mode) for name, mode in modes.items() if name not in folders and mode != 0o600
    } == {}
    kinds = ("archive", "_delta_log", "exports", "_staging", "outcomes")
    assert all(any(kind in name for name in modes) for kind in kinds)
    lake.remove_staged()


@pytest.mark.parametrize(("before", "after"), [(0o022, 0o077), (0o000, 0o077), (0o277, 0o277)])
def test_a_stricter_umask_stays(before: int, after: int) -> None:
    """It is never made looser."""
    earlier = os.umask(before)
    try:
        restrict_new_files()
    finally:
        assert os.umask(earlier) == after
