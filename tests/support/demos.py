"""The demo, run as a user runs it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT


@dataclass(frozen=True)
class Demo:
    """The demo as a user runs it: the folder that it was started in, and what it printed."""

    folder: Path
    stdout: str


def run_demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The demo in a process of its own, started in a folder."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}
    return subprocess.run(
        [sys.executable, "-m", "demo", *arguments],
        cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
