"""Opens the log of a Delta table, and names what is wrong with it.

Source: docs/reference/lake.md, "When files of a table are damaged".
"""

import re

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from pyarrow import fs

from jobs.lake.listed_tables import error_of_missing_table
from jobs.storage.archive import Storage
from schemas.errors import LogDamaged
from schemas.tables import Table

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\..*parquet")
_TOO_NEW = ("reader version", "writer version", "is not supported", "Unsupported")


def open_log(storage: Storage, table: Table, version: int | None = None) -> DeltaTable:
    """The log of a table of the lake at `storage`, now or as of a version.

    Raises:
        TableMissing: nothing has created the table.
        TableGone: the lake had the table, and its folder is gone.
        LogDamaged: a commit or a checkpoint is missing, empty or cut off, or the log has features
            that this version of the software cannot read.
    """
    uri = delta_uri(storage, table)
    if not DeltaTable.is_deltatable(uri):
        raise error_of_missing_table(storage, table)
    _refuse_empty_commits(storage, table)
    try:
        return DeltaTable(uri, version=version)
    except DeltaError as fault:
        problem = str(fault).partition("stack backtrace")[0].split("   0: ")[0].strip()
        if any(text in problem for text in _TOO_NEW):
            todo = "a newer program wrote the table; use a version of tieout that reads it"
        else:
            todo = "restore the folder _delta_log from a backup"
        raise LogDamaged(f"{table.name}: its log cannot be read: {problem}; {todo}") from fault


def delta_uri(storage: Storage, table: Table) -> str:
    """The place of a table as delta-rs names it."""
    return f"{storage.uri}/{table.name}".replace("s3a://", "s3://")


def _refuse_empty_commits(storage: Storage, table: Table) -> None:
    """Refuses a log with a commit of zero bytes: readers of Delta take it for a commit of nothing.

    A commit before the last checkpoint no longer counts.
    """
    folder = fs.FileSelector(storage.full_path(f"{table.name}/_delta_log"), allow_not_found=True)
    infos = storage.fs.get_file_info(folder)
    checkpoints = [int(hit[1]) for info in infos if (hit := _CHECKPOINT.fullmatch(info.base_name))]
    since = max(checkpoints, default=-1)
    for info in infos:
        hit = _COMMIT.fullmatch(info.base_name)
        if hit and not info.size and int(hit[1]) > since:
            raise LogDamaged(
                f"{table.name}: commit {int(hit[1])} of its log is empty ({info.base_name}), as"
                " after a power cut or on a full disk; restore the file from a backup. If it is the"
                " last commit and there is no backup, move it away: the table is then as it was"
                " before that commit. Then run `tieout run` for the date again"
            )
