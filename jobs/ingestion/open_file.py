"""Turns received bytes into canonical lines: unpacks, plans, reads blocks or a whole document."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements import DIALECTS
from jobs.statements.canonical.lines import (
    mask_free_texts,
    reject_scientific_notation,
    require,
)
from jobs.statements.canonical.timestamps import OUT_OF_RANGE, is_out_of_range
from jobs.statements.parser import (
    HEAD_BYTES,
    TAIL_BYTES,
    ParsedBlock,
    Plan,
    Sample,
)
from jobs.statements.reading.cells import read_cells
from jobs.statements.reading.line_format import RejectedLines
from jobs.storage.archive import ArchivedFile, Block, Storage
from jobs.storage.unpack import (
    ToText,
    UnpackLimits,
    find_documents,
    join_chunks,
    open_plain,
    render_as_text,
    unpack,
)
from schemas.profile.channel import Profile


@dataclass(frozen=True)
class ParsedChunk:
    """The good lines of a chunk, with their numbers, and the rejected lines."""

    parsed: ParsedBlock
    rejected: RejectedLines


def decompress(
    storage: Storage, archived: ArchivedFile, name: str, scratch: str, profile: Profile
) -> ArchivedFile:
    """Unpacks a received file below the scratch folder, or renders it as text for its dialect.

    A file that is not packed is returned as it is.

    Raises:
        FileRefused: the file does not unpack, see `jobs.storage.unpack`.
    """
    dialect, files = DIALECTS[profile.dialect], profile.files
    if files is None:
        return archived
    limits = UnpackLimits(
        files.unpacked_bytes_max, files.member, not dialect.is_document, dialect.joins_documents
    )
    if dialect.to_text is not None and dialect.renders(_read_sample(storage, archived.path, name)):
        return render_as_text(
            storage, archived, name, scratch, limits, _bind_profile(dialect.to_text, profile)
        )
    return unpack(storage, archived, name, scratch, limits)


def _bind_profile(
    to_text: Callable[[IO[bytes], str, Profile, int], Iterator[bytes]], profile: Profile
) -> ToText:
    return lambda source, name, bytes_max: to_text(source, name, profile, bytes_max)


@contextmanager
def open_lines(storage: Storage, path: str, name: str, profile: Profile) -> Iterator[IO[bytes]]:
    """Opens the lines of an archived file as a stream, as its dialect reads them.

    Raises:
        FileNotFoundError: the archive no longer has the file.
    """
    files, dialect = profile.files, DIALECTS.get(profile.dialect)
    to_text = dialect.to_text if dialect is not None else None
    if to_text is not None and files is not None and dialect is not None:
        to_text = to_text if dialect.renders(_read_sample(storage, path, name)) else None
    if to_text is not None and files is not None:
        with storage.fs.open_input_file(path) as source:
            yield join_chunks(to_text(source, name, profile, files.unpacked_bytes_max))
    else:
        joins = dialect is not None and dialect.joins_documents
        with open_plain(storage, path, files.member if files else None, joins) as stream:
            yield stream


def _read_sample(storage: Storage, path: str, name: str) -> Sample:
    """The first and last bytes of a file."""
    with storage.fs.open_input_file(path) as source:
        head, byte_size = source.read(HEAD_BYTES), source.size()
        source.seek(max(0, byte_size - TAIL_BYTES))
        return Sample(name, byte_size, head, source.read(TAIL_BYTES))


def plan_file(
    storage: Storage, plain: ArchivedFile, name: str, profile: Profile, day: date | None = None
) -> Plan:
    """Plans how to read a file from its first and last bytes. `day` is its date, if known.

    Raises:
        FileRefused: the file does not fit its dialect or its profile.
    """
    sample = replace(_read_sample(storage, plain.path, name), business_date=day)
    plan = DIALECTS[profile.dialect].plan(sample, profile)
    return replace(plan, file_name=name, documents=plain.documents)


def parse_chunks(
    source: IO[bytes], blocks: tuple[Block, ...], plan: Plan, profile: Profile
) -> Iterator[ParsedChunk]:
    """Parses some blocks of a file, or a whole document; yields good and rejected lines.

    Raises:
        FileRefused: the rest of a document cannot be read.
    """
    dialect = DIALECTS[plan.dialect]
    if dialect.read is not None:
        for parsed in dialect.read(source, plan, profile):
            rejected = parsed.rejected
            _reject_in_any_dialect(parsed, profile)
            _move_rejected(parsed, rejected, list(parsed.raw))
            yield ParsedChunk(parsed, rejected)
        return
    if plan.line_format is None or dialect.parse is None:
        raise ValueError(f"{plan.dialect} planned lines without a shape")
    for block in blocks:
        source.seek(block.offset)
        rejected = RejectedLines()
        cells = read_cells(source.read(block.length), block.first_line, plan.line_format, rejected)
        parsed = dialect.parse(cells, plan, profile)
        _reject_in_any_dialect(parsed, profile)
        parsed.lines.columns["line_no"] = cells.line_no
        if parsed.lines.faults:
            rows = sorted(parsed.lines.faults)
            raw = cells.raw_lines(cells.line_no.take(rows).to_pylist())
            _move_rejected(parsed, rejected, dict(zip(rows, raw, strict=True)))
        if plan.line_format.private_cells is not None:
            rejected.raw = [plan.line_format.private_cells.mask(raw) for raw in rejected.raw]
        yield ParsedChunk(parsed, rejected)


def _reject_in_any_dialect(parsed: ParsedBlock, profile: Profile) -> None:
    """Masks free texts; rejects references that a spreadsheet turned into numbers, and times that
    no payment has.

    In a file of several days it also rejects lines without a time: they belong to no date.
    """
    mask_free_texts(parsed.lines.columns)
    reject_scientific_notation(parsed.lines)
    for name in ("traded_at", "settlement_date"):
        if name in parsed.lines.columns:
            outside = is_out_of_range(parsed.lines.columns[name])
            parsed.lines.reject_where(outside, f"BAD_TIME: {name} is {OUT_OF_RANGE}")
    if profile.files is not None and profile.files.spans:
        require(parsed.lines, ("traded_at",))


def read_record_texts(
    storage: Storage, path: str, name: str, profile: Profile, numbers: Collection[int]
) -> dict[int, str]:
    """Reads an archived document again and returns the texts of some records, by `line_no`.

    Raises:
        FileNotFoundError: the archive no longer has the file.
    """
    dialect = DIALECTS[profile.dialect]
    if dialect.read is None:
        raise ValueError(f"dialect {dialect.name} reads lines, not documents")
    member, joins = profile.files.member if profile.files else None, dialect.joins_documents
    documents = find_documents(storage, path, member) if joins else ()
    with open_plain(storage, path, member, joins) as source:
        head = source.read(HEAD_BYTES)
    sample = Sample(name, len(head), head, b"")
    plan = replace(dialect.plan(sample, profile), documents=documents)
    texts: dict[int, str] = {}
    with open_plain(storage, path, member, joins) as source:
        for parsed in dialect.read(source, plan, profile):
            line_nos = parsed.lines.columns["line_no"].to_pylist()
            records = zip(line_nos, parsed.raw, strict=True)
            texts |= {line_no: text for line_no, text in records if line_no in numbers}
    return texts


def _move_rejected(
    parsed: ParsedBlock, rejected: RejectedLines, raw: list[str] | dict[int, str]
) -> None:
    """Moves the faulty rows of a chunk to the rejected lines."""
    lines = parsed.lines
    if not lines.faults:
        return
    numbers = lines.columns["line_no"]
    for row, reason in sorted(lines.faults.items()):
        rejected.add(numbers[row].as_py(), raw[row], reason)
    faulty = pa.array(sorted(lines.faults), pa.int64())
    good = pc.invert(pc.is_in(pa.array(range(len(numbers)), pa.int64()), faulty))
    lines.columns = {name: column.filter(good) for name, column in lines.columns.items()}
    parsed.totals = {name: column.filter(good) for name, column in parsed.totals.items()}
