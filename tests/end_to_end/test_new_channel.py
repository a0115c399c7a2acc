"""The cookbook page on a new channel: every command of the page is run, in its order."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "cookbook" / "new-channel.md").read_text("utf-8")
FILES = re.findall(r"```csv (\S+)\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for command in block.strip().splitlines()
]


@dataclass(frozen=True)
class CommandResult:
    """What a command of the page did: exit status and stdout."""

    command: str
    status: int
    output: str

    @property
    def summary(self) -> dict[str, Any]:
        """The JSON of the last line."""
        summary: dict[str, Any] = json.loads(self.output.strip().splitlines()[-1])
        return summary


def run_page(folder: Path) -> list[CommandResult]:
    """Writes the files of the page (the statement in GBK) and runs its commands in a shell."""
    for name, content in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "gb18030" if "teapay" in name else "utf-8")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "TIEOUT_ENGINE": "sail", "LC_ALL": "C.UTF-8"}
    out = []
    for command in COMMANDS:
        process = subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True,
                              text=True, check=False, timeout=300)  # fmt: skip
        out.append(CommandResult(command, process.returncode, process.stdout))
        expected = int(command.rpartition("# exit ")[2]) if "# exit " in command else 0
        assert process.returncode == expected, (
            f"{command}: {process.stdout[-2000:]}{process.stderr[-2000:]}"
        )
    return out


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.programs
def test_page_leads_from_a_file_to_a_reconciled_day(tmp_path: Path) -> None:
    """Three lines match: 1,288.00, 36.50 and -36.50; a transaction of 88.00 waits."""
    steps = [step for step in run_page(tmp_path) if step.command.startswith("tieout")]
    names = [" ".join(step.command.split()[1:3]) for step in steps]
    assert [name.split(" --")[0] for name in names] == [
        "profile new", "profile check", "profile try", "profile try", "ingest", "files", "explain",
        "run",
    ]  # fmt: skip
    new, check, refused, accepted, ingest, files, explain, run = steps
    assert new.summary["open"] == ["which status these words mean: 已退 (statuses)"]
    assert check.summary["faults"] == []
    assert "would be REFUSED: REJECTED_LINES" in refused.output
    assert "UNKNOWN_STATUS: '已退'" in refused.output and "TOTALS_DIFFER" in refused.output
    assert "would be ACCEPTED" in accepted.output
    totals = {row["name"]: row["declared"] for row in accepted.summary["totals"]}
    assert totals == {"count": 3, "amount": 128800, "fee": 773}
    (day,) = ingest.summary["dates"]
    assert day["channels"]["teapay"]["lines"] == 3
    assert [row["status"] for row in files.summary["files"]] == ["ACCEPTED"]
    assert explain.summary["found"]
    assert re.search(r"3 lines +3 matched +1 waiting +0 breaks", run.output), run.output
