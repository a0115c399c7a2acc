"""`make notebooks`: runs every notebook on the demo's lake and writes it as a page."""

import os
import sys
from pathlib import Path

import jupytext
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from tests.support.paths import ROOT

#: Dates of notebooks that are not about the demo's last day.
DATES = {"channel_onboarding": "2026-11-18"}


def write_pages(folder: Path) -> None:
    """Writes a page per notebook, without its code."""
    folder.mkdir(parents=True, exist_ok=True)
    exporter = HTMLExporter(exclude_input=True)
    for path in sorted((ROOT / "notebooks").glob("*.py")):
        os.environ["TIEOUT_BUSINESS_DATE"] = DATES.get(path.stem, "2026-11-20")
        notebook = jupytext.read(path)
        place = {"metadata": {"path": str(path.parent)}}
        NotebookClient(notebook, timeout=300, resources=place).execute()
        page, _ = exporter.from_notebook_node(notebook)
        (folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
        sys.stdout.write(f"{folder / path.stem}.html\n")


if __name__ == "__main__":
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    write_pages(Path(sys.argv[1]))
