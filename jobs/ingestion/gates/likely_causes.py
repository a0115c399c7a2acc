"""Looks for the line that explains why a file's totals differ; runs only if they do.

Causes: a line too many, a repeated line, a line with the wrong sign, or a rejected line.
Source: docs/reference/files.md, "Quarantine".
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow.compute as pc
import pyarrow.dataset as ds

from jobs.ingestion.gates.acceptance_limits import DUPLICATE_KEY, open_line_dataset
from jobs.ingestion.parse_tasks import ParsedFile
from jobs.storage.archive import Storage
from schemas.currencies import MINOR_UNITS
from schemas.tables import REJECTED_LINES

#: If more lines than this fit, the message names none.
CAUSES_MAX = 3
#: The search reads at most so many lines with an amount, and so many rejected lines.
ROWS_MAX = 100_000
#: The search for repeated lines reads files of at most so many lines.
LINES_MAX = 2_000_000
#: Totals with one of these words sum signed amounts; others sum one kind of amount unsigned.
_SIGNED = ("balance", "net")
_COLUMNS = ["line_no", "kind", "status", "channel_ref_norm", "our_ref_norm", "amount", "fee"]


@dataclass(frozen=True)
class Cause:
    """A line and the text of the cause; a lower rank is more likely."""

    rank: int
    line_no: int
    text: str


def likely_cause(
    storage: Storage, parsed: ParsedFile, totals: Iterable[Mapping[str, Any]]
) -> str | None:
    """The text of the lines that explain the differences; None if there are none or too many.

    `totals` are rows of `compare_totals`: name, currency, declared and computed.
    """
    differs = [row for row in totals if row["declared"] not in (None, row["computed"])]
    money = [row for row in differs if "count" not in row["name"]]
    if money:
        by_total = [_amount_causes(storage, parsed, row) for row in money]
    else:
        by_total = [_count_causes(storage, parsed, row) for row in differs]
    by_total = [causes for causes in by_total if causes]
    if not by_total:
        return None
    in_all = set.intersection(*({cause.line_no for cause in causes} for causes in by_total))
    causes = [cause for cause in by_total[0] if not in_all or cause.line_no in in_all]
    best = min(cause.rank for cause in causes)
    lines = {cause.line_no: cause.text for cause in causes if cause.rank == best}
    if len(lines) > CAUSES_MAX:
        return None
    texts = "; or ".join(text for _, text in sorted(lines.items()))
    return f"LIKELY_CAUSE: {texts}"


def _amount_causes(storage: Storage, parsed: ParsedFile, total: Mapping[str, Any]) -> list[Cause]:
    """Lines whose amount (or fee) is the difference, or half of it."""
    difference = total["computed"] - total["declared"]
    name = "fee" if "fee" in total["name"] else "amount"
    digits = MINOR_UNITS.get(total["currency"] or "", 2)
    difference_text = f"{Decimal(abs(difference)).scaleb(-digits):f}"
    causes = [
        Cause(1, number, f"line {number}, which is rejected, has {difference_text}")
        for number in _find_rejected_with(storage, parsed, difference_text)
    ]
    signed = total["name"] == "amount" or any(word in total["name"] for word in _SIGNED)
    # A line too many raises an unsigned total, whatever the sign of its amount.
    values = {difference} if signed else {difference, -difference} if difference > 0 else set()
    half = {difference // 2} if difference % 2 == 0 and (signed or name == "fee") else set()
    if not parsed.line_files or not values | half or abs(difference) >= 2**63:
        return causes
    condition = ds.field(name).isin(sorted(values | half))
    if total["currency"] and total["currency"] in parsed.column_sums.get("count", {}):
        condition &= ds.field("currency") == total["currency"]
    table = open_line_dataset(storage, parsed.line_files).head(
        ROWS_MAX, columns=_COLUMNS, filter=condition
    )
    firsts: dict[tuple[Any, ...], int] = {}
    for row in sorted(table.to_pylist(), key=lambda row: int(row["line_no"])):
        number, key = row["line_no"], tuple(row[column] for column in _COLUMNS[1:])
        first = firsts.setdefault(key, number)
        if row[name] in half:
            causes.append(
                Cause(3, number, f"line {number} counts with the wrong sign, its {name} is half")
            )
        elif first != number:
            causes.append(Cause(0, number, f"line {number} is a copy of line {first}"))
        else:
            causes.append(
                Cause(2, number, f"line {number} is too many, its {name} is {difference_text}")
            )
    return causes


def _find_rejected_with(storage: Storage, parsed: ParsedFile, number_text: str) -> list[int]:
    """Finds rejected lines whose text has a number, with or without thousands separators."""
    number = re.compile(rf"(?<![\d.])0*{re.escape(number_text)}0*(?![\d])")
    return [
        row["line_no"]
        for row in _read_rejected(storage, parsed)
        if number.search(re.sub(r"(?<=\d),(?=\d{3})", "", row["raw"] or ""))
    ]


def _read_rejected(storage: Storage, parsed: ParsedFile) -> Sequence[Mapping[str, Any]]:
    if not parsed.rejected_files:
        return []
    paths = [
        storage.full_path(f"{REJECTED_LINES.name}/{file.path}") for file in parsed.rejected_files
    ]
    lines = ds.dataset(paths, filesystem=storage.fs, format="parquet")
    rows: list[dict[str, Any]] = lines.head(ROWS_MAX, columns=["line_no", "raw"]).to_pylist()
    return rows


def _count_causes(storage: Storage, parsed: ParsedFile, total: Mapping[str, Any]) -> list[Cause]:
    """All rejected lines, if their number is missing; all copies, if their number is too many."""
    difference = total["computed"] - total["declared"]
    if difference < 0:
        rows = _read_rejected(storage, parsed) if parsed.rejected_count == -difference else []
        return [
            Cause(1, row["line_no"], f"line {row['line_no']} is rejected and missing")
            for row in rows
        ]
    if not 0 < parsed.line_count <= LINES_MAX:
        return []
    lines = open_line_dataset(storage, parsed.line_files).to_table(
        columns=[*DUPLICATE_KEY, "line_no"], filter=ds.field("channel_ref_norm").is_valid()
    )
    groups = lines.group_by(DUPLICATE_KEY).aggregate([("line_no", "list"), ("line_no", "count")])
    repeated = groups.filter(pc.greater(groups["line_no_count"], 1))["line_no_list"].to_pylist()
    copies: dict[int, int] = defaultdict(int)
    for numbers in repeated:
        copies.update({number: min(numbers) for number in numbers if number != min(numbers)})
    if len(copies) != difference:
        return []
    return [
        Cause(0, number, f"line {number} is a copy of line {first}")
        for number, first in sorted(copies.items())
    ]
