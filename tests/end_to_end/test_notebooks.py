"""The notebooks run from top to bottom on a small lake, in their own kernel."""

import ast
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
from tests.support.demos import Demo
from tests.support.paths import ROOT
from tests.support.small_lake import fill
from tests.tidy.source import OURS

KERNEL = "this-environment"


def run_notebook(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **env: str) -> Any:
    """Runs a notebook with this interpreter; returns it with its outputs."""
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
    """All outputs of one MIME type, in order of the cells."""
    return [
        "".join(output["data"][kind])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if kind in output.get("data", {})
    ]


@pytest.mark.sail_by_day
@pytest.mark.slow
def test_daily_review_shows_the_day(
    lake: Lake, engine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """wechat has 98,765.43 and 0.50 at stake, gulfpay 3.321 dinars."""
    fill(lake)
    notebook = run_notebook(
        ROOT / "notebooks" / "daily_review.py", monkeypatch, tmp_path,
        TIEOUT_LAKE=lake.uri, TIEOUT_BUSINESS_DATE="2026-11-22", TIEOUT_ENGINE=engine,
    )  # fmt: skip

    text = "\n".join(outputs(notebook, "text/markdown"))
    assert "Sunday, 22 November 2026" in text
    assert (
        "**wechat** CNY: 2 matched, 1 waiting (30.00), **2 broken** with **CNY 98,765.93**" in text
    )
    assert "**1 broken** with **KWD 3.321** at stake" in text
    assert "0 excluded, **statement incomplete**" in text

    tables = "\n".join(outputs(notebook, "text/html"))
    for figure in ("98,765.43", "-0.50", "-3.321", "QUARANTINED", "TotalsDiffer", "0.85", "0.03"):
        assert figure in tables, figure

    assert len(outputs(notebook, "image/png")) == 3
    assert not any("http" in text or "<script" in text for text in outputs(notebook, "text/html"))


@pytest.mark.nightly
@pytest.mark.sail_only
@pytest.mark.slow
def test_daily_review_of_a_day_without_rows_is_empty(
    lake: Lake, engine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A date without rows is no error."""
    notebook = run_notebook(
        ROOT / "notebooks" / "daily_review.py", monkeypatch, tmp_path,
        TIEOUT_LAKE=lake.uri, TIEOUT_BUSINESS_DATE="2026-11-22", TIEOUT_ENGINE=engine,
    )  # fmt: skip
    text = outputs(notebook, "text/markdown")
    assert "No row was matched." in text[0]
    assert text[1:] == ["*Nothing to draw.*"] * 3


#: What each notebook shows of the demo's last day, and how many charts it draws.
OF_THE_DEMO = {
    "break_investigation": (("statuses differ", "4,069.36", "BREAK: statuses differ"), 2),
    "suspense_ageing": (("20,641.34", "not on the statement"), 2),
    "fee_audit": (("credit-until-18th", "FEE_MISSING", "295.20 x 0.50 % + 0.10"), 1),
    "settlement_bridge": (("58,708.59", "LATE", "SHORT", "-18,467.08"), 1),
    "channel_onboarding": (("Accepted", "140,265.80", "REFUND"), 1),
}


@pytest.mark.programs
@pytest.mark.parametrize("name", OF_THE_DEMO)
def test_notebook_shows_the_demo(
    name: str, finished_demo: Demo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The figures of the labelled days; pictures are images, without a script or an address."""
    inbox, config = finished_demo.folder / "demo-data" / "inbox", ROOT / "demo" / "config"
    notebook = run_notebook(
        ROOT / "notebooks" / f"{name}.py", monkeypatch, tmp_path,
        TIEOUT_LAKE=str(finished_demo.folder / "demo-data" / "lake"), TIEOUT_CONFIG=str(config),
        TIEOUT_PAGE=str(config / "channels" / "bankcard.yaml"), TIEOUT_ENGINE="sail",
        TIEOUT_STATEMENT=str(inbox / "bankcard" / "CARD_20261118.txt"),
        TIEOUT_BUSINESS_DATE="2026-11-18" if name == "channel_onboarding" else "2026-11-20",
    )  # fmt: skip
    figures, charts = OF_THE_DEMO[name]
    pages = outputs(notebook, "text/html")
    text = "\n".join([*outputs(notebook, "text/markdown"), *pages])
    for figure in figures:
        assert figure in text, figure
    assert len(outputs(notebook, "image/png")) == charts
    assert not any("http" in page or "<script" in page for page in pages)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda path: path.name
)
def test_notebook_imports_only_the_public_face(path: Path) -> None:
    """Of this project a notebook imports `jobs.analysis`, and nothing else."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
    ours = {name for name in modules if name.split(".")[0] in OURS}
    assert ours == {"jobs.analysis"}


def test_daily_review_opens_the_day_in_two_lines() -> None:
    """The lake and the day: nothing more is needed to look at a day."""
    cells = [cell for cell in jupytext.read(ROOT / "notebooks" / "daily_review.py").cells
             if cell.cell_type == "code"]  # fmt: skip
    assert [line.split(" = ")[0] for line in cells[1].source.splitlines()] == ["lake", "day"]
