"""Settles the parts of our own side that were read: which are in force, and whose rows count.

Data files and the rows of `snapshot_files` change together, as one transaction on the latter.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jobs.ingestion.day_state import count_overridden
from jobs.ingestion.file_register import find_row, find_same_content
from jobs.ingestion.receive_statements import supersede_versions
from jobs.ingestion.snapshot.archived import ReadSnapshot
from jobs.ingestion.snapshot.overridden import PartFiles, Trimmed, leave_out_overridden
from jobs.ingestion.snapshot.write import remove_data_files
from jobs.lake.commit import DataFile
from jobs.lake.control_rows import Row, RowReader, RowsChange
from jobs.lake.received_files import file_id_of
from jobs.lake.tables import Lake
from schemas.profile.channel import Snapshots
from schemas.tables import INTERNAL_TRANSACTIONS, SNAPSHOT_FILES
from schemas.vocabulary import FileStatus


@dataclass
class Settlement:
    """Settles the parts that were read; the rows of a date are those of the parts in force.

    `stored` are the date's data files, listed before: only such a one may be removed as one of a
    part that is not in force.
    """

    lake: Lake
    snapshots: Snapshots
    day: date
    unread: Sequence[Row]
    read: Mapping[tuple[str, str], ReadSnapshot]
    stored: Sequence[Mapping[str, Any]]
    attempts: int = 0
    written: list[DataFile] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def settle(self) -> None:
        """Decides and commits, as one transaction on the rows of `snapshot_files`."""
        self.written += [file for part in self.read.values() for file in part.files]
        self.lake.change_rows(SNAPSHOT_FILES, self._decide)
        unused = [file for file in self.written if file.path not in self.used]
        remove_data_files(self.lake, unused)

    def _decide(self, reader: RowReader) -> RowsChange | None:
        self.attempts += 1
        day_rows = reader(business_date=self.day)
        before = [dict(row) for row in day_rows]
        is_anew = self._accept_or_refuse(reader, day_rows)
        supersede_versions(day_rows)
        in_force = [row for row in day_rows if row["status"] == FileStatus.ACCEPTED]
        if is_anew and any(self._lacks_rows(row) for row in in_force):
            return None  # another process has taken rows of a part in between: read it, too
        now = self.lake.list_data_files(INTERNAL_TRANSACTIONS, self.day)
        parts = [self._files_of(row, now) for row in self._in_order(in_force)]
        trimmed = leave_out_overridden(self.lake, self.day, parts, self.attempts > 1)
        self.written += [file for part in trimmed.values() for file in part.files]
        self._commit(parts, trimmed, day_rows, {str(file["path"]) for file in now})
        for row in in_force:
            self._count(row, trimmed)
        return RowsChange(day_rows, self.day, None) if day_rows != before else None

    def _accept_or_refuse(self, reader: RowReader, day_rows: list[Row]) -> bool:
        """Gives every part that was read its status; True if a version in force is gone."""
        is_anew = False
        for row in self.unread:
            own = find_row(day_rows, row)
            part = self.read[row["part"], row["file_id"]]
            if own is None or own["status"] != row["status"]:
                continue  # another process has settled it
            own |= {"line_count": part.rows, "rejected_count": part.older_count}
            others = [other for other in reader(file_id=row["file_id"])
                      if other["business_date"] != self.day]  # fmt: skip
            accepted = [other for other in day_rows if other["status"] == FileStatus.ACCEPTED]
            fault = part.fault
            if part.rows and fault is None:
                fault = find_same_content(own, [*others, *accepted], False)
            if fault is not None:
                is_anew = is_anew or row["status"] == FileStatus.ACCEPTED
                own |= {"status": FileStatus.QUARANTINED.value, "reason": fault}
                own |= {"line_count": None, "rejected_count": None, "channels": None}
                continue
            is_anew = is_anew or any(
                other is not own and other["part"] == own["part"] for other in accepted
            )
            own |= {"status": FileStatus.ACCEPTED.value, "channels": {}}
        return is_anew

    def _is_read(self, row: Row) -> bool:
        return (row["part"], row["file_id"]) in self.read

    def _lacks_rows(self, row: Row) -> bool:
        return not self._is_read(row) and count_overridden(row) > 0

    def _in_order(self, in_force: Sequence[Row]) -> list[Row]:
        """In the order in which the parts are listed; a snapshot that came in one is first."""
        place = {part.name: number for number, part in enumerate(self.snapshots.parts)}
        return sorted(in_force, key=lambda row: (place.get(row["part"], -1), row["part"]))

    def _files_of(self, row: Row, now: Sequence[Mapping[str, Any]]) -> PartFiles:
        if self._is_read(row):
            read = self.read[row["part"], row["file_id"]]
            return PartFiles(row["file_id"], [file for file in read.files if file.rows], True)
        files = [
            DataFile(
                str(file["partition.channel"]),
                str(file["path"]),
                int(file["size_bytes"]),
                int(file["num_records"]),
            )
            for file in now
            if file_id_of(str(file["path"])) == row["file_id"] and file["num_records"]
        ]
        return PartFiles(row["file_id"], files, False)

    def _commit(
        self,
        parts: Sequence[PartFiles],
        trimmed: Mapping[str, Trimmed],
        day_rows: Sequence[Row],
        now: set[str],
    ) -> None:
        """Makes the date's rows those of the parts in force, in one commit."""
        final = {
            file.path: file
            for part in parts
            for file in (trimmed[part.file_id].files if part.file_id in trimmed else part.files)
        }
        owned = {part.file_id for part in parts if part.files}
        unread = {row["file_id"] for row in day_rows if row["status"] == FileStatus.RECEIVED}
        stored = {str(file["path"]) for file in self.stored}

        def removes(_: str, path: str) -> bool:
            file_id = file_id_of(path)
            is_left = path in stored and file_id not in unread
            return path not in final and (file_id in owned or is_left)

        new = [file for path, file in final.items() if path not in now]
        self.lake.commit_files(INTERNAL_TRANSACTIONS, self.day, new, removes)
        self.used |= {*final}

    def _count(self, row: Row, trimmed: Mapping[str, Trimmed]) -> None:
        """Counts the transactions that a part has in force, by channel."""
        if not row["line_count"]:
            return
        counts = Counter(dict(row["channels"] or {}))
        if self._is_read(row):
            counts = _count_by_channel(self.read[row["part"], row["file_id"]].files)
        if row["file_id"] in trimmed:
            counts.subtract(trimmed[row["file_id"]].left_out)
        row["channels"] = {name: count for name, count in counts.items() if count}


def _count_by_channel(files: Sequence[DataFile]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for file in files:
        counts[file.channel] += file.rows
    return counts
