"""The files of a snapshot, or of a part of one, in the archive: recorded first, read from there."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jobs.ingestion.inbox import InboxFile
from jobs.ingestion.snapshot.tasks import plan_tasks
from jobs.ingestion.snapshot.write import write_snapshot
from jobs.lake.commit import DataFile
from jobs.lake.control_rows import Row
from jobs.lake.tables import Lake
from jobs.storage.archive import ArchivedFile, Storage, archive_file, verify_archived
from schemas.errors import ArchiveDamaged, FileRefused
from schemas.profile.channel import Profile
from schemas.vocabulary import FileStatus


@dataclass(frozen=True)
class ReadSnapshot:
    """What the archive has of a snapshot: data files that nobody sees yet, one row per transaction,
    and the number of older states; or the `fault` that refuses all of it.
    """

    files: tuple[DataFile, ...] = ()
    older_count: int = 0
    fault: str | None = None

    @property
    def rows(self) -> int:
        """Transactions, of all channels."""
        return sum(file.rows for file in self.files)


def archive_files(
    lake: Lake, inbox: Storage, inbox_files: Sequence[InboxFile], part: str, day: date
) -> Row:
    """Archives the inbox files of one version; returns its new row of `snapshot_files`.

    Its id is the SHA-256 of its file, or of the ids of its files in order.
    """
    archived_files = []
    for inbox_file in inbox_files:
        with inbox.open_received(inbox_file.path) as source:
            archived_files.append(archive_file(lake.storage, source))
    ids = sorted(archived.file_id for archived in archived_files)
    file_id = ids[0] if len(ids) == 1 else hashlib.sha256("\n".join(ids).encode()).hexdigest()
    return {
        "channel": None,
        "business_date": day,
        "part": part,
        "version": 0,
        "status": FileStatus.RECEIVED.value,
        "file_id": file_id,
        "file_name": "\n".join(file.listed_name for file in inbox_files),
        "archived_path": "\n".join(file.path for file in archived_files),
        "byte_size": sum(file.byte_size for file in archived_files),
        "line_count": None,
        "rejected_count": None,
        "totals": None,
        "reason": None,
        "received_at": max(file.arrived_at for file in inbox_files),
        "channels": None,
    }


def read_archived(lake: Lake, row: Row, profiles: Mapping[str, Profile], day: date) -> ReadSnapshot:
    """Reads a recorded snapshot from the archive and writes its data files."""
    try:
        names, paths = row["file_name"].split("\n"), row["archived_path"].split("\n")
        tasks = [
            task
            for name, path in zip(names, paths, strict=True)
            for task in plan_tasks(lake, _reopen(lake, path), name, row["file_id"], day, profiles)
        ]
        files, older_count = write_snapshot(lake, tasks)
    except (FileRefused, ArchiveDamaged) as error:
        return ReadSnapshot(fault=str(error))
    return ReadSnapshot(tuple(files), older_count)


def _reopen(lake: Lake, path: str) -> ArchivedFile:
    """A file of a snapshot in the archive, whose name is its SHA-256."""
    return verify_archived(lake.storage, path, path.rsplit("/", 1)[-1])
