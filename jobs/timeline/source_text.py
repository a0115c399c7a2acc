"""Lines as they were received, from the archive, with account numbers and names masked."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from jobs.ingestion.open_file import open_lines, read_record_texts
from jobs.statements import DIALECTS
from jobs.statements.canonical.lines import mask_personal_numbers
from jobs.statements.delimited.layout_binding import HEADER_WITHIN
from jobs.statements.reading.masking import cut, first_of, hidden, tail_of
from jobs.storage.archive import BLOCK_BYTES, Storage
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout

#: A line is shown up to so many characters.
SHOWN_MAX = 2000
_NUMBER = re.compile(r"\d{6,}")
_REFERENCES = ("our_ref", "channel_ref", "order_ref", "batch_ref", "original_ref")


def raw_lines(
    storage: Storage,
    file: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    profile: Profile,
) -> dict[str, str]:
    """The text of some lines of one received file, by `line_id`; read once, up to the last of them.

    `file` is its row of `statement_files`. A file that is gone from the archive gives none.
    """
    dialect = DIALECTS.get(profile.dialect)
    layout = dialect.text_layout(profile) if dialect and dialect.text_layout else None
    headers = _header_places(layout)
    wanted = {int(line["line_no"]) for line in lines} | set(headers)
    texts: dict[int, str] = {}
    # A lake may have been moved since: the archive's own place is tried as well.
    for path in (file["archived_path"], _place(storage, file["file_id"])):
        try:
            if dialect is not None and dialect.is_document:
                texts = read_record_texts(storage, path, file["file_name"], profile, wanted)
            else:
                with open_lines(storage, path, file["file_name"], profile) as stream:
                    found = lines_at(stream, wanted)
                texts = {no: _decoded(raw, layout).rstrip("\r") for no, raw in found.items()}
        except FileNotFoundError:
            continue
        break
    header = next((texts[no] for no in headers if _is_header(texts.get(no), layout)), None)
    out = {}
    for line in lines:
        text = texts.get(int(line["line_no"]))
        if text is not None:
            shown = masked(text, line, layout, header)
            out[line["line_id"]] = shown[:SHOWN_MAX] + ("..." if len(shown) > SHOWN_MAX else "")
    return out


def _decoded(raw: bytes, layout: DelimitedLayout | None) -> str:
    """A line as its profile says, else in UTF-8 or, where it is none, in GB18030."""
    if layout is not None:
        return layout.text(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _header_places(layout: DelimitedLayout | None) -> range:
    """The lines among which a file's header stands."""
    if layout is None or layout.header == "none":
        return range(0)
    if layout.preamble == "find":
        return range(1, HEADER_WITHIN + 1)
    return range(layout.preamble + 1, layout.preamble + 2)


def _is_header(text: str | None, layout: DelimitedLayout | None) -> bool:
    if text is None or layout is None:
        return False
    cells = cut(text, layout.separator, layout.quote)
    names = {each.strip(layout.strip) for each in cells}
    return layout.preamble != "find" or {str(each) for each in layout.wanted().values()} <= names


def lines_at(stream: IO[bytes], numbers: Iterable[int]) -> dict[int, bytes]:
    """The lines with the given numbers (from 1) of a stream, without their ends."""
    found: dict[int, bytes] = {}
    left = sorted(numbers, reverse=True)
    number, carried = 1, b""
    while left:
        chunk = stream.read(BLOCK_BYTES)
        text = carried + chunk
        ends = text.count(b"\n")
        whole = number + ends  # the first line that is not whole yet
        if left[-1] < whole or not chunk:
            cut = text.split(b"\n")
            while left and left[-1] < number + len(cut) and (left[-1] < whole or not chunk):
                found[left[-1]] = cut[left[-1] - number]
                left.pop()
            carried = cut[-1]
        else:
            carried = text[text.rfind(b"\n") + 1 :]
        number = whole
        if not chunk:
            break
    return found


def masked(
    text: str, line: Mapping[str, Any], layout: DelimitedLayout | None, header: str | None
) -> str:
    """A raw line without what must not be shown: account numbers to their tails, names to stars.

    Cells that the layout calls so are masked whatever they hold; in any file what looks like a
    card's number is, and digits that end in the line's own `account_tail`.
    """
    for name, shown in (("payer_name", first_of), ("account_tail", tail_of)):
        for cell in _cells(text, layout, header, name):
            if cell and layout:
                text = hidden(text, cell, shown(cell), layout.separator, layout.quote)
    tail = line.get("account_tail")
    kept = [str(line[name]) for name in _REFERENCES if line.get(name)]

    def hide(hit: re.Match[str]) -> str:
        digits = hit.group()
        spared = not digits.endswith(tail or "\0") or any(digits in each for each in kept)
        return digits if spared else tail_of(digits)

    return mask_personal_numbers(_NUMBER.sub(hide, text))


def _cells(
    text: str, layout: DelimitedLayout | None, header: str | None, name: str
) -> Iterator[str]:
    """The cells of a line that the layout has for a column, as they are printed."""
    if layout is None:
        return
    cells = cut(text, layout.separator, layout.quote)
    names = [each.strip(layout.strip) for each in cut(header or "", layout.separator, layout.quote)]
    for place in layout.places_of(name):
        if isinstance(place, str):
            place = names.index(place) + 1 if place in names else 0
        if 0 < place <= len(cells):
            yield cells[place - 1].strip(layout.strip)


def _place(storage: Storage, file_id: str) -> str:
    return storage.full_path(f"archive/{file_id[:2]}/{file_id}")
