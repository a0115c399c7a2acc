"""Keeps the lines of a channel's day those of its files in force.

Lines are committed before the rows of `statement_files` say that they count. So a process that is
killed in between, or another one at work on the same day, leaves lines that do not count yet, or no
longer: they are found here, and removed or read again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobs.ingestion.file_register import Row
from jobs.ingestion.parse_tasks import ParsedFile
from jobs.lake.received_files import file_id_of, list_merged_files, split_merged_files
from jobs.lake.tables import Lake
from schemas.tables import REJECTED_LINES, STATEMENT_LINES, Table
from schemas.vocabulary import FileStatus

_TABLES = (STATEMENT_LINES, REJECTED_LINES)
#: Statuses of files whose rejected lines are kept.
_WITH_REJECTED = (FileStatus.ACCEPTED, FileStatus.SUPERSEDED, FileStatus.QUARANTINED)


@dataclass(frozen=True)
class StoredLines:
    """Data files of a channel's day by table name, listed before the rows of its files were read.

    Only a data file on the list may be removed as one of a file that is not in force: one that is
    committed later may belong to a file that comes into force.
    """

    paths: Mapping[str, Sequence[str]]


def list_stored_lines(lake: Lake, day: date, channel: str) -> StoredLines:
    """Lists the data files of a channel's day. Where OPTIMIZE has put lines of several received
    files into one data file, they are written apart first.
    """
    paths = {}
    for table in _TABLES:
        actions = lake.list_data_files(table, day, channel)
        merged = list_merged_files(actions)
        if merged:
            _write_apart(lake, table, merged, day, channel)
            actions = lake.list_data_files(table, day, channel)
        paths[table.name] = [str(row["path"]) for row in actions]
    return StoredLines(paths)


def _write_apart(
    lake: Lake, table: Table, merged: Sequence[Mapping[str, Any]], day: date, channel: str
) -> None:
    lake.assert_files_exist(table, merged)
    files = list(split_merged_files(lake.storage, table, merged, day, channel))
    paths = {str(row["path"]) for row in merged}
    lake.commit_files(table, day, files, lambda _, path: path in paths, channel)


def find_damaged_files(lake: Lake, day_files: Sequence[Row], day: date, channel: str) -> list[Row]:
    """Files whose lines or rejected lines are not in the tables, or not once."""
    lines, rejected = (lake.count_rows_by_file(table, day, channel) for table in _TABLES)
    return [
        row
        for row in day_files
        if (
            (row["status"] == FileStatus.ACCEPTED)
            and lines[row["file_id"]] != int(row["line_count"] or 0)
        )
        or (
            row["status"] in _WITH_REJECTED
            and rejected[row["file_id"]] != int(row["rejected_count"] or 0)
        )
    ]


def has_leftovers(lake: Lake, day_files: Sequence[Row], day: date, channel: str) -> bool:
    """Whether the tables have lines of files that are not in force."""
    return any(
        _removable(lake.count_rows_by_file(table, day, channel), table, day_files)
        for table in _TABLES
    )


def commit_lines(
    lake: Lake,
    day_files: Sequence[Row],
    parsed: Sequence[ParsedFile],
    stored: StoredLines,
    day: date,
    channel: str,
) -> set[str]:
    """Commits lines and rejected lines of the files that were read, and removes those of files that
    are not in force. Returns the paths of the data files that it added, below the lake.

    `day_files` are the rows as they are about to be written. Another copy of the lines of a file
    that was read is removed in the same commit.
    """
    in_force = {row["file_id"] for row in day_files if row["status"] == FileStatus.ACCEPTED}
    read = {file.file_id for file in parsed}
    added = {
        STATEMENT_LINES.name: [
            f for file in parsed if file.file_id in in_force for f in file.line_files
        ],
        REJECTED_LINES.name: [f for file in parsed for f in file.rejected_files],
    }
    for table in _TABLES:
        ids = {path: file_id_of(path) or "" for path in stored.paths[table.name]}
        leftover = _removable(ids.values(), table, day_files)
        doomed = {path for path, file_id in ids.items() if file_id in leftover}

        def removes(of_channel: str, path: str, doomed: set[str] = doomed) -> bool:
            return of_channel == channel and (file_id_of(path) in read or path in doomed)

        lake.commit_files(table, day, added[table.name], removes, channel)
    return {f"{name}/{file.path}" for name, files in added.items() for file in files}


def remove_unused(lake: Lake, parsed: Iterable[ParsedFile], used: set[str]) -> None:
    """Removes the data files of refused files: nothing has committed them, and nothing will."""
    paths = [
        f"{table.name}/{file.path}"
        for parsed_file in parsed
        for table, files in zip(
            _TABLES, (parsed_file.line_files, parsed_file.rejected_files), strict=True
        )
        for file in files
    ]
    lake.storage.remove_files(path for path in paths if path not in used)


def _removable(file_ids: Any, table: Table, day_files: Sequence[Row]) -> set[str]:
    """The files of `file_ids` whose lines no longer count; those of a file that is being read are
    left alone, and so are those of a file without a row, whose row another process just wrote.
    """
    statuses: dict[str, set[str]] = defaultdict(set)
    for row in day_files:
        statuses[row["file_id"]].add(row["status"])
    kept = (FileStatus.ACCEPTED,) if table is STATEMENT_LINES else _WITH_REJECTED
    return {
        file_id
        for file_id in file_ids
        if file_id in statuses and not statuses[file_id] & {*kept, FileStatus.RECEIVED}
    }
