"""Compares two versions of a part line by line: lines added, gone, changed.

The tables no longer have the lines of a superseded version, so this module reads both versions from
the archive again, with today's profile. Source: docs/reference/files.md, "Versions".
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from jobs.ingestion.file_register import ACCEPTED_ONCE, Row
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import plan_tasks, run_parse_tasks
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage, verify_archived
from schemas.errors import ArchiveDamaged, FileRefused
from schemas.money import sum_amounts
from schemas.profile.channel import Profile
from schemas.tables import STATEMENT_LINES
from schemas.vocabulary import FileStatus

#: At most so many lines of each kind of change are shown.
SHOWN_MAX = 5
#: A line is changed if one of these columns differs; its number and place do not count.
COMPARED_COLUMNS = ("status", "amount", "fee", "currency", "our_ref_norm")


@dataclass(frozen=True)
class VersionChanges:
    """The changes of a version against the one before it.

    The fields count lines. `amounts` are the changes by currency, in minor units; `lines` are
    examples. `fault` says why the versions could not be compared.
    """

    against: int
    added: int = 0
    gone: int = 0
    changed: int = 0
    same: int = 0
    amounts: Mapping[str, int] | None = None
    lines: Sequence[Mapping[str, Any]] = ()
    fault: str | None = None

    def to_plain(self) -> dict[str, Any]:
        """The fields as a dict of plain values."""
        return asdict(self)


def compare_versions(
    lake: Lake, profile: Profile, rows: Sequence[Row]
) -> dict[tuple[str, int], VersionChanges]:
    """Compares each version with the version in force before it; the keys are (part, version).

    `rows` are the rows of `statement_files` of one channel and date. The function compares versions
    that were accepted at some time, and those refused as SHRUNK.
    """
    changes: dict[tuple[str, int], VersionChanges] = {}
    before: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["part"], row["version"])):
        part, version = row["part"], int(row["version"])
        is_quarantined = row["status"] == FileStatus.QUARANTINED
        has_shrunk = is_quarantined and str(row["reason"]).startswith("SHRUNK")
        if row["status"] not in ACCEPTED_ONCE and not has_shrunk:
            continue
        if part in before:
            changes[part, version] = _compare_two(lake, profile, before[part], row)
        if not has_shrunk:
            before[part] = row
    return changes


def _compare_two(lake: Lake, profile: Profile, old: Row, new: Row) -> VersionChanges:
    against = int(old["version"])
    try:
        was = _with_line_key(_read_lines(lake, profile, old), "_was")
        now = _with_line_key(_read_lines(lake, profile, new), "_now")
    except (FileRefused, ArchiveDamaged) as fault:
        return VersionChanges(against, fault=str(fault))
    joined = was.join(now, on=["key", "copy"], how="full_outer")
    differs = F.lit(False)
    for name in COMPARED_COLUMNS:
        differs = differs | ~F.col(f"{name}_was").eqNullSafe(F.col(f"{name}_now"))
    change = (
        F.when(F.col("line_no_was").isNull(), F.lit("added"))
        .when(F.col("line_no_now").isNull(), F.lit("gone"))
        .when(differs, F.lit("changed"))
        .otherwise(F.lit("same"))
    )
    lines = lake.stage(joined.withColumn("change", change), "changes")
    counts = {
        row["change"]: int(row["rows"])
        for row in lines.groupBy("change").agg(F.count("*").alias("rows")).collect()
    }
    return VersionChanges(
        against,
        counts.get("added", 0),
        counts.get("gone", 0),
        counts.get("changed", 0),
        counts.get("same", 0),
        _sum_changes(lines),
        _example_lines(lines),
    )


def _sum_changes(lines: DataFrame) -> dict[str, int]:
    """The sum of the changed lines by currency, new less old, in minor units."""
    amounts: dict[str, int] = {}
    differing = lines.where(F.col("change") != F.lit("same"))
    for side, sign in (("was", -1), ("now", 1)):
        currency = f"currency_{side}"
        total = sum_amounts(F.col(f"amount_{side}")).alias("total")
        totals = differing.groupBy(currency).agg(total)
        for row in totals.where(F.col(currency).isNotNull()).collect():
            code = row[currency]
            amounts[code] = amounts.get(code, 0) + sign * int(row["total"])
    return amounts


def _example_lines(lines: DataFrame) -> list[dict[str, Any]]:
    """The first lines of each kind of change, by line number."""
    line_no = F.coalesce("line_no_now", "line_no_was")
    place = F.row_number().over(Window.partitionBy("change").orderBy(line_no, "key", "copy"))
    differing = lines.where(F.col("change") != F.lit("same")).withColumn("place", place)
    rows = differing.where(F.col("place") <= F.lit(SHOWN_MAX)).drop("key", "copy").collect()
    examples = [row.asDict() for row in rows]
    return sorted(examples, key=lambda row: (str(row["change"]), int(row.pop("place"))))


def _with_line_key(lines: DataFrame, suffix: str) -> DataFrame:
    """Adds `key`, by which a line is the same line in two versions, and `copy`, its number.

    The key is kind and channel_ref; without channel_ref it is kind, references, time and amount.
    """

    def text(name: str) -> Column:
        return F.coalesce(F.col(name).cast("string"), F.lit(""))

    content = F.concat_ws(
        "|", *(text(name) for name in ("our_ref_norm", "order_ref_norm", "traded_at", "amount"))
    )
    key = F.concat_ws("|", text("kind"), F.coalesce("channel_ref_norm", content))
    with_key = lines.withColumn("key", key)
    order = (*COMPARED_COLUMNS, "line_no")
    copy = F.row_number().over(Window.partitionBy("key").orderBy(*order))
    columns = ("line_no", "kind", "channel_ref", *COMPARED_COLUMNS)
    renamed = [F.col(name).alias(f"{name}{suffix}") for name in columns]
    return with_key.select("key", copy.alias("copy"), *renamed)


def _read_lines(lake: Lake, profile: Profile, row: Row) -> DataFrame:
    """Reads the good lines of an archived version again, into the staging area.

    Raises:
        FileRefused: the file cannot be read; perhaps its profile has changed.
        ArchiveDamaged: the archive no longer has the bytes that were received.
    """
    name, day = row["file_name"], row["business_date"]
    archived = verify_archived(lake.storage, row["archived_path"], row["file_id"])
    plain = decompress(lake.storage, archived, name, lake.staging_path("unpacked"), profile)
    plan = plan_file(lake.storage, plain, name, profile, day)
    place = f"{lake.uri}/{lake.staging_path('versions')}"
    parsed = run_parse_tasks(lake, plan_tasks(Storage(place), plain, plan, profile, day))
    paths = [data_file.path for file in parsed.values() for data_file in file.line_files]
    partitions = STATEMENT_LINES.partitions
    stored = StructType(
        [column for column in STATEMENT_LINES.schema if column.name not in partitions]
    )
    if not paths:
        return lake.spark.createDataFrame([], stored)
    folder = f"{place}/{STATEMENT_LINES.name}"
    return lake.spark.read.schema(stored).parquet(*[f"{folder}/{path}" for path in paths])
