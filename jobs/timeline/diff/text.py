"""What changed between two runs, as text for a terminal."""

import textwrap
from collections.abc import Mapping
from typing import Any

from jobs.reports.labels import REASON_WORDS
from jobs.timeline.paragraphs import WIDTH, at, plain


def difference(diff: Mapping[str, Any]) -> list[str]:
    """What changed between two runs of one channel and date."""
    before, after = diff["before"], diff["after"]
    out = [f"{diff['business_date']}  {diff['channel']}"]
    for name, made in (("from", before), ("to", after)):
        if made:
            out.append(
                f"  {name:<4}  run {made['run_id'][:8]} of {at(made['ended_at'])}"
                f" on {made['engine']}, outcomes version {made['outcomes_version']}"
            )
    if diff["note"]:
        out.append(f"  {diff['note']}")
    if "changed" not in diff:
        return out
    total = diff["changed"] + diff["added"] + diff["gone"]
    counts = ", ".join(f"{diff[each]:,} {each}" for each in ("changed", "added", "gone"))
    moves = ", ".join(f"{move} {rows:,}" for move, rows in diff["outcomes"].items())
    said = f"{counts}; {moves}" if total else "all rows are the same"
    out += textwrap.wrap(said, WIDTH, initial_indent="  ", subsequent_indent="    ")
    for row in diff["rows"]:
        said = "; ".join(REASON_WORDS[code] for code in row["reasons"] or ())
        who = row["txn_id"] or row["our_ref"] or row["channel_ref"] or row["line_id"]
        out.append(f"  {row['state']:<8}  {who}  {row['outcome']}{': ' if said else ''}{said}")
        out += [f"{'':<12}{name}: {plain(was)} -> {plain(now)}"
                for name, (was, now) in row["changes"].items()]  # fmt: skip
    if total > len(diff["rows"]):
        out.append(f"  and {total - len(diff['rows']):,} more")
    return out
