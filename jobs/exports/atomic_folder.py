"""A folder that is replaced as a whole, by means that every system has.

On a disk the new folder takes the place of the earlier one in two renames. If a process is killed
between the two, both folders stay complete beside the target; the next `replace_folder` of the same
target first renames the earlier one back.
"""

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyarrow import fs

_COPY_BYTES = 2**20
#: Name of the folder that gives its place to the new one, behind the new one's name.
_EARLIER = ".earlier"


@contextmanager
def replace_folder(files: fs.FileSystem, target: str, last: str) -> Iterator[str]:
    """Yields a new folder to write into; it takes the place of `target` when the block ends.

    If the block fails, `target` stays as it was and the new folder is removed. The next call
    removes what a killed process left behind, and first restores the target if it has none. An
    object store cannot rename folders: there the files are copied one by one, the one called `last`
    at the end.
    """
    parent, name = target.rsplit("/", 1)
    files.create_dir(parent, recursive=True)
    _restore_earlier(files, target)
    _remove_leftovers(files, parent, name)
    new_folder = f"{parent}/.{name}-{uuid.uuid4().hex}"
    files.create_dir(new_folder)
    try:
        yield new_folder
        _put_in_place(files, new_folder, target, last)
    finally:
        remove_folder(files, new_folder)


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
    for path in _leftovers(files, parent, name):
        remove_folder(files, path)


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
    files.create_dir(target, recursive=True)
    names = [entry.base_name for entry in files.get_file_info(fs.FileSelector(source))]
    for name in sorted(names, key=lambda name: (name == last, name)):
        files.copy_file(f"{source}/{name}", f"{target}/{name}")
