"""The transactions below one entry of a camt message, which may be millions, in bounded memory."""

import pickle
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO

from lxml import etree

from jobs.statements.bank.camt.entries import (
    Parts,
    add_details,
    entry_of,
    first,
    line_of,
    part_of,
    text_of,
)
from jobs.statements.bank.entries import PIECE_ROWS, Entry
from schemas.errors import FileRefused


class Batch:
    """The transactions of an entry as they come: as elements they are gone when they are read.

    They become lines only if they add up to the entry, which is known when all of them are. Until
    then more than a piece of them waits in a file of ours.
    """

    def __init__(self, element: etree._Element, name: str, number: int, in_parts: bool) -> None:
        self.element = element
        self.name, self.number, self.in_parts = name, number, in_parts
        self.entry: Entry | None = None
        self.declared: str | None = None
        self.first: etree._Element | None = None
        self.count = self.added = self.spooled = 0
        self.has_amounts, self.has_charges = True, False
        self.fault: str | None = None
        self.parts: list[Entry] = []
        self.spool: IO[bytes] | None = None

    def add(self, details: etree._Element) -> None:
        """One transaction more; the first stays an element until there is a second."""
        self.count += 1
        if self.count == 1:
            self.first = details
            return
        if self.entry is None:
            self.entry = entry_of(self.element, self.number + 1)
            self.declared = text_of(self.element, "NtryDtls/Btch/NbOfTxs")
        if self.first is not None:
            self._take(self.first, self.entry)
            self.first = None
        self._take(details, self.entry)
        details.clear()
        _forget_before(details)
        parent = details.getparent()
        if parent is not None:
            _forget_before(parent, only=str(parent.tag))

    def _take(self, details: etree._Element, entry: Entry) -> None:
        self.has_charges |= first(details, "Chrgs") is not None
        if not self.in_parts:
            return
        part = part_of(entry, details, self.number + 1 + self.spooled + len(self.parts))
        self.fault = self.fault or part.fault
        self.has_amounts &= part.amount is not None
        self.added += part.amount or 0
        self.parts.append(part)
        if len(self.parts) == PIECE_ROWS:
            self.spool = self.spool or TemporaryFile()  # noqa: SIM115 - until `close`
            pickle.dump(self.parts, self.spool)
            self.spooled += PIECE_ROWS
            self.parts = []

    def entries(self) -> Iterator[list[Entry]]:
        """The entry, which has ended, as one line or as its transactions, by pieces.

        A batch that says how many transactions it has, and has them with their amounts, must be
        their sum, unless charges stand between.

        Raises:
            FileRefused: something of the entry stands behind its transactions.
        """
        entry = entry_of(self.element, self.number + 1)
        if self.first is not None:
            add_details(entry, Parts(self.first), single=True)
        elif self.entry is not None:
            entry.batch_ref = self.entry.batch_ref
            if entry != self.entry:
                raise FileRefused(
                    "BAD_XML", self.name, "an entry goes on behind its transactions",
                    "have the bank send it again", line_of(self.element),
                )  # fmt: skip
            entry.fault = entry.fault or self.fault
            if self.in_parts and self.has_amounts:
                if self.added == entry.amount:
                    yield from self._pieces()
                    return
                charged = self.has_charges or first(self.element, "Chrgs") is not None
                if not charged and self.declared == str(self.count):
                    said = f"its {self.count} transactions add up to {self.added} minor units"
                    fault = f"BATCH_DIFFERS: {said}, it is of {entry.amount}"
                    entry.fault = entry.fault or fault
        yield [entry]

    def _pieces(self) -> Iterator[list[Entry]]:
        if self.spool is not None:
            self.spool.seek(0)
            for _ in range(self.spooled // PIECE_ROWS):
                yield pickle.load(self.spool)
        yield self.parts

    def close(self) -> None:
        """Lets go of what waited."""
        if self.spool is not None:
            self.spool.close()


def _forget_before(element: etree._Element, only: str | None = None) -> None:
    """Drops what stands before an element below the same parent; with `only` such elements."""
    parent = element.getparent()
    while parent is not None:
        before = element.getprevious()
        if before is None or (only is not None and before.tag != only):
            return
        parent.remove(before)
