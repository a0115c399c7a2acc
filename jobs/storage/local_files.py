"""Local files: written for their owner alone, listed and opened without following links."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO

#: The permissions that new files and folders do not get: those of the group and of all others.
PRIVATE_UMASK = 0o077
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class FoundFile:
    """A file or link below a folder: full path, path below the folder, time of change (UTC), bytes.

    In `name`, a byte that is not UTF-8 is a backslash, x, two hex digits; `path` has the byte.
    """

    path: str
    name: str
    changed_at: datetime
    byte_size: int
    is_link: bool = False


def restrict_new_files() -> None:
    """Makes new files of this process readable by their owner alone: 0600, folders 0700.

    The setting (umask) covers whatever the process writes, also by libraries, and processes that
    it starts. A umask that is stricter already stays as it is.
    """
    os.umask(os.umask(PRIVATE_UMASK) | PRIVATE_UMASK)


def walk_files(folder: str, enters: Callable[[str], bool]) -> Iterator[FoundFile]:
    """Yields the files and links below a local folder; it does not follow links.

    `enters(name)` says of a folder below it whether to look inside. Whatever is no file, no folder
    and no link (a pipe, a device) is left out, and what disappears meanwhile, too.
    """
    pending = [""]
    while pending:
        parent = pending.pop()
        try:
            entries = sorted(os.scandir(f"{folder}/{parent}"), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            below = f"{parent}{entry.name}"
            name = _escape_bytes(below)
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            is_link = stat.S_ISLNK(status.st_mode)
            if stat.S_ISDIR(status.st_mode):
                if enters(name):
                    pending.append(f"{below}/")
            elif is_link or stat.S_ISREG(status.st_mode):
                changed_at = _EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)
                yield FoundFile(f"{folder}/{below}", name, changed_at, status.st_size, is_link)


def open_regular(path: str) -> IO[bytes]:
    """Opens a local file to read.

    Raises:
        OSError: the path is a link, or there is no file.
    """
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb", buffering=0)


def _escape_bytes(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")
