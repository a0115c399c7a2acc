"""The cookbook's new channel, command by command, as the page says what is typed."""

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
class Done:
    """What a command of the page did."""

    command: str
    status: int
    said: str

    @property
    def summary(self) -> dict[str, Any]:
        """Its last line."""
        whole: dict[str, Any] = json.loads(self.said.strip().splitlines()[-1])
        return whole


def carried_out(folder: Path) -> list[Done]:
    """The page's files written, the statement in GBK, and its commands run in a shell."""
    for name, content in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "gb18030" if "teapay" in name else "utf-8")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "TIEOUT_ENGINE": "sail", "LC_ALL": "C.UTF-8"}
    out = []
    for command in COMMANDS:
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True,
                              text=True, check=False, timeout=300)  # fmt: skip
        out.append(Done(command, done.returncode, done.stdout))
        wanted = int(command.rpartition("# exit ")[2]) if "# exit " in command else 0
        assert done.returncode == wanted, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return out


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.programs
def test_the_page_takes_a_channel_from_a_file_to_a_reconciled_day(tmp_path: Path) -> None:
    """1,288.00 + 36.50 - 36.50 of the channel; of ours 88.00 more, which waits."""
    steps = [each for each in carried_out(tmp_path) if each.command.startswith("tieout")]
    named = [" ".join(each.command.split()[1:3]) for each in steps]
    assert [name.split(" --")[0] for name in named] == [
        "profile new", "profile check", "profile try", "profile try", "ingest", "files", "explain",
        "run",
    ]  # fmt: skip
    new, check, refused, accepted, ingest, files, explain, run = steps
    assert new.summary["open"] == ["which status of ours is meant by 已退 (statuses)"]
    assert check.summary["faults"] == []
    assert "would be REFUSED: REJECTED_LINES" in refused.said
    assert "UNKNOWN_STATUS: '已退'" in refused.said and "TOTALS_DIFFER" in refused.said
    assert "would be ACCEPTED" in accepted.said
    totals = {row["name"]: row["declared"] for row in accepted.summary["totals"]}
    assert totals == {"count": 3, "amount": 128800, "fee": 773}
    (day,) = ingest.summary["dates"]
    assert day["channels"]["teapay"]["lines"] == 3
    assert [row["status"] for row in files.summary["files"]] == ["ACCEPTED"]
    assert explain.summary["found"]
    assert re.search(r"3 lines +3 matched +1 waiting +0 breaks", run.said), run.said
