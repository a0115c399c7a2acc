"""Which line would explain that a file does not add up: looked for only when it does not.

A line too many, one that stands twice, one with the wrong sign, or a rejected one that is missing.
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

from jobs.ingestion.acceptance_limits import COPY, lines_of
from jobs.ingestion.parse_tasks import ParsedFile
from jobs.storage.archive import Storage
from schemas.currencies import MINOR_UNITS
from schemas.tables import REJECTED_LINES

#: More lines than this explain nothing.
NAMED_MAX = 3
#: So many lines with an amount, and so many rejected ones, are looked at.
ROWS_MAX = 100_000
#: A count is looked into in files of up to so many lines.
COUNTED_MAX = 2_000_000
#: Totals that add up amounts with their sign; others add up one kind of them without.
_SIGNED = ("balance", "net")
_COLUMNS = ["line_no", "kind", "status", "channel_ref_norm", "our_ref_norm", "amount", "fee"]


@dataclass(frozen=True)
class Cause:
    """A line and what it would explain; the lower the rank the likelier."""

    rank: int
    line_no: int
    said: str


def likely_cause(
    storage: Storage, landed: ParsedFile, totals: Iterable[Mapping[str, Any]]
) -> str | None:
    """The few lines one of which explains every difference, in words; None where there are none.

    `totals` are those of the file: name, currency, declared, computed, in minor units or counts.
    """
    differs = [row for row in totals if row["declared"] not in (None, row["computed"])]
    money = [row for row in differs if "count" not in row["name"]]
    if money:
        found = [each for each in (_of_money(storage, landed, row) for row in money) if each]
    else:
        found = [each for each in (_of_count(storage, landed, row) for row in differs) if each]
    if not found:
        return None
    in_all = set.intersection(*({each.line_no for each in one} for one in found))
    causes = [each for each in found[0] if not in_all or each.line_no in in_all]
    best = min(each.rank for each in causes)
    lines = {each.line_no: each.said for each in causes if each.rank == best}
    if len(lines) > NAMED_MAX:
        return None
    told = "; or ".join(said for _, said in sorted(lines.items()))
    return f"LIKELY_CAUSE: {told}"


def _of_money(storage: Storage, landed: ParsedFile, total: Mapping[str, Any]) -> list[Cause]:
    """Lines whose amount (or fee) is the difference, or half of it."""
    difference = total["computed"] - total["declared"]
    name = "fee" if "fee" in total["name"] else "amount"
    digits = MINOR_UNITS.get(total["currency"] or "", 2)
    shown = f"{Decimal(abs(difference)).scaleb(-digits):f}"
    causes = [
        Cause(1, number, f"line {number}, which is rejected, bears {shown}")
        for number in _rejected_with(storage, landed, shown)
    ]
    signed = total["name"] == "amount" or any(word in total["name"] for word in _SIGNED)
    # A total without sign grows by a line too many, whichever way its money went.
    wanted = {difference} if signed else {difference, -difference} if difference > 0 else set()
    half = {difference // 2} if difference % 2 == 0 and (signed or name == "fee") else set()
    if not landed.lines or not wanted | half or abs(difference) >= 2**63:
        return causes
    condition = ds.field(name).isin(sorted(wanted | half))
    if total["currency"] and total["currency"] in landed.sums.get("count", {}):
        condition &= ds.field("currency") == total["currency"]
    table = lines_of(storage, landed.lines).head(ROWS_MAX, columns=_COLUMNS, filter=condition)
    firsts: dict[tuple[Any, ...], int] = {}
    for row in sorted(table.to_pylist(), key=lambda row: int(row["line_no"])):
        number, key = row["line_no"], tuple(row[each] for each in _COLUMNS[1:])
        first = firsts.setdefault(key, number)
        if row[name] in half:
            causes.append(
                Cause(3, number, f"line {number} counts with the wrong sign, its {name} is half")
            )
        elif first != number:
            causes.append(Cause(0, number, f"line {number} is a copy of line {first}"))
        else:
            causes.append(Cause(2, number, f"line {number} is too many, its {name} is {shown}"))
    return causes


def _rejected_with(storage: Storage, landed: ParsedFile, shown: str) -> list[int]:
    """Rejected lines in whose text a number stands, with or without thousands separators."""
    number = re.compile(rf"(?<![\d.])0*{re.escape(shown)}0*(?![\d])")
    return [
        row["line_no"]
        for row in _rejected(storage, landed)
        if number.search(re.sub(r"(?<=\d),(?=\d{3})", "", row["raw"] or ""))
    ]


def _rejected(storage: Storage, landed: ParsedFile) -> Sequence[Mapping[str, Any]]:
    if not landed.rejected:
        return []
    paths = [storage.full_path(f"{REJECTED_LINES.name}/{each.path}") for each in landed.rejected]
    there = ds.dataset(paths, filesystem=storage.fs, format="parquet")
    rows: list[dict[str, Any]] = there.head(ROWS_MAX, columns=["line_no", "raw"]).to_pylist()
    return rows


def _of_count(storage: Storage, landed: ParsedFile, total: Mapping[str, Any]) -> list[Cause]:
    """As many rejected lines as are missing, or as many copies as are too many."""
    difference = total["computed"] - total["declared"]
    if difference < 0:
        rows = _rejected(storage, landed) if landed.rejected_count == -difference else []
        return [
            Cause(1, row["line_no"], f"line {row['line_no']} is rejected and missing")
            for row in rows
        ]
    if not 0 < landed.line_count <= COUNTED_MAX:
        return []
    lines = lines_of(storage, landed.lines).to_table(
        columns=[*COPY, "line_no"], filter=ds.field("channel_ref_norm").is_valid()
    )
    groups = lines.group_by(COPY).aggregate([("line_no", "list"), ("line_no", "count")])
    again = groups.filter(pc.greater(groups["line_no_count"], 1))["line_no_list"].to_pylist()
    copies: dict[int, int] = defaultdict(int)
    for numbers in again:
        copies.update({number: min(numbers) for number in numbers if number != min(numbers)})
    if len(copies) != difference:
        return []
    return [
        Cause(0, number, f"line {number} is a copy of line {first}")
        for number, first in sorted(copies.items())
    ]
