"""What the demo shows when it is done: a table by day and channel, files, and where to look."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from demo.check import Rows, table

HEAD = ("day", "channel", "lines", "ours", "matched", "waiting", "broken", "excluded",
        "matched CNY", "at stake CNY", "fees off", "remark")  # fmt: skip
OUTCOMES = ("MATCHED", "SUSPENSE", "BREAK", "EXCLUDED")
#: Columns that hold words; the others are numbers and stand to the right.
WORDS = (0, 1, len(HEAD) - 1)


def by_day(lake: Path) -> list[tuple[str, ...]]:
    """The table: a row per run date and channel, money in yuan."""
    outcomes, fees = table(lake, "outcomes"), table(lake, "fee_checks")
    lines = Counter(_key(row) for row in table(lake, "statement_lines"))
    ours = Counter(_key(row) for row in table(lake, "internal_transactions"))
    remarks = _remarks(table(lake, "runs"))
    rows = []
    for key in sorted(lines.keys() | ours.keys()):
        mine = [row for row in outcomes if (str(row["run_date"]), row["channel"]) == key]
        counts = Counter(row["outcome"] for row in mine)
        matched = sum(row["statement_amount"] or 0 for row in mine if row["outcome"] == "MATCHED")
        stake = sum(at_stake(row) for row in mine)
        off = sum(row["difference"] or 0 for row in fees if _key(row) == key)
        rows.append((*key, f"{lines[key]:,}", f"{ours[key]:,}",
                     *(f"{counts[outcome]:,}" for outcome in OUTCOMES),
                     money(matched), money(stake), f"{off / 100:+.2f}" if off else "-",
                     remarks.get(key, "")))  # fmt: skip
    return rows


def at_stake(row: dict[str, Any]) -> int:
    """What a broken row may cost, in minor units: its difference, or all of it.

    All of it is at stake where it stands alone, and where the statuses differ.
    """
    if row["outcome"] != "BREAK":
        return 0
    if "STATUS_MISMATCH" in row["reasons"]:
        return abs(int(row["statement_amount"]))
    for column in ("difference", "statement_amount", "internal_amount"):
        if row[column]:
            return abs(int(row[column]))
    return 0


def money(minor: int) -> str:
    """Fen as yuan, with thousands set apart."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def rendered(rows: Sequence[Sequence[str]]) -> str:
    """The table as text; a blank line between the days."""
    whole = [HEAD, *rows]
    widths = [max(len(row[n]) for row in whole) for n in range(len(HEAD))]
    out = []
    for above, row in zip([HEAD, *whole], whole, strict=False):
        if row is not HEAD and above[0] != row[0]:
            out.append("")
        cells = [cell.ljust(width) if n in WORDS else cell.rjust(width)
                 for n, (cell, width) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)


def reasons(lake: Path) -> str:
    """The broken rows by reason and what is asked for, the most frequent first."""
    count = Counter(
        (" ".join(row["reasons"]), row["action"])
        for row in table(lake, "outcomes")
        if row["outcome"] == "BREAK"
    )
    ordered = sorted(count.items(), key=lambda item: (-item[1], item[0]))
    return "\n".join(f"  {times:5,}  {reason:<18} {action}" for (reason, action), times in ordered)


def exported(lake: Path, day: str) -> list[Path]:
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
