"""A workbook's zip archive: its sheets, which of them to read, and what cells refer to.

Source: ECMA-376 (Office Open XML), transitional and strict. This module finds parts by their
relationships and elements by their local names.
"""

import posixpath
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from jobs.statements.reading.sheet_encoding import encode_cell
from jobs.statements.reading.xml_stream import parse_small_part, stream_elements
from jobs.statements.xlsx.number_formats import classify_styles
from jobs.statements.xlsx.rows import (
    CellContext,
    SheetReader,
    bad_sheet,
    find_merged_areas,
    read_text,
)
from jobs.statements.xlsx.shared_texts import TEXT_BYTES_MAX, TEXTS_MAX, SharedTexts
from schemas.errors import FileRefused

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class SheetPart:
    """A sheet of a workbook: its name, the part with its rows, and whether it is visible."""

    name: str
    part: str
    is_visible: bool


class Workbook:
    """An open workbook; messages show `name`, its file's name."""

    def __init__(self, source: IO[bytes], name: str, bytes_max: int) -> None:
        """Opens the workbook and finds its sheets.

        Raises:
            FileRefused: the file is no workbook, or tieout does not read it.
        """
        self.name, self.bytes_left = name, bytes_max
        self.counted_parts: set[str] = set()
        _require_zip(source, name)
        self.archive = zipfile.ZipFile(source)
        self.parts = {element.filename.lstrip("/"): element for element in self.archive.infolist()}
        if len(self.parts) != len(self.archive.infolist()):
            raise bad_sheet(name, "it has two parts of one name")
        main_parts = [
            element for element in self._read_relationships("") if element[0] == "officeDocument"
        ]
        if (
            len(main_parts) != 1
            or main_parts[0][2] not in self.parts
            or main_parts[0][2].endswith(".bin")
        ):
            raise FileRefused(
                "NO_WORKBOOK", name, "it is an archive, but no workbook (.xlsx)",
                "ask the sender for the workbook itself, saved as .xlsx",
            )  # fmt: skip
        self.main = main_parts[0][2]
        relationships = self._read_relationships(self.main)
        if any(kind == "externalLink" for kind, _, _ in relationships):
            raise FileRefused(
                "EXTERNAL_LINKS", name, "it takes values from other workbooks",
                "ask the sender to save it with values only",
            )  # fmt: skip
        self.single = {kind: part for kind, _, part in relationships}
        sheet_parts = {id_: part for kind, id_, part in relationships if kind == "worksheet"}
        root = parse_small_part(self._open_part(self.main), name)
        if root.tag.rpartition("}")[2] != "workbook":
            raise bad_sheet(name, "its main part has no workbook element")
        sheets = []
        for element in root.iterfind("{*}sheets/{*}sheet"):
            ids = [value for key, value in element.attrib.items() if str(key).endswith("}id")]
            if ids and ids[0] in sheet_parts:  # else it is a chart or similar
                state = element.get("state", "visible")
                sheets.append(
                    SheetPart(element.get("name") or "", sheet_parts[ids[0]], state == "visible")
                )
        self.sheets = tuple(sheets)
        settings = root.find("{*}workbookPr")
        self.since_1904 = settings is not None and settings.get("date1904") in ("1", "true", "on")

    def read_lines(self, wanted: str | int | None) -> Iterator[bytes]:
        """Yields the rows of the wanted sheet, by name or number; of the only one for None.

        Raises:
            FileRefused: there is no such sheet, or several sheets have values and none was named.
        """
        context = CellContext(self._read_shared_texts(), self._read_styles(), self.since_1904)
        sheet = self._choose_sheet(wanted, context)
        with self._open_part(sheet.part) as source:
            merged = find_merged_areas(source, self.name)
        with self._open_part(sheet.part) as source:
            yield from SheetReader(self.name, context, merged).read_lines(source)

    def _choose_sheet(self, wanted: str | int | None, context: CellContext) -> SheetPart:
        visible = [sheet for sheet in self.sheets if sheet.is_visible]
        sheet_names = ", ".join(sheet.name for sheet in visible) or "none that is visible"
        if isinstance(wanted, int):
            if not 0 < wanted <= len(visible):
                raise self._no_sheet(f"it has no sheet {wanted}, there are {sheet_names}")
            return visible[wanted - 1]
        if wanted is not None:
            matching = [
                sheet for sheet in self.sheets if sheet.name.casefold() == wanted.casefold()
            ]
            if len(matching) != 1:
                raise self._no_sheet(f"it has no sheet {wanted!r}, there are {sheet_names}")
            return matching[0]
        filled = [sheet for sheet in visible if self._has_values(sheet, context)]
        if len(filled) > 1:
            raise FileRefused(
                "MANY_SHEETS", self.name, f"sheets {', '.join(sheet.name for sheet in filled)}",
                "name the one to read in `layout.sheet`",
            )  # fmt: skip
        if not filled:
            raise FileRefused(
                "EMPTY_FILE", self.name, f"no visible sheet has a value ({sheet_names})",
                "fetch it again; a day without trades is a sheet with its header",
            )  # fmt: skip
        return filled[0]

    def _no_sheet(self, problem: str) -> FileRefused:
        return FileRefused("NO_SHEET", self.name, problem, "check `layout.sheet`")

    def _has_values(self, sheet: SheetPart, context: CellContext) -> bool:
        with self._open_part(sheet.part) as source:
            return not SheetReader(self.name, context).is_empty(source)

    def _read_shared_texts(self) -> SharedTexts:
        texts = SharedTexts()
        if "sharedStrings" in self.single:
            with self._open_part(self.single["sharedStrings"]) as source:
                for element in stream_elements(source, "si", self.name):
                    if len(texts) == TEXTS_MAX:
                        raise bad_sheet(self.name, f"it has more than {TEXTS_MAX} shared texts")
                    text = encode_cell(read_text(element))
                    if len(text) > TEXT_BYTES_MAX:
                        raise bad_sheet(self.name, "it has a text of more than 32,767 characters")
                    texts.add(text)
        return texts

    def _read_styles(self) -> list[int]:
        if "styles" not in self.single:
            return []
        with self._open_part(self.single["styles"]) as source:
            return classify_styles(parse_small_part(source, self.name))

    def _read_relationships(self, part: str) -> list[tuple[str, str, str]]:
        """Reads the relationships of a part: last word of the type, id, and target part."""
        folder, part_name = posixpath.split(part)
        path = posixpath.join(folder, "_rels", f"{part_name}.rels")
        if path not in self.parts:
            return []
        relationships = []
        with self._open_part(path) as source:
            for element in parse_small_part(source, self.name).iterfind("{*}Relationship"):
                target = element.get("Target") or ""
                kind = (element.get("Type") or "").rpartition("/")[2]
                is_external = element.get("TargetMode") == "External"
                if is_external and kind in (
                    "officeDocument",
                    "worksheet",
                    "sharedStrings",
                    "styles",
                ):
                    kind = "externalLink"
                target_path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                relationships.append((kind, element.get("Id") or "", target_path))
        return relationships

    def _open_part(self, part: str) -> IO[bytes]:
        """Opens a part and counts its size against the limit of unpacked bytes."""
        entry = self.parts.get(part)
        if entry is None or stat.S_ISLNK(entry.external_attr >> 16):
            raise bad_sheet(self.name, f"it has no part {part[:80]}")
        if entry.flag_bits & 1:
            raise _encrypted(self.name)
        if part not in self.counted_parts:
            self.counted_parts.add(part)
            self.bytes_left -= entry.file_size
        if self.bytes_left < 0:
            raise FileRefused(
                "UNPACKS_TOO_LARGE", self.name, f"{part[:80]} unpacks to {entry.file_size} bytes",
                "inspect the file: it may be a zip bomb",
            )  # fmt: skip
        return self.archive.open(entry)


def _require_zip(source: IO[bytes], name: str) -> None:
    head = source.read(len(OLE))
    if head == OLE:
        last_bytes = b""
        while chunk := source.read(_CHUNK_BYTES):
            if _ENCRYPTED in last_bytes + chunk:
                raise _encrypted(name)
            last_bytes = chunk[-len(_ENCRYPTED) :]
        raise FileRefused(
            "OLD_WORKBOOK", name, "it is a workbook in the old format (.xls)",
            "save it as .xlsx, or ask the sender for .xlsx",
        )  # fmt: skip
    source.seek(0)
    if not head.startswith(ZIP):
        raise FileRefused(
            "NO_WORKBOOK", name, "it is no workbook (.xlsx)",
            "check that it is the channel's file, and the profile's `dialect`",
        )  # fmt: skip


def _encrypted(name: str) -> FileRefused:
    return FileRefused(
        "ENCRYPTED", name, "it has a password", "ask the sender for a file without one"
    )
