"""A workbook's container: its sheets, which of them is read, and what cells refer to.

Source: ECMA-376 (Office Open XML), transitional and strict: parts are found by their relationships,
elements by their local names.
"""

import posixpath
import stat
import zipfile
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, overload

from jobs.statements.reading.cell_marks import encoded
from jobs.statements.reading.xml_stream import elements, whole
from jobs.statements.xlsx.number_formats import meanings
from jobs.statements.xlsx.rows import Sheet, Values, bad_sheet, merged_cells, text_of
from schemas.errors import FileRefused

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Tab:
    """A sheet of a workbook by its name, the part that holds it, and whether it is shown."""

    name: str
    part: str
    visible: bool


class Texts(Sequence[bytes]):
    """A workbook's shared texts, held as one run of bytes."""

    def __init__(self) -> None:
        self.run, self.ends = bytearray(), array("Q", [0])

    def add(self, text: bytes) -> None:
        """One text more."""
        self.run += text
        self.ends.append(len(self.run))

    def __len__(self) -> int:
        return len(self.ends) - 1

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        if at >= len(self):
            raise IndexError(f"there is no shared text {at}")
        return bytes(self.run[self.ends[at] : self.ends[at + 1]])


class Workbook:
    """An open workbook; `name` is its file's, for messages."""

    def __init__(self, source: IO[bytes], name: str, bytes_max: int) -> None:
        """Opens it and finds its sheets.

        Raises:
            FileRefused: it is no workbook, or one that is not to be read.
        """
        self.name, self.left = name, bytes_max
        self.counted: set[str] = set()
        _is_zip(source, name)
        self.packed = zipfile.ZipFile(source)
        self.parts = {each.filename.lstrip("/"): each for each in self.packed.infolist()}
        if len(self.parts) != len(self.packed.infolist()):
            raise bad_sheet(name, "it packs two parts of one name")
        own = [each for each in self._related("") if each[0] == "officeDocument"]
        if len(own) != 1 or own[0][2] not in self.parts or own[0][2].endswith(".bin"):
            raise FileRefused(
                "NO_WORKBOOK", name, "it is packed, and no workbook (.xlsx)",
                "have the workbook itself sent, saved as .xlsx",
            )  # fmt: skip
        self.main = own[0][2]
        related = self._related(self.main)
        if any(kind == "externalLink" for kind, _, _ in related):
            raise FileRefused(
                "EXTERNAL_LINKS", name, "it takes values out of other workbooks",
                "have it saved with its values alone",
            )  # fmt: skip
        self.single = {kind: part for kind, _, part in related}
        places = {id_: part for kind, id_, part in related if kind == "worksheet"}
        root = whole(self._open(self.main), name)
        if root.tag.rpartition("}")[2] != "workbook":
            raise bad_sheet(name, "its main part is no workbook")
        tabs = []
        for each in root.iterfind("{*}sheets/{*}sheet"):
            ids = [value for key, value in each.attrib.items() if str(key).endswith("}id")]
            if ids and ids[0] in places:  # else it is a chart, or the like
                state = each.get("state", "visible")
                tabs.append(Tab(each.get("name") or "", places[ids[0]], state == "visible"))
        self.tabs = tuple(tabs)
        settings = root.find("{*}workbookPr")
        self.since_1904 = settings is not None and settings.get("date1904") in ("1", "true", "on")

    def lines(self, wanted: str | int | None) -> Iterator[bytes]:
        """The rows of the sheet that is asked for, by name or number, or of the only one.

        Raises:
            FileRefused: there is no such sheet, or several that could be meant.
        """
        values = Values(self._texts(), self._styles(), self.since_1904)
        tab = self._chosen(wanted, values)
        with self._open(tab.part) as source:
            merged = merged_cells(source, self.name)
        with self._open(tab.part) as source:
            yield from Sheet(self.name, values, merged).lines(source)

    def _chosen(self, wanted: str | int | None, values: Values) -> Tab:
        visible = [each for each in self.tabs if each.visible]
        there = ", ".join(each.name for each in visible) or "none that is visible"
        if isinstance(wanted, int):
            if not 0 < wanted <= len(visible):
                raise self._no_sheet(f"it has no sheet {wanted}, there are {there}")
            return visible[wanted - 1]
        if wanted is not None:
            named = [each for each in self.tabs if each.name.casefold() == wanted.casefold()]
            if len(named) != 1:
                raise self._no_sheet(f"it has no sheet {wanted!r}, there are {there}")
            return named[0]
        filled = [each for each in visible if self._has_values(each, values)]
        if len(filled) > 1:
            raise FileRefused(
                "MANY_SHEETS", self.name, f"sheets {', '.join(each.name for each in filled)}",
                "name the one to read in `layout.sheet`",
            )  # fmt: skip
        if not filled:
            raise FileRefused(
                "EMPTY_FILE", self.name, f"no visible sheet has a value ({there})",
                "fetch it again; a day without trades is a sheet with its header",
            )  # fmt: skip
        return filled[0]

    def _no_sheet(self, found: str) -> FileRefused:
        return FileRefused("NO_SHEET", self.name, found, "check `layout.sheet`")

    def _has_values(self, tab: Tab, values: Values) -> bool:
        with self._open(tab.part) as source:
            return not Sheet(self.name, values).is_empty(source)

    def _texts(self) -> Texts:
        texts = Texts()
        if "sharedStrings" in self.single:
            with self._open(self.single["sharedStrings"]) as source:
                for each in elements(source, "si", self.name):
                    texts.add(encoded(text_of(each)))
        return texts

    def _styles(self) -> list[int]:
        if "styles" not in self.single:
            return []
        with self._open(self.single["styles"]) as source:
            return meanings(whole(source, self.name))

    def _related(self, part: str) -> list[tuple[str, str, str]]:
        """What a part is related to: the last word of the type, its id, and the part's name."""
        folder, own = posixpath.split(part)
        path = posixpath.join(folder, "_rels", f"{own}.rels")
        if path not in self.parts:
            return []
        out = []
        with self._open(path) as source:
            for each in whole(source, self.name).iterfind("{*}Relationship"):
                target, kind = each.get("Target") or "", (each.get("Type") or "").rpartition("/")[2]
                outside = each.get("TargetMode") == "External"
                if outside and kind in ("officeDocument", "worksheet", "sharedStrings", "styles"):
                    kind = "externalLink"
                whole_path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                out.append((kind, each.get("Id") or "", whole_path))
        return out

    def _open(self, part: str) -> IO[bytes]:
        """A part to be read, counted against what may be unpacked."""
        found = self.parts.get(part)
        if found is None or stat.S_ISLNK(found.external_attr >> 16):
            raise bad_sheet(self.name, f"it has no part {part[:80]}")
        if found.flag_bits & 1:
            raise _locked(self.name)
        if part not in self.counted:
            self.counted.add(part)
            self.left -= found.file_size
        if self.left < 0:
            raise FileRefused(
                "UNPACKS_TOO_LARGE", self.name, f"{part[:80]} unpacks to {found.file_size} bytes",
                "have it looked at: this may be a bomb",
            )  # fmt: skip
        return self.packed.open(found)


def _is_zip(source: IO[bytes], name: str) -> None:
    head = source.read(len(OLE))
    if head == OLE:
        before = b""
        while chunk := source.read(_CHUNK_BYTES):
            if _ENCRYPTED in before + chunk:
                raise _locked(name)
            before = chunk[-len(_ENCRYPTED) :]
        raise FileRefused(
            "OLD_WORKBOOK", name, "it is a workbook of the old kind (.xls)",
            "have it saved or sent as .xlsx",
        )  # fmt: skip
    source.seek(0)
    if not head.startswith(ZIP):
        raise FileRefused(
            "NO_WORKBOOK", name, "it is no workbook (.xlsx)",
            "check that it is the channel's file, and the profile's `dialect`",
        )  # fmt: skip


def _locked(name: str) -> FileRefused:
    return FileRefused(
        "ENCRYPTED", name, "it is locked with a password", "have it sent without one"
    )
