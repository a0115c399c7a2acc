"""The list of the tables that a lake has: one small file per table, in the folder `_tables`.

A table's file is written right after the table is created. A listed table that is not there was
removed: it is named, not made anew without its rows. A table that is not listed is of a newer
version of the software, or the lake is older than the list: it is created if missing, and listed.
A process that is killed in between leaves a table that the next `Lake.create` lists.
"""

from collections.abc import Collection

from pyarrow import fs

from jobs import __version__
from jobs.storage.archive import Storage
from schemas.errors import LakeError, TableGone, TableMissing
from schemas.tables import TABLES, Table

#: The folder of a lake that lists its tables.
TABLE_LIST = "_tables"
_LOG = "_delta_log"


def is_lake(storage: Storage) -> bool:
    """Whether a place holds a lake: the list of its tables, or a table of tieout."""
    logs = [f"{table.name}/{_LOG}" for table in TABLES]
    paths = [storage.full_path(name) for name in (TABLE_LIST, *logs)]
    return any(info.type == fs.FileType.Directory for info in storage.fs.get_file_info(paths))


def check_listed_tables(storage: Storage) -> None:
    """Checks that every table of the list is there.

    Raises:
        TableGone: names all that are not.
    """
    selector = fs.FileSelector(storage.full_path(TABLE_LIST), allow_not_found=True)
    names = sorted(info.base_name for info in storage.fs.get_file_info(selector))
    infos = storage.fs.get_file_info([storage.full_path(f"{name}/{_LOG}") for name in names])
    gone = [
        name for name, info in zip(names, infos, strict=True) if info.type != fs.FileType.Directory
    ]
    if gone:
        raise TableGone(_describe_gone(storage.uri, gone))


def refuse_gone_table(storage: Storage, table: Table) -> None:
    """Refuses to create a table that the lake had.

    Raises:
        TableGone: the table is listed and its log is not there.
    """
    log = storage.full_path(f"{table.name}/{_LOG}")
    if _is_listed(storage, table) and not _is_folder(storage, log):
        raise TableGone(_describe_gone(storage.uri, [table.name]))


def list_table(storage: Storage, table: Table) -> None:
    """Adds a table to the list, if it is not listed yet."""
    if not _is_listed(storage, table):
        storage.fs.create_dir(storage.full_path(TABLE_LIST), recursive=True)
        with storage.fs.open_output_stream(_list_path(storage, table)) as out:
            out.write(f"created by tieout {__version__}\n".encode())


def error_of_missing_table(storage: Storage, table: Table) -> LakeError:
    """The error to raise for a table that cannot be opened: it is gone, or nothing created it."""
    if _is_listed(storage, table):
        return TableGone(_describe_gone(storage.uri, [table.name]))
    return TableMissing(f"{storage.uri}/{table.name}: there is no table; run `tieout ingest` first")


def _is_folder(storage: Storage, path: str) -> bool:
    return bool(storage.fs.get_file_info(path).type == fs.FileType.Directory)


def _is_listed(storage: Storage, table: Table) -> bool:
    return bool(storage.fs.get_file_info(_list_path(storage, table)).type == fs.FileType.File)


def _list_path(storage: Storage, table: Table) -> str:
    return storage.full_path(f"{TABLE_LIST}/{table.name}")


def _describe_gone(uri: str, names: Collection[str]) -> str:
    tables = f"table {', '.join(names)}" if len(names) == 1 else f"tables {', '.join(names)}"
    files = ", ".join(f"{TABLE_LIST}/{name}" for name in names)
    return (
        f"{uri}: this lake had the {tables}, and the data is gone; put the folder back from a"
        f" backup or, to go on without the rows, remove {files} in the lake and run it again"
    )
