"""Storage below the lake's URI, and received files kept unchanged by their content.

Works on any file system that pyarrow reaches: a folder, object storage, HDFS.
"""

import hashlib
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import IO

from pyarrow import fs

#: Bytes of a block; each block of a large file is read and parsed by one task.
BLOCK_BYTES = 16 * 2**20
#: Bytes of a file's first two blocks.
FIRST_BLOCK_BYTES = 4 * 2**20
#: A block without a line end grows; beyond this many bytes it is no text of lines.
LINE_BYTES_MAX = 64 * 2**20


@dataclass(frozen=True)
class Block:
    """A piece of a text file cut at line ends; `first_line` counts from 1."""

    offset: int
    length: int
    first_line: int


class TooLarge(Exception):
    """Raised when a stream has more bytes than it may have."""


@dataclass(frozen=True)
class CopyResult:
    """What was seen of a stream while it was copied: SHA-256, bytes, and blocks of whole lines."""

    file_id: str
    byte_size: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class ArchivedFile:
    """A received file in the archive: its SHA-256, its place, its bytes and its blocks."""

    file_id: str
    path: str
    byte_size: int
    blocks: tuple[Block, ...]


class Storage:
    """The files below one folder or URI."""

    def __init__(self, uri: str) -> None:
        if "://" in uri:
            self.uri = uri.rstrip("/")
            self.fs, self.base = fs.FileSystem.from_uri(self.uri.replace("s3a://", "s3://"))
        else:
            self.base = str(Path(uri).absolute())
            self.uri = self.base
            self.fs = fs.LocalFileSystem()

    def full_path(self, relative: str) -> str:
        """A path that the file system understands."""
        return f"{self.base}/{relative}"

    def remove_folder(self, relative: str) -> None:
        """Removes a folder and all below it, if it is there."""
        if self.fs.get_file_info(self.full_path(relative)).type != fs.FileType.NotFound:
            self.fs.delete_dir(self.full_path(relative))

    def remove_idle_folders(self, relative: str, days: int) -> None:
        """Removes of the folders in a folder those in which nothing was written for some days.

        Another process may be at it, too: what cannot be removed is left to the next who tries.
        """
        place = fs.FileSelector(self.full_path(relative), allow_not_found=True, recursive=True)
        latest: dict[str, datetime] = {}
        for info in self.fs.get_file_info(place):
            name, *below = info.path.removeprefix(f"{place.base_dir}/").split("/")
            is_of_folder = bool(below) or info.type == fs.FileType.Directory
            if is_of_folder and info.mtime is not None:
                latest[name] = max(info.mtime, latest.get(name, info.mtime))
        limit = datetime.now(UTC) - timedelta(days=days)
        for name in (name for name, at in latest.items() if at < limit):
            with suppress(OSError):
                self.remove_folder(f"{relative}/{name}")

    def list_parquet_files(self, relative: str) -> list[fs.FileInfo]:
        """The Parquet files in a folder: none where an engine had no row and made no folder."""
        place = fs.FileSelector(self.full_path(relative), allow_not_found=True)
        infos = self.fs.get_file_info(place)
        return [info for info in infos if info.base_name.endswith(".parquet")]

    def file_size(self, path: str) -> int:
        """Bytes of a file named by its full path."""
        return int(self.fs.get_file_info(path).size)


def copy_in_blocks(
    source: IO[bytes], target: IO[bytes], bytes_max: int | None = None
) -> CopyResult:
    """Copies a stream once, and on the way hashes it, counts it and cuts it at line ends.

    Raises:
        TooLarge: there are more than `bytes_max` bytes.
    """
    digest = hashlib.sha256()
    blocks: list[Block] = []
    size, start, line, carried = 0, 0, 1, 0
    buffers = _buffers()
    with ThreadPoolExecutor(1) as hasher:
        hashing: Future[None] | None = None
        while count := source.readinto(buffer := next(buffers)):  # type: ignore[attr-defined]
            chunk = memoryview(buffer)[:count]
            if hashing is not None:
                hashing.result()
            hashing = hasher.submit(digest.update, chunk)
            target.write(chunk)
            size += count
            if bytes_max is not None and size > bytes_max:
                raise TooLarge
            cut = buffer.rfind(b"\n", 0, count) + 1
            if cut == 0:
                carried += count
                continue
            blocks.append(Block(start, carried + cut, line))
            start += carried + cut
            line += buffer.count(b"\n", 0, count)
            carried = count - cut
        if hashing is not None:
            hashing.result()
    if carried:
        blocks.append(Block(start, carried, line))
    return CopyResult(digest.hexdigest(), size, tuple(blocks))


def _buffers() -> Iterator[bytearray]:
    """Two small ones, which do for a small file and its end, then two large ones in turn: one is
    hashed while the next is filled, and memory is touched once.
    """
    for _ in range(2):
        yield bytearray(min(FIRST_BLOCK_BYTES, BLOCK_BYTES))
    yield from cycle((bytearray(BLOCK_BYTES), bytearray(BLOCK_BYTES)))


def archive_file(storage: Storage, source: IO[bytes]) -> ArchivedFile:
    """Keeps a received file, unchanged, under its SHA-256; the same bytes are kept once."""
    folder = storage.full_path("archive")
    storage.fs.create_dir(folder, recursive=True)
    partial = f"{folder}/.partial-{uuid.uuid4().hex}"
    try:
        with storage.fs.open_output_stream(partial, compression=None) as target:
            copied = copy_in_blocks(source, target)
        path = f"{folder}/{copied.file_id[:2]}/{copied.file_id}"
        storage.fs.create_dir(path.rsplit("/", 1)[0], recursive=True)
        storage.fs.move(partial, path)
    except BaseException:
        if storage.fs.get_file_info(partial).type != fs.FileType.NotFound:
            storage.fs.delete_file(partial)
        raise
    return ArchivedFile(copied.file_id, path, copied.byte_size, copied.blocks)
