"""A folder that is replaced whole or not at all."""

import ctypes
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyarrow import fs

_COPY_BYTES = 2**20
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def replaced(files: fs.FileSystem, target: str, last: str) -> Iterator[str]:
    """A new folder beside `target` to write into, which takes its place when the block ends.

    When the block fails, `target` stays as it was and the new folder goes. What a killed run left
    behind goes with the next one. In an object store, where no folder can be renamed, the files are
    put in place one by one, the one called `last` at the end.
    """
    parent, name = target.rsplit("/", 1)
    files.create_dir(parent, recursive=True)
    _remove_leftovers(files, parent, name)
    making = f"{parent}/.{name}-{uuid.uuid4().hex}"
    files.create_dir(making)
    try:
        yield making
        _put_in_place(files, making, target, last)
    finally:
        remove(files, making)


def remove(files: fs.FileSystem, folder: str) -> None:
    """Removes a folder and all below it, if it is there."""
    if files.get_file_info(folder).type != fs.FileType.NotFound:
        files.delete_dir(folder)


def join_parts(files: fs.FileSystem, parts: str, target: str) -> int:
    """Joins the text files that an engine wrote into a folder to one; returns its lines.

    An engine may write no folder at all where there is nothing to write. On a local disk the first
    file becomes the target and the others are added to it, which spares a good part of the copying.
    """
    paths, lines, opened = _part_files(files, parts), 0, files.open_output_stream
    if isinstance(files, fs.LocalFileSystem) and paths:
        lines, opened = _copied(files, paths[0], None), files.open_append_stream
        files.move(paths.pop(0), target)
    with opened(target, compression=None) as out:
        return lines + sum(_copied(files, path, out) for path in paths)


def _copied(files: fs.FileSystem, path: str, out: Any) -> int:
    """Copies a file to an open one, if there is one; returns its lines."""
    lines, buffer = 0, bytearray(_COPY_BYTES)
    with files.open_input_stream(path, compression=None) as part:
        while size := part.readinto(buffer):
            lines += buffer.count(b"\n", 0, size)
            if out is not None:
                out.write(memoryview(buffer)[:size])
    return lines


def _part_files(files: fs.FileSystem, folder: str) -> list[str]:
    found = files.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True))
    return sorted(
        each.path for each in found if each.is_file and not each.base_name.startswith((".", "_"))
    )


def _remove_leftovers(files: fs.FileSystem, parent: str, name: str) -> None:
    for each in files.get_file_info(fs.FileSelector(parent)):
        if each.base_name.startswith(f".{name}-"):
            remove(files, each.path)


def _put_in_place(files: fs.FileSystem, making: str, target: str, last: str) -> None:
    if not isinstance(files, fs.LocalFileSystem):
        _copy(files, making, target, last)
    elif os.path.lexists(target):
        _exchange(making, target)  # what stood there is now what is removed
    else:
        os.rename(making, target)


def _exchange(one: str, other: str) -> None:
    # Linux exchanges two folders in one step; elsewhere there is a moment with neither in place.
    call: Any = getattr(ctypes.CDLL(None), "renameat2", None)
    paths = [_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other)]
    if call is None or call(*paths, _RENAME_EXCHANGE) != 0:
        aside = f"{one}-old"
        os.rename(other, aside)
        os.rename(one, other)
        os.rename(aside, one)


def _copy(files: fs.FileSystem, making: str, target: str, last: str) -> None:
    files.create_dir(target, recursive=True)
    found = [each.base_name for each in files.get_file_info(fs.FileSelector(making))]
    for name in sorted(found, key=lambda name: (name == last, name)):
        files.copy_file(f"{making}/{name}", f"{target}/{name}")
