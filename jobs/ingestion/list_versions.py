"""Lists every version of a date's files, with the changes between them, as rows and as text.

Source: docs/reference/files.md.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from jobs.ingestion.day_state import resolve_day_state
from jobs.ingestion.file_register import Row
from jobs.ingestion.receive_statements import load_day_files
from jobs.ingestion.version_diff import VersionChanges, compare_versions
from jobs.lake.tables import Lake
from schemas.configuration import Configuration
from schemas.currencies import in_major_units
from schemas.vocabulary import FileStatus


def list_versions(lake: Lake, config: Configuration, day: date) -> tuple[list[Row], list[str]]:
    """Lists every version of a date: file rows with their `changes`, and the same as text."""
    rows: list[Row] = []
    text: list[str] = []
    for channel, profile in config.profiles.items():
        day_files = load_day_files(lake, channel, day)
        state = resolve_day_state(profile, day, day_files, [], config.snapshots)
        missing = f", missing {', '.join(state.missing)}" if day_files and state.missing else ""
        text.append(f"{channel} {day}  {state.statement_state}{missing}")
        changes = compare_versions(lake, profile, day_files)
        for row in sorted(day_files, key=lambda row: (row["part"], row["version"], row["status"])):
            change = None
            if row["status"] != FileStatus.DUPLICATE:
                change = changes.get((row["part"], int(row["version"])))
            rows.append(row | {"changes": change and change.to_plain()})
            text += render_version(row, change)
    return rows, text


def render_version(row: Row, change: VersionChanges | None) -> list[str]:
    """Renders a version as lines of text, amounts in major units; `change` is against the version
    before it.
    """
    lines, rejected = row["line_count"] or 0, row["rejected_count"] or 0
    out = [
        f"  {row['part']:<8} v{row['version']} {row['status']:<11} {lines:>9,} lines"
        f" {rejected:>5,} rejected  {row['file_id'][:12]}  {row['received_at']:%Y-%m-%d %H:%M}Z"
        f"  {row['file_name']}"
    ]
    if row["reason"]:
        out.append(f"      {row['reason']}")
    if change is None:
        return out
    if change.fault:
        return [*out, f"      against version {change.against}: {change.fault}"]
    sums = (change.amounts or {}).items()
    amounts = ", ".join(f"{code} {in_major_units(value, code, '+')}" for code, value in sums)
    out.append(
        f"      against version {change.against}: {change.added:,} added, {change.gone:,} gone,"
        f" {change.changed:,} changed, {change.same:,} the same; {amounts or 'no amount'}"
    )
    return out + [f"        {_render_line(line)}" for line in change.lines]


def _render_line(line: Mapping[str, Any]) -> str:
    """Renders a changed line: `changed C-B: line 3 SUCCEEDED CNY 9.99 fee 0.06, was ...`."""
    sides = []
    for side, prefix in (("now", ""), ("was", "was ")):
        if line[f"line_no_{side}"] is not None:
            code = line[f"currency_{side}"] or ""
            fee = line[f"fee_{side}"]
            sides.append(
                f"{prefix}line {line[f'line_no_{side}']} {line[f'status_{side}']}"
                f" {code} {in_major_units(line[f'amount_{side}'], code)}"
                + (f" fee {in_major_units(fee, code)}" if fee is not None else "")
            )
    kind = line["kind_now"] or line["kind_was"]
    ref = line["channel_ref_now"] or line["channel_ref_was"] or "without channel_ref"
    return f"{line['change']:<7} {kind} {ref}: {', '.join(sides)}"
