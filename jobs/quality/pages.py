"""Writes the quality pages: one per table and day, and an index of the latest days.

They are in the lake's `quality/` and need no network: they have no link out of the folder. The site
of Great Expectations loads styles and scripts from elsewhere, so this module takes only its
sentences. Source: docs/reference/quality.md.
"""

import hashlib
import html
import json
import uuid
from collections.abc import Iterable, Sequence
from string import Template
from typing import Any

from pyarrow import fs

from jobs.lake.tables import Lake
from jobs.quality.great_expectations_checks import Check, QualitySummary, describe

FOLDER = "quality"
#: The index shows so many of the latest days; it does not remove older pages.
INDEX_DAYS = 60

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } p { margin: .25rem 0 1.25rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; }
tr { border-bottom: 1px solid var(--line); } th { font-weight: 600; }
td:nth-child(-n+2) { white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.OK, .WARN, .FAIL { border-radius: .3rem; padding: .1rem .5rem; color: #fff; font-weight: 600;
  text-decoration: none; white-space: nowrap; }
.OK { background: #2b7a4b; } .WARN { background: #a86400; } .FAIL { background: #b3261e; }
.badge { background: var(--soft); border-radius: .25rem; padding: 0 .3rem; font-size: .9em; }
""".strip()

_PAGE = Template(
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>$title</title>\n'
    "<style>\n$style\n</style></head>\n<body>\n<h1>$title</h1>\n<p>$lead</p>\n"
    "<table>\n<thead><tr>$head</tr></thead>\n<tbody>\n$rows\n</tbody></table>\n</body></html>\n"
)


def build_pages(lake: Lake, summaries: Sequence[QualitySummary]) -> str:
    """Writes the page of each summary, and the index; returns the index's path.

    A page replaces an earlier one of the same table, day and channels; all others stay.
    """
    for summary in summaries:
        path = f"{FOLDER}/{summary.day}/{_page_name(summary)}"
        _write(lake, f"{path}.html", _render_page(summary))
        _write(lake, f"{path}.json", json.dumps(_facts(summary), indent=1) + "\n")
    _write(lake, f"{FOLDER}/index.html", _render_index(_read_latest(lake)))
    return f"{lake.uri}/{FOLDER}/index.html"


def _page_name(summary: QualitySummary) -> str:
    """The table, and the channel; of several channels their number and a hash of their names.

    A file system takes names of 255 bytes: a name must not grow with the number of channels.
    """
    channels = summary.channels
    if len(channels) < 2:
        return ".".join([summary.table, *(channels or ["all"])])
    digest = hashlib.sha256(" ".join(channels).encode()).hexdigest()[:12]
    return f"{summary.table}.{len(channels)}-channels-{digest}"


def _facts(summary: QualitySummary) -> dict[str, Any]:
    return {
        "table": summary.table,
        "day": str(summary.day),
        "channels": list(summary.channels),
        "result": summary.result,
        "rows": summary.rows,
        "checks": len(summary.checks),
        "seconds": summary.seconds,
        "wrong": [f"{check.severity}: {check.column} {check.name}: {check.problem}"
                  for check in (*summary.failures, *summary.warnings)],
    }  # fmt: skip


def _render_page(summary: QualitySummary) -> str:
    wrong = len(summary.failures) + len(summary.warnings)
    lead = (
        f'<span class="{summary.result}">{summary.result}</span>&ensp;'
        f"{', '.join(summary.channels) or 'all channels'}: {summary.rows:,} rows,"
        f" {len(summary.checks)} checks, {wrong or 'none'} failed."
        ' <a href="../index.html">All days</a>'
    )
    title = f"{summary.table} on {summary.day}"
    rows = [_render_row(check) for check in summary.checks]
    return _fill_page(title, lead, ("Result", "Column", "Severity", "Rule", "Problem"), rows)


def _render_row(check: Check) -> str:
    result = "OK" if check.passed else check.severity.upper()
    cells = (html.escape(check.column), check.severity, describe(check), html.escape(check.problem))
    return (
        f'<tr><td><span class="{result}">{result}</span></td>'
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def _read_latest(lake: Lake) -> list[tuple[str, dict[str, Any]]]:
    """Reads the facts of the latest days' pages: (path below `quality/`, facts), newest first."""
    storage = lake.storage.fs
    infos = storage.get_file_info(fs.FileSelector(lake.storage.full_path(FOLDER)))
    days = sorted(
        (info.base_name for info in infos if info.type == fs.FileType.Directory), reverse=True
    )
    pages = []
    for day in days[:INDEX_DAYS]:
        selector = fs.FileSelector(lake.storage.full_path(f"{FOLDER}/{day}"))
        for info in sorted(storage.get_file_info(selector), key=lambda info: info.base_name):
            if info.base_name.endswith(".json"):
                with storage.open_input_stream(info.path, compression=None) as stream:
                    facts = json.loads(stream.read())
                pages.append((f"{day}/{info.base_name.removesuffix('.json')}.html", facts))
    return pages


def _render_index(pages: Iterable[tuple[str, dict[str, Any]]]) -> str:
    rows = []
    for path, facts in pages:
        link = f'<a class="{facts["result"]}" href="{html.escape(path)}">{facts["result"]}</a>'
        cells = (facts["day"], facts["table"], ", ".join(facts["channels"]) or "all")
        wrong = "<br>".join(html.escape(problem) for problem in facts["wrong"])
        rows.append(
            f"<tr><td>{link}</td>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
            + f'<td class="number">{facts["rows"]:,}</td><td>{wrong}</td></tr>'
        )  # fmt: skip
    lead = (
        "The shape of each day's rows, checked by Great Expectations. Open a result for its"
        f" checks. The latest {INDEX_DAYS} days; older pages are in the same folder, by date."
    )
    return _fill_page(
        "Quality", lead, ("Result", "Day", "Table", "Channels", "Rows", "Wrong"), rows
    )


def _fill_page(title: str, lead: str, head: Sequence[str], rows: Sequence[str]) -> str:
    return _PAGE.substitute(
        title=html.escape(title), style=_STYLE, lead=lead, rows="\n".join(rows),
        head="".join(f"<th>{cell}</th>" for cell in head),
    )  # fmt: skip


def _write(lake: Lake, relative: str, text: str) -> None:
    path = lake.storage.full_path(relative)
    lake.storage.fs.create_dir(path.rsplit("/", 1)[0], recursive=True)
    partial = f"{path}.{uuid.uuid4().hex}.part"
    with lake.storage.fs.open_output_stream(partial) as stream:
        stream.write(text.encode())
    lake.storage.fs.move(partial, path)  # a reader sees a whole page, the new or the old
