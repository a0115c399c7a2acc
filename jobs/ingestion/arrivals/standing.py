"""Compares the files of the inbox with those that the lake has: new, changed, or ingested."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from jobs.ingestion.arrivals.scan import Arrival, Claim
from jobs.ingestion.inbox import InboxFile
from jobs.storage.archive import Storage
from schemas.profile.day_parts import WHOLE_DAY
from schemas.vocabulary import FileStatus

Row = Mapping[str, Any]


class Standing(StrEnum):
    """How the lake knows a file of the inbox; REFUSED is ingested, and quarantined, MOVED is new
    and of a date whose rows are in the history lake.
    """

    NEW = "new"
    CHANGED = "changed"
    INGESTED = "ingested"
    REFUSED = "refused"
    MOVED = "moved"

    @property
    def is_due(self) -> bool:
        """Whether ingest has yet to take the file in."""
        return self in (Standing.NEW, Standing.CHANGED)


def compare_with_lake(
    inbox: Storage, arrivals: Sequence[Arrival], files: Iterable[Row], snapshots: Iterable[Row]
) -> dict[tuple[str, Claim], Standing]:
    """The standing of each file under each of its claims, by the file's name and the claim.

    `files` are rows of `statement_files`, `snapshots` of `snapshot_files`. A file whose name, size
    and time of arrival are recorded is not read; one with another time is, and its bytes count.
    """
    rows: dict[tuple[str | None, date], list[Row]] = defaultdict(list)
    for row in [*files, *snapshots]:
        rows[row["channel"], row["business_date"]].append(row)
    out: dict[tuple[str, Claim], Standing] = {}
    days: dict[Claim, list[InboxFile]] = defaultdict(list)
    for arrival in arrivals:
        for claim in arrival.claims:
            known = rows[claim.channel, claim.business_date]
            if claim.channel is None:
                days[claim].append(arrival.file)
            else:
                same = [row for row in known if row["file_name"] == arrival.file.name]
                out[arrival.file.name, claim] = _compare(inbox, [arrival.file], same)
    for claim, of_day in days.items():
        # All snapshot files of a date or part are one version: they stand or fall together.
        same = [row for row in rows[None, claim.business_date] if row["part"] == claim.part]
        versions = sorted(same, key=lambda row: int(row["version"]))
        if claim.part == WHOLE_DAY:
            versions = versions[-1:]
        standing = _compare(inbox, of_day, versions)
        out |= {(file.name, claim): standing for file in of_day}
    return out


def _compare(inbox: Storage, files: Sequence[InboxFile], rows: Sequence[Row]) -> Standing:
    """The standing of files that make one version, against the rows of their names."""
    if not rows:
        return Standing.NEW
    is_snapshot = rows[0]["channel"] is None
    names = sorted(file.listed_name if is_snapshot else file.name for file in files)
    size, arrived_at = sum(file.byte_size for file in files), max(f.arrived_at for f in files)
    file_id = ""
    for row in rows:
        recorded = row["file_name"].split("\n") if is_snapshot else [row["file_name"]]
        if sorted(recorded) != names or row["byte_size"] != size:
            continue
        if row["received_at"] != arrived_at:
            file_id = file_id or _hash_files(inbox, files)
            if row["file_id"] != file_id:
                continue
        if row["status"] == FileStatus.RECEIVED:
            return Standing.NEW  # a killed job recorded it; ingest has yet to read it
        return Standing.REFUSED if row["status"] == FileStatus.QUARANTINED else Standing.INGESTED
    return Standing.CHANGED


def _hash_files(inbox: Storage, files: Sequence[InboxFile]) -> str:
    """The id of a version: SHA-256 of its file, or of the ids of its files."""
    ids = []
    for file in files:
        digest = hashlib.sha256()
        with inbox.open_received(file.path) as source:
            while chunk := source.read(2**20):
                digest.update(chunk)
        ids.append(digest.hexdigest())
    return ids[0] if len(ids) == 1 else hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()
