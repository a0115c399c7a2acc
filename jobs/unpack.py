"""Gzip and zip opened in a stream, with limits: nothing a received file says is trusted."""

import gzip
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from jobs.archive import LINE_BYTES_MAX, Archived, Storage, TooLarge, copy_in_blocks
from schemas.errors import FileRefused

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
#: A text file does not shrink a thousandfold; what unpacks to more than that, from this size on,
#: is a bomb.
RATIO_MAX = 1000
RATIO_FROM_BYTES = 64 * 2**20


def unpacked(storage: Storage, kept: Archived, name: str, scratch: str, bytes_max: int) -> Archived:
    """The plain file inside a received one: itself, or what it packs, below the scratch folder.

    `name` is the file's own, for messages. The result keeps the received file's id.

    Raises:
        FileRefused: zero bytes, a bomb, an archive in an archive, a name that leads outside,
            several files in one archive, or damaged packing.
    """
    if kept.byte_size == 0:
        raise FileRefused(
            "EMPTY_FILE",
            name,
            "zero bytes",
            "fetch it again; a day without trades is a file with its header",
        )
    with storage.fs.open_input_file(kept.path) as source:
        start = source.read(4)
        source.seek(0)
        if start[:2] != _GZIP and start != _ZIP:
            return _of_lines(kept, name)
        bytes_max = min(bytes_max, max(RATIO_FROM_BYTES, RATIO_MAX * kept.byte_size))
        try:
            if start == _ZIP:
                with zipfile.ZipFile(source) as packed, packed.open(_only(packed, name)) as plain:
                    return _copied(storage, kept, plain, name, scratch, bytes_max)
            with gzip.open(source, "rb") as plain:
                return _copied(storage, kept, plain, name, scratch, bytes_max)
        except (zipfile.BadZipFile, OSError, EOFError, zlib.error, RuntimeError) as fault:
            if isinstance(fault, OSError) and fault.errno is not None:
                raise
            raise FileRefused(
                "BAD_ARCHIVE", name, f"it does not unpack ({fault})", "fetch the file again"
            ) from fault


@contextmanager
def opened(storage: Storage, path: str) -> Iterator[IO[bytes]]:
    """The plain bytes of an archived file in a stream; it was taken in once, so it does unpack.

    Raises:
        FileNotFoundError: it is not there any more.
    """
    with storage.fs.open_input_file(path) as source:
        start = source.read(4)
        source.seek(0)
        if start == _ZIP:
            with zipfile.ZipFile(source) as packed, packed.open(_only(packed, path)) as plain:
                yield plain
        elif start[:2] == _GZIP:
            with gzip.open(source, "rb") as plain:
                yield plain
        else:
            yield source


def _only(packed: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [each for each in packed.infolist() if not each.is_dir()]
    for each in members:
        parts = each.filename.replace("\\", "/").split("/")
        if each.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise FileRefused(
                "UNSAFE_NAME", name, f"it packs {each.filename!r}", "have it packed without paths"
            )
    if len(members) != 1:
        raise FileRefused(
            "MANY_MEMBERS", name, f"it packs {len(members)} files", "have one file packed at a time"
        )
    return members[0]


def _copied(
    storage: Storage,
    kept: Archived,
    plain: IO[bytes],
    name: str,
    scratch: str,
    bytes_max: int,
) -> Archived:
    path = storage.full(f"{scratch}/{kept.file_id}-{uuid.uuid4().hex}")
    storage.fs.create_dir(path.rsplit("/", 1)[0], recursive=True)
    with storage.fs.open_output_stream(path, compression=None) as target:
        try:
            copied = copy_in_blocks(plain, target, bytes_max)
        except TooLarge as fault:
            raise FileRefused(
                "UNPACKS_TOO_LARGE",
                name,
                f"more than {bytes_max} bytes unpacked",
                "have it looked at: this may be a bomb",
            ) from fault
    with storage.fs.open_input_file(path) as inside:
        start = inside.read(4)
    if start[:2] == _GZIP or start == _ZIP:
        raise FileRefused("NESTED_ARCHIVE", name, "it packs an archive", "have it packed once")
    if copied.byte_size == 0:
        raise FileRefused("EMPTY_FILE", name, "zero bytes unpacked", "fetch it again")
    return _of_lines(Archived(kept.file_id, path, copied.byte_size, copied.blocks), name)


def _of_lines(plain: Archived, name: str) -> Archived:
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
