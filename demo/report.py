"""The demo's report: a table by day and channel, breaks by reason, exported files."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from demo.check import Rows, read_table

HEAD = ("day", "channel", "lines", "ours", "matched", "waiting", "broken", "excluded",
        "matched CNY", "at stake CNY", "fees off", "remark")  # fmt: skip
OUTCOMES = ("MATCHED", "SUSPENSE", "BREAK", "EXCLUDED")
#: Columns of text; the others are numbers and aligned right.
TEXT_COLUMNS = (0, 1, len(HEAD) - 1)


def rows_by_day(lake: Path) -> list[tuple[str, ...]]:
    """The table: a row per run date and channel, money in yuan."""
    outcomes, fees = read_table(lake, "outcomes"), read_table(lake, "fee_checks")
    lines = Counter(_key(row) for row in read_table(lake, "statement_lines"))
    ours = Counter(_key(row) for row in read_table(lake, "internal_transactions"))
    remarks = _remarks(read_table(lake, "runs"))
    rows = []
    for key in sorted(lines.keys() | ours.keys()):
        day_rows = [row for row in outcomes if (str(row["run_date"]), row["channel"]) == key]
        counts = Counter(row["outcome"] for row in day_rows)
        matched = sum(
            row["statement_amount"] or 0 for row in day_rows if row["outcome"] == "MATCHED"
        )
        stake = sum(amount_at_risk(row) for row in day_rows)
        off = sum(row["difference"] or 0 for row in fees if _key(row) == key)
        rows.append((*key, f"{lines[key]:,}", f"{ours[key]:,}",
                     *(f"{counts[outcome]:,}" for outcome in OUTCOMES),
                     format_money(matched), format_money(stake),
                     f"{off / 100:+.2f}" if off else "-", remarks.get(key, "")))  # fmt: skip
    return rows


def amount_at_risk(row: dict[str, Any]) -> int:
    """What a break may cost, in minor units: its difference, or its whole amount.

    The whole amount is at risk where one side is missing, or the statuses differ.
    """
    if row["outcome"] != "BREAK":
        return 0
    if "STATUS_MISMATCH" in row["reasons"]:
        return abs(int(row["statement_amount"]))
    for column in ("difference", "statement_amount", "internal_amount"):
        if row[column]:
            return abs(int(row[column]))
    return 0


def format_money(minor: int) -> str:
    """Fen as yuan, with a comma between thousands."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def render_table(rows: Sequence[Sequence[str]]) -> str:
    """The table as text; a blank line between the days."""
    whole = [HEAD, *rows]
    widths = [max(len(row[n]) for row in whole) for n in range(len(HEAD))]
    out = []
    for above, row in zip([HEAD, *whole], whole, strict=False):
        if row is not HEAD and above[0] != row[0]:
            out.append("")
        cells = [cell.ljust(width) if n in TEXT_COLUMNS else cell.rjust(width)
                 for n, (cell, width) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)


def render_reasons(lake: Path) -> str:
    """The breaks by reason and action, the most frequent first."""
    count = Counter(
        (" ".join(row["reasons"]), row["action"])
        for row in read_table(lake, "outcomes")
        if row["outcome"] == "BREAK"
    )
    ordered = sorted(count.items(), key=lambda item: (-item[1], item[0]))
    return "\n".join(f"  {times:5,}  {reason:<18} {action}" for (reason, action), times in ordered)


def exported_files(lake: Path, day: str) -> list[Path]:
    """The files of the day's exports that people open."""
    return sorted(lake.glob(f"exports/{day}/*/breaks.xlsx"))


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return str(row["business_date"]), row["channel"]


def _remarks(runs: Rows) -> dict[tuple[str, str], str]:
    last: dict[tuple[str, str], str] = {}
    for row in sorted(runs, key=lambda row: row["started_at"]):
        if row["job"] == "match":
            result = "" if row["result"] == "DONE" else row["result"]
            last[_key(row)] = result.lower().replace("_", " ")
    return last
