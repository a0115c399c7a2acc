"""What changed between two versions of a part: lines added, gone, changed.

A superseded version's lines are gone from the tables, so both are read from the archive again, with
today's profile. Source: docs/reference/files.md, "Versions".
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from jobs.ingestion.file_register import ACCEPTED, QUARANTINED, SUPERSEDED, WITHDRAWN, Row, kept_of
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import plan_tasks, run_parse_tasks
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.errors import FileRefused
from schemas.money import summed
from schemas.profile.channel import Profile
from schemas.tables import STATEMENT_LINES

#: How many lines of each kind of change are shown.
SHOWN_MAX = 5
#: What of a line may change; its number and place in the file do not count.
TOLD = ("status", "amount", "fee", "currency", "our_ref_norm")
_GOOD = (ACCEPTED, SUPERSEDED, WITHDRAWN)


@dataclass(frozen=True)
class Changes:
    """A version against the one before it: lines, by currency the amounts that came and went in
    minor units, and some of the lines. `fault` says why they could not be compared.
    """

    against: int
    added: int = 0
    gone: int = 0
    changed: int = 0
    same: int = 0
    amounts: Mapping[str, int] | None = None
    lines: Sequence[Mapping[str, Any]] = ()
    fault: str | None = None

    def told(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def changes_of(lake: Lake, profile: Profile, rows: Sequence[Row]) -> dict[tuple[str, int], Changes]:
    """By part and version, what each changes against the version in force before it.

    `rows` are those of one channel and date. A version that was refused for shrinking is compared
    too; others that were quarantined are not.
    """
    out: dict[tuple[str, int], Changes] = {}
    before: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["part"], row["version"])):
        part, version = row["part"], int(row["version"])
        small = row["status"] == QUARANTINED and str(row["reason"]).startswith("SHRUNK")
        if row["status"] not in _GOOD and not small:
            continue
        if part in before:
            out[part, version] = _between(lake, profile, before[part], row)
        if not small:
            before[part] = row
    return out


def _between(lake: Lake, profile: Profile, old: Row, new: Row) -> Changes:
    against = int(old["version"])
    try:
        was, now = (_keyed(_lines(lake, profile, row), f"_{side}") for side, row in
                    (("was", old), ("now", new)))  # fmt: skip
    except FileRefused as fault:
        return Changes(against, fault=str(fault))
    except FileNotFoundError:
        return Changes(against, fault="it is not in the archive any more")
    joined = was.join(now, on=["key", "copy"], how="full_outer")
    differs = F.lit(False)
    for name in TOLD:
        differs = differs | ~F.col(f"{name}_was").eqNullSafe(F.col(f"{name}_now"))
    change = (
        F.when(F.col("line_no_was").isNull(), F.lit("added"))
        .when(F.col("line_no_now").isNull(), F.lit("gone"))
        .when(differs, F.lit("changed"))
        .otherwise(F.lit("same"))
    )
    made = lake.stage(joined.withColumn("change", change), "changes")
    counts = {
        row["change"]: int(row["rows"])
        for row in made.groupBy("change").agg(F.count("*").alias("rows")).collect()
    }
    amounts: dict[str, int] = {}
    for side, sign in (("was", -1), ("now", 1)):
        total = summed(F.col(f"amount_{side}")).alias("total")
        there = made.where(F.col("change") != F.lit("same")).groupBy(f"currency_{side}").agg(total)
        for row in there.where(F.col(f"currency_{side}").isNotNull()).collect():
            code = row[f"currency_{side}"]
            amounts[code] = amounts.get(code, 0) + sign * int(row["total"])
    return Changes(
        against,
        counts.get("added", 0),
        counts.get("gone", 0),
        counts.get("changed", 0),
        counts.get("same", 0),
        amounts,
        _some(made),
    )


def _some(made: DataFrame) -> list[dict[str, Any]]:
    """The first lines of each kind of change."""
    at = F.coalesce("line_no_now", "line_no_was")
    place = F.row_number().over(Window.partitionBy("change").orderBy(at, "key", "copy"))
    shown = made.where(F.col("change") != F.lit("same")).withColumn("place", place)
    rows = shown.where(F.col("place") <= F.lit(SHOWN_MAX)).drop("key", "copy").collect()
    told = [row.asDict() for row in rows]
    return sorted(told, key=lambda row: (str(row["change"]), int(row.pop("place"))))


def _keyed(lines: DataFrame, side: str) -> DataFrame:
    """Lines by what makes them the same line in two versions: kind and channel_ref, or all they
    say where there is none; copies are numbered.
    """

    def text(name: str) -> Column:
        return F.coalesce(F.col(name).cast("string"), F.lit(""))

    content = F.concat_ws(
        "|", *(text(name) for name in ("our_ref_norm", "order_ref_norm", "traded_at", "amount"))
    )
    key = F.concat_ws("|", text("kind"), F.coalesce("channel_ref_norm", content))
    keyed = lines.withColumn("key", key)
    order = (*TOLD, "line_no")
    copy = F.row_number().over(Window.partitionBy("key").orderBy(*order))
    kept = ("line_no", "kind", "channel_ref", *TOLD)
    named = [F.col(name).alias(f"{name}{side}") for name in kept]
    return keyed.select("key", copy.alias("copy"), *named)


def _lines(lake: Lake, profile: Profile, row: Row) -> DataFrame:
    """The good lines of an archived version, read again into the staging area.

    Raises:
        FileRefused: it cannot be read, perhaps as its profile has changed.
        FileNotFoundError: it is not in the archive.
    """
    name, day = row["file_name"], row["business_date"]
    kept = kept_of(lake, row)
    plain = decompress(lake.storage, kept, name, lake.staging_path("unpacked"), profile)
    plan = plan_file(lake.storage, plain, name, profile, day)
    place = f"{lake.uri}/{lake.staging_path('versions')}"
    done = run_parse_tasks(lake, plan_tasks(Storage(place), plain, plan, profile, day))
    files = [each.path for one in done.values() for each in one.lines]
    stored = StructType(
        [each for each in STATEMENT_LINES.schema if each.name not in STATEMENT_LINES.partitions]
    )
    if not files:
        return lake.spark.createDataFrame([], stored)
    folder = f"{place}/{STATEMENT_LINES.name}"
    return lake.spark.read.schema(stored).parquet(*[f"{folder}/{each}" for each in files])
