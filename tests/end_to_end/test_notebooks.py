"""The notebooks run from top to bottom on a small lake, in a kernel of their own."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from jobs.lake.tables import Lake
from tests.support.paths import ROOT
from tests.support.small_lake import fill

KERNEL = "this-environment"


def executed(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **env: str) -> Any:
    """The notebook with its outputs, run by this very interpreter."""
    spec = tmp_path / "kernels" / KERNEL
    spec.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": command, "display_name": "tests", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(kernel))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    notebook = jupytext.read(path)
    client = NotebookClient(
        notebook, kernel_name=KERNEL, timeout=300, resources={"metadata": {"path": path.parent}}
    )
    client.execute()
    nbformat.validate(notebook)
    return notebook


def outputs(notebook: Any, kind: str) -> list[str]:
    """All outputs of one MIME type, in order."""
    return [
        "".join(output["data"][kind])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if kind in output.get("data", {})
    ]


@pytest.mark.slow
def test_the_daily_review_tells_the_day(
    lake: Lake, engine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """98,765.43 alone and 0.50 short are at stake in wechat, 3.321 dinars in gulfpay."""
    fill(lake)
    notebook = executed(
        ROOT / "notebooks" / "daily_review.py", monkeypatch, tmp_path,
        TIEOUT_LAKE=lake.uri, TIEOUT_BUSINESS_DATE="2026-11-22", TIEOUT_ENGINE=engine,
    )  # fmt: skip

    said = "\n".join(outputs(notebook, "text/markdown"))
    assert "Sunday, 22 November 2026" in said
    assert (
        "**wechat** CNY: 2 matched, 1 waiting (30.00), **2 broken** with **CNY 98,765.93**" in said
    )
    assert "**1 broken** with **KWD 3.321** at stake" in said
    assert "0 set aside, **statement incomplete**" in said

    tables = "\n".join(outputs(notebook, "text/html"))
    for figure in ("98,765.43", "-0.50", "-3.321", "QUARANTINED", "TotalsDiffer", "0.85", "0.03"):
        assert figure in tables, figure

    assert len(outputs(notebook, "image/png")) == 3
    assert not any("http" in text or "<script" in text for text in outputs(notebook, "text/html"))


@pytest.mark.slow
def test_the_daily_review_of_a_day_without_rows_is_empty_and_no_error(
    lake: Lake, engine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    notebook = executed(
        ROOT / "notebooks" / "daily_review.py", monkeypatch, tmp_path,
        TIEOUT_LAKE=lake.uri, TIEOUT_BUSINESS_DATE="2026-11-22", TIEOUT_ENGINE=engine,
    )  # fmt: skip
    said = outputs(notebook, "text/markdown")
    assert "Nothing was matched." in said[0]
    assert said[1:] == ["*Nothing to draw.*"] * 3


def test_the_daily_review_begins_with_three_lines() -> None:
    """Open the session, the lake, the day: nothing more is needed to look at a day."""
    cells = [cell for cell in jupytext.read(ROOT / "notebooks" / "daily_review.py").cells
             if cell.cell_type == "code"]  # fmt: skip
    assert [line.split(" = ")[0] for line in cells[1].source.splitlines()] == [
        "spark", "lake", "day"
    ]  # fmt: skip
