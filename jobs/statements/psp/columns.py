"""What the reports of payment service providers have in common. Source:
docs/reference/dialects/psp.md.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines, given, nulls
from jobs.statements.canonical.money import mapped
from jobs.statements.reading.csv_records import Record, pieces, records
from jobs.statements.reading.shape import Rejected
from schemas.vocabulary import Kind, Status

#: Kinds whose amounts go one way in every report.
COMES = (Kind.PAYMENT.value, Kind.TOP_UP.value)
LEAVES = (Kind.REFUND.value, Kind.CHARGEBACK.value)


@dataclass
class Block:
    """Records of one width, by our column, and the raw text and line of each."""

    records: list[Record]
    places: Mapping[str, int]

    def texts(self, name: str) -> pa.Array:
        """A column of texts, null where empty or where the report does not have it."""
        if name not in self.places:
            return nulls(len(self.records))
        place = self.places[name]
        return given(pa.array([each.cells[place] for each in self.records], pa.string()), ("",))

    @property
    def line_no(self) -> pa.Array:
        """On which line each record begins."""
        return pa.array([each.line_no for each in self.records], pa.int64())

    @property
    def raw(self) -> list[str]:
        """The records' texts."""
        return [each.raw for each in self.records]


def fitting(found: Sequence[Record], width: int, rejected: Rejected) -> list[Record]:
    """Records as wide as their header; the others are rejected, for they may be shifted."""
    good = []
    for each in found:
        cells = len(each.cells)
        if cells != width:
            rejected.add(each.line_no, each.raw, f"WRONG_WIDTH: {cells} cells, not {width}")
        else:
            good.append(each)
    return good


def blocks(
    source: IO[bytes], file: str, places: Mapping[str, int], first_line: int
) -> Iterator[tuple[Block, Rejected]]:
    """The records below the header, which ends above `first_line`, by pieces.

    Raises:
        FileRefused: see `csv_records.records`.
    """
    width = 0

    def below() -> Iterator[Record]:
        nonlocal width
        for each in records(source, file):
            if each.line_no < first_line:
                width = len(each.cells)
                continue
            yield each

    for piece in pieces(below()):
        rejected = Rejected()
        yield Block(fitting(piece, width, rejected), places), rejected


def set_kinds(
    lines: Lines, texts: pa.Array, known: Mapping[str, Kind], own: Mapping[str, Kind]
) -> None:
    """Their word to our kind; one that is not known is a fault. All lines are SUCCEEDED."""
    words = {key: str(kind.value) for key, kind in {**known, **own}.items()}
    lines.columns["kind"], faults = mapped(texts, words.get, "UNKNOWN_KIND")
    lines.blame(faults)
    lines.columns["status"] = pa.repeat(Status.SUCCEEDED.value, len(texts))


def check_signs(lines: Lines, leaves: Sequence[str] = LEAVES) -> None:
    """Blames an amount that goes against its kind."""
    kind, amount = lines.columns["kind"], lines.columns["amount"]
    out = pc.and_(pc.is_in(kind, pa.array(leaves)), pc.greater(amount, 0))
    into = pc.and_(pc.is_in(kind, pa.array(COMES)), pc.less(amount, 0))
    lines.blame_where(pc.or_(out, into), "BAD_SIGN: the amount goes against its kind")


def is_kind(lines: Lines, *kinds: Kind) -> pa.Array:
    """Which lines are of these kinds; a line without one is not."""
    wanted = pa.array([each.value for each in kinds])
    return pc.fill_null(pc.is_in(lines.columns["kind"], wanted), False)


def chosen(mask: pa.Array, yes: pa.Array, no: pa.Array | None = None) -> pa.Array:
    """`yes` where the mask says so, else `no` (null if not given)."""
    return pc.if_else(mask, yes, nulls(len(mask), yes.type) if no is None else no)


def shifted(local: pa.Array, words: pa.Array, minutes: Callable[[str], int | None]) -> pa.Array:
    """Moments read as if in UTC, moved by the offset (minutes east) that a word of each says.

    Null where the word is none that is known.
    """
    encoded = words.dictionary_encode()
    found = [minutes(word) for word in encoded.dictionary.to_pylist()]
    micros = pa.array([None if m is None else m * 60_000_000 for m in found], pa.int64())
    return pc.subtract(local, micros.take(encoded.indices).cast(pa.duration("us")))
