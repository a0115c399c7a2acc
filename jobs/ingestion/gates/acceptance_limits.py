"""Checks a file against the limits of its profile: age, duplicate lines, shrinking, usual volume.

The functions read only the data files of the file's own lines. Source: docs/reference/files.md,
"Limits".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
import pyarrow.dataset as ds

from jobs.lake.commit import DataFile
from jobs.statements.canonical.money import sum_by_currency
from jobs.storage.archive import Storage
from schemas.profile.channel import Files
from schemas.tables import STATEMENT_LINES
from schemas.vocabulary import FileStatus

#: The usual volume is the median of so many accepted days, if there are at least the minimum.
USUAL_DAYS = 7
USUAL_DAYS_MIN = 3
#: References are card numbers where so many values or more were looked at and more than this share
#: of them are card numbers.
CARD_VALUES_MIN = 8
CARD_SHARE_MIN = 0.9
#: The warning in the reason of an accepted file begins with this.
UNUSUAL_VOLUME = "UNUSUAL_VOLUME"
#: Two lines of one file with the same values in these columns are copies of each other.
DUPLICATE_KEY = ["kind", "channel_ref_norm", "status"]


@dataclass(frozen=True)
class VersionSize:
    """The number of lines of a version, and the sums of |amount| by currency, in minor units."""

    lines: int
    gross: Mapping[str, int]


def open_line_dataset(storage: Storage, files: Sequence[DataFile]) -> ds.Dataset:
    """Opens the lines of data files, whether they are committed or not."""
    paths = [storage.full_path(f"{STATEMENT_LINES.name}/{data_file.path}") for data_file in files]
    return ds.dataset(paths, filesystem=storage.fs, format="parquet")


def measure_size(storage: Storage, files: Sequence[DataFile]) -> VersionSize:
    """Measures the lines and amounts in the data files of one version."""
    gross: Counter[str] = Counter()
    if files:
        for batch in open_line_dataset(storage, files).to_batches(columns=["currency", "amount"]):
            gross.update(sum_by_currency(batch.column(0), pc.abs(batch.column(1))))
    return VersionSize(sum(data_file.rows for data_file in files), gross)


def check_age(
    name: str, arrived_at: datetime, day: date, files: Files, zone: ZoneInfo, file_id: str
) -> str | None:
    """The fault of a file that arrived too many days after its business date."""
    arrival_date = arrived_at.astimezone(zone).date()
    age = (arrival_date - day).days
    if files.age_days_max is None or age <= files.age_days_max:
        return None
    return (
        f"STALE_FILE: {name}: it arrived on {arrival_date}, {age} days after {day}, and"
        f" files.age_days_max is {files.age_days_max};"
        f" if it is right, `tieout files accept {file_id[:12]}`"
    )


def check_shrinking(
    name: str, files: Files, before: VersionSize, version: int, now: VersionSize, file_id: str
) -> str | None:
    """The fault of a version that is smaller than the one in force by more than the limit."""
    if files.shrink_max is None:
        return None
    limit = files.shrink_max
    differences = []
    if _shrinks(before.lines, now.lines, limit):
        differences.append(f"{now.lines:,} lines instead of {before.lines:,}")
    for code, value in sorted(before.gross.items()):
        left = now.gross.get(code, 0)
        if _shrinks(value, left, limit):
            differences.append(f"{code} {left:,} in minor units instead of {value:,}")
    if not differences:
        return None
    return (
        f"SHRUNK: {name}: {', '.join(differences)} of version {version},"
        f" which stays in force; a person must accept a loss of more than {limit:.0%};"
        f" if it is right, `tieout files accept {file_id[:12]}`"
    )


def _shrinks(before: int, now: int, limit: float) -> bool:
    return now < before and (before - now) > limit * before


def check_duplicate_lines(
    storage: Storage, files: Sequence[DataFile], limit: Files, name: str
) -> str | None:
    """The fault of a file in which too many lines are copies of another, by `DUPLICATE_KEY`."""
    count = sum(data_file.rows for data_file in files)
    if limit.duplicate_share_max is None or not count:
        return None
    lines = open_line_dataset(storage, files).to_table(
        columns=[*DUPLICATE_KEY, "line_no"], filter=ds.field("channel_ref_norm").is_valid()
    )
    aggregates = [("line_no", "min"), ("line_no", "max"), ("line_no", "count")]
    groups = lines.group_by(DUPLICATE_KEY).aggregate(aggregates)
    repeated = groups.filter(pc.greater(groups["line_no_count"], 1)).sort_by("line_no_min")
    copies = int(pc.sum(repeated["line_no_count"]).as_py() or 0) - repeated.num_rows
    if copies <= limit.duplicate_share_max * count:
        return None
    first = repeated.slice(0, 1).to_pylist()[0]
    return (
        f"DUPLICATE_LINES: {name}:{first['line_no_max']}: {copies} of {count} lines are copies of"
        f" another (same kind, channel_ref, status), first a copy of line {first['line_no_min']};"
        " have the channel correct its file or raise files.duplicate_share_max"
    )


def check_card_references(
    name: str, card_counts: Mapping[str, Mapping[str, int]], allowed: Sequence[str]
) -> str | None:
    """The fault of a file whose references are card numbers and the profile does not allow it.

    A number may pass the check digit of a card by chance, one in ten does. So a column counts only
    with `CARD_VALUES_MIN` values, of which more than `CARD_SHARE_MIN` are card numbers.
    """
    faults = []
    for column, counts in sorted(card_counts.items()):
        values, cards = counts["values"], counts["cards"]
        if column not in allowed and values >= CARD_VALUES_MIN and cards > CARD_SHARE_MIN * values:
            faults.append(f"{cards} of {values} values of {column}")
    if not faults:
        return None
    return (
        f"CARD_NUMBERS: {name}: {', '.join(faults)} are card numbers, which tieout does not keep;"
        " map the column that has the reference of the payment, or list the reference in"
        " card_number_references"
    )


def check_usual_volume(
    row: Mapping[str, Any], rows: Iterable[Mapping[str, Any]], files: Files
) -> str | None:
    """The warning for a file whose number of lines is far from the usual one of its part.

    The usual number is the median of the last `USUAL_DAYS` accepted days before the file's date.
    `rows` are accepted files of the channel.
    """
    if files.volume_change_warn is None:
        return None
    counts = {
        other["business_date"]: int(other["line_count"] or 0)
        for other in rows
        if other["status"] == FileStatus.ACCEPTED
        and all(other[name] == row[name] for name in ("channel", "part"))
        and other["business_date"] < row["business_date"]
    }
    last = [counts[day] for day in sorted(counts)[-USUAL_DAYS:]]
    usual = median(last) if len(last) >= USUAL_DAYS_MIN else 0
    change = (int(row["line_count"] or 0) - usual) / usual if usual else 0.0
    if abs(change) <= files.volume_change_warn:
        return None
    return (
        f"{UNUSUAL_VOLUME}: {row['file_name']}: {row['line_count']:,} lines, the usual number is"
        f" {usual:,.0f} (median of {len(last)} days), {change:+.0%}"
    )
