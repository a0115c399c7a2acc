"""The pages that people open: one per table and day, and an index of the latest days.

They lie in the lake's `quality/` and need no network: nothing in them points outside.
Great Expectations' own site loads styles and scripts from elsewhere, so its sentences are put into
a page of ours. Source: docs/reference/quality.md.
"""

import html
import json
import uuid
from collections.abc import Iterable, Sequence
from string import Template
from typing import Any

from pyarrow import fs

from jobs.lake.tables import Lake
from jobs.quality.great_expectations_checks import Check, QualitySummary, in_words

FOLDER = "quality"
#: The index shows so many of the latest days; the pages of all days stay where they are.
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
    """Writes the page of each summary, and the index anew; returns the index's path.

    A page of the same table, day and channels is replaced; all others stay.
    """
    for summary in summaries:
        place = f"{FOLDER}/{summary.day}/{_name(summary)}"
        _write(lake, f"{place}.html", _page_of(summary))
        _write(lake, f"{place}.json", json.dumps(_facts(summary), indent=1) + "\n")
    _write(lake, f"{FOLDER}/index.html", _index(_latest(lake)))
    return f"{lake.uri}/{FOLDER}/index.html"


def _name(summary: QualitySummary) -> str:
    return ".".join([summary.table, "+".join(summary.channels) or "all"])


def _facts(summary: QualitySummary) -> dict[str, Any]:
    return {
        "table": summary.table,
        "day": str(summary.day),
        "channels": list(summary.channels),
        "result": summary.result,
        "rows": summary.rows,
        "checks": len(summary.checks),
        "seconds": summary.seconds,
        "wrong": [f"{each.mark}: {each.column} {each.name}: {each.found}"
                  for each in (*summary.failures, *summary.warnings)],
    }  # fmt: skip


def _page_of(summary: QualitySummary) -> str:
    wrong = len(summary.failures) + len(summary.warnings)
    lead = (
        f'<span class="{summary.result}">{summary.result}</span>&ensp;'
        f"{', '.join(summary.channels) or 'all channels'}: {summary.rows:,} rows,"
        f" {len(summary.checks)} checks, {wrong or 'none'} failed."
        ' <a href="../index.html">All days</a>'
    )
    title = f"{summary.table} on {summary.day}"
    rows = [_row_of(check) for check in summary.checks]
    return _filled(title, lead, ("Result", "Column", "Marked", "What must hold", "Found"), rows)


def _row_of(check: Check) -> str:
    result = "OK" if check.passed else check.mark.upper()
    cells = (html.escape(check.column), check.mark, in_words(check), html.escape(check.found))
    return (
        f'<tr><td><span class="{result}">{result}</span></td>'
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def _latest(lake: Lake) -> list[tuple[str, dict[str, Any]]]:
    """Facts of the latest days' pages, newest day first, each with its path below `quality/`."""
    storage = lake.storage.fs
    listed = storage.get_file_info(fs.FileSelector(lake.storage.full_path(FOLDER)))
    days = sorted(
        (each.base_name for each in listed if each.type == fs.FileType.Directory), reverse=True
    )
    found = []
    for day in days[:INDEX_DAYS]:
        selector = fs.FileSelector(lake.storage.full_path(f"{FOLDER}/{day}"))
        for each in sorted(storage.get_file_info(selector), key=lambda info: info.base_name):
            if each.base_name.endswith(".json"):
                with storage.open_input_stream(each.path, compression=None) as stream:
                    facts = json.loads(stream.read())
                found.append((f"{day}/{each.base_name.removesuffix('.json')}.html", facts))
    return found


def _index(pages: Iterable[tuple[str, dict[str, Any]]]) -> str:
    rows = []
    for path, facts in pages:
        link = f'<a class="{facts["result"]}" href="{html.escape(path)}">{facts["result"]}</a>'
        cells = (facts["day"], facts["table"], ", ".join(facts["channels"]) or "all")
        wrong = "<br>".join(html.escape(each) for each in facts["wrong"])
        rows.append(
            f"<tr><td>{link}</td>" + "".join(f"<td>{html.escape(each)}</td>" for each in cells)
            + f'<td class="number">{facts["rows"]:,}</td><td>{wrong}</td></tr>'
        )  # fmt: skip
    lead = (
        "The shape of each day's rows, as Great Expectations found it. Open a result for its"
        f" checks. The latest {INDEX_DAYS} days; older pages lie beside them, by date."
    )
    return _filled("Quality", lead, ("Result", "Day", "Table", "Channels", "Rows", "Wrong"), rows)


def _filled(title: str, lead: str, head: Sequence[str], rows: Sequence[str]) -> str:
    return _PAGE.substitute(
        title=html.escape(title), style=_STYLE, lead=lead, rows="\n".join(rows),
        head="".join(f"<th>{each}</th>" for each in head),
    )  # fmt: skip


def _write(lake: Lake, relative: str, text: str) -> None:
    path = lake.storage.full_path(relative)
    lake.storage.fs.create_dir(path.rsplit("/", 1)[0], recursive=True)
    making = f"{path}.{uuid.uuid4().hex}.part"
    with lake.storage.fs.open_output_stream(making) as stream:
        stream.write(text.encode())
    lake.storage.fs.move(making, path)  # a reader sees all of a page or the one before
