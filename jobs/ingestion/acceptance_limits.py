"""A profile's limits on a received file, beside its totals: age, copies, shrinking, usual volume.

Pure but for reading the file's own landed lines. Source: docs/reference/files.md, "Limits".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from jobs.lake.commit import DataFile
from jobs.storage.archive import Storage
from schemas.profile.channel import Files
from schemas.tables import STATEMENT_LINES
from schemas.vocabulary import FileStatus

#: How many accepted days before it make the usual volume of a part, and how many are needed.
USUAL_DAYS = 7
USUAL_DAYS_MIN = 3
#: What begins the reason of an accepted file that is worth a look.
WARNING = "UNUSUAL_VOLUME"
#: What makes two lines of one file copies of each other.
COPY = ["kind", "channel_ref_norm", "status"]


@dataclass(frozen=True)
class Size:
    """Lines of a version, and by currency the sum of their amounts without sign, minor units."""

    lines: int
    gross: Mapping[str, int]


def lines_of(storage: Storage, files: Sequence[DataFile]) -> ds.Dataset:
    """Landed lines, before or after they are committed."""
    paths = [storage.full_path(f"{STATEMENT_LINES.name}/{each.path}") for each in files]
    return ds.dataset(paths, filesystem=storage.fs, format="parquet")


def size_of(storage: Storage, files: Sequence[DataFile]) -> Size:
    """The size of what landed of a file."""
    gross: Counter[str] = Counter()
    if files:
        for batch in lines_of(storage, files).to_batches(columns=["currency", "amount"]):
            currencies, amounts = batch.column(0), pc.abs(batch.column(1))
            for code in pc.unique(currencies).to_pylist():
                own = amounts.filter(pc.equal(currencies, code)).cast(pa.decimal128(38, 0))
                gross[code] += int(pc.sum(own).as_py() or 0)
    return Size(sum(each.rows for each in files), gross)


def too_late(
    name: str, came_at: datetime, day: date, files: Files, zone: ZoneInfo, file_id: str
) -> str | None:
    """Why a file is refused that came too many days after the day it is of."""
    came = came_at.astimezone(zone).date()
    age = (came - day).days
    if files.age_days_max is None or age <= files.age_days_max:
        return None
    return (
        f"TOO_LATE: {name}: it came on {came}, {age} days after {day}, and files.age_days_max is"
        f" {files.age_days_max}; if it is right, `tieout files accept {file_id[:12]}`"
    )


def shrunk(
    name: str, files: Files, before: Size, version: int, now: Size, file_id: str
) -> str | None:
    """Why a version is refused that is smaller than the one in force by more than is allowed."""
    if files.shrink_max is None:
        return None
    most = files.shrink_max
    found = []
    if _shrinks(before.lines, now.lines, most):
        found.append(f"{now.lines:,} lines instead of {before.lines:,}")
    for code, value in sorted(before.gross.items()):
        left = now.gross.get(code, 0)
        if _shrinks(value, left, most):
            found.append(f"{code} {left:,} in minor units instead of {value:,}")
    if not found:
        return None
    return (
        f"SHRUNK: {name}: {', '.join(found)} of version {version}, which stays in force; more than"
        f" {most:.0%} is not taken unseen; if it is right, `tieout files accept {file_id[:12]}`"
    )


def _shrinks(before: int, now: int, most: float) -> bool:
    return now < before and (before - now) > most * before


def copied(storage: Storage, files: Sequence[DataFile], limit: Files, name: str) -> str | None:
    """Why a file is refused in which too many lines are copies of others, by `COPY`."""
    count = sum(each.rows for each in files)
    if limit.duplicate_share_max is None or not count:
        return None
    lines = lines_of(storage, files).to_table(
        columns=[*COPY, "line_no"], filter=ds.field("channel_ref_norm").is_valid()
    )
    told = [("line_no", "min"), ("line_no", "max"), ("line_no", "count")]
    groups = lines.group_by(COPY).aggregate(told)
    again = groups.filter(pc.greater(groups["line_no_count"], 1)).sort_by("line_no_min")
    copies = int(pc.sum(again["line_no_count"]).as_py() or 0) - again.num_rows
    if copies <= limit.duplicate_share_max * count:
        return None
    one = again.slice(0, 1).to_pylist()[0]
    return (
        f"DUPLICATE_LINES: {name}:{one['line_no_max']}: {copies} of {count} lines are copies of"
        f" another (same kind, channel_ref, status), first that of line {one['line_no_min']}; have"
        " the channel correct its file or raise files.duplicate_share_max"
    )


def unusual(row: Mapping[str, Any], rows: Iterable[Mapping[str, Any]], files: Files) -> str | None:
    """A warning where a file's lines are far from the usual number of its channel and part.

    Usual is the median of the last `USUAL_DAYS` accepted days before its own.
    """
    if files.volume_change_warn is None:
        return None
    counts = {
        each["business_date"]: int(each["line_count"] or 0)
        for each in rows
        if each["status"] == FileStatus.ACCEPTED
        and all(each[name] == row[name] for name in ("channel", "part"))
        and each["business_date"] < row["business_date"]
    }
    last = [counts[day] for day in sorted(counts)[-USUAL_DAYS:]]
    usual = median(last) if len(last) >= USUAL_DAYS_MIN else 0
    change = (int(row["line_count"] or 0) - usual) / usual if usual else 0.0
    if abs(change) <= files.volume_change_warn:
        return None
    return (
        f"{WARNING}: {row['file_name']}: {row['line_count']:,} lines, usual are {usual:,.0f}"
        f" (median of {len(last)} days), {change:+.0%}"
    )
