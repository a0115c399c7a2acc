"""Gzip and zip opened in a stream, with limits: nothing a received file says is trusted."""

import gzip
import uuid
import zipfile
import zlib
from typing import BinaryIO

from jobs.archive import Archived, Storage, copy_in_blocks
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
        raise FileRefused("EMPTY_FILE", name, "zero bytes",
                          "fetch it again; a day without trades is a file with its header")
    with storage.fs.open_input_file(kept.path) as source:
        start = source.read(4)
        source.seek(0)
        if start[:2] != _GZIP and start != _ZIP:
            return kept
        bytes_max = min(bytes_max, max(RATIO_FROM_BYTES, RATIO_MAX * kept.byte_size))
        try:
            if start == _ZIP:
                with zipfile.ZipFile(source) as packed, packed.open(_only(packed, name)) as plain:
                    return _copied(storage, kept, plain, name, scratch, bytes_max)
            with gzip.GzipFile(fileobj=source) as plain_gzip:
                return _copied(storage, kept, plain_gzip, name, scratch, bytes_max)
        except (zipfile.BadZipFile, OSError, EOFError, zlib.error, RuntimeError) as fault:
            if isinstance(fault, OSError) and fault.errno is not None:
                raise
            raise FileRefused("BAD_ARCHIVE", name, f"it does not unpack ({fault})",
                              "fetch the file again") from fault  # fmt: skip


def _only(packed: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [each for each in packed.infolist() if not each.is_dir()]
    for each in members:
        parts = each.filename.replace("\\", "/").split("/")
        if each.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise FileRefused("UNSAFE_NAME", name, f"it packs {each.filename!r}",
                              "have it packed without paths")  # fmt: skip
    if len(members) != 1:
        raise FileRefused("MANY_MEMBERS", name, f"it packs {len(members)} files",
                          "have one file packed at a time")  # fmt: skip
    return members[0]


def _copied(
    storage: Storage, kept: Archived, plain: BinaryIO | gzip.GzipFile, name: str, scratch: str,
    bytes_max: int,
) -> Archived:  # fmt: skip
    path = storage.full(f"{scratch}/{kept.file_id}-{uuid.uuid4().hex}")
    storage.fs.create_dir(path.rsplit("/", 1)[0], recursive=True)
    with storage.fs.open_output_stream(path, compression=None) as target:
        try:
            copied = copy_in_blocks(plain, target, name, bytes_max)
        except FileRefused as fault:
            if fault.code != "TOO_LARGE":
                raise
            raise FileRefused("UNPACKS_TOO_LARGE", name, f"more than {bytes_max} bytes unpacked",
                              "have it looked at: this may be a bomb") from fault  # fmt: skip
    with storage.fs.open_input_file(path) as inside:
        start = inside.read(4)
    if start[:2] == _GZIP or start == _ZIP:
        raise FileRefused("NESTED_ARCHIVE", name, "it packs an archive",
                          "have it packed once")  # fmt: skip
    if copied.byte_size == 0:
        raise FileRefused("EMPTY_FILE", name, "zero bytes unpacked", "fetch it again")
    return Archived(kept.file_id, path, copied.byte_size, copied.blocks)
