"""Where a lake has its history, and before which date: one small file at the top of the lake.

It is no table, so no OPTIMIZE and no VACUUM touches it. The history lake has a file with the same
`lake_id`: the history of one lake is never taken for that of another.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from pyarrow import fs

from jobs.lake.listed_tables import is_lake
from jobs.storage.archive import Storage
from schemas.dates import format_dates
from schemas.errors import ConfigurationError, HistoryUnreadable

#: In a lake: where its history is. In a history lake: whose history it has.
PLACE_FILE, OWNER_FILE = "_history.json", "_history_of.json"
#: In a row about a data file, the URI of the lake that has it, where that is the history lake.
PLACE = "place"


@dataclass(frozen=True)
class HistoryPlace:
    """The history lake's URI, and the date before which rows stand there.

    The date is written before the first row moves; which rows of a table have moved is in the log
    of the table (`moved_rows`).
    """

    uri: str
    before: str
    lake_id: str

    @property
    def limit(self) -> date:
        """The first date that stays."""
        return date.fromisoformat(self.before)


def read_place(storage: Storage) -> HistoryPlace | None:
    """Where the history of a lake is; None if it has none.

    Raises:
        HistoryUnreadable: the file is damaged.
    """
    text = _read_text(storage, PLACE_FILE)
    if text is None:
        return None
    try:
        return HistoryPlace(**json.loads(text))
    except (ValueError, TypeError) as fault:
        raise HistoryUnreadable(
            f"{storage.uri}/{PLACE_FILE} is damaged; restore it from a backup. It names the history"
            " lake, without which old dates cannot be read"
        ) from fault


def find_first_date(storage: Storage) -> date:
    """The first date that is not in the history of a lake; `date.min` if it has none."""
    place = read_place(storage)
    return place.limit if place else date.min


def describe_moved(days: Iterable[date], about: str = "") -> str:
    """The sentence that refuses work on moved dates; `about` is what it is asked for, such as a
    file.
    """
    return (
        f"HISTORY: {f'{about}: ' if about else ''}{format_dates(days)}: the rows moved to the"
        " history lake, where they are read and never written again; take the date out of the"
        " command, or the file out of the inbox, and book what changed on a date that is here"
    )


def claim_place(storage: Storage, uri: str, before: date) -> HistoryPlace:
    """Makes a place the history of a lake, from the first date on that stays, and returns it.

    The date never goes back.

    Raises:
        ConfigurationError: the place cannot be the history of this lake.
    """
    known, history = read_place(storage), Storage(uri)
    if faults := find_place_faults(storage, history, known):
        raise ConfigurationError(faults)
    limit = max(before, known.limit) if known else before
    place = HistoryPlace(history.uri, str(limit), known.lake_id if known else uuid.uuid4().hex)
    if known != place:
        _write_text(history, OWNER_FILE, {"lake_id": place.lake_id, "lake": storage.uri})
        _write_text(storage, PLACE_FILE, asdict(place))
    return place


def set_first_date(storage: Storage, place: HistoryPlace, before: date) -> HistoryPlace:
    """Sets the first date that stays, before anything has moved by it; returns the place."""
    changed = replace(place, before=str(before))
    _write_text(storage, PLACE_FILE, asdict(changed))
    return changed


def find_place_faults(storage: Storage, history: Storage, known: HistoryPlace | None) -> list[str]:
    """What is wrong with a place for the history of a lake; writes nothing."""
    lake, place = (f"{each.uri}/" for each in (storage, history))
    if lake.startswith(place) or place.startswith(lake):
        return [f"--history {history.uri}: give a place outside of the lake {storage.uri}"]
    if known and known.uri != history.uri:
        return [
            f"--history {history.uri}: the history of this lake is in {known.uri}; give that place."
            f" If the history lake was moved, put its new place into {storage.uri}/{PLACE_FILE}"
        ]
    owner = _read_text(history, OWNER_FILE)
    owner_id = json.loads(owner).get("lake_id") if owner else None
    if owner_id and (known is None or owner_id != known.lake_id):
        return [f"--history {history.uri}: it has the history of another lake; give another place"]
    if owner_id is None and is_lake(history):
        return [f"--history {history.uri}: it is a lake itself; give an empty place"]
    return []


@lru_cache(maxsize=16)
def storage_at(uri: str) -> Storage:
    """The storage of a place, opened once."""
    return Storage(uri)


def storage_of(storage: Storage, row: Mapping[str, Any]) -> Storage:
    """The storage that has a data file: that of its lake, or that of the lake's history."""
    place = row.get(PLACE)
    return storage if place is None else storage_at(place)


def _read_text(storage: Storage, name: str) -> str | None:
    path = storage.full_path(name)
    if storage.fs.get_file_info(path).type != fs.FileType.File:
        return None
    with storage.fs.open_input_stream(path, compression=None) as source:
        return bytes(source.read()).decode()


def _write_text(storage: Storage, name: str, values: dict[str, Any]) -> None:
    """Replaces a small file as a whole: a reader sees the one or the other."""
    storage.fs.create_dir(storage.base, recursive=True)
    partial = storage.full_path(f"{name}.{uuid.uuid4().hex}.partial")
    with storage.fs.open_output_stream(partial) as target:
        target.write(f"{json.dumps(values)}\n".encode())
    storage.fs.move(partial, storage.full_path(name))
