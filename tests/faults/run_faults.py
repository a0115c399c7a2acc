"""`python -m tests.faults.run_faults [NAME ...]`: do the tests of the match catch each fault?

For each fault the command copies the project, makes the fault in the copy, and runs the tests of
the match there until one fails. It prints a table as it goes, and ends with 1 where no test catches
a fault or the faulty program does not run at all.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.fault import Fault
from tests.faults.matching import FAULTS
from tests.support.paths import ROOT

COPIED = ("jobs", "schemas", "tests", "pyproject.toml")
#: Files below tests/contract, in this order, after the one that the fault names.
TESTS = (
    "matching/test_conservation",
    "reconcile/test_inputs",
    "matching/test_passes",
    "matching/test_groups",
    "matching/test_group_healing",
    "matching/test_late",
    "matching/test_closed",
    "matching/test_direction",
    "matching/test_units",
    "matching/test_sum_candidates",
    "matching/test_day_sizes",
    "matching/test_candidates",
    "matching/test_decisions",
    "reconcile/test_parts",
    "casework/test_update",
    "matching/test_against_oracle",
)
SCENARIOS = os.environ.get("TIEOUT_SCENARIOS", "200")
TIME_LIMIT = 900
#: A program that ends in one of these says nothing about the tests.
_CRASH = re.compile(
    r"(Syntax|Indentation|Name|Attribute|Import|ModuleNotFound|Type)Error|\w+Exception\b"
)
_FAILED = re.compile(
    r"^(?:FAILED|ERROR) tests/contract/\w+/([^\s\[]+(?:\[.*?\])?)(.*)$", re.MULTILINE
)


@dataclass(frozen=True)
class FaultRun:
    """One run of the tests: the first test that failed (None if none did) and its message."""

    caught_by: str | None
    message: str
    seconds: float

    @property
    def has_crashed(self) -> bool:
        """Whether the program stopped with an error, rather than gave a wrong result."""
        return _CRASH.search(self.message) is not None


def run_tests(source: Path, fault: Fault | None = None) -> FaultRun:
    """Runs the tests of the match on a copy of `source` with a fault, up to the first failure.

    Raises:
        RuntimeError: the tests did not run.
    """
    with tempfile.TemporaryDirectory(prefix="tieout-mutant-") as folder:
        root = copy_project(source, Path(folder) / "project")
        tests = list(TESTS)
        if fault is not None:
            (root / fault.file).write_text(fault.apply(root), "utf-8")
            tests.sort(key=lambda name: not name.endswith(f"/{fault.first_test}"))
        files = [f"tests/contract/{name}.py" for name in tests]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *files]
        command += ["--tb=no", f"--basetemp={folder}/tmp"]
        environment = os.environ | {
            "COLUMNS": "400",
            "PYTHONPATH": str(root),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TIEOUT_ENGINE": "sail",
            "TIEOUT_SCENARIOS": SCENARIOS,
        }
        started = time.monotonic()
        try:
            process = subprocess.run(
                command,
                cwd=root,
                env=environment,
                capture_output=True,
                text=True,
                timeout=TIME_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return FaultRun("no end", "", time.monotonic() - started)
        seconds = time.monotonic() - started
    failed = _FAILED.search(process.stdout)
    if failed is not None:
        return FaultRun(failed[1], failed[2], seconds)
    if process.returncode:
        raise RuntimeError(
            f"the tests did not run:\n{process.stdout[-2000:]}{process.stderr[-2000:]}"
        )
    return FaultRun(None, "", seconds)


def copy_project(source: Path, target: Path) -> Path:
    """Copies the program and its tests, without caches and hidden files."""
    caches = shutil.ignore_patterns("__pycache__", ".*")
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=caches)
        else:
            shutil.copy2(source / name, target / name)
    return target


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(argv: list[str] | None = None) -> int:
    """Makes the named faults, or all. 0 if the tests catch each of them, else 1."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="names of faults; all of them if left out")
    names = parser.parse_args(argv).names
    unknown = set(names) - {fault.name for fault in FAULTS}
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="tieout-mutants-") as folder:
        # All runs copy from one copy, so that an edit in the meantime is not taken for a fault.
        source = copy_project(ROOT, Path(folder))
        clean = run_tests(source)
        if clean.caught_by:
            _print(f"without any fault {clean.caught_by} fails: {clean.message}")
            return 1
        _print("| fault | caught by | seconds |\n| --- | --- | --- |")
        _print(f"| (none) | | {clean.seconds:.0f} |")
        not_caught = 0
        for fault in (one for one in FAULTS if not names or one.name in names):
            run = run_tests(source, fault)
            caught_by = f"`{run.caught_by}`" if run.caught_by else "SURVIVES"
            if run.has_crashed:
                caught_by = f"DOES NOT RUN{run.message[:200]}"
            not_caught += run.has_crashed or run.caught_by is None
            _print(f"| {fault.name} | {caught_by} | {run.seconds:.0f} |")
    _print(f"{not_caught} not caught" if not_caught else "all caught")
    return int(not_caught > 0)


if __name__ == "__main__":
    sys.exit(main())
