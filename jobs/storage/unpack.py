"""Unpacks gzip and zip in a stream, with limits: a received file may be hostile."""

import gzip
import io
import lzma
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO, Any

from jobs.storage.archive import LINE_BYTES_MAX, ArchivedFile, Storage, TooLarge, copy_in_blocks
from jobs.storage.zip_members import GZIP, ZIP, JoinedMembers, open_zip, select_members
from schemas.errors import FileRefused

#: The unpackers raise these for damaged bytes; ValueError is an offset outside of the file.
_DAMAGED = (
    zipfile.BadZipFile,
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,
    ValueError,
)
#: A text file does not shrink a thousandfold. A file of this size that unpacks to more is a bomb.
RATIO_MAX = 1000
RATIO_FROM_BYTES = 64 * 2**20
#: Renders an archive as text: takes the archive, its name and the most bytes; yields text.
ToText = Callable[[IO[bytes], str, int], Iterator[bytes]]


@dataclass(frozen=True)
class UnpackLimits:
    """The limits for unpacking a file.

    `bytes_max` is the most unpacked bytes, `member` a shell pattern that selects one of several
    members, with `joins` all that fit, and `is_text` says that the file consists of lines.
    """

    bytes_max: int
    member: str | None = None
    is_text: bool = True
    joins: bool = False


def unpack(
    storage: Storage, archived: ArchivedFile, name: str, scratch: str, limits: UnpackLimits
) -> ArchivedFile:
    """Unpacks a received file below the scratch folder; returns a plain file as it is.

    `name` is the file's own, for messages. The result keeps the id of the received file.

    Raises:
        FileRefused: zero bytes, a bomb, an archive in an archive, an unsafe member name, several
            files in one archive, or a damaged archive.
    """
    limits = _reduce_limits(archived, name, limits)
    with storage.fs.open_input_file(archived.path) as source, report_damage(name):
        start = source.read(4)
        source.seek(0)
        if start[:2] != GZIP and start != ZIP:
            return _check_line_lengths(archived, name) if limits.is_text else archived
        if start == ZIP:
            with open_zip(source) as packed:
                members = select_members(packed, name, limits.member, limits.joins)
                joined = JoinedMembers(packed, members, name)
                with _open_members(joined) as plain:
                    copied = _copy_plain(storage, archived, plain, name, scratch, limits)
                return replace(copied, documents=tuple(joined.documents))
        with gzip.open(source, "rb") as plain:
            return _copy_plain(storage, archived, plain, name, scratch, limits)


def render_as_text(
    storage: Storage,
    archived: ArchivedFile,
    name: str,
    scratch: str,
    limits: UnpackLimits,
    to_text: ToText,
) -> ArchivedFile:
    """Renders a received archive as lines of text with its dialect's function; see `unpack`.

    Raises:
        FileRefused: zero bytes, a bomb, a damaged archive, or a fault that the dialect finds.
    """
    limits = _reduce_limits(archived, name, limits)
    with storage.fs.open_input_file(archived.path) as source, report_damage(name):
        plain = join_chunks(to_text(source, name, limits.bytes_max))
        return _copy_plain(storage, archived, plain, name, scratch, limits)


def join_chunks(chunks: Iterator[bytes]) -> IO[bytes]:
    """Joins chunks of bytes into one stream to read from."""
    return io.BufferedReader(_ChunkReader(chunks))


class _ChunkReader(io.RawIOBase):
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks, self.rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            chunk = next(self.chunks, None)
            if chunk is None:
                return 0
            self.rest = memoryview(chunk)
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count


def _reduce_limits(archived: ArchivedFile, name: str, limits: UnpackLimits) -> UnpackLimits:
    """Reduces the limits to the most bytes that a file of this size may unpack to."""
    if archived.byte_size == 0:
        raise FileRefused(
            "EMPTY_FILE",
            name,
            "zero bytes",
            "fetch it again; a day without trades is a file with its header",
        )
    bytes_max = min(limits.bytes_max, max(RATIO_FROM_BYTES, RATIO_MAX * archived.byte_size))
    return replace(limits, bytes_max=bytes_max)


@contextmanager
def report_damage(name: str) -> Iterator[None]:
    """Turns the errors that unpackers raise for damaged bytes into a named error.

    Raises:
        FileRefused: the file is damaged.
    """
    try:
        yield
    except _DAMAGED as fault:
        if isinstance(fault, OSError) and fault.errno is not None:
            raise
        raise FileRefused(
            "BAD_ARCHIVE", name, f"it does not unpack ({fault})", "fetch the file again"
        ) from fault


@contextmanager
def open_plain(
    storage: Storage, path: str, member: str | None = None, joins: bool = False
) -> Iterator[IO[bytes]]:
    """Opens the plain bytes of an archived file as a stream, without limits: ingest checked them.

    With `joins`, all members of a zip that fit, one after the other.

    Raises:
        FileNotFoundError: the archive no longer has the file.
    """
    with storage.fs.open_input_file(path) as source:
        start = source.read(4)
        source.seek(0)
        if start == ZIP:
            with open_zip(source) as packed:
                members = select_members(packed, path, member, joins)
                with _open_members(JoinedMembers(packed, members, path)) as plain:
                    yield plain
        elif start[:2] == GZIP:
            with gzip.open(source, "rb") as plain:
                yield plain
        else:
            yield source


def find_documents(storage: Storage, path: str, member: str | None) -> tuple[tuple[int, int], ...]:
    """Where the members of a zip that `open_plain` joins begin and end; none in other files."""
    with storage.fs.open_input_file(path) as source:
        start = source.read(4)
        source.seek(0)
        if start != ZIP:
            return ()
        with open_zip(source) as packed:
            joined = JoinedMembers(packed, select_members(packed, path, member, True), path)
            if len(joined.members) == 1:
                return ()
            for _ in joined.read_chunks():
                pass
            return tuple(joined.documents)


@contextmanager
def _open_members(joined: JoinedMembers) -> Iterator[IO[bytes]]:
    """Opens the only member as it is, or several as one stream."""
    if len(joined.members) == 1:
        with joined.packed.open(joined.members[0]) as plain:
            yield plain
    else:
        yield join_chunks(joined.read_chunks())


def _copy_plain(
    storage: Storage,
    archived: ArchivedFile,
    plain: IO[bytes],
    name: str,
    scratch: str,
    limits: UnpackLimits,
) -> ArchivedFile:
    path = storage.full_path(f"{scratch}/{archived.file_id}-{uuid.uuid4().hex}")
    storage.fs.create_dir(path.rsplit("/", 1)[0], recursive=True)
    with storage.fs.open_output_stream(path, compression=None) as target:
        try:
            copied = copy_in_blocks(plain, target, limits.bytes_max)
        except TooLarge as fault:
            raise FileRefused(
                "UNPACKS_TOO_LARGE",
                name,
                f"more than {limits.bytes_max} bytes unpacked",
                "check the file: it may be a zip bomb",
            ) from fault
    with storage.fs.open_input_file(path) as inside:
        start = inside.read(4)
    if start[:2] == GZIP or start == ZIP:
        raise FileRefused("NESTED_ARCHIVE", name, "it packs an archive", "have it packed once")
    if copied.byte_size == 0:
        raise FileRefused("EMPTY_FILE", name, "zero bytes unpacked", "fetch it again")
    unpacked = ArchivedFile(archived.file_id, path, copied.byte_size, copied.blocks)
    return _check_line_lengths(unpacked, name) if limits.is_text else unpacked


def _check_line_lengths(plain: ArchivedFile, name: str) -> ArchivedFile:
    """Refuses a file with a line of more than `LINE_BYTES_MAX` bytes; returns the file."""
    for block in plain.blocks:
        if block.length > LINE_BYTES_MAX:
            raise FileRefused(
                "LINE_TOO_LONG",
                name,
                f"a line of about {block.length} bytes",
                "have it sent as text with line ends",
                block.first_line,
            )
    return plain
