"""Reads statement lines as received from the archive; masks account numbers and names."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from jobs.ingestion.open_file import open_lines, read_record_texts
from jobs.statements import DIALECTS
from jobs.statements.delimited.layout_binding import HEADER_LINES_MAX
from jobs.statements.fixed_width.parser import find_private_bytes
from jobs.statements.reading.masking import (
    hide,
    mask_account_number,
    mask_cell,
    mask_name,
    split_raw_line,
)
from jobs.storage.archive import BLOCK_BYTES, Storage, verify_archived
from schemas.errors import ArchiveDamaged
from schemas.private_text import mask_private_text
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout

log = logging.getLogger("tieout")
#: The most characters of a line to show.
SHOWN_MAX = 2000
_NUMBER = re.compile(r"\d{6,}")
_IDS = ("merchant_id", "terminal_id")
_REFERENCES = ("our_ref", "channel_ref", "order_ref", "batch_ref", "original_ref")


def read_source_text(
    storage: Storage,
    file: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    profile: Profile,
) -> dict[str, str]:
    """Text of some lines of one received file, by `line_id`.

    `file` is its row of `statement_files`. A file whose bytes are no longer in the archive gives no
    text.
    """
    dialect = DIALECTS.get(profile.dialect)
    layout = dialect.text_layout(profile) if dialect and dialect.text_layout else None
    headers = _header_line_numbers(layout)
    numbers = {int(line["line_no"]) for line in lines} | set(headers)
    try:
        path = verify_archived(storage, file["archived_path"], file["file_id"]).path
    except ArchiveDamaged as fault:
        log.warning("%s", fault)
        return {}
    if dialect is not None and dialect.is_document:
        texts = read_record_texts(storage, path, file["file_name"], profile, numbers)
    else:
        with open_lines(storage, path, file["file_name"], profile) as stream:
            lines_read = read_lines_at(stream, numbers)
        texts = {no: _decode(raw, layout).rstrip("\r") for no, raw in lines_read.items()}
    header = next((texts[no] for no in headers if _is_header(texts.get(no), layout)), None)
    out = {}
    for line in lines:
        text = texts.get(int(line["line_no"]))
        if text is not None:
            if profile.dialect == "fixed_width" and profile.fixed_width is not None:
                text = find_private_bytes(profile.fixed_width).mask(text)
            masked = mask_line(text, line, layout, header)
            out[line["line_id"]] = masked[:SHOWN_MAX] + ("..." if len(masked) > SHOWN_MAX else "")
    return out


def _decode(raw: bytes, layout: DelimitedLayout | None) -> str:
    """Decodes a line by its profile, or as UTF-8, or as GB18030."""
    if layout is not None:
        return layout.text(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _header_line_numbers(layout: DelimitedLayout | None) -> range:
    """The line numbers that can be the header of a file."""
    if layout is None or layout.header == "none":
        return range(0)
    if layout.preamble == "find":
        return range(1, HEADER_LINES_MAX + 1)
    return range(layout.preamble + 1, layout.preamble + 2)


def _is_header(text: str | None, layout: DelimitedLayout | None) -> bool:
    if text is None or layout is None:
        return False
    cells = split_raw_line(text, layout.separator, layout.quote)
    names = {cell.strip(layout.strip) for cell in cells}
    return layout.preamble != "find" or {str(name) for name in layout.wanted().values()} <= names


def read_lines_at(stream: IO[bytes], numbers: Iterable[int]) -> dict[int, bytes]:
    """Reads the lines with these numbers (from 1) from a stream, without their line ends."""
    lines: dict[int, bytes] = {}
    remaining = sorted(numbers, reverse=True)
    number, carried = 1, b""
    while remaining:
        chunk = stream.read(BLOCK_BYTES)
        text = carried + chunk
        ends = text.count(b"\n")
        next_number = number + ends  # the first line that is not complete yet
        if remaining[-1] < next_number or not chunk:
            parts = text.split(b"\n")
            while (
                remaining
                and remaining[-1] < number + len(parts)
                and (remaining[-1] < next_number or not chunk)
            ):
                lines[remaining[-1]] = parts[remaining[-1] - number]
                remaining.pop()
            carried = parts[-1]
        else:
            carried = text[text.rfind(b"\n") + 1 :]
        number = next_number
        if not chunk:
            break
    return lines


def mask_line(
    text: str, line: Mapping[str, Any], layout: DelimitedLayout | None, header: str | None
) -> str:
    """Masks a raw line: account numbers except their last digits, names except their first letter.

    The function masks the cells that the layout calls `account_tail`, `payer_name` and private, and
    in any file personal numbers and digits that end in the line's `account_tail`. References stay.
    """
    masks = (("payer_name", mask_name), ("account_tail", mask_account_number), ("private", hide))
    for name, mask in masks:
        for cell in _cells_of_column(text, layout, header, name):
            if cell and layout:
                text = mask_cell(text, cell, mask(cell), layout.separator, layout.quote)
    tail = line.get("account_tail")
    references = [str(line[name]) for name in _REFERENCES if line.get(name)]

    def hide_account(hit: re.Match[str]) -> str:
        digits = hit.group()
        is_kept = not digits.endswith(tail or "\0") or any(
            digits in reference for reference in references
        )
        return digits if is_kept else mask_account_number(digits)

    known = [*references, *(str(line[name]) for name in _IDS if line.get(name))]
    text = _NUMBER.sub(hide_account, text)
    return mask_private_text(text, known, every_number=layout is not None)


def _cells_of_column(
    text: str, layout: DelimitedLayout | None, header: str | None, name: str
) -> Iterator[str]:
    """The cells of a line that the layout maps to a column, as printed."""
    if layout is None:
        return
    cells = split_raw_line(text, layout.separator, layout.quote)
    names = [
        cell.strip(layout.strip)
        for cell in split_raw_line(header or "", layout.separator, layout.quote)
    ]
    for place in layout.private if name == "private" else layout.places_of(name):
        if isinstance(place, str):
            place = names.index(place) + 1 if place in names else 0
        if 0 < place <= len(cells):
            yield cells[place - 1].strip(layout.strip)
