"""Runs the commands of the README as they are printed, and checks the links of all pages."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.demos import ROOT, Demo

README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for command in block.strip().splitlines()
]


def test_every_link_has_a_target() -> None:
    """Files that the README and the pages link to exist."""
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_make_has_the_targets_of_the_readme() -> None:
    """`make help` lists every target that the README names."""
    help_text = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    targets = [command.split()[1] for command in COMMANDS if command.startswith("make ")]
    assert targets == ["demo", "test"]
    assert all(re.search(rf"^\s+{target}\s", help_text.stdout, re.MULTILINE) for target in targets)


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.programs
def test_commands_after_the_demo_succeed(finished_demo: Demo) -> None:
    """Every command below the demo, in the folder of the demo."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "TIEOUT_ENGINE": "sail"}
    commands = [command for command in COMMANDS if not command.startswith("make ")]
    assert len(commands) == 9
    for command in commands:
        words = shlex.split(command)
        if words[0] == "tieout":
            words = [sys.executable, "-m", "jobs", *words[1:]]
        words = [sys.executable, *words[1:]] if words[0] == "python" else words
        process = subprocess.run(words, cwd=finished_demo.folder, env=env, capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert process.returncode == 0, f"{command}: {(process.stdout + process.stderr)[-2000:]}"
