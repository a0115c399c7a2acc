"""Reads rows of lines and transactions: key columns only, or all columns of a few dates."""

from collections.abc import Sequence

from jobs.lake.point_query import PartitionFilter, RowConditions, column_in
from jobs.lake.time_travel import LakeAsOf, partition_filter_of
from jobs.timeline.linked_records import Row, ids_of
from jobs.timeline.references import LINE_KEYS, TXN_KEYS
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_LINES, Table

#: Per side: its table, the column of its id, and the columns that can contain a reference.
SIDES = ((STATEMENT_LINES, "line_id", LINE_KEYS), (INTERNAL_TRANSACTIONS, "txn_id", TXN_KEYS))


def read_keys(
    past: LakeAsOf,
    table: Table,
    partitions: PartitionFilter,
    conditions: RowConditions,
    rows_max: int,
) -> list[Row]:
    """Key columns of the rows of one side that meet a condition; the earliest `rows_max`."""
    id_column, keys = next((id_column, keys) for side, id_column, keys in SIDES if side is table)
    columns = list(dict.fromkeys(["business_date", "channel", "kind", id_column, *keys]))
    order = ("business_date", "channel", id_column)
    return past.query_rows(table, partitions, conditions, columns, order, rows_max)


def read_all_columns(
    past: LakeAsOf, table: Table, id_column: str, rows: Sequence[Row]
) -> list[Row]:
    """All columns of some rows; reads only their dates."""
    if not rows:
        return []
    keys = {item_key(row) for row in rows}
    conditions = column_in(**{id_column: ids_of(rows, id_column)})
    rows_read = past.query_rows(
        table,
        partition_filter_of(rows, "business_date"),
        conditions,
        order=("business_date", id_column),
    )
    return [row for row in rows_read if item_key(row) in keys]


def item_key(row: Row) -> tuple[str, ...]:
    """Identifies an item: channel, side, id, and for a transaction the date of its state."""
    if "line_id" in row:
        return row["channel"], "line_id", row["line_id"]
    return row["channel"], "txn_id", row["txn_id"], str(row["business_date"])
