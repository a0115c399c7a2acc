"""An engine that cannot start: exit 2, one sentence, nothing made, and no wait for minutes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ledger import day
from tests.support.paths import ROOT
from tests.support.pipeline_fixture import PipelineFixture

#: Only to end a process that hangs: an idle machine tells a fault in seconds.
SECONDS_MAX = 300


def fault_of(root: Path, engine: str, *prefix: str, **env: str) -> str:
    """The one fault with which `tieout ingest` on an engine ends, in an environment."""
    pipeline = PipelineFixture(root, lake=None)  # type: ignore[arg-type]
    pipeline.inbox.mkdir()
    words = ["ingest", "--lake", str(root / "lake"), "--config", str(root / "config"), "--inbox",
             str(pipeline.inbox), "--business-date", str(day(0)), "--engine", engine]  # fmt: skip
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "jobs", *words], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, **env}, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    (fault,) = json.loads(done.stdout.splitlines()[-1])["errors"]
    assert "Traceback" not in done.stderr
    assert not (root / "lake").exists()
    return str(fault)


@pytest.mark.parametrize(
    ("home", "path", "said"),
    [
        ("", "bin", "engine spark finds no Java; install a JDK"),
        ("nowhere", "bin", "engine spark cannot start"),
        ("", "broken", "engine spark cannot start"),
    ],
)
def test_spark_without_java(tmp_path: Path, home: str, path: str, said: str) -> None:
    """No java on the PATH, a JAVA_HOME that is none, a java that fails."""
    for name in ("bin", "broken"):
        (tmp_path / name).mkdir()
    broken = tmp_path / "broken/java"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    java_home = str(tmp_path / home) if home else ""
    fault = fault_of(tmp_path, "spark", JAVA_HOME=java_home, PATH=str(tmp_path / path))
    assert fault.startswith(said)
    assert "or give --engine sail" in fault


def test_sail_that_is_not_installed(tmp_path: Path) -> None:
    """The package is hidden by one that cannot be imported."""
    package = tmp_path / "site" / "pysail"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('not installed')\n")
    fault = fault_of(tmp_path, "sail", PYTHONPATH=f"{tmp_path / 'site'}:{ROOT}")
    assert fault.startswith("engine sail is not installed; run `pip install pysail`")


def _can_leave_the_network() -> bool:
    unshare = shutil.which("unshare")
    return bool(unshare) and not subprocess.run([unshare, "-n", "true"], check=False).returncode


@pytest.mark.skipif(not _can_leave_the_network(), reason="needs a network namespace of its own")
def test_sail_without_a_loopback_interface(tmp_path: Path) -> None:
    """In a network namespace whose loopback interface is down."""
    fault = fault_of(tmp_path, "sail", "unshare", "-n")
    assert fault.startswith("engine sail cannot connect to its own server at 127.0.0.1:")


def test_sail_uses_no_proxy_for_its_own_server() -> None:
    """A proxy for http would stand between the process and its server, and never answer."""
    code = ("import os; from jobs.engine.session import open_session\n"
            "print(open_session('sail').range(3).count(), flush=True); os._exit(0)")  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "http_proxy": "http://127.0.0.1:9"}, timeout=SECONDS_MAX,
    )  # fmt: skip
    assert done.stdout.strip() == "3", done.stderr
