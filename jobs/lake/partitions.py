"""What the lake reads of a day: the data files that the log has in force, and nothing else.

A read first proves that the data files are there: an engine may take a missing one for no rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from jobs.lake.history.place import PLACE, storage_of
from jobs.lake.migration import name_missing_files, stored_names
from jobs.lake.write_checks import arrow_schema
from jobs.storage.archive import Storage
from schemas.errors import DataFilesMissing
from schemas.tables import (
    BANK_LINES_USED,
    BREAK_EVENTS,
    BREAKS,
    CHANNEL_BALANCES,
    FEE_ACCRUALS,
    FEE_CHECKS,
    FEE_MONTHS,
    FEE_TOTALS,
    FEE_VOLUMES,
    INTERNAL_TRANSACTIONS,
    ORDER_CHECKS,
    ORDER_DAYS,
    PAYMENT_FAMILIES,
    REJECTED_LINES,
    SETTLEMENT_BATCHES,
    SETTLEMENT_BRIDGE,
    SETTLEMENT_CHECKS,
    SETTLEMENT_OPEN,
    STATEMENT_LINES,
    STATUS_UPDATES,
    Table,
)

#: A message names at most so many missing data files.
FILES_SHOWN_MAX = 3
#: What writes the rows of a table again, by table; `tieout match` writes all others.
_WRITERS = {
    STATEMENT_LINES.name: "ingest",
    REJECTED_LINES.name: "ingest",
    INTERNAL_TRANSACTIONS.name: "ingest",
    FEE_CHECKS.name: "check_fees",
    FEE_TOTALS.name: "check_fees",
    FEE_ACCRUALS.name: "check_fees",
    FEE_VOLUMES.name: "check_fees",
    FEE_MONTHS.name: "check_fees",
    ORDER_DAYS.name: "check_orders",
    ORDER_CHECKS.name: "check_orders",
    PAYMENT_FAMILIES.name: "check_orders",
    **dict.fromkeys(
        (
            SETTLEMENT_BATCHES.name,
            SETTLEMENT_CHECKS.name,
            SETTLEMENT_BRIDGE.name,
            SETTLEMENT_OPEN.name,
            CHANNEL_BALANCES.name,
            BANK_LINES_USED.name,
        ),
        "check_settlement",
    ),
}
#: Tables whose rows nothing writes again as they were.
_WRITTEN_ONCE = (STATUS_UPDATES.name, BREAKS.name, BREAK_EVENTS.name)


def list_add_actions(
    delta: DeltaTable, table: Table, first: date, last: date, channel: str | None = None
) -> list[dict[str, Any]]:
    """The data files in force of some dates, both included, and of a channel if it is named."""
    actions = pa.table(delta.get_add_actions(flatten=True))
    dated = pc.field(f"partition.{table.partitions[0]}")
    condition = (dated >= pa.scalar(first)) & (dated <= pa.scalar(last))
    if channel is not None:
        condition = condition & (pc.field(f"partition.{table.owner}") == channel)
    return [dict(row) for row in actions.filter(condition).to_pylist()]


def find_missing_files(
    storage: Storage, table: Table, actions: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The data files that are not there, or have another size than the log says."""
    by_place: dict[str | None, list[Mapping[str, Any]]] = defaultdict(list)
    for row in actions:
        by_place[row.get(PLACE)].append(row)
    missing = []
    for rows in by_place.values():
        of_place = storage_of(storage, rows[0])
        paths = [of_place.full_path(f"{table.name}/{row['path']}") for row in rows]
        infos = of_place.fs.get_file_info(paths)
        missing += [
            row
            for row, info in zip(rows, infos, strict=True)
            if not info.is_file or info.size != row["size_bytes"]
        ]
    return missing


def assert_files_exist(
    storage: Storage, table: Table, actions: Iterable[Mapping[str, Any]]
) -> None:
    """Proves that data files are there, with the sizes that the log says.

    Raises:
        DataFilesMissing: a data file is not there, or is not whole.
    """
    if missing := find_missing_files(storage, table, actions):
        raise DataFilesMissing(_describe_missing_files(table, missing))


def _describe_missing_files(table: Table, missing: list[Mapping[str, Any]]) -> str:
    days = sorted({str(row[f"partition.{table.partitions[0]}"]) for row in missing})
    shown = ", ".join(str(row["path"]) for row in missing[:FILES_SHOWN_MAX])
    more = f" and {len(missing) - FILES_SHOWN_MAX} more" if len(missing) > FILES_SHOWN_MAX else ""
    rows = sum(int(row["num_records"]) for row in missing)
    lost = f"{table.name}: data files with {rows} rows are missing or not whole: {shown}{more}"
    if table.name in _WRITTEN_ONCE:
        return f"{lost}; restore them from a backup"
    return (
        f"{lost}; run `tieout {_WRITERS.get(table.name, 'match')}` for {', '.join(days)} again,"
        " which writes them anew, or restore them from a backup"
    )


def count_rows(actions: Iterable[Mapping[str, Any]]) -> int:
    """Rows in data files."""
    return sum(int(row["num_records"]) for row in actions)


def read_data_files(
    spark: SparkSession, storage: Storage, table: Table, actions: Iterable[Mapping[str, Any]]
) -> DataFrame:
    """The rows of data files, read by their names: an engine need not replay the log for them.

    Raises:
        DataFilesMissing: a data file is not there, or is not whole.
    """
    actions, dated = list(actions), table.partitions[0]
    assert_files_exist(storage, table, actions)
    places: dict[tuple[date, str], list[str]] = defaultdict(list)
    for row in actions:
        owner = row[f"partition.{table.owner}"]
        path = f"{row.get(PLACE) or storage.uri}/{table.name}/{row['path']}"
        places[row[f"partition.{dated}"], owner].append(path)
    if not places:
        return spark.createDataFrame([], table.schema)
    stored = StructType([each for each in table.schema if each.name not in table.partitions])
    days = [
        spark.read.schema(stored)
        .parquet(*files)
        .withColumns({dated: F.lit(day), table.owner: F.lit(owner)})
        .select(*table.columns)
        for (day, owner), files in sorted(places.items())
    ]
    # As a tree, not one after another: an engine takes a plan as deep as a year has days badly.
    while len(days) > 1:
        pairs = zip(days[::2], days[1::2], strict=False)
        days = [one.unionByName(other) for one, other in pairs] + days[len(days) & ~1 :]
    return days[0]


def read_arrow_files(
    storage: Storage,
    table: Table,
    actions: Iterable[Mapping[str, Any]],
    condition: pc.Expression | None = None,
) -> pa.Table:
    """The rows of data files that meet a condition, read without an engine.

    The condition is on columns that are no partitions. A column that a file lacks is null.

    Raises:
        DataFilesMissing: a data file is not there, or is not whole.
    """
    actions = list(actions)
    assert_files_exist(storage, table, actions)
    schema = arrow_schema(table)
    stored = pa.schema([field for field in schema if field.name not in table.partitions])
    days = [schema.empty_table()]
    for row in actions:
        of_place = storage_of(storage, row)
        path = of_place.full_path(f"{table.name}/{row['path']}")
        files = ds.dataset(path, stored, format="parquet", filesystem=of_place.fs)
        rows = files.to_table(filter=condition)
        for name in table.partitions:
            value = pa.scalar(row[f"partition.{name}"], schema.field(name).type)
            rows = rows.append_column(name, pa.repeat(value, len(rows)))
        days.append(rows.select(schema.names))
    return pa.concat_tables(days)


def read_rows_where(
    delta: DeltaTable, table: Table, where: Mapping[str, object], columns: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The rows of a control table that have the given values, as dicts with all or some columns.

    A list is any of its values, None is null. Only the columns and row groups that matter are read.

    Raises:
        DataFilesMissing: a data file is not there, or is not whole.
    """
    stored, dataset = stored_names(delta, table), delta.to_pyarrow_dataset()
    condition = pc.scalar(True)
    for name, value in where.items():
        condition = condition & _has_value(dataset, stored.get(name), value)
    wanted = columns or table.columns
    shown = {name: pc.field(stored[name]) for name in wanted if name in stored}
    with name_missing_files(table):
        rows = dataset.to_table(columns=shown, filter=condition)
    missing = dict.fromkeys(name for name in wanted if name not in stored)
    return [{**row, **missing} for row in rows.to_pylist(maps_as_pydicts="strict")]


def _has_value(dataset: ds.Dataset, stored_name: str | None, value: object) -> pc.Expression:
    """The condition that a column has one of some values; a column that is missing is null."""
    values = value if isinstance(value, list) else [value]
    if stored_name is None:
        return pc.scalar(None in values)
    column, kind = pc.field(stored_name), dataset.schema.field(stored_name).type
    condition = column.isin(pa.array([each for each in values if each is not None], kind))
    return condition | column.is_null() if None in values else condition


def find_repeated_values(frame: DataFrame, column: str) -> list[str]:
    """Values of a text column that stand in more than one row.

    Hashes are counted, which is cheaper than texts; the few that meet are looked at again.
    """
    values = frame.select(column, F.xxhash64(column).alias("hash"))
    twice = values.groupBy("hash").agg(F.count("*").alias("rows")).where(F.col("rows") > F.lit(1))
    near = values.join(twice.select("hash"), on="hash", how="left_semi")
    counts = near.groupBy(column).agg(F.count("*").alias("rows")).where(F.col("rows") > F.lit(1))
    return [str(row[column]) for row in counts.collect()]
