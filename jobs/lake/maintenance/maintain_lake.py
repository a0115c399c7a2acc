"""Keeps a lake small: joins files of control tables, removes data files that no table needs.

Nothing that the tables hold changes. Every step is safe beside running jobs, and beside another
process that does the same: what is younger than the retention stays, so files that a job is about
to commit stay too. The archive of received files is not touched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deltalake import DeltaTable
from pyarrow import fs

from jobs.lake.maintenance.join_files import join_files
from jobs.lake.staging import STAGING
from jobs.lake.table_log import delta_uri, open_log
from jobs.lake.write_checks import retry_on_conflict
from jobs.storage.archive import Storage
from schemas.tables import RUNS, TABLES, Table

_HEX = "[0-9a-f]{32}"
#: What a killed process leaves outside the tables: a folder of the lake, how many folders below it,
#: and the names. An export that was replaced (`.earlier`) is not among them: the next one needs it.
_LEFTOVERS = (
    (STAGING, 0, re.compile(_HEX)),
    ("archive", 0, re.compile(rf"\.partial-{_HEX}")),
    ("exports", 1, re.compile(rf"\.[a-z0-9_.-]+-{_HEX}")),
    ("exports", 2, re.compile(rf"\.[a-z0-9_.-]+-{_HEX}(\.parts)?")),
    ("quality", 0, re.compile(rf".+\.{_HEX}\.part")),
    ("quality", 1, re.compile(rf".+\.{_HEX}\.part")),
)


@dataclass(frozen=True)
class TableMaintenance:
    """What was done to a table: data files in force before and after, data files removed.

    `removed` are paths relative to the table.
    """

    table: str
    files_before: int
    files_after: int
    removed: tuple[str, ...]


def maintain_tables(
    storage: Storage, retention_hours: int, dry_run: bool
) -> list[TableMaintenance]:
    """Joins files of control tables, and removes data files that no version within the retention
    needs: replaced ones, and those that a killed job wrote and never committed.

    A dry run writes nothing and lists what would be removed. Give no less than a week: a job may
    take days to commit what it wrote.

    Raises:
        TableMissing: there is no lake.
        LogDamaged: the log of a table cannot be read; the tables before it are done.
        WriteConflict: other writers won every retry; run it again.
    """
    existing = [table for table in TABLES if DeltaTable.is_deltatable(delta_uri(storage, table))]
    if not existing:
        open_log(storage, RUNS)
    return [_maintain_table(storage, table, retention_hours, dry_run) for table in existing]


def _maintain_table(
    storage: Storage, table: Table, retention_hours: int, dry_run: bool
) -> TableMaintenance:
    delta = open_log(storage, table)
    before, removed = len(delta.file_uris()), list[str]()
    if not dry_run and not table.partitions and before > 1:
        join_files(delta, 2)

    def remove_files() -> None:
        # A table forgets after 30 days what was removed; less than that is the caller's choice.
        removed[:] = open_log(storage, table).vacuum(retention_hours, dry_run, False, full=True)

    retry_on_conflict(table, remove_files)
    delta = open_log(storage, table)
    if not dry_run:
        delta.create_checkpoint()
        delta.cleanup_metadata()
    return TableMaintenance(table.name, before, len(delta.file_uris()), tuple(sorted(removed)))


def remove_leftovers(storage: Storage, retention_hours: int, dry_run: bool) -> list[str]:
    """Removes staging folders and half-written files of killed processes; returns their paths,
    relative to the lake. A dry run only lists them.
    """
    limit = datetime.now(UTC) - timedelta(hours=retention_hours)
    paths = sorted({path for path in _find_leftovers(storage) if _latest(storage, path) < limit})
    for path in paths if not dry_run else ():
        if storage.fs.get_file_info(storage.full_path(path)).type == fs.FileType.Directory:
            storage.remove_folder(path)
        else:
            storage.fs.delete_file(storage.full_path(path))
    return paths


def _find_leftovers(storage: Storage) -> Iterator[str]:
    for top, depth, pattern in _LEFTOVERS:
        folders = [top]
        for _ in range(depth):
            folders = [path for folder in folders for path in _list(storage, folder, True)]
        for folder in folders:
            for path in _list(storage, folder, False):
                if pattern.fullmatch(path.rsplit("/", 1)[-1]):
                    yield path


def _list(storage: Storage, folder: str, only_folders: bool) -> list[str]:
    """Paths in a folder, relative to the lake."""
    selector = fs.FileSelector(storage.full_path(folder), allow_not_found=True)
    return [
        f"{folder}/{info.base_name}"
        for info in storage.fs.get_file_info(selector)
        if not only_folders or info.type == fs.FileType.Directory
    ]


def _latest(storage: Storage, path: str) -> datetime:
    """When something below a path was last written; now if that is not known."""
    full = storage.full_path(path)
    infos = [storage.fs.get_file_info(full)]
    if infos[0].type == fs.FileType.Directory:
        infos += storage.fs.get_file_info(fs.FileSelector(full, recursive=True))
    return max((info.mtime for info in infos if info.mtime is not None), default=datetime.now(UTC))
