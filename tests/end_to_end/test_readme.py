"""The README's commands do what it says, pasted as they stand."""

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


def test_every_link_leads_somewhere() -> None:
    """Files that the README and the pages name are there."""
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_make_knows_its_targets() -> None:
    """What the README says to make can be made, and the list of targets has it."""
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = [command.split()[1] for command in COMMANDS if command.startswith("make ")]
    assert targets == ["demo", "test"]
    assert all(re.search(rf"^\s+{target}\s", listed.stdout, re.MULTILINE) for target in targets)


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.programs
def test_the_commands_after_the_demo(finished_demo: Demo) -> None:
    """Each command below the demo, where it was started."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "TIEOUT_ENGINE": "sail"}
    others = [command for command in COMMANDS if not command.startswith("make ")]
    assert len(others) == 6
    for command in others:
        words = shlex.split(command)
        if words[0] == "tieout":
            words = [sys.executable, "-m", "jobs", *words[1:]]
        words = [sys.executable, *words[1:]] if words[0] == "python" else words
        done = subprocess.run(words, cwd=finished_demo.folder, env=env, capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert done.returncode == 0, f"{command}: {(done.stdout + done.stderr)[-2000:]}"
