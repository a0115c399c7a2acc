"""Records of fixed width to cells: cut by bytes, and only then decoded.

Chinese text takes two bytes a character in GBK, so a place counted in characters is another one.
Where every line of a block has the record's length, the block is a table of bytes and its columns
are slices of it; else the good lines are picked one by one, which is the definition.
Source: docs/reference/dialects/fixed_width.md.
"""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.statements.reading.shape import Cells, Rejected

_NEWLINE, _RETURN, _BLANK = b"\n\r "
#: Bytes of a line that holds nothing; 0x1A is the end-of-file mark of old systems.
_NOTHING = b" \t\r\x1a"
_ASCII_END = 0x80
_Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Span:
    """Bytes of a record that make one cell: (place from 0, width), several pieces joined.

    A `whole` cell must decode to its last byte. Another one, of free text, may end in half a
    character, as where the sender cut a name to its field; the half is left out.
    """

    pieces: tuple[tuple[int, int], ...]
    whole: bool = True


@dataclass(frozen=True)
class Codes:
    """Where a record's leading code stands, which codes are details, and which are passed over."""

    at: int
    width: int
    detail: tuple[bytes, ...]
    ignored: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class FixedCut:
    """How records of `length` bytes are cut; cell i is `spans[i]`.

    `separated` are the places (from 0) at which the byte `separator` must stand. Records that are
    not `ended` follow each other without a line end; the n-th counts as line n.
    """

    encoding: str
    length: int
    spans: tuple[Span, ...]
    separated: tuple[int, ...] = ()
    separator: bytes = b" "
    codes: Codes | None = None
    ended: bool = True

    def read(self, block: bytes, first_line: int, rejected: Rejected) -> Cells:
        """Cells of a block; lines that cannot be cut are added to `rejected`, blank ones and those
        of ignored records left out.
        """
        if not self.ended:
            starts = range(0, len(block), self.length)
            block = b"".join(block[at : at + self.length] + b"\n" for at in starts)
        found = _quick(block, self)
        if found is None:
            found = _line_by_line(block, first_line, self, rejected)
        else:
            found = (found[0], found[1] + first_line)
        table, numbers = found
        columns, faults = {}, dict[int, str]()
        for place, span in enumerate(self.spans):
            columns[place], odd = _texts(table, span, self.encoding)
            faults = odd | faults
        line_no = pa.array(numbers, pa.int64())
        if faults:
            for row in sorted(faults):
                raw = table[row].tobytes().decode(self.encoding, "replace")
                rejected.add(int(numbers[row]), raw, faults[row])
            good = np.ones(len(table), np.bool_)
            good[list(faults)] = False
            mask = pa.array(good)
            columns = {place: column.filter(mask) for place, column in columns.items()}
            line_no = line_no.filter(mask)
        return Cells(columns, line_no, block, first_line, self.encoding)


def _quick(block: bytes, cut: FixedCut) -> tuple[_Bytes, npt.NDArray[np.int64]] | None:
    """All details as a table and their lines from 0; None where a line is not as it should be."""
    first = block.find(b"\n")
    end = block[cut.length : first + 1] if first >= 0 else b"\n"
    if end not in (b"\n", b"\r\n") or b"\0" in block:
        return None
    stride = cut.length + len(end)
    if len(block) % stride == cut.length:
        block += end
    count, rest = divmod(len(block), stride)
    if rest or block.count(b"\n") != count:
        return None
    table = np.frombuffer(block, np.uint8).reshape(count, stride)
    ends = np.frombuffer(end, np.uint8)
    last = table[:, cut.length - 1]
    if (table[:, cut.length :] != ends).any() or (len(end) == 1 and (last == _RETURN).any()):
        return None
    blank = table[(table[:, 0] == _BLANK) & (last == _BLANK), : cut.length]
    if (blank == _BLANK).all(axis=1).any():
        return None
    if (table[:, list(cut.separated)] != cut.separator[0]).any():
        return None
    numbers = np.arange(count, dtype=np.int64)
    if cut.codes is not None:
        detail = _coded(table, cut.codes, cut.codes.detail)
        if not (detail | _coded(table, cut.codes, cut.codes.ignored)).all():
            return None
        if not detail.all():
            table, numbers = table[detail], numbers[detail]
    return table[:, : cut.length], numbers


def _coded(table: _Bytes, codes: Codes, wanted: Sequence[bytes]) -> npt.NDArray[np.bool_]:
    own = table[:, codes.at : codes.at + codes.width]
    found = np.zeros(len(table), np.bool_)
    for code in wanted:
        found |= (own == np.frombuffer(code, np.uint8)).all(axis=1)
    return found


def _line_by_line(
    block: bytes, first_line: int, cut: FixedCut, rejected: Rejected
) -> tuple[_Bytes, npt.NDArray[np.int64]]:
    kept: list[bytes] = []
    numbers: list[int] = []
    for number, raw in enumerate(block.split(b"\n"), first_line):
        record = raw.removesuffix(b"\r")
        if not record.strip(_NOTHING) or _is_ignored(record, cut.codes):
            continue
        fault = fault_of(record, cut)
        if fault is None:
            kept.append(record)
            numbers.append(number)
        else:
            rejected.add(number, record.decode(cut.encoding, "replace"), fault)
    table = np.frombuffer(b"".join(kept), np.uint8).reshape(-1, cut.length)
    return table, np.array(numbers, np.int64)


def _is_ignored(record: bytes, codes: Codes | None) -> bool:
    return codes is not None and record[codes.at : codes.at + codes.width] in codes.ignored


def fault_of(record: bytes, cut: FixedCut) -> str | None:
    """Why a record that is not ignored cannot be cut; None where it can."""
    if b"\0" in record:
        return "NUL_BYTE: a NUL byte stands in the line"
    if cut.codes is not None:
        code = record[cut.codes.at : cut.codes.at + cut.codes.width]
        if code not in cut.codes.detail:
            said = code.decode(cut.encoding, "replace")
            return f"UNKNOWN_RECORD: {said!r} is no record type that stands here"
    if len(record) != cut.length:
        return f"WRONG_LENGTH: {len(record)} bytes, not {cut.length}"
    if len(cut.separated) > 1 and set(itemgetter(*cut.separated)(record)) == set(cut.separator):
        return None
    for place in cut.separated:
        if record[place] != cut.separator[0]:
            return f"BAD_SEPARATOR: byte {place + 1} is not {cut.separator.decode()!r}"
    return None


def _texts(table: _Bytes, span: Span, encoding: str) -> tuple[pa.Array, dict[int, str]]:
    """One column, as it stands in the records, and faults by row (which are null)."""
    slices = [table[:, at : at + width] for at, width in span.pieces]
    cells = np.ascontiguousarray(slices[0] if len(slices) == 1 else np.hstack(slices))
    count, width = cells.shape
    if not count:
        return pa.array([], pa.string()), {}
    if int(cells.max()) < _ASCII_END:
        ends = np.arange(count + 1, dtype=np.int32) * width
        buffers = (pa.py_buffer(ends), pa.py_buffer(cells))
        return pa.StringArray.from_buffers(count, *buffers), {}
    # A line end after each cell: no character of a multi-byte encoding can reach across it.
    ended = np.full((count, width + 1), _NEWLINE, np.uint8)
    ended[:, :width] = cells
    try:
        texts = ended.tobytes().decode(encoding).split("\n")
        if len(texts) == count + 1:
            return pa.array(texts[:-1], pa.string()), {}
    except UnicodeDecodeError:
        pass
    return _texts_one_by_one(cells, span, encoding)


def _texts_one_by_one(cells: _Bytes, span: Span, encoding: str) -> tuple[pa.Array, dict[int, str]]:
    out: list[str | None] = []
    faults: dict[int, str] = {}
    for row, cell in enumerate(cells):
        text = None
        try:
            decoder = codecs.getincrementaldecoder(encoding)("strict")
            text = decoder.decode(cell.tobytes(), final=span.whole)
        except UnicodeDecodeError:
            at, width = span.pieces[0]
            place = f"bytes {at + 1} to {at + width}"
            faults[row] = f"BAD_ENCODING: {place} are not {encoding}"
        out.append(text)
    return pa.array(out, pa.string()), faults
