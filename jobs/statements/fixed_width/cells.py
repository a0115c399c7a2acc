"""Records of fixed width to cells: splits them by bytes, and only then decodes them.

Layouts count in bytes, and a Chinese character takes two bytes in GBK. Where every line of a block
has the record's length, the block is a table of bytes and its columns are slices of it. Else the
slow path reads it line by line, which is the definition.
Source: docs/reference/dialects/fixed_width.md.
"""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.statements.reading.line_format import Cells, RejectedLines

_NEWLINE, _RETURN, _BLANK = b"\n\r "
#: Bytes of a blank line; 0x1A is the end-of-file character of old systems.
_BLANK_BYTES = b" \t\r\x1a"
_ASCII_END = 0x80
_Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Span:
    """The bytes of a record that make one cell: (first byte from 0, width); joins several pieces.

    A whole cell must decode to its last byte. A cell of free text may end in half a character,
    where the sender cut a name to the width of its field; the half is dropped.
    """

    pieces: tuple[tuple[int, int], ...]
    is_whole: bool = True


@dataclass(frozen=True)
class RecordTypes:
    """The place of a record's code, the codes of detail records and those of ignored records."""

    at: int
    width: int
    detail: tuple[bytes, ...]
    ignored: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class FixedWidthCutter:
    """Splits records of `length` bytes into cells; cell i is `spans[i]`.

    The byte `separator` must stand at all `separator_places` (from 0). Without line ends, records
    follow each other directly and the n-th counts as line n.
    """

    encoding: str
    length: int
    spans: tuple[Span, ...]
    separator_places: tuple[int, ...] = ()
    separator: bytes = b" "
    record_types: RecordTypes | None = None
    has_line_ends: bool = True

    def read(self, block: bytes, first_line: int, rejected: RejectedLines) -> Cells:
        """Reads the cells of a block. Adds lines that it cannot split to `rejected`; skips blank
        lines and ignored records.
        """
        if not self.has_line_ends:
            starts = range(0, len(block), self.length)
            block = b"".join(block[at : at + self.length] + b"\n" for at in starts)
        result = _read_table_fast(block, self)
        if result is None:
            result = _read_table_by_line(block, first_line, self, rejected)
        else:
            result = (result[0], result[1] + first_line)
        table, numbers = result
        columns, faults = {}, dict[int, str]()
        for place, span in enumerate(self.spans):
            columns[place], column_faults = _decode_column(table, span, self.encoding)
            faults = column_faults | faults
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


def _read_table_fast(
    block: bytes, cutter: FixedWidthCutter
) -> tuple[_Bytes, npt.NDArray[np.int64]] | None:
    """Detail records as a table, and their lines from 0; None where a line needs the slow path."""
    first = block.find(b"\n")
    end = block[cutter.length : first + 1] if first >= 0 else b"\n"
    if end not in (b"\n", b"\r\n") or b"\0" in block:
        return None
    stride = cutter.length + len(end)
    if len(block) % stride == cutter.length:
        block += end
    count, remainder = divmod(len(block), stride)
    if remainder or block.count(b"\n") != count:
        return None
    table = np.frombuffer(block, np.uint8).reshape(count, stride)
    ends = np.frombuffer(end, np.uint8)
    last = table[:, cutter.length - 1]
    if (table[:, cutter.length :] != ends).any() or (len(end) == 1 and (last == _RETURN).any()):
        return None
    blank = table[(table[:, 0] == _BLANK) & (last == _BLANK), : cutter.length]
    if (blank == _BLANK).all(axis=1).any():
        return None
    if (table[:, list(cutter.separator_places)] != cutter.separator[0]).any():
        return None
    line_numbers = np.arange(count, dtype=np.int64)
    if cutter.record_types is not None:
        detail = _has_code(table, cutter.record_types, cutter.record_types.detail)
        if not (detail | _has_code(table, cutter.record_types, cutter.record_types.ignored)).all():
            return None
        if not detail.all():
            table, line_numbers = table[detail], line_numbers[detail]
    return table[:, : cutter.length], line_numbers


def _has_code(table: _Bytes, codes: RecordTypes, wanted: Sequence[bytes]) -> npt.NDArray[np.bool_]:
    record_codes = table[:, codes.at : codes.at + codes.width]
    has_code = np.zeros(len(table), np.bool_)
    for code in wanted:
        has_code |= (record_codes == np.frombuffer(code, np.uint8)).all(axis=1)
    return has_code


def _read_table_by_line(
    block: bytes, first_line: int, cutter: FixedWidthCutter, rejected: RejectedLines
) -> tuple[_Bytes, npt.NDArray[np.int64]]:
    records: list[bytes] = []
    line_numbers: list[int] = []
    for number, raw in enumerate(block.split(b"\n"), first_line):
        record = raw.removesuffix(b"\r")
        if not record.strip(_BLANK_BYTES) or _is_ignored(record, cutter.record_types):
            continue
        fault = find_record_fault(record, cutter)
        if fault is None:
            records.append(record)
            line_numbers.append(number)
        else:
            rejected.add(number, record.decode(cutter.encoding, "replace"), fault)
    table = np.frombuffer(b"".join(records), np.uint8).reshape(-1, cutter.length)
    return table, np.array(line_numbers, np.int64)


def _is_ignored(record: bytes, codes: RecordTypes | None) -> bool:
    return codes is not None and record[codes.at : codes.at + codes.width] in codes.ignored


def find_record_fault(record: bytes, cutter: FixedWidthCutter) -> str | None:
    """Why a record that is not ignored cannot be split; None where it can."""
    if b"\0" in record:
        return "NUL_BYTE: a NUL byte stands in the line"
    if cutter.record_types is not None:
        code = record[cutter.record_types.at : cutter.record_types.at + cutter.record_types.width]
        if code not in cutter.record_types.detail:
            code_text = code.decode(cutter.encoding, "replace")
            return f"UNKNOWN_RECORD: {code_text!r} is no record type of this profile"
    if len(record) != cutter.length:
        return f"WRONG_LENGTH: {len(record)} bytes, not {cutter.length}"
    if len(cutter.separator_places) > 1 and set(
        itemgetter(*cutter.separator_places)(record)
    ) == set(cutter.separator):
        return None
    for place in cutter.separator_places:
        if record[place] != cutter.separator[0]:
            return f"BAD_SEPARATOR: byte {place + 1} is not {cutter.separator.decode()!r}"
    return None


def _decode_column(table: _Bytes, span: Span, encoding: str) -> tuple[pa.Array, dict[int, str]]:
    """Decodes one column, untrimmed; also returns faults by row. A row with a fault is null."""
    slices = [table[:, at : at + width] for at, width in span.pieces]
    cells = np.ascontiguousarray(slices[0] if len(slices) == 1 else np.hstack(slices))
    count, width = cells.shape
    if not count:
        return pa.array([], pa.string()), {}
    if int(cells.max()) < _ASCII_END:
        ends = np.arange(count + 1, dtype=np.int32) * width
        buffers = (pa.py_buffer(ends), pa.py_buffer(cells))
        return pa.StringArray.from_buffers(count, *buffers), {}
    # A line end after each cell: no multi-byte character can extend across it.
    with_line_ends = np.full((count, width + 1), _NEWLINE, np.uint8)
    with_line_ends[:, :width] = cells
    try:
        texts = with_line_ends.tobytes().decode(encoding).split("\n")
        if len(texts) == count + 1:
            return pa.array(texts[:-1], pa.string()), {}
    except UnicodeDecodeError:
        pass
    return _decode_column_by_row(cells, span, encoding)


def _decode_column_by_row(
    cells: _Bytes, span: Span, encoding: str
) -> tuple[pa.Array, dict[int, str]]:
    texts: list[str | None] = []
    faults: dict[int, str] = {}
    for row, cell in enumerate(cells):
        text = None
        try:
            decoder = codecs.getincrementaldecoder(encoding)("strict")
            text = decoder.decode(cell.tobytes(), final=span.is_whole)
        except UnicodeDecodeError:
            at, width = span.pieces[0]
            byte_range = f"bytes {at + 1} to {at + width}"
            faults[row] = f"BAD_ENCODING: {byte_range} are not {encoding}"
        texts.append(text)
    return pa.array(texts, pa.string()), faults
