"""The README's commands do what it says, pasted as they stand."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
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
def test_the_commands_after_the_demo(tmp_path: Path) -> None:
    """The demo, and then each command below it: exit 0, or 3 where the demo's last day says so."""
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "TIEOUT_ENGINE": "sail"}

    def run(command: list[str]) -> tuple[int, str]:
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True,
                              check=False)  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    status, said = run([sys.executable, "-m", "demo", "--engine", "sail", "--data",
                        str(tmp_path / "demo-data")])  # fmt: skip
    assert status == 0, said[-3000:]
    others = [command for command in COMMANDS if not command.startswith("make ")]
    assert len(others) == 6
    for command in others:
        words = shlex.split(command)
        if words[0] == "tieout":
            words = [sys.executable, "-m", "jobs", *words[1:]]
        status, said = run([sys.executable, *words[1:]] if words[0] == "python" else words)
        assert status == 0, f"{command}: {said[-2000:]}"
