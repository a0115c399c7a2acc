"""What the lake reads of a day: the data files that the log has in force, and nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from jobs.lake.migration import read_current_columns
from schemas.tables import Table


def list_add_actions(
    delta: DeltaTable, table: Table, first: date, last: date, channel: str | None = None
) -> list[dict[str, Any]]:
    """The data files in force of some dates, both included, and of a channel if it is named."""
    dated = f"partition.{table.partitions[0]}"
    rows = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    return [
        row
        for row in rows
        if first <= row[dated] <= last and channel in (None, row["partition.channel"])
    ]


def count_rows(actions: Iterable[Mapping[str, Any]]) -> int:
    """Rows in data files."""
    return sum(int(row["num_records"]) for row in actions)


def read_data_files(
    spark: SparkSession, path: str, table: Table, actions: Iterable[Mapping[str, Any]]
) -> DataFrame:
    """The rows of data files, read by their names: an engine need not replay the log for them."""
    dated = table.partitions[0]
    places: dict[tuple[date, str], list[str]] = defaultdict(list)
    for row in actions:
        places[row[f"partition.{dated}"], row["partition.channel"]].append(f"{path}/{row['path']}")
    if not places:
        return spark.createDataFrame([], table.schema)
    stored = StructType([each for each in table.schema if each.name not in table.partitions])
    days = [
        spark.read.schema(stored)
        .parquet(*files)
        .withColumns({dated: F.lit(day), "channel": F.lit(channel)})
        .select(*table.columns)
        for (day, channel), files in sorted(places.items())
    ]
    # As a tree, not one after another: an engine takes a plan as deep as a year has days badly.
    while len(days) > 1:
        pairs = zip(days[::2], days[1::2], strict=False)
        days = [one.unionByName(other) for one, other in pairs] + days[len(days) & ~1 :]
    return days[0]


def read_rows_where(
    delta: DeltaTable, table: Table, where: Mapping[str, object]
) -> list[dict[str, Any]]:
    """The rows of a control table that have the given values, filtered before they become dicts."""
    rows = read_current_columns(delta, table)
    for name, value in where.items():
        values = pa.array(value if isinstance(value, list) else [value], rows[name].type)
        rows = rows.filter(pc.is_in(rows[name], values))
    return [dict(row) for row in rows.to_pylist(maps_as_pydicts="strict")]


def find_repeated_values(frame: DataFrame, column: str) -> list[str]:
    """Values of a text column that stand in more than one row.

    Hashes are counted, which is cheaper than texts; the few that meet are looked at again.
    """
    values = frame.select(column, F.xxhash64(column).alias("hash"))
    twice = values.groupBy("hash").agg(F.count("*").alias("rows")).where(F.col("rows") > F.lit(1))
    near = values.join(twice.select("hash"), on="hash", how="left_semi")
    counts = near.groupBy(column).agg(F.count("*").alias("rows")).where(F.col("rows") > F.lit(1))
    return [str(row[column]) for row in counts.collect()]
