"""Gzip and zip opened in a stream, with limits: nothing a received file says is trusted."""

import gzip
import io
import lzma
import stat
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import IO, Any

from jobs.storage.archive import LINE_BYTES_MAX, ArchivedFile, Storage, TooLarge, copy_in_blocks
from schemas.errors import FileRefused

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
#: What the unpackers raise for damaged bytes; ValueError is a place outside of the file.
_DAMAGED = (
    zipfile.BadZipFile,
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,
    ValueError,
)
#: A text file does not shrink a thousandfold; what unpacks to more than that, from this size on,
#: is a bomb.
RATIO_MAX = 1000
RATIO_FROM_BYTES = 64 * 2**20
#: An archive, its name and the bytes that it may come to, to the text that it is laid out as.
ToText = Callable[[IO[bytes], str, int], Iterator[bytes]]


@dataclass(frozen=True)
class UnpackLimits:
    """What is taken out of a packed file: how many bytes at most, which member (a shell pattern)
    where there are several, and whether it is text of lines.
    """

    bytes_max: int
    member: str | None = None
    is_text: bool = True


def unpack(
    storage: Storage, kept: ArchivedFile, name: str, scratch: str, wanted: UnpackLimits
) -> ArchivedFile:
    """The plain file inside a received one: itself, or what it packs, below the scratch folder.

    `name` is the file's own, for messages. The result keeps the received file's id.

    Raises:
        FileRefused: zero bytes, a bomb, an archive in an archive, a name that leads outside,
            several files in one archive, or damaged packing.
    """
    wanted = _within(kept, name, wanted)
    with storage.fs.open_input_file(kept.path) as source, report_damage(name):
        start = source.read(4)
        source.seek(0)
        if start[:2] != _GZIP and start != _ZIP:
            return _of_lines(kept, name) if wanted.is_text else kept
        if start == _ZIP:
            with _zip(source) as packed:
                member = _only(packed, name, wanted.member)
                with packed.open(member) as plain:
                    return _copied(storage, kept, plain, name, scratch, wanted)
        with gzip.open(source, "rb") as plain:
            return _copied(storage, kept, plain, name, scratch, wanted)


def render_as_text(
    storage: Storage,
    kept: ArchivedFile,
    name: str,
    scratch: str,
    wanted: UnpackLimits,
    unfold: ToText,
) -> ArchivedFile:
    """A received archive as the lines of text that its dialect lays it out as, see `unpacked`.

    Raises:
        FileRefused: zero bytes, a bomb, damaged packing, or what the dialect refuses.
    """
    wanted = _within(kept, name, wanted)
    with storage.fs.open_input_file(kept.path) as source, report_damage(name):
        plain = join_chunks(unfold(source, name, wanted.bytes_max))
        return _copied(storage, kept, plain, name, scratch, wanted)


def join_chunks(pieces: Iterator[bytes]) -> IO[bytes]:
    """Pieces of bytes as one stream to read from."""
    return io.BufferedReader(_Pieces(pieces))


class _Pieces(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            piece = next(self.pieces, None)
            if piece is None:
                return 0
            self.rest = memoryview(piece)
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count


def _within(kept: ArchivedFile, name: str, wanted: UnpackLimits) -> UnpackLimits:
    """What is wanted, held to what so small a file may unpack to."""
    if kept.byte_size == 0:
        raise FileRefused(
            "EMPTY_FILE",
            name,
            "zero bytes",
            "fetch it again; a day without trades is a file with its header",
        )
    most = min(wanted.bytes_max, max(RATIO_FROM_BYTES, RATIO_MAX * kept.byte_size))
    return replace(wanted, bytes_max=most)


@contextmanager
def report_damage(name: str) -> Iterator[None]:
    """Whatever an unpacker raises for damaged bytes, named.

    Raises:
        FileRefused: in its place.
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
def open_plain(storage: Storage, path: str, member: str | None = None) -> Iterator[IO[bytes]]:
    """The plain bytes of an archived file in a stream; it was taken in once, so it does unpack.

    Raises:
        FileNotFoundError: it is not there any more.
    """
    with storage.fs.open_input_file(path) as source:
        start = source.read(4)
        source.seek(0)
        if start == _ZIP:
            with _zip(source) as packed, packed.open(_only(packed, path, member)) as plain:
                yield plain
        elif start[:2] == _GZIP:
            with gzip.open(source, "rb") as plain:
                yield plain
        else:
            yield source


def _zip(source: IO[bytes]) -> zipfile.ZipFile:
    """A zip whose member names, where they are not in UTF-8, are in GBK as Chinese channels do."""
    try:
        return zipfile.ZipFile(source, metadata_encoding="gb18030")
    except UnicodeDecodeError:
        source.seek(0)
        return zipfile.ZipFile(source)


def _only(packed: zipfile.ZipFile, name: str, member: str | None) -> zipfile.ZipInfo:
    """The one file that a zip packs, or the one that fits `member`.

    Raises:
        FileRefused: a name leads outside, is a link, or there is not exactly one.
    """
    members = [each for each in packed.infolist() if not each.is_dir()]
    for each in members:
        parts = each.filename.replace("\\", "/").split("/")
        if each.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise FileRefused(
                "UNSAFE_NAME", name, f"it packs {each.filename!r}", "have it packed without paths"
            )
        if stat.S_ISLNK(each.external_attr >> 16):
            raise FileRefused(
                "UNSAFE_NAME", name, f"{each.filename!r} is a link", "have the file itself packed"
            )
    fitting = [each for each in members if fnmatchcase(each.filename, member or "*")]
    if len(fitting) != 1:
        raise FileRefused(
            "MANY_MEMBERS",
            name,
            f"{len(fitting)} of the {len(members)} files that it packs fit {member or '*'}",
            "have one file packed at a time, or name it in `files.member`",
        )
    return fitting[0]


def _copied(
    storage: Storage,
    kept: ArchivedFile,
    plain: IO[bytes],
    name: str,
    scratch: str,
    wanted: UnpackLimits,
) -> ArchivedFile:
    path = storage.full_path(f"{scratch}/{kept.file_id}-{uuid.uuid4().hex}")
    storage.fs.create_dir(path.rsplit("/", 1)[0], recursive=True)
    with storage.fs.open_output_stream(path, compression=None) as target:
        try:
            copied = copy_in_blocks(plain, target, wanted.bytes_max)
        except TooLarge as fault:
            raise FileRefused(
                "UNPACKS_TOO_LARGE",
                name,
                f"more than {wanted.bytes_max} bytes unpacked",
                "have it looked at: this may be a bomb",
            ) from fault
    with storage.fs.open_input_file(path) as inside:
        start = inside.read(4)
    if start[:2] == _GZIP or start == _ZIP:
        raise FileRefused("NESTED_ARCHIVE", name, "it packs an archive", "have it packed once")
    if copied.byte_size == 0:
        raise FileRefused("EMPTY_FILE", name, "zero bytes unpacked", "fetch it again")
    out = ArchivedFile(kept.file_id, path, copied.byte_size, copied.blocks)
    return _of_lines(out, name) if wanted.is_text else out


def _of_lines(plain: ArchivedFile, name: str) -> ArchivedFile:
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
