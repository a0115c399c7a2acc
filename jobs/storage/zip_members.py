"""Members of a zip: the one to read, or the documents to read one after the other."""

import stat
import zipfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import IO

from schemas.errors import FileRefused

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
_CHUNK_BYTES = 2**20
#: Stands behind each document, so that the next one begins on a line of its own.
_LINE_END = b"\n"


def open_zip(source: IO[bytes]) -> zipfile.ZipFile:
    """Opens a zip; reads member names that are not UTF-8 as GBK, which Chinese channels use."""
    try:
        return zipfile.ZipFile(source, metadata_encoding="gb18030")
    except UnicodeDecodeError:
        source.seek(0)
        return zipfile.ZipFile(source)


def select_members(
    packed: zipfile.ZipFile, name: str, member: str | None, joins: bool
) -> list[zipfile.ZipInfo]:
    """Selects the only file in a zip, or the one that fits the pattern `member`.

    With `joins`, all that fit a given pattern, in the order of their names.

    Raises:
        FileRefused: a name leads out of the folder, a member is a link, or not exactly one fits.
    """
    members = [info for info in packed.infolist() if not info.is_dir()]
    for info in members:
        parts = info.filename.replace("\\", "/").split("/")
        if info.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise FileRefused(
                "UNSAFE_NAME", name, f"it packs {info.filename!r}", "have it packed without paths"
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise FileRefused(
                "UNSAFE_NAME", name, f"{info.filename!r} is a link", "have the file itself packed"
            )
    fitting = [info for info in members if fnmatchcase(info.filename, member or "*")]
    if len(fitting) == 1 or (joins and member is not None and fitting):
        return sorted(fitting, key=lambda info: info.filename)
    pattern = "name those to read by a pattern" if joins else "name it"
    raise FileRefused(
        "MULTIPLE_FILES_IN_ARCHIVE",
        name,
        f"{len(fitting)} of the {len(members)} files that it packs fit {member or '*'}",
        f"have one file packed at a time, or {pattern} in `files.member`",
    )


class JoinedMembers:
    """The bytes of several members as one file; `documents` has where each begins and ends."""

    def __init__(
        self, packed: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], name: str
    ) -> None:
        self.packed, self.members, self.name = packed, members, name
        self.documents: list[tuple[int, int]] = []

    def read_chunks(self) -> Iterator[bytes]:
        """The bytes of all members, a line end behind each.

        Raises:
            FileRefused: a member is itself an archive.
        """
        at = 0
        for member in self.members:
            start = at
            with self.packed.open(member) as plain:
                while chunk := plain.read(_CHUNK_BYTES):
                    if at == start and (chunk[:2] == GZIP or chunk[:4] == ZIP):
                        raise FileRefused(
                            "NESTED_ARCHIVE",
                            self.name,
                            "it packs an archive",
                            "have it packed once",
                        )
                    at += len(chunk)
                    yield chunk
            self.documents.append((start, at))
            at += len(_LINE_END)
            yield _LINE_END
