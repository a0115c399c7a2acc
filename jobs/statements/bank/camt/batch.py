"""The transactions of one entry of a camt message, millions of them in bounded memory."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from tempfile import TemporaryFile
from typing import IO

from lxml import etree

from jobs.statements.bank.camt.charges import find_charges, split_entry
from jobs.statements.bank.camt.entries import (
    ElementIndex,
    add_details,
    first_element,
    line_number,
    parse_entry,
    parse_transaction,
    text_at,
)
from jobs.statements.bank.camt.foreign import set_original_amount, use_counter_value
from jobs.statements.bank.charges import split_charges
from jobs.statements.bank.entries import PIECE_CHARS, PIECE_ROWS, Entry
from schemas.errors import FileRefused


class Batch:
    """Collects the transactions of an entry; each element is released when it is read.

    The transactions become lines only if they add up to the entry, which is known behind the last
    of them. Until then those beyond one block wait in a temporary file.
    """

    def __init__(
        self, element: etree._Element, name: str, number: int, is_split: bool, currency: str | None
    ) -> None:
        self.element, self.currency = element, currency
        self.name, self.number, self.is_split = name, number, is_split
        self.entry: Entry | None = None
        self.declared: int | None = None
        self.undeclared = self.block_count = 0
        self.is_counted = False
        self.block: etree._Element | None = None
        self.first: etree._Element | None = None
        self.count = self.booked = self.charged = self.spooled = self.pieces = self.char_count = 0
        self.has_amounts, self.has_charges = True, False
        self.fault: str | None = None
        self.parts: list[Entry] = []
        self.spool: IO[bytes] | None = None

    def add_transaction(self, details: etree._Element) -> None:
        """Adds a transaction; the first one stays an element until there is a second."""
        self.count += 1
        self._count_declared(details.getparent())
        self.block_count += 1
        if self.count == 1:
            self.first = details
            return
        if self.entry is None:
            self.entry = self._parse_entry()
        if self.first is not None:
            self._add_part(self.first, self.entry)
            self.first = None
        self._add_part(details, self.entry)
        details.clear()
        _remove_preceding(details)
        parent = details.getparent()
        if parent is not None:
            _remove_preceding(parent, only=str(parent.tag))

    def _parse_entry(self) -> Entry:
        """The entry in the currency of the account, where the bank prints its counter value."""
        entry = parse_entry(self.element, self.number + 1)
        use_counter_value(entry, self.element, self.currency)
        set_original_amount(entry, self.element)
        return entry

    def _count_declared(self, last: etree._Element | None) -> None:
        """Adds what `NtryDtls` up to the `last` one declare: an entry may have several of them.

        Of one that declares no number the transactions count. The reader removes those before the
        current one, and may have only the beginning of those behind it.
        """
        if self.block is last and last is not None:
            return
        blocks = self.element.iterchildren("{*}NtryDtls")
        if self.block is not None:
            blocks = self.block.itersiblings("{*}NtryDtls")
        for block in blocks:
            self._begin_block(block)
            if block is last:
                return
        self._end_block()

    def _begin_block(self, block: etree._Element) -> None:
        self._end_block()
        self.block = block
        text = text_at(block, "Btch/NbOfTxs") or ""
        self.is_counted = text.isascii() and text.isdecimal()
        if self.is_counted:
            self.declared = (self.declared or 0) + int(text[:12])

    def _end_block(self) -> None:
        self.undeclared += 0 if self.is_counted else self.block_count
        self.block_count = 0

    def _add_part(self, details: etree._Element, entry: Entry) -> None:
        self.has_charges |= first_element(details, "Chrgs") is not None
        if not self.is_split:
            return
        part = parse_transaction(entry, details, self.number + 1 + self.spooled + len(self.parts))
        self.fault = self.fault or part.fault
        self.has_amounts &= part.amount is not None
        charges = find_charges(details, entry.currency)
        # Whether the amount is before or after the charges, the sum of the batch says.
        set_original_amount(part, details)
        if charges.sums:
            split_entry(part, [ElementIndex(details)], [replace(charges, is_included=False)])
        part.charge = None if part.fee else next(iter(charges.sums), None)
        self.booked += part.booked_amount
        self.charged += part.charge or 0
        self.parts.append(part)
        self.char_count += part.count_characters()
        if len(self.parts) == PIECE_ROWS or self.char_count >= PIECE_CHARS:
            self.spool = self.spool or TemporaryFile()  # noqa: SIM115 - until `close`
            pickle.dump(self.parts, self.spool)
            self.pieces += 1
            self.spooled += len(self.parts)
            self.parts, self.char_count = [], 0

    def entries(self) -> Iterator[list[Entry]]:
        """The entry as one line, or its transactions by pieces; called at the end of the entry.

        The transactions become lines where their amounts, or these less their charges, add up to
        the entry; charges of the entry itself become a line of their own. Where a batch declares
        its number of transactions, and all of them have amounts, these must add up to the entry,
        unless charges make the difference.

        Raises:
            FileRefused: the entry has elements behind its transactions.
        """
        entry = self._parse_entry()
        self._count_declared(None)
        if self.entry is None:
            self._complete_single(entry)
        else:
            entry.batch_ref = self.entry.batch_ref
            if entry != self.entry:
                raise FileRefused(
                    "BAD_XML", self.name, "an entry goes on behind its transactions",
                    "have the bank send it again", line_number(self.element),
                )  # fmt: skip
            entry.fault = entry.fault or self.fault
            if self.is_split and self.has_amounts:
                if self.booked == entry.amount:
                    yield from self._read_spool()
                    return
                if self.booked - self.charged == entry.amount:
                    yield from self._read_charged()
                    return
                whole = find_charges(self.element, entry.currency)
                if split_charges(entry.amount or 0, [self.booked], whole.sums).fee:
                    yield from self._read_spool()
                    yield [self._charge_line(entry)]
                    return
                charged = self.has_charges or first_element(self.element, "Chrgs") is not None
                declared = self._declared_count()
                if not charged and declared >= self.count:
                    shown = str(self.count)
                    if declared != self.count:
                        shown = f"{self.count} of {declared}"
                    problem = f"its {shown} transactions add up to {self.booked} minor units"
                    fault = f"BATCH_DIFFERS: {problem}, it is of {entry.amount}"
                    entry.fault = entry.fault or fault
        yield [entry]

    def _declared_count(self) -> int:
        """How many transactions the entry declares; 0 where it declares none."""
        return 0 if self.declared is None else self.declared + self.undeclared

    def _complete_single(self, entry: Entry) -> None:
        """Adds to an entry what its only transaction says, if it has one."""
        if self.first is not None and self._is_one_of_several(self.first, entry):
            return
        if self.first is not None:
            use_counter_value(entry, self.first, self.currency)
            add_details(entry, ElementIndex(self.first), is_single=True)
            for element in (self.element, self.first):
                set_original_amount(entry, element)
        places = [place for place in (self.first, self.element) if place is not None]
        charges = [find_charges(place, entry.currency) for place in places]
        if any(each.sums for each in charges):
            split_entry(entry, map(ElementIndex, places), charges)

    def _is_one_of_several(self, details: etree._Element, entry: Entry) -> bool:
        """Whether the only transaction that a batch shows is a part of it: then its references are
        not the entry's.
        """
        if self._declared_count() <= 1:
            return False
        has_charges = any(first_element(at, "Chrgs") is not None for at in (details, self.element))
        amount = parse_transaction(entry, details, entry.line_no).amount
        return not has_charges and amount not in (None, entry.amount)

    def _charge_line(self, entry: Entry) -> Entry:
        """The charges of a batch that stand in its entry, as a line."""
        amount = (entry.amount or 0) - self.booked
        return replace(
            entry, line_no=self.number + 1 + self.count, amount=amount, our_ref=None, code="",
            return_code="", reversal=False, is_return=False, is_charge=True,
            batch_ref=entry.batch_ref or entry.bank_ref, raw=f"charges of {entry.raw}",
            original=None,
        )  # fmt: skip

    def _read_charged(self) -> Iterator[list[Entry]]:
        """The transactions, each with its charges as the fee."""
        for parts in self._read_spool():
            for part in parts:
                part.fee = part.charge if part.fee is None else part.fee
            yield parts

    def _read_spool(self) -> Iterator[list[Entry]]:
        if self.spool is not None:
            self.spool.seek(0)
            for _ in range(self.pieces):
                yield pickle.load(self.spool)
        if self.parts or not self.pieces:
            yield self.parts

    def close(self) -> None:
        """Removes the temporary file."""
        if self.spool is not None:
            self.spool.close()


def _remove_preceding(element: etree._Element, only: str | None = None) -> None:
    """Removes the elements before an element below the same parent; with `only`, of that tag."""
    parent = element.getparent()
    while parent is not None:
        before = element.getprevious()
        if before is None or (only is not None and before.tag != only):
            return
        parent.remove(before)
