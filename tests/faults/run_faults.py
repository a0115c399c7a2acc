"""`python -m tests.faults.run_faults [NAME ...]`: makes each fault in a copy of the project.

The tests of the match run in that copy until one fails.

Prints a table as it goes. Ends with 1 where a fault survives or does not run at all.
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

from tests.faults.fault import Mutation
from tests.faults.matching import MUTATIONS
from tests.support.paths import ROOT

COPIED = ("jobs", "schemas", "tests", "pyproject.toml")
#: Below tests/contract, in this order; what a fault asks first comes before them.
TESTS = (
    "matching/test_conservation",
    "reconcile/test_inputs",
    "matching/test_passes",
    "matching/test_groups",
    "matching/test_late",
    "matching/test_closed",
    "matching/test_company",
    "matching/test_candidates",
    "matching/test_decisions",
    "reconcile/test_parts",
    "matching/test_against_oracle",
)
SCENARIOS = os.environ.get("TIEOUT_SCENARIOS", "200")
TIME_LIMIT = 900
#: A fault that ends in one of these says nothing about the tests.
_CRASH = re.compile(
    r"(Syntax|Indentation|Name|Attribute|Import|ModuleNotFound|Type)Error|\w+Exception\b"
)
_FAILED = re.compile(
    r"^(?:FAILED|ERROR) tests/contract/\w+/([^\s\[]+(?:\[.*?\])?)(.*)$", re.MULTILINE
)


@dataclass(frozen=True)
class Result:
    """What became of the tests: the first that failed and what it said, or None."""

    caught_by: str | None
    said: str
    seconds: float

    @property
    def crashed(self) -> bool:
        """Whether the program broke rather than its result."""
        return _CRASH.search(self.said) is not None


def tested(source: Path, mutation: Mutation | None = None) -> Result:
    """The tests of the match on a copy of `source`, with a fault, stopped at the first failure.

    Raises:
        RuntimeError: the tests did not run.
    """
    with tempfile.TemporaryDirectory(prefix="tieout-mutant-") as folder:
        root = copied(source, Path(folder) / "project")
        asked = list(TESTS)
        if mutation is not None:
            (root / mutation.file).write_text(mutation.made_in(root), "utf-8")
            asked.sort(key=lambda name: not name.endswith(f"/{mutation.asked}"))
        files = [f"tests/contract/{name}.py" for name in asked]
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *files]
        command += ["--tb=no", f"--basetemp={folder}/tmp"]
        environment = os.environ | {
            "COLUMNS": "400",
            "PYTHONPATH": str(root),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TIEOUT_ENGINE": "sail",
            "TIEOUT_SCENARIOS": SCENARIOS,
        }
        began = time.monotonic()
        try:
            done = subprocess.run(
                command,
                cwd=root,
                env=environment,
                capture_output=True,
                text=True,
                timeout=TIME_LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Result("no end", "", time.monotonic() - began)
        seconds = time.monotonic() - began
    failed = _FAILED.search(done.stdout)
    if failed is not None:
        return Result(failed[1], failed[2], seconds)
    if done.returncode:
        raise RuntimeError(f"the tests did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Result(None, "", seconds)


def copied(source: Path, target: Path) -> Path:
    """The program and its tests, without what running them leaves."""
    leavings = shutil.ignore_patterns("__pycache__", ".*")
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=leavings)
        else:
            shutil.copy2(source / name, target / name)
    return target


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(argv: list[str] | None = None) -> int:
    """Makes the faults that are named, or all: 0 where each is caught, else 1."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="some of the list; all where none is given")
    names = parser.parse_args(argv).names
    unknown = set(names) - {each.name for each in MUTATIONS}
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="tieout-mutants-") as folder:
        # One copy for all, so that an edit while they run is not taken for a fault.
        source = copied(ROOT, Path(folder))
        clean = tested(source)
        if clean.caught_by:
            _say(f"without any fault {clean.caught_by} fails: {clean.said}")
            return 1
        _say("| fault | caught by | seconds |\n| --- | --- | --- |")
        _say(f"| (none) | | {clean.seconds:.0f} |")
        not_caught = 0
        for each in (one for one in MUTATIONS if not names or one.name in names):
            found = tested(source, each)
            by = f"`{found.caught_by}`" if found.caught_by else "SURVIVES"
            if found.crashed:
                by = f"DOES NOT RUN{found.said[:200]}"
            not_caught += found.crashed or found.caught_by is None
            _say(f"| {each.name} | {by} | {found.seconds:.0f} |")
    _say(f"{not_caught} not caught" if not_caught else "all caught")
    return int(not_caught > 0)


if __name__ == "__main__":
    sys.exit(main())
