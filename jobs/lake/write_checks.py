"""Checks around a write: columns, types, rows of one day, and retries after a conflict."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
from deltalake.exceptions import CommitFailedError
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from schemas.errors import ColumnsDiffer, RowsOutsideDay, WriteConflict
from schemas.private_text import mask_private_text
from schemas.tables import Table

#: How often a write that lost against another writer is tried, and the first wait in seconds.
TRIES_MAX = 8
WAIT_SECONDS = 0.05
#: Columns of control tables that hold messages, or what a person typed.
TEXTS_FOR_PEOPLE = ("reason", "comment")
_CONFLICTS = (
    "Failed to commit transaction",
    "DELTA_CONCURRENT",
    "Concurrent",
    "VersionAlreadyExists",
)


def arrow_schema(table: Table) -> pa.Schema:
    """A table's columns as Arrow has them; timestamps in UTC microseconds."""
    return to_arrow_schema(table.schema)


def rows_to_arrow(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows of a control table as Arrow; personal numbers in its texts for people are masked."""
    texts = [name for name in TEXTS_FOR_PEOPLE if name in table.columns]
    masked = [
        {**row, **{name: mask_private_text(row[name]) for name in texts if row.get(name)}}
        for row in rows
    ]
    return pa.Table.from_pylist(masked, schema=arrow_schema(table))


def check_schema_and_partition(
    table: Table, frame: DataFrame, day: date, channel: str
) -> DataFrame:
    """The frame in the table's column order; the engine fails on a row outside date and channel.

    Raises:
        ColumnsDiffer: a column is missing, surplus or of another type.
    """
    wanted = {field.name: field.dataType.simpleString() for field in table.schema}
    actual = {field.name: field.dataType.simpleString() for field in frame.schema}
    if len(frame.columns) != len(actual) or wanted != actual:
        faults = [f"{name} is missing" for name in wanted if name not in actual]
        faults += [f"{name} is not a column of it" for name in actual if name not in wanted]
        faults += [
            f"{name} is {actual[name]}, not {kind}"
            for name, kind in wanted.items()
            if actual.get(name, kind) != kind
        ]
        raise ColumnsDiffer(f"{table.name}: {'; '.join(faults) or 'a column stands twice'}")
    partition: dict[str, date | str] = {table.partitions[0]: day, table.owner: channel}
    message = F.lit(f"RowsOutsideDay: {table.name}: a row is not of {day} {channel}")
    is_inside = F.lit(True)
    for name, value in partition.items():
        is_inside = is_inside & (F.col(name) == F.lit(value))
    checked = F.when(is_inside, F.lit(True)).otherwise(F.raise_error(message).cast("boolean"))
    return frame.where(checked).select(*table.columns)


def is_conflict(fault: Exception) -> bool:
    """Whether a failed write lost against another writer, and may be tried again."""
    if isinstance(fault, CommitFailedError):
        return True
    return any(message in str(fault) for message in _CONFLICTS)


def unwrap_error(fault: Exception) -> Exception:
    """`RowsOutsideDay` if a check raised it inside an engine, else the error itself."""
    text = str(fault)
    if "RowsOutsideDay: " in text:
        return RowsOutsideDay(text.split("RowsOutsideDay: ", 1)[1].splitlines()[0])
    return fault


def retry_on_conflict(table: Table, write: Callable[[], object]) -> None:
    """Writes, and tries again after another writer was faster.

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
