"""The places that a command names, checked before anything is opened or made: inbox and lake."""

import re
from collections.abc import Generator, Iterator
from pathlib import Path

from pyarrow import fs

from jobs.lake.listed_tables import is_lake
from jobs.storage.archive import Storage
from jobs.storage.place_checks import find_path_faults

#: Commands that make a lake where there is none; and commands that also work without one.
MAKE_LAKE = ("ingest", "run")
NEED_NO_LAKE = ("inbox", "schedule")
#: A scheme without the two slashes that follow it, such as s3:/bucket.
_HALF_URI = re.compile(r"(?P<scheme>s3a?|gs|gcs|abfss?|hdfs|viewfs|file):(?!//)", re.IGNORECASE)


def find_place_faults(job: str, lake: str | None, inbox: str | None) -> Iterator[str]:
    """Yields one sentence per place that is not what the command needs; makes nothing."""
    if inbox:
        yield from find_inbox_faults(inbox)
    if lake:
        yield from find_lake_faults(lake, must_exist=job not in (*MAKE_LAKE, *NEED_NO_LAKE))


def find_lake_faults(uri: str, must_exist: bool = True) -> Iterator[str]:
    """Yields what is wrong with the place of a lake: no folder, not reachable, or no lake there."""
    storage = yield from _open("--lake", uri)
    if storage is None:
        return
    try:
        exists = is_lake(storage)
    except OSError as error:
        yield f"--lake {uri}: it cannot be reached: {_first_line(error)}"
        return
    if must_exist and not exists:
        yield (
            f"--lake {uri}: there is no lake; check the name. Only `tieout ingest` and"
            " `tieout run` make a new lake"
        )


def find_inbox_faults(uri: str) -> Iterator[str]:
    """Yields what is wrong with the place of an inbox: no folder, or not reachable."""
    storage = yield from _open("--inbox", uri)
    if storage is None:
        return
    try:
        kind = storage.fs.get_file_info(storage.base).type
    except OSError as error:
        yield f"--inbox {uri}: it cannot be reached: {_first_line(error)}"
        return
    if kind != fs.FileType.Directory:
        yield f"--inbox {uri}: this folder does not exist; name the folder where files arrive"


def _open(option: str, uri: str) -> Generator[str, None, Storage | None]:
    """Returns the storage of a place, or yields why there can be none."""
    if faults := find_path_faults(option, uri, holds_tables=option == "--lake"):
        yield from faults
        return None
    if half := _HALF_URI.match(uri):
        scheme = half["scheme"]
        yield f"{option} {uri}: a URI has two slashes: write it as {scheme}://BUCKET/FOLDER"
        return None
    try:
        storage = Storage(uri)
    except (ValueError, OSError) as error:
        yield f"{option} {uri}: this URI cannot be opened: {_first_line(error)}"
        return None
    if not storage.base:
        yield f"{option} {uri}: the URI names no bucket; write it as s3://BUCKET/FOLDER"
        return None
    if isinstance(storage.fs, fs.LocalFileSystem):
        path = Path(storage.base)
        for place in (path, *path.parents):
            if place.exists() and not place.is_dir():
                yield f"{option} {uri}: {place} is a file, not a folder; name a folder"
                return None
    return storage


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
