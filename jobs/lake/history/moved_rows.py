"""Which rows of a table have moved to the history lake: the log of the table says it.

The commit that removes moved data files also sets a transaction version, `history`: the first date
that stays, as Python counts days. So each version of the table says by itself which dates to read
in the history lake, and no row is read twice or not at all, whenever a reader comes.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from jobs.lake.history.place import PLACE, describe_moved, read_place, storage_at
from jobs.lake.partitions import list_add_actions
from jobs.lake.table_log import open_log
from jobs.storage.archive import Storage
from schemas.errors import DateMoved, HistoryUnreadable, LakeError
from schemas.tables import Table

#: The transaction id whose version is the first date that stays.
MOVED = "history"
_ONE_DAY = timedelta(days=1)


def first_date_here(delta: DeltaTable) -> date:
    """The first date whose rows stand in this version of a table; earlier ones have moved."""
    version = delta.transaction_version(MOVED)
    return date.min if version is None else date.fromordinal(version)


def refuse_moved_dates(delta: DeltaTable, table: Table, days: Iterable[date]) -> None:
    """Refuses to write to dates whose rows have moved.

    Raises:
        DateMoved: names them.
    """
    limit = first_date_here(delta)
    if moved := sorted({day for day in days if day < limit}):
        raise DateMoved(describe_moved(moved, table.name))


def open_history(storage: Storage, table: Table, limit: date) -> tuple[Storage, DeltaTable]:
    """The history lake of the lake at `storage`, and the log of a table there.

    Raises:
        HistoryUnreadable: the history lake is not there, or cannot be read.
    """
    place = read_place(storage)
    if place is None:
        raise HistoryUnreadable(
            f"{storage.uri}/_history.json is gone, which named the history lake of"
            f" {table.name} before {limit}; restore it from a backup"
        )
    try:
        history = storage_at(place.uri)
        return history, open_log(history, table)
    except (LakeError, DeltaError, OSError) as fault:
        raise HistoryUnreadable(
            f"the rows of {table.name} before {limit} are in the history lake {place.uri}, which"
            f" cannot be read: {str(fault).splitlines()[0]}; make the place reachable, or restore"
            " it from a backup"
        ) from fault


def list_files_everywhere(
    storage: Storage,
    delta: DeltaTable,
    table: Table,
    first: date,
    last: date,
    channel: str | None = None,
) -> list[dict[str, Any]]:
    """The data files of some dates, as `list_add_actions`, also those in the history lake: of these
    the column `PLACE` names the lake.

    Raises:
        HistoryUnreadable: the history lake is not there, or cannot be read.
    """
    here, limit = list_add_actions(delta, table, first, last, channel), first_date_here(delta)
    if first >= limit:
        return here
    history, log = open_history(storage, table, limit)
    moved = list_add_actions(log, table, first, min(last, limit - _ONE_DAY), channel)
    return [*({**row, PLACE: history.uri} for row in moved), *here]
