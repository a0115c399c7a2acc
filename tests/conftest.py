"""One session for the whole run, on the engine that TIEOUT_ENGINE names; a fresh lake a test."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pyspark.sql import SparkSession

from jobs.cli.console import exit_process
from jobs.engine.session import close_session, open_session, resolve_engine, tune_session
from jobs.lake.tables import Lake
from tests.support.demos import ROOT, Demo, run_demo

#: No test fails on a clock.
settings.register_profile("tieout", deadline=None)
settings.load_profile("tieout")


_status: list[int] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On Spark only what asks an engine runs: all else has run on the embedded one."""
    if os.environ.get("TIEOUT_ENGINE") != "spark":
        return
    for item in items:
        if item.get_closest_marker("sail_by_day") and not item.get_closest_marker("sail_only"):
            item.add_marker("nightly")
            item.add_marker("spark")
    asks = [
        item
        for item in items
        if "spark" in getattr(item, "fixturenames", ())
        or item.get_closest_marker("spark")
        or item.get_closest_marker("airflow")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in asks])
    items[:] = asks


def pytest_sessionfinish(exitstatus: int) -> None:
    """Keeps the run's exit status for the end."""
    _status.append(int(exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Ends the process as the commands do: see `jobs.cli.console.leave`."""
    if _status and "pyspark" in sys.modules:
        exit_process(_status[-1])


@pytest.fixture(scope="session")
def engine() -> str:
    """The engine of this run."""
    return resolve_engine(os.environ.get("TIEOUT_ENGINE", "sail"))


@pytest.fixture(scope="session")
def spark(engine: str) -> Iterator[SparkSession]:
    """The run's only session."""
    # Tests are many small plans: quick to compile counts for more than quick to run.
    os.environ.setdefault("TIEOUT_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    session = open_session(engine, master="local[2]", memory="3g")
    tune_session(session, 0)
    yield session
    close_session(session)


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Iterator[Lake]:
    """A lake of its own, with empty tables."""
    made = Lake(spark, str(tmp_path / "lake")).prepare()
    yield made
    made.remove_staged()


@pytest.fixture(scope="session")
def finished_demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One run of the demo on the embedded engine, beside its own pages, below `demo-data`."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(ROOT / "demo", folder / "demo")
    done = run_demo(folder, "--engine", "sail", "--data", str(folder / "demo-data"))
    assert done.returncode == 0, done.stdout + done.stderr
    return Demo(folder, done.stdout)
