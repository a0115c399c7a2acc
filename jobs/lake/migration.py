"""Columns of tables that an earlier version of the software made: reads them, and migrates them.

A read maps the former names of columns to today's. The first write, or `Lake.prepare`, renames the
columns for good and adds those that are missing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from deltalake import DeltaTable, Field, Schema, write_deltalake

from jobs.lake.table_log import delta_uri, open_log
from jobs.lake.write_checks import arrow_schema
from jobs.storage.archive import Storage
from schemas.errors import ColumnsDiffer, DataFilesMissing
from schemas.tables import Table

#: Properties of every table. Statistics of columns would cost more than they spare. A checkpoint at
#: every so many versions keeps it cheap to open a table. It remembers which files were removed for
#: as long as the log goes back, so that maintenance keeps what an earlier version needs.
PROPERTIES = {
    "delta.dataSkippingNumIndexedCols": "0",
    "delta.checkpointInterval": "20",
    "delta.deletedFileRetentionDuration": "interval 30 days",
}


def described_schema(table: Table) -> pa.Schema:
    """A table's columns as Arrow has them, each with its description as Delta's comment."""
    comments = {column.name: {"comment": column.description} for column in table.definition}
    return pa.schema([field.with_metadata(comments[field.name]) for field in arrow_schema(table)])


def stored_names(delta: DeltaTable, table: Table) -> dict[str, str]:
    """By today's name of each column that the table has, the name under which it is stored."""
    stored = [field.name for field in delta.schema().fields]
    return {table.former_names.get(name, name): name for name in stored}


def missing_columns(delta: DeltaTable, table: Table) -> list[Field]:
    """The columns that a table of an earlier version has under no name."""
    stored = stored_names(delta, table)
    fields = Schema.from_arrow(described_schema(table)).fields
    return [field for field in fields if field.name not in stored]


def migrate_table(storage: Storage, table: Table) -> None:
    """Brings a table of an earlier version up to date: its columns, and its `PROPERTIES`."""
    migrate_columns(open_log(storage, table), table)
    delta = open_log(storage, table)
    stored = delta.metadata().configuration
    missing = {name: value for name, value in PROPERTIES.items() if stored.get(name) != value}
    if missing:
        delta.alter.set_table_properties(missing)


def migrate_columns(delta: DeltaTable, table: Table) -> None:
    """Renames columns that have a former name, and adds missing ones, null in the rows there are.

    A rename writes the rows anew, in one commit, with the columns' descriptions; only small control
    tables have former names. An added column brings its description; others stay as they are.
    """
    if table.former_names.keys() & {field.name for field in delta.schema().fields}:
        rows = read_current_columns(delta, table).select(list(table.columns))
        rows = rows.cast(described_schema(table))
        write_deltalake(delta, rows, mode="overwrite", schema_mode="overwrite")
    elif fields := missing_columns(delta, table):
        delta.alter.add_columns(fields)


def read_current_columns(delta: DeltaTable, table: Table) -> pa.Table:
    """All rows of a small table under today's names; a column that it lacks is null.

    Raises:
        DataFilesMissing: a data file is not there, or is not whole.
    """
    with name_missing_files(table):
        rows = delta.to_pyarrow_table()
    rows = rows.rename_columns([table.former_names.get(name, name) for name in rows.column_names])
    for field in arrow_schema(table):
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(len(rows), field.type))
    return rows


@contextmanager
def name_missing_files(table: Table) -> Iterator[None]:
    """Around a read of a control table: names what it is if a data file cannot be read.

    Raises:
        DataFilesMissing: a data file is not there, or is not whole.
    """
    try:
        yield
    except OSError as fault:
        raise DataFilesMissing(
            f"{table.name}: a data file is missing or not whole ({fault}); restore it from a backup"
        ) from fault


def open_table(storage: Storage, table: Table, as_of: int | None) -> DeltaTable:
    """The log of a table, now or as of a version.

    Raises:
        ColumnsDiffer: an earlier version of the software made it, and nothing has written since.
        TableMissing, LogDamaged: as `open_log`.
    """
    delta = open_log(storage, table, as_of)
    if as_of is None and (fields := missing_columns(delta, table)):
        names = ", ".join(field.name for field in fields)
        raise ColumnsDiffer(
            f"{delta_uri(storage, table)}: an earlier version made it, it lacks {names};"
            " any `tieout ingest` on this lake adds them"
        )
    return delta
