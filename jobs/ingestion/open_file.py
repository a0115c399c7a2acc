"""Received bytes to canonical lines: opened, planned, then read by blocks or as a document."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements import DIALECTS
from jobs.statements.canonical.lines import reject_scientific_notation, require
from jobs.statements.parser import (
    HEAD_BYTES,
    TAIL_BYTES,
    ParsedBlock,
    Plan,
    Sample,
)
from jobs.statements.reading.cells import read_cells
from jobs.statements.reading.shape import RejectedLines
from jobs.storage.archive import ArchivedFile, Block, Storage
from jobs.storage.unpack import (
    ToText,
    UnpackLimits,
    join_chunks,
    open_plain,
    render_as_text,
    unpack,
)
from schemas.profile.channel import Profile


@dataclass(frozen=True)
class ParsedChunk:
    """Good lines, with their numbers, and the lines that were refused."""

    parsed: ParsedBlock
    refused: RejectedLines


def decompress(
    storage: Storage, kept: ArchivedFile, name: str, scratch: str, profile: Profile
) -> ArchivedFile:
    """A received file as its dialect wants it: unpacked, unless the dialect does that itself.

    Raises:
        FileRefused: it does not unpack, see `jobs.storage.unpack`.
    """
    dialect, files = DIALECTS[profile.dialect], profile.files
    if files is None:
        return kept
    wanted = UnpackLimits(files.unpacked_bytes_max, files.member, not dialect.is_document)
    if dialect.to_text is not None:
        return render_as_text(
            storage, kept, name, scratch, wanted, _unfolding(dialect.to_text, profile)
        )
    return unpack(storage, kept, name, scratch, wanted)


def _unfolding(
    to_text: Callable[[IO[bytes], str, Profile, int], Iterator[bytes]], profile: Profile
) -> ToText:
    return lambda source, name, bytes_max: to_text(source, name, profile, bytes_max)


@contextmanager
def open_lines(storage: Storage, path: str, name: str, profile: Profile) -> Iterator[IO[bytes]]:
    """The lines of an archived file in a stream, as its dialect reads them.

    Raises:
        FileNotFoundError: it is not there any more.
    """
    files, dialect = profile.files, DIALECTS.get(profile.dialect)
    if dialect is not None and dialect.to_text is not None and files is not None:
        with storage.fs.open_input_file(path) as source:
            yield join_chunks(dialect.to_text(source, name, profile, files.unpacked_bytes_max))
    else:
        with open_plain(storage, path, files.member if files else None) as stream:
            yield stream


def plan_file(
    storage: Storage, plain: ArchivedFile, name: str, profile: Profile, day: date | None = None
) -> Plan:
    """How a file of a business date, where that is known, is read, from its first and last bytes.

    Raises:
        FileRefused: it is not as its dialect or its profile says.
    """
    with storage.fs.open_input_file(plain.path) as source:
        head = source.read(HEAD_BYTES)
        source.seek(max(0, plain.byte_size - TAIL_BYTES))
        tail = source.read(TAIL_BYTES)
    sample = Sample(name, plain.byte_size, head, tail, day)
    plan = DIALECTS[profile.dialect].plan(sample, profile)
    return replace(plan, name=name)


def parse_chunks(
    source: IO[bytes], blocks: tuple[Block, ...], plan: Plan, profile: Profile
) -> Iterator[ParsedChunk]:
    """The lines of some blocks of a file, or of a whole document.

    Raises:
        FileRefused: a document that cannot be read on.
    """
    dialect = DIALECTS[plan.dialect]
    if dialect.read is not None:
        for parsed in dialect.read(source, plan, profile):
            refused = parsed.rejected
            _checked(parsed, profile)
            _set_aside(parsed, refused, list(parsed.raw))
            yield ParsedChunk(parsed, refused)
        return
    if plan.shape is None or dialect.parse is None:
        raise ValueError(f"{plan.dialect} planned lines without a shape")
    for block in blocks:
        source.seek(block.offset)
        refused = RejectedLines()
        cells = read_cells(source.read(block.length), block.first_line, plan.shape, refused)
        parsed = dialect.parse(cells, plan, profile)
        _checked(parsed, profile)
        parsed.lines.columns["line_no"] = cells.line_no
        if parsed.lines.faults:
            rows = sorted(parsed.lines.faults)
            raw = cells.raw(cells.line_no.take(rows).to_pylist())
            _set_aside(parsed, refused, dict(zip(rows, raw, strict=True)))
        if plan.shape.private is not None:
            refused.raw = [plan.shape.private.hidden(raw) for raw in refused.raw]
        yield ParsedChunk(parsed, refused)


def _checked(parsed: ParsedBlock, profile: Profile) -> None:
    """Blames, in any dialect, references that a spreadsheet has made numbers of, and lines without
    a time in a file of several days: they would land on none.
    """
    reject_scientific_notation(parsed.lines)
    if profile.files is not None and profile.files.spans:
        require(parsed.lines, ("traded_at",))


def read_record_texts(
    storage: Storage, path: str, name: str, profile: Profile, numbers: Collection[int]
) -> dict[int, str]:
    """The texts of some records of an archived document, by `line_no`; it is read again for them.

    Raises:
        FileNotFoundError: it is not in the archive any more.
    """
    dialect = DIALECTS[profile.dialect]
    if dialect.read is None:
        raise ValueError(f"dialect {dialect.name} reads lines, not documents")
    with storage.fs.open_input_file(path) as kept:
        head = kept.read(HEAD_BYTES)
        size = kept.size()
    plan = dialect.plan(Sample(name, size, head, b""), profile)
    out: dict[int, str] = {}
    with open_plain(storage, path, profile.files.member if profile.files else None) as source:
        for parsed in dialect.read(source, plan, profile):
            there = parsed.lines.columns["line_no"].to_pylist()
            out |= {no: text for no, text in zip(there, parsed.raw, strict=True) if no in numbers}
    return out


def _set_aside(
    parsed: ParsedBlock, refused: RejectedLines, raw: list[str] | dict[int, str]
) -> None:
    """Moves the faulty rows of a piece to the refused lines."""
    lines = parsed.lines
    if not lines.faults:
        return
    numbers = lines.columns["line_no"]
    for row, reason in sorted(lines.faults.items()):
        refused.add(numbers[row].as_py(), raw[row], reason)
    faulty = pa.array(sorted(lines.faults), pa.int64())
    good = pc.invert(pc.is_in(pa.array(range(len(numbers)), pa.int64()), faulty))
    lines.columns = {name: column.filter(good) for name, column in lines.columns.items()}
    parsed.totals = {name: column.filter(good) for name, column in parsed.totals.items()}
