"""The page on staging: its commands are run against the cluster that the project starts."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from demo.data import make_data
from demo.model import FIRST
from demo.staging import BUCKET, STORE_ENV, started
from schemas.tables import OUTCOMES, RUNS
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "cookbook" / "staging.md").read_text("utf-8")
BLOCKS = [
    block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    if not block.startswith("make ")
]  # fmt: skip


def _rows(lake: str, table: str, options: dict[str, str] | None = None) -> list[dict[str, Any]]:
    found = DeltaTable(f"{lake}/{table}", storage_options=options).to_pyarrow_table()
    return list(found.to_pylist())


@pytest.mark.nightly
@pytest.mark.spark
def test_commands_of_the_page_reconcile_a_day(tmp_path: Path) -> None:
    """Executors of a standalone cluster, from the zip, in an object store: the rows of a folder."""
    subprocess.run(["make", "zip"], cwd=ROOT, check=True, capture_output=True)
    inbox, lake = make_data(tmp_path).inbox, tmp_path / "lake"
    places = ["--inbox", str(inbox), "--lake", str(lake), "--config", str(ROOT / "demo/config")]
    words = [
        "--business-date",
        str(FIRST),
        *("--channel", "wechat", "--channel", "icbc"),  # the bank that wechat is paid on
        "--engine",
        "sail",
        "--no-quality",
    ]
    local_run = [sys.executable, "-m", "jobs", "run", *places, *words]
    subprocess.run(local_run, cwd=ROOT, check=True, capture_output=True)
    with started(tmp_path / "staging"):
        done = subprocess.run(
            ["bash", "-euc", "\n".join(BLOCKS)], cwd=ROOT, capture_output=True, text=True,
            check=False, timeout=1200,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-3000:]}"
        stored = {
            table.name: _rows(f"s3://{BUCKET}/lake", table.name, STORE_ENV)
            for table in (OUTCOMES, RUNS)
        }
    local = _rows(str(lake), OUTCOMES.name)
    assert sorted(map(str, stored[OUTCOMES.name])) == sorted(map(str, local))
    assert len(local) > 700
    assert {row["engine"] for row in stored[RUNS.name]} == {"spark"}
    log = (tmp_path / "staging" / "worker-1.log").read_text("utf-8", "replace")
    assert "Asked to launch executor" in log
    assert os.environ.get("AWS_SECRET_ACCESS_KEY") is None
