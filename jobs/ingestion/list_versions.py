"""Every version of a date's files, with what changed between them, as rows and as text.

Source: docs/reference/files.md.
"""

from datetime import date
from typing import Any

from jobs.ingestion.day_state import resolve_day_state
from jobs.ingestion.file_register import DUPLICATE, Row
from jobs.ingestion.receive_statements import own_rows
from jobs.ingestion.version_diff import Changes, changes_of
from jobs.lake.tables import Lake
from schemas.configuration import Configuration
from schemas.currencies import in_major_units


def listed(lake: Lake, config: Configuration, day: date) -> tuple[list[Row], list[str]]:
    """Every version of a date, with `changes`, and the same in words."""
    out: list[Row] = []
    told: list[str] = []
    for channel, profile in config.profiles.items():
        own = own_rows(lake, channel, day)
        state = resolve_day_state(profile, day, own, [])
        missing = f", missing {', '.join(state.missing)}" if own and state.missing else ""
        told.append(f"{channel} {day}  {state.statement}{missing}")
        changes = changes_of(lake, profile, own)
        for row in sorted(own, key=lambda row: (row["part"], row["version"], row["status"])):
            change = None
            if row["status"] != DUPLICATE:
                change = changes.get((row["part"], int(row["version"])))
            out.append(row | {"changes": change and change.told()})
            told += render_version(row, change)
    return out, told


def render_version(row: Row, change: Changes | None) -> list[str]:
    """A version in lines of text, amounts in major units; `change` is against the one before."""
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
    amounts = ", ".join(f"{code} {in_major_units(each, code, '+')}" for code, each in sums)
    out.append(
        f"      against version {change.against}: {change.added:,} added, {change.gone:,} gone,"
        f" {change.changed:,} changed, {change.same:,} the same; {amounts or 'no amount'}"
    )
    return out + [f"        {_line(each)}" for each in change.lines]


def _line(each: Any) -> str:
    """One changed line: `changed C-B: line 3 SUCCEEDED CNY 9.99 fee 0.06, was ...`."""
    sides = []
    for side, said in (("now", ""), ("was", "was ")):
        if each[f"line_no_{side}"] is not None:
            code = each[f"currency_{side}"] or ""
            fee = each[f"fee_{side}"]
            sides.append(
                f"{said}line {each[f'line_no_{side}']} {each[f'status_{side}']}"
                f" {code} {in_major_units(each[f'amount_{side}'], code)}"
                + (f" fee {in_major_units(fee, code)}" if fee is not None else "")
            )
    kind = each["kind_now"] or each["kind_was"]
    ref = each["channel_ref_now"] or each["channel_ref_was"] or "without channel_ref"
    return f"{each['change']:<7} {kind} {ref}: {', '.join(sides)}"
