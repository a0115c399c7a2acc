"""Adyen's settlement details report, downloaded or interactive, as CSV.

Gross and net stand in unsigned debit and credit columns, each with its currency. Source:
docs/reference/dialects/psp.md.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import (
    Lines,
    dates,
    money,
    needed,
    nulls,
    times,
    with_references,
)
from jobs.statements.parser import Check, Dialect, Parsed, Plan, Sample
from jobs.statements.psp.adyen.columns import FEES, KINDS, NAMES, NEEDED, minutes_east
from jobs.statements.psp.columns import (
    COMES,
    Block,
    blocks,
    check_signs,
    chosen,
    is_kind,
    set_kinds,
    shifted,
)
from jobs.statements.reading.csv_records import bound, header_of
from schemas.currencies import MINOR_UNITS
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind

#: What a spreadsheet makes of a long number; its last digits are lost.
_DAMAGED = r"^\d(\.\d+)?[eE]\+\d{1,3}$"
_BATCHES_MAX = 10_000


def identify(sample: Sample) -> bool:
    """Whether one of the first records is the report's header."""
    try:
        header_of(sample.name, sample.head, _is_header)
    except FileRefused:
        return False
    return True


def _is_header(cells: Sequence[str]) -> bool:
    return {"Creation Date", "TimeZone", "Gross Debit (GC)"} <= set(cells)


def plan(sample: Sample, profile: Profile) -> Plan:
    """Finds and binds the header, in any order, below a preamble or not.

    Raises:
        FileRefused: there is none, or a column that is needed is not in it, as in a report that is
            aggregated.
    """
    header = header_of(sample.name, sample.head, _is_header)
    places = bound(header, NAMES, NEEDED, sample.name)
    first = header.line_no + 1 + header.raw.count("\n")
    return Plan("adyen_settlement", None, places, 0, first, sample.size, name=sample.name)


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[Parsed]:
    """The report to canonical lines, amounts in minor units; then the batches that were paid out.

    Raises:
        FileRefused: see `csv_records.records`, or more batches than a report can have.
    """
    nets: Counter[tuple[str, str]] = Counter()
    paid: set[str] = set()
    for block, rejected in blocks(source, plan.name, plan.places, plan.first_line):
        lines = _lines(block, profile)
        _add_batches(lines, nets, paid)
        if len(nets) > _BATCHES_MAX:
            raise FileRefused(
                "TOO_MANY_BATCHES", plan.name, f"more than {_BATCHES_MAX} batch numbers",
                "have the file looked at",
            )  # fmt: skip
        yield Parsed(lines, raw=block.raw, rejected=rejected)
    checks = tuple(
        Check(f"net of batch {batch}", code, 0, total)
        for (batch, code), total in sorted(nets.items())
        if batch in paid
    )
    if checks:
        empty = _lines(Block([], plan.places), profile)
        yield Parsed(empty, checks=checks)


def _add_batches(lines: Lines, nets: Counter[tuple[str, str]], paid: set[str]) -> None:
    columns = lines.columns
    rows = zip(
        columns["batch_ref"].to_pylist(),
        columns["settlement_currency"].to_pylist(),
        columns["settlement_amount"].to_pylist(),
        columns["kind"].to_pylist(),
        strict=True,
    )
    for row, (batch, code, net, kind) in enumerate(rows):
        if batch is None or row in lines.faults:
            continue
        nets[batch, code] += net
        if kind == Kind.PAYOUT.value:
            paid.add(batch)


def _lines(block: Block, profile: Profile) -> Lines:
    texts = block.texts
    lines = Lines({"line_no": block.line_no})
    columns = lines.columns
    set_kinds(lines, texts("type"), KINDS, profile.adyen.kinds)
    gross = _either(lines, block, "gross")
    net = _either(lines, block, "net")
    lines.blame_where(pc.is_null(net), "NO_VALUE: net debit and net credit are empty")
    # Payouts and costs have no gross: what they move is the net.
    bare = pc.is_null(gross)
    needs = pc.and_(bare, is_kind(lines, Kind.PAYMENT, Kind.REFUND, Kind.CHARGEBACK))
    lines.blame_where(needs, "NO_VALUE: gross debit and gross credit are empty")
    codes = texts("net_currency")
    columns["currency"] = chosen(bare, codes, texts("gross_currency"))
    columns["amount"] = chosen(bare, net, gross)
    columns["settlement_amount"], columns["settlement_currency"] = net, codes
    one = pc.equal(columns["currency"], codes)
    # A fee in another currency than the gross cannot be told apart from the exchange.
    columns["fee"] = chosen(pc.fill_null(one, False), pc.subtract(columns["amount"], net))
    _check_fees(lines, block, pc.and_(one, pc.invert(bare)))
    check_signs(lines)
    _set_times(lines, block, profile)
    _set_references(lines, block)
    columns["merchant_id"], columns["product"] = texts("merchant"), texts("product")
    columns["card_type"] = texts("card_type")
    needed(lines, ("kind", "amount", "currency", "settlement_currency", "channel_ref"))
    needed(lines, ("traded_at",))
    with_references(columns, profile)
    return lines


def _either(lines: Lines, block: Block, name: str) -> pa.Array:
    """The credit, or the debit below zero, in minor units; null where both are empty."""
    codes = block.texts(f"{name}_currency")
    sides = Lines({"currency": codes})
    for side in ("debit", "credit"):
        money(sides, side, block.texts(f"{name}_{side}"), "major")
    lines.blame(sides.faults)
    debit, credit = sides.columns["debit"], sides.columns["credit"]
    zero = pa.scalar(0, pa.int64())
    out, into = pc.fill_null(debit, zero), pc.fill_null(credit, zero)
    lines.blame_where(
        pc.and_(pc.not_equal(out, 0), pc.not_equal(into, 0)),
        f"BAD_SIGN: it has a {name} debit and a {name} credit",
    )
    below = pc.or_(pc.less(out, 0), pc.less(into, 0))
    lines.blame_where(below, f"BAD_SIGN: {name} debit or credit has a sign")
    neither = pc.and_(pc.is_null(debit), pc.is_null(credit))
    return pc.if_else(neither, pa.scalar(None, pa.int64()), pc.subtract(into, out))


def _check_fees(lines: Lines, block: Block, where: pa.Array) -> None:
    """Gross - net is what was charged: commission, markup, scheme fees and interchange.

    The newer columns Payment Fees and DCC Markup are part of it in some reports and not in others,
    so that both readings are let pass. Fees may have more decimals than the currency: then the sum
    may be off by less than a minor unit.
    """
    if not any(name in block.places for name in FEES):
        return
    names = [name for name in (*FEES, "payment_fees", "dcc") if name in block.places]
    found = {name: block.texts(name).to_pylist() for name in names}
    columns = lines.columns
    codes, fees = columns["currency"].to_pylist(), columns["fee"].to_pylist()
    for row in pc.indices_nonzero(pc.fill_null(where, False)).to_pylist():
        if row in lines.faults:
            continue
        try:
            parts = {name: _number(found[name][row]) for name in names}
        except ValueError as fault:
            lines.blame({row: f"BAD_AMOUNT: {fault}"})
            continue
        unit = Decimal(1).scaleb(-MINOR_UNITS[codes[row]])
        due = fees[row] * unit - sum((parts.get(name, Decimal(0)) for name in FEES), Decimal(0))
        extra, dcc = parts.get("payment_fees", Decimal(0)), parts.get("dcc", Decimal(0))
        ways = [each + more for each in (Decimal(0), extra) for more in (Decimal(0), dcc, -dcc)]
        fine = any(part % unit for part in parts.values())
        if not any(abs(due - way) < unit if fine else due == way for way in ways):
            lines.blame({row: "FEES_DIFFER: gross - net is not the sum of the fees"})


def _number(text: str | None) -> Decimal:
    # A plain number of few digits: an exponent would make arithmetic of any length.
    plain = (text or "0").removeprefix("-")
    if len(plain) > 24 or not plain.replace(".", "", 1).isdecimal() or not plain.isascii():
        raise ValueError(f"{plain[:24]!r} is no amount")
    return Decimal(text or "0")


def _set_times(lines: Lines, block: Block, profile: Profile) -> None:
    created = pc.replace_substring_regex(block.texts("created"), r"\.\d{1,6}$", "")
    local, faults = times(created, "%Y-%m-%d %H:%M:%S", "UTC")
    lines.blame(faults)
    zones = block.texts("zone")
    own = profile.adyen.zones
    moved = shifted(local, zones, lambda word: minutes_east(word, own))
    lost = pc.and_(pc.is_null(moved), pc.and_(pc.is_valid(local), pc.is_valid(zones)))
    lines.blame({row: f"UNKNOWN_ZONE: {zones[row].as_py()!r}" for row in _rows(lost)})
    lines.columns["traded_at"] = moved
    booked = block.texts("booked")
    if len(booked):
        day, faults = dates(pc.replace_substring_regex(booked, " .*$", ""), "%Y-%m-%d")
        lines.blame(faults)
    else:
        day = nulls(0, pa.date32())
    lines.columns["settlement_date"] = day


def _rows(mask: pa.Array) -> list[int]:
    found: list[int] = pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
    return found


def _set_references(lines: Lines, block: Block) -> None:
    """A payment's own numbers, or of what came after it the modification's."""
    columns, texts = lines.columns, block.texts
    for name in ("psp", "merchant_ref", "modification", "modification_ref"):
        damaged = pc.match_substring_regex(texts(name), _DAMAGED)
        what = NAMES[name][0]
        lines.blame_where(damaged, f"DAMAGED_REFERENCE: {what} went through a spreadsheet")
    paid = pc.fill_null(pc.is_in(columns["kind"], pa.array(COMES)), False)
    columns["our_ref"] = chosen(paid, texts("merchant_ref"), texts("modification_ref"))
    later = pc.coalesce(texts("modification"), texts("psp"))
    columns["channel_ref"] = chosen(paid, texts("psp"), later)
    columns["order_ref"] = texts("merchant_ref")
    columns["original_ref"] = chosen(pc.invert(paid), texts("psp"))
    columns["batch_ref"] = texts("batch")


DIALECT = Dialect("adyen_settlement", identify, plan, read=read)
