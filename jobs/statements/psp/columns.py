"""Shared parts of the settlement reports of payment service providers.

Source: docs/reference/dialects/psp.md.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines, null_column, to_null
from jobs.statements.canonical.money import map_codes
from jobs.statements.reading.csv_records import Record, batch_records, read_records
from jobs.statements.reading.line_format import RejectedLines
from schemas.profile.layout.parts import EXTRA_PREFIX
from schemas.vocabulary import Kind, Status

#: Kinds whose amounts have one sign in every report.
INCOMING_KINDS = (Kind.PAYMENT.value, Kind.TOP_UP.value)
OUTGOING_KINDS = (Kind.REFUND.value, Kind.CHARGEBACK.value)


@dataclass
class Block:
    """Records of one width, and the cell index (from 0) of each of our columns."""

    records: list[Record]
    places: Mapping[str, int]

    def texts(self, name: str) -> pa.Array:
        """The texts of a column; null where empty, or where the report lacks the column."""
        if name not in self.places:
            return null_column(len(self.records))
        place = self.places[name]
        return to_null(
            pa.array([record.cells[place] for record in self.records], pa.string()), ("",)
        )

    def extra_texts(self) -> dict[str, pa.Array]:
        """The texts of the further columns that `name_extra` has bound, by name."""
        names = [name for name in self.places if name.startswith(EXTRA_PREFIX)]
        return {name.removeprefix(EXTRA_PREFIX): self.texts(name) for name in names}

    @property
    def line_no(self) -> pa.Array:
        """The line (from 1) on which each record begins, BIGINT."""
        return pa.array([record.line_no for record in self.records], pa.int64())

    @property
    def raw(self) -> list[str]:
        """The raw text of each record."""
        return [record.raw for record in self.records]


def name_extra(
    known: Mapping[str, Sequence[str]], own: Mapping[str, str]
) -> dict[str, Sequence[str]]:
    """The headings of further columns: `known` to the dialect, and `own` of the profile."""
    headings = {**known, **{name: (heading,) for name, heading in own.items()}}
    return {f"{EXTRA_PREFIX}{name}": options for name, options in headings.items()}


def reject_wrong_width(
    records: Sequence[Record], width: int, rejected: RejectedLines
) -> list[Record]:
    """The records as wide as their header; rejects the others, whose cells may be shifted."""
    accepted = []
    for record in records:
        count = len(record.cells)
        if count != width:
            rejected.add(record.line_no, record.raw, f"WRONG_WIDTH: {count} cells, not {width}")
        else:
            accepted.append(record)
    return accepted


def read_blocks(
    source: IO[bytes], file: str, places: Mapping[str, int], first_line: int
) -> Iterator[tuple[Block, RejectedLines]]:
    """The records below the header, by pieces, each with its rejected lines.

    `first_line` is the line behind the header.

    Raises:
        FileRefused: see `csv_records.records`.
    """
    width = 0

    def records_below_header() -> Iterator[Record]:
        nonlocal width
        for record in read_records(source, file):
            if record.line_no < first_line:
                width = len(record.cells)
                continue
            yield record

    for piece in batch_records(records_below_header()):
        rejected = RejectedLines()
        yield Block(reject_wrong_width(piece, width, rejected), places), rejected


def set_kinds(
    lines: Lines, texts: pa.Array, known: Mapping[str, Kind], own: Mapping[str, Kind], key: str
) -> None:
    """Sets kind and status: the provider's code to our kind, an unknown code is a fault.

    All lines are SUCCEEDED. `own` are the profile's kinds, which go first; they are in its `key`.
    """
    codes = {code: str(kind.value) for code, kind in {**known, **own}.items()}
    lines.columns["kind"], faults = map_codes(texts, codes.get, "UNKNOWN_KIND", key)
    lines.reject(faults)
    lines.columns["status"] = pa.repeat(Status.SUCCEEDED.value, len(texts))


def check_signs(lines: Lines, leaves: Sequence[str] = OUTGOING_KINDS) -> None:
    """Rejects lines whose amount has the wrong sign for their kind."""
    kind, amount = lines.columns["kind"], lines.columns["amount"]
    out = pc.and_(pc.is_in(kind, pa.array(leaves)), pc.greater(amount, 0))
    into = pc.and_(pc.is_in(kind, pa.array(INCOMING_KINDS)), pc.less(amount, 0))
    lines.reject_where(pc.or_(out, into), "BAD_SIGN: the amount goes against its kind")


def has_kind(lines: Lines, *kinds: Kind) -> pa.Array:
    """Whether each line is of one of these kinds; false where the kind is null."""
    values = pa.array([kind.value for kind in kinds])
    return pc.fill_null(pc.is_in(lines.columns["kind"], values), False)


def select_where(mask: pa.Array, yes: pa.Array, no: pa.Array | None = None) -> pa.Array:
    """`yes` where the mask is true, else `no` (by default null)."""
    return pc.if_else(mask, yes, null_column(len(mask), yes.type) if no is None else no)


def to_utc(local: pa.Array, zones: pa.Array, minutes: Callable[[str], int | None]) -> pa.Array:
    """Local moments in UTC: each minus the offset (minutes east of UTC) of its zone.

    `local` holds the moments read as if they were in UTC; null where the zone is unknown.
    """
    encoded = zones.dictionary_encode()
    offsets = [minutes(zone) for zone in encoded.dictionary.to_pylist()]
    micros = pa.array([None if m is None else m * 60_000_000 for m in offsets], pa.int64())
    return pc.subtract(local, micros.take(encoded.indices).cast(pa.duration("us")))
