"""A folder that is replaced as a whole, by means that every system has.

On a disk the new folder takes the place of the earlier one in two renames. If a process is killed
between the two, both folders stay complete beside the target; the next `replace_folder` of the same
target first renames the earlier one back. On a disk one process at a time replaces a target: a lock
beside it, which the system releases if the process is killed, makes the others wait.
"""

import fcntl
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from pyarrow import fs

_COPY_BYTES = 2**20
#: Name of the folder that gives its place to the new one, behind the new one's name.
_EARLIER = ".earlier"
#: In an object store, which has no locks, a folder in which nobody wrote for so long is left over.
_IDLE = timedelta(days=1)


@contextmanager
def replace_folder(files: fs.FileSystem, target: str, last: str) -> Iterator[str]:
    """Yields a new folder to write into; it takes the place of `target` when the block ends.

    If the block fails, `target` stays as it was and the new folder is removed. The next call
    removes what a killed process left behind, and first restores the target if it has none. A call
    for the same target, in any process of this machine, waits until this one has ended. An object
    store cannot rename folders: there the files are copied one by one, the one called `last` at the
    end, and of two calls at once the last one that copies a file wins.
    """
    parent, name = target.rsplit("/", 1)
    files.create_dir(parent, recursive=True)
    with _lock(files, f"{parent}/.{name}.lock"):
        _restore_earlier(files, target)
        _remove_leftovers(files, parent, name)
        new_folder = f"{parent}/.{name}-{uuid.uuid4().hex}"
        files.create_dir(new_folder)
        try:
            yield new_folder
            _put_in_place(files, new_folder, target, last)
        finally:
            remove_folder(files, new_folder)


@contextmanager
def replace_file(files: fs.FileSystem, target: str) -> Iterator[str]:
    """Yields the path of a new file to write; it takes the place of `target` when the block ends.

    If the block fails, `target` stays as it was and the new file is removed. On a disk a call for
    the same target waits until this one has ended.
    """
    parent, name = target.rsplit("/", 1)
    files.create_dir(parent, recursive=True)
    with _lock(files, f"{parent}/.{name}.lock"):
        new_file = f"{parent}/.{name}-{uuid.uuid4().hex}"
        try:
            yield new_file
            files.move(new_file, target)
        finally:
            if files.get_file_info(new_file).type != fs.FileType.NotFound:
                files.delete_file(new_file)


@contextmanager
def _lock(files: fs.FileSystem, path: str) -> Iterator[None]:
    """Holds a lock file on a disk; who holds it removes it, a killed process leaves it unlocked."""
    if not isinstance(files, fs.LocalFileSystem):
        yield
        return
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            # The holder before may have removed the file that this call opened.
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                break
        os.close(handle)
    try:
        yield
    finally:
        os.unlink(path)
        os.close(handle)


def remove_folder(files: fs.FileSystem, folder: str) -> None:
    """Removes a folder and everything in it, if it exists."""
    if files.get_file_info(folder).type != fs.FileType.NotFound:
        files.delete_dir(folder)


def join_parts(files: fs.FileSystem, parts: str, target: str) -> int:
    """Joins the text files that an engine wrote into a folder to one file; returns its lines.

    An engine may write no folder at all if there are no rows. On a local disk the first file
    becomes the target and the others are appended to it: that copies fewer bytes.
    """
    paths, lines, open_target = _part_files(files, parts), 0, files.open_output_stream
    if isinstance(files, fs.LocalFileSystem) and paths:
        lines, open_target = _copy_lines(files, paths[0], None), files.open_append_stream
        files.move(paths.pop(0), target)
    with open_target(target, compression=None) as out:
        return lines + sum(_copy_lines(files, path, out) for path in paths)


def _copy_lines(files: fs.FileSystem, path: str, out: Any) -> int:
    """Copies a file to an open one, if one is given; returns its lines."""
    lines, buffer = 0, bytearray(_COPY_BYTES)
    with files.open_input_stream(path, compression=None) as part:
        while size := part.readinto(buffer):
            lines += buffer.count(b"\n", 0, size)
            if out is not None:
                out.write(memoryview(buffer)[:size])
    return lines


def _part_files(files: fs.FileSystem, folder: str) -> list[str]:
    entries = files.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True))
    return sorted(
        entry.path
        for entry in entries
        if entry.is_file and not entry.base_name.startswith((".", "_"))
    )


def _leftovers(files: fs.FileSystem, parent: str, name: str) -> list[str]:
    """Paths of hidden folders that earlier calls for the same target made."""
    pattern = re.compile(rf"\.{re.escape(name)}-[0-9a-f]{{32}}({re.escape(_EARLIER)})?")
    entries = files.get_file_info(fs.FileSelector(parent))
    return sorted(entry.path for entry in entries if pattern.fullmatch(entry.base_name))


def _remove_leftovers(files: fs.FileSystem, parent: str, name: str) -> None:
    """Removes folders of dead processes: on a disk the lock says so, in an object store the age."""
    for path in _leftovers(files, parent, name):
        if isinstance(files, fs.LocalFileSystem) or _is_idle(files, path):
            remove_folder(files, path)


def _is_idle(files: fs.FileSystem, folder: str) -> bool:
    selector = fs.FileSelector(folder, recursive=True, allow_not_found=True)
    entries = [*files.get_file_info(selector), files.get_file_info(folder)]
    times = [entry.mtime for entry in entries if entry.mtime is not None]
    return bool(times) and max(times) < datetime.now(UTC) - _IDLE


def _restore_earlier(files: fs.FileSystem, target: str) -> None:
    """Renames the earlier folder back if a process was killed between the two renames."""
    if not isinstance(files, fs.LocalFileSystem) or os.path.lexists(target):
        return
    for path in _leftovers(files, *target.rsplit("/", 1)):
        if path.endswith(_EARLIER):
            os.rename(path, target)
            return


def _put_in_place(files: fs.FileSystem, new_folder: str, target: str, last: str) -> None:
    if not isinstance(files, fs.LocalFileSystem):
        _copy_files(files, new_folder, target, last)
    elif os.path.lexists(target):
        _swap(files, new_folder, target)
    else:
        os.rename(new_folder, target)


def _swap(files: fs.FileSystem, new_folder: str, target: str) -> None:
    earlier = f"{new_folder}{_EARLIER}"
    try:
        os.rename(target, earlier)
        os.rename(new_folder, target)
    except BaseException:
        if not os.path.lexists(target):
            os.rename(earlier, target)
        raise
    remove_folder(files, earlier)


def _copy_files(files: fs.FileSystem, source: str, target: str, last: str) -> None:
    """Copies all files of a folder and its subfolders, then removes others from the target."""
    names = _list_names(files, source)
    for name in sorted(names, key=lambda name: (name == last, name)):
        files.create_dir(f"{target}/{name}".rsplit("/", 1)[0], recursive=True)
        files.copy_file(f"{source}/{name}", f"{target}/{name}")
    for name in _list_names(files, target) - names:
        files.delete_file(f"{target}/{name}")


def _list_names(files: fs.FileSystem, folder: str) -> set[str]:
    """Names of the files in a folder and its subfolders, relative to it."""
    entries = files.get_file_info(fs.FileSelector(folder, recursive=True))
    return {entry.path.removeprefix(f"{folder}/") for entry in entries if entry.is_file}
