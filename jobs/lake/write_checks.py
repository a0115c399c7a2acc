"""What the lake makes sure of around a write: columns, types, rows of one day, whose turn it is."""

import time
from collections.abc import Callable
from datetime import date

import pyarrow as pa
from deltalake import DeltaTable, Field, Schema
from deltalake.exceptions import CommitFailedError
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from schemas.errors import ColumnsDiffer, RowsOutsideDay, WriteConflict
from schemas.tables import Table

#: How often a write that lost against another writer is tried, and the first wait in seconds.
TRIES_MAX = 8
WAIT_SECONDS = 0.05
_CONFLICTS = (
    "Failed to commit transaction",
    "DELTA_CONCURRENT",
    "Concurrent",
    "VersionAlreadyExists",
)


def arrow_schema(table: Table) -> pa.Schema:
    """A table's columns as Arrow has them; timestamps in UTC microseconds."""
    return to_arrow_schema(table.schema)


def missing_columns(delta: DeltaTable, table: Table) -> list[Field]:
    """The columns that a table made by an earlier version of the software has not got."""
    there = {field.name for field in delta.schema().fields}
    wanted = Schema.from_arrow(arrow_schema(table)).fields
    return [field for field in wanted if field.name not in there]


def add_missing_columns(uri: str, table: Table) -> None:
    """Adds the columns that a table lacks; they are null in the rows that are there."""
    delta = DeltaTable(uri)
    fields = missing_columns(delta, table)
    if fields:
        delta.alter.add_columns(fields)


def open_table(uri: str, table: Table, as_of: int | None) -> DeltaTable:
    """The log of a table, now or as of a version.

    Raises:
        ColumnsDiffer: an earlier version of the software made it, and nothing has written since.
    """
    delta = DeltaTable(uri, version=as_of)
    if as_of is None and (fields := missing_columns(delta, table)):
        names = ", ".join(field.name for field in fields)
        raise ColumnsDiffer(
            f"{uri}: an earlier version made it, it lacks {names};"
            " any `tieout ingest` on this lake adds them"
        )
    return delta


def check_schema_and_partition(
    table: Table, frame: DataFrame, day: date, channel: str
) -> DataFrame:
    """The frame in the table's column order, refusing any row outside the date and channel.

    Raises:
        ColumnsDiffer: a column is missing, surplus or of another type.
    """
    wanted = {field.name: field.dataType.simpleString() for field in table.schema}
    given = {field.name: field.dataType.simpleString() for field in frame.schema}
    if len(frame.columns) != len(given) or wanted != given:
        faults = [f"{name} is missing" for name in wanted if name not in given]
        faults += [f"{name} is not a column of it" for name in given if name not in wanted]
        faults += [
            f"{name} is {given[name]}, not {kind}"
            for name, kind in wanted.items()
            if given.get(name, kind) != kind
        ]
        raise ColumnsDiffer(f"{table.name}: {'; '.join(faults) or 'a column stands twice'}")
    own: dict[str, date | str] = {table.partitions[0]: day, "channel": channel}

    told = F.lit(f"RowsOutsideDay: {table.name}: a row is not of {day} {channel}")
    inside = F.lit(True)
    for name, value in own.items():
        inside = inside & (F.col(name) == F.lit(value))
    kept = F.when(inside, F.lit(True)).otherwise(F.raise_error(told).cast("boolean"))
    return frame.where(kept).select(*table.columns)


def is_conflict(fault: Exception) -> bool:
    """Whether a failed write lost against another writer, and may be tried again."""
    if isinstance(fault, CommitFailedError):
        return True
    return any(word in str(fault) for word in _CONFLICTS)


def unwrap_error(fault: Exception) -> Exception:
    """The error that a guard raised inside an engine, by its own name; else the fault itself."""
    text = str(fault)
    if "RowsOutsideDay: " in text:
        return RowsOutsideDay(text.split("RowsOutsideDay: ", 1)[1].splitlines()[0])
    return fault


def retry_on_conflict(table: Table, write: Callable[[], object]) -> None:
    """Carries out a write, again where another writer was faster.

    Raises:
        WriteConflict: other writers won every time.
    """
    for attempt in range(TRIES_MAX):
        try:
            write()
            return
        except Exception as fault:
            if not is_conflict(fault):
                raise unwrap_error(fault) from fault
            time.sleep(WAIT_SECONDS * 2**attempt)
    raise WriteConflict(
        f"{table.name}: other writers won {TRIES_MAX} times; nothing was written; run it again"
    )
