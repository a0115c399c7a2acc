"""Renders a comparison of two runs as text for a terminal."""

import textwrap
from collections.abc import Mapping
from typing import Any

from jobs.reports.labels import REASON_LABELS
from jobs.timeline.paragraphs import WIDTH, time_text, value_text


def render_diff(diff: Mapping[str, Any]) -> list[str]:
    """Renders the differences of one channel and date, line by line."""
    before, after = diff["before"], diff["after"]
    out = [f"{diff['business_date']}  {diff['channel']}"]
    for name, run in (("from", before), ("to", after)):
        if run:
            out.append(
                f"  {name:<4}  run {run['run_id'][:8]} of {time_text(run['ended_at'])}"
                f" on {run['engine']}, outcomes version {run['outcomes_version']}"
            )
    if diff["note"]:
        out.append(f"  {diff['note']}")
    if "changed" not in diff:
        return out
    total = diff["changed"] + diff["added"] + diff["gone"]
    counts = ", ".join(f"{diff[state]:,} {state}" for state in ("changed", "added", "gone"))
    changes = ", ".join(f"{change} {rows:,}" for change, rows in diff["outcomes"].items())
    summary = f"{counts}; {changes}" if total else "all rows are the same"
    out += textwrap.wrap(summary, WIDTH, initial_indent="  ", subsequent_indent="    ")
    for row in diff["rows"]:
        reasons = "; ".join(REASON_LABELS[code] for code in row["reasons"] or ())
        reference = row["txn_id"] or row["our_ref"] or row["channel_ref"] or row["line_id"]
        out.append(
            f"  {row['state']:<8}  {reference}  {row['outcome']}{': ' if reasons else ''}{reasons}"
        )
        out += [f"{'':<12}{name}: {value_text(before)} -> {value_text(after)}"
                for name, (before, after) in row["changes"].items()]  # fmt: skip
    if total > len(diff["rows"]):
        out.append(f"  and {total - len(diff['rows']):,} more")
    return out
