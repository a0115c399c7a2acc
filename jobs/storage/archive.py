"""Files below the lake's URI; keeps received files unchanged under their SHA-256.

It works on any file system that pyarrow supports: a folder, object storage, HDFS.
"""

import hashlib
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import IO

from pyarrow import fs

from jobs.storage.local_files import FoundFile, open_regular, restrict_new_files, walk_files
from schemas.errors import ArchiveDamaged

#: Bytes of a block, which one task reads and parses, and of a file's first two blocks.
BLOCK_BYTES, FIRST_BLOCK_BYTES = 16 * 2**20, 4 * 2**20
#: A block without a line end grows; a file with a longer line is not text.
LINE_BYTES_MAX = 64 * 2**20


@dataclass(frozen=True)
class Block:
    """A part of a text file, cut at line ends; offset and length in bytes, lines count from 1."""

    offset: int
    length: int
    first_line: int


class TooLarge(Exception):
    """Raised when a stream has more bytes than its limit."""


@dataclass(frozen=True)
class CopyResult:
    """The result of copying a stream: its SHA-256, its bytes, and its blocks of whole lines."""

    file_id: str
    byte_size: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class ArchivedFile:
    """A received file: SHA-256, full path, bytes, blocks; of packed documents where each stands."""

    file_id: str
    path: str
    byte_size: int
    blocks: tuple[Block, ...]
    documents: tuple[tuple[int, int], ...] = ()


class Storage:
    """The files below one folder or URI. With a local one, the process writes private files."""

    def __init__(self, uri: str) -> None:
        if "://" in uri:
            self.uri = uri.rstrip("/")
            self.fs, self.base = fs.FileSystem.from_uri(self.uri.replace("s3a://", "s3://"))
        else:
            self.base = str(Path(uri).absolute())
            self.uri = self.base
            self.fs = fs.LocalFileSystem()
        if self.is_local:
            restrict_new_files()

    @property
    def is_local(self) -> bool:
        """Whether the files are on a file system of this machine."""
        return isinstance(self.fs, fs.LocalFileSystem)

    def full_path(self, relative: str) -> str:
        """The full path of a relative path, for the file system."""
        return f"{self.base}/{relative}"

    def walk_files(self, start: str, enters: Callable[[str], bool]) -> Iterator[FoundFile]:
        """Yields the files below the base, at least those below `start`; it follows no links.

        On a local file system it looks only into folders that `enters(name)` says, and also yields
        links. Names are relative to the base.
        """
        if self.is_local:
            yield from walk_files(self.base, enters)
            return
        base = self.full_path(start) if start else self.base
        selector = fs.FileSelector(base, recursive=True, allow_not_found=True)
        for info in self.fs.get_file_info(selector):
            if info.type == fs.FileType.File:
                changed_at = (info.mtime or datetime(1970, 1, 1, tzinfo=UTC)).astimezone(UTC)
                name = info.path[len(self.base) :].lstrip("/")
                yield FoundFile(info.path, name, changed_at, int(info.size))

    def open_received(self, path: str) -> IO[bytes]:
        """Opens a file that `walk_files` found, as a stream of bytes.

        Raises:
            OSError: there is no file, or a link has taken its place.
        """
        if self.is_local:
            return open_regular(path)
        stream: IO[bytes] = self.fs.open_input_stream(path, compression=None)
        return stream

    def remove_folder(self, relative: str) -> None:
        """Removes a folder and all files below it, if it exists."""
        if self.fs.get_file_info(self.full_path(relative)).type != fs.FileType.NotFound:
            self.fs.delete_dir(self.full_path(relative))

    def remove_files(self, relatives: Iterable[str]) -> None:
        """Removes files."""
        for relative in relatives:
            self.fs.delete_file(self.full_path(relative))

    def remove_idle_folders(self, relative: str, days: int) -> None:
        """Removes the subfolders of a folder in which nothing was written for so many days.

        Another process may do the same at once. The function leaves what it cannot remove.
        """
        selector = fs.FileSelector(self.full_path(relative), allow_not_found=True, recursive=True)
        latest: dict[str, datetime] = {}
        for info in self.fs.get_file_info(selector):
            name, *below = info.path.removeprefix(f"{selector.base_dir}/").split("/")
            is_in_folder = bool(below) or info.type == fs.FileType.Directory
            if is_in_folder and info.mtime is not None:
                latest[name] = max(info.mtime, latest.get(name, info.mtime))
        limit = datetime.now(UTC) - timedelta(days=days)
        for name in (name for name, at in latest.items() if at < limit):
            with suppress(OSError):
                self.remove_folder(f"{relative}/{name}")

    def list_parquet_files(self, relative: str) -> list[fs.FileInfo]:
        """Lists the Parquet files in a folder; none if the folder does not exist."""
        selector = fs.FileSelector(self.full_path(relative), allow_not_found=True)
        infos = self.fs.get_file_info(selector)
        return [info for info in infos if info.base_name.endswith(".parquet")]

    def file_size(self, path: str) -> int:
        """The size of a file in bytes, by its full path."""
        return int(self.fs.get_file_info(path).size)


def copy_in_blocks(
    source: IO[bytes], target: IO[bytes], bytes_max: int | None = None
) -> CopyResult:
    """Copies a stream in one pass; also hashes it, counts its bytes and cuts it at line ends.

    Raises:
        TooLarge: the stream has more than `bytes_max` bytes.
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
    """Yields two small buffers, enough for a small file, then two large ones in turn.

    A thread hashes one buffer while the copy fills the other.
    """
    for _ in range(2):
        yield bytearray(min(FIRST_BLOCK_BYTES, BLOCK_BYTES))
    yield from cycle((bytearray(BLOCK_BYTES), bytearray(BLOCK_BYTES)))


def archive_file(storage: Storage, source: IO[bytes]) -> ArchivedFile:
    """Archives a received file, unchanged, under its SHA-256; keeps the same bytes once."""
    folder = storage.full_path("archive")
    storage.fs.create_dir(folder, recursive=True)
    partial = f"{folder}/.partial-{uuid.uuid4().hex}"
    try:
        with storage.fs.open_output_stream(partial, compression=None) as target:
            copied = copy_in_blocks(source, target)
        path = archive_path(storage, copied.file_id)
        storage.fs.create_dir(path.rsplit("/", 1)[0], recursive=True)
        storage.fs.move(partial, path)
    except BaseException:
        if storage.fs.get_file_info(partial).type != fs.FileType.NotFound:
            storage.fs.delete_file(partial)
        raise
    return ArchivedFile(copied.file_id, path, copied.byte_size, copied.blocks)


def archive_path(storage: Storage, file_id: str) -> str:
    """The full path of a received file in the lake's archive."""
    return storage.full_path(f"archive/{file_id[:2]}/{file_id}")


def verify_archived(storage: Storage, recorded_path: str, file_id: str) -> ArchivedFile:
    """Proves that an archived file has the bytes that were received, and cuts it into blocks.

    If there is no file at the recorded path, the function looks in the lake's own archive: the
    lake was moved.

    Raises:
        ArchiveDamaged: the file is gone, or its SHA-256 is not `file_id`.
    """
    own_path = archive_path(storage, file_id)
    path = recorded_path if storage.fs.get_file_info(recorded_path).is_file else own_path
    try:
        with (
            storage.fs.open_input_stream(path, compression=None) as source,
            Path(os.devnull).open("wb") as nowhere,
        ):
            copied = copy_in_blocks(source, nowhere)
    except FileNotFoundError as fault:
        raise ArchiveDamaged(
            f"ARCHIVE_DAMAGED: {own_path} is gone; put the file back, or have it sent again"
        ) from fault
    if copied.file_id != file_id:
        raise ArchiveDamaged(
            f"ARCHIVE_DAMAGED: {path} has {copied.byte_size} bytes with the SHA-256"
            f" {copied.file_id}: they are not those that were received; restore the file from a"
            " backup, or have it sent again"
        )
    return ArchivedFile(file_id, path, copied.byte_size, copied.blocks)
