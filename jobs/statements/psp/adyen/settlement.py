"""Adyen's settlement details report, downloaded or interactive, as CSV.

Gross and net stand in unsigned debit and credit columns, each with its currency. Source:
docs/reference/dialects/psp.md.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.extra_columns import keep_decimals, set_extra
from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    null_column,
    parse_full_dates,
    parse_local_times,
    require,
    set_amount_column,
)
from jobs.statements.parser import ControlTotal, Dialect, ParsedBlock, Plan, Sample
from jobs.statements.psp.adyen.columns import (
    FEE_PARTS,
    KINDS,
    NAMES,
    NEEDED,
    utc_offset_minutes,
)
from jobs.statements.psp.adyen.fees import check_fees
from jobs.statements.psp.columns import (
    INCOMING_KINDS,
    Block,
    check_signs,
    has_kind,
    name_extra,
    read_blocks,
    select_where,
    set_kinds,
    to_utc,
)
from jobs.statements.reading.csv_records import find_header, locate_columns
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.profile.layout.parts import EXTRA_PREFIX
from schemas.vocabulary import Kind

#: A long number as a spreadsheet rewrites it, without its last digits.
_DAMAGED = r"^\d(\.\d+)?[eE]\+\d{1,3}$"
_BATCHES_MAX = 10_000


def identify(sample: Sample) -> bool:
    """Whether one of the first records is the report's header."""
    try:
        find_header(sample.file_name, sample.head, _is_header)
    except FileRefused:
        return False
    return True


def _is_header(cells: Sequence[str]) -> bool:
    return {"Creation Date", "TimeZone", "Gross Debit (GC)"} <= set(cells)


def plan(sample: Sample, profile: Profile) -> Plan:
    """Finds the header, with or without a preamble, and binds its columns in any order.

    Raises:
        FileRefused: there is no header, or it lacks a needed column, as in an aggregated report.
    """
    header = find_header(sample.file_name, sample.head, _is_header)
    own = profile.adyen.extra
    needed = (*NEEDED, *(f"{EXTRA_PREFIX}{name}" for name in own))
    places = locate_columns(header, {**NAMES, **name_extra({}, own)}, needed, sample.file_name)
    first = header.line_no + 1 + header.raw.count("\n")
    return Plan(
        "adyen_settlement", None, places, 0, first, sample.byte_size, file_name=sample.file_name
    )


def read(source: IO[bytes], plan: Plan, profile: Profile) -> Iterator[ParsedBlock]:
    """The report to canonical lines, amounts in minor units, then the checks of paid-out batches.

    Raises:
        FileRefused: see `csv_records.records`, or more batches than a report can have.
    """
    nets: Counter[tuple[str, str]] = Counter()
    paid: set[str] = set()
    for block, rejected in read_blocks(
        source, plan.file_name, plan.column_indexes, plan.first_line
    ):
        lines = _parse_block(block, profile)
        _add_batches(lines, nets, paid)
        if len(nets) > _BATCHES_MAX:
            raise FileRefused(
                "TOO_MANY_BATCHES", plan.file_name, f"more than {_BATCHES_MAX} batch numbers",
                "check the file",
            )  # fmt: skip
        yield ParsedBlock(lines, raw=block.raw, rejected=rejected)
    checks = tuple(
        ControlTotal(f"net of batch {batch}", code, 0, total)
        for (batch, code), total in sorted(nets.items())
        if batch in paid
    )
    if checks:
        empty = _parse_block(Block([], plan.column_indexes), profile)
        yield ParsedBlock(empty, control_totals=checks)


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
        if kind == Kind.SETTLEMENT.value:
            paid.add(batch)


def _parse_block(block: Block, profile: Profile) -> Lines:
    texts = block.texts
    lines = Lines({"line_no": block.line_no})
    columns = lines.columns
    set_kinds(lines, texts("type"), KINDS, profile.adyen.kinds, "adyen.kinds")
    gross = _signed_amount(lines, block, "gross")
    net = _signed_amount(lines, block, "net")
    lines.reject_where(pc.is_null(net), "NO_VALUE: net debit and net credit are empty")
    # Payouts and costs have no gross: they move the net.
    has_no_gross = pc.is_null(gross)
    needs = pc.and_(has_no_gross, has_kind(lines, Kind.PAYMENT, Kind.REFUND, Kind.CHARGEBACK))
    lines.reject_where(needs, "NO_VALUE: gross debit and gross credit are empty")
    codes = texts("net_currency")
    columns["currency"] = select_where(has_no_gross, codes, texts("gross_currency"))
    columns["amount"] = select_where(has_no_gross, net, gross)
    columns["settlement_amount"], columns["settlement_currency"] = net, codes
    same_currency = pc.equal(columns["currency"], codes)
    # With two currencies the report does not separate the fee from the exchange.
    columns["fee"] = select_where(
        pc.fill_null(same_currency, False), pc.subtract(columns["amount"], net)
    )
    check_fees(lines, block, pc.and_(same_currency, pc.invert(has_no_gross)))
    check_signs(lines)
    _set_times(lines, block, profile)
    _set_references(lines, block)
    columns["merchant_id"], columns["product"] = texts("merchant"), texts("product")
    columns["card_type"] = texts("card_type")
    parts = {part: texts(name) for name, part in FEE_PARTS.items() if name in block.places}
    set_extra(lines, {**keep_decimals(lines, parts), **block.extra_texts()})
    require(lines, ("kind", "amount", "currency", "settlement_currency", "channel_ref"))
    require(lines, ("traded_at",))
    add_normalized_references(columns, profile)
    return lines


def _signed_amount(lines: Lines, block: Block, name: str) -> pa.Array:
    """The credit, or the debit below zero, in minor units; null where both are empty."""
    codes = block.texts(f"{name}_currency")
    sides = Lines({"currency": codes})
    for side in ("debit", "credit"):
        set_amount_column(sides, side, block.texts(f"{name}_{side}"), "major")
    lines.reject(sides.faults)
    debit, credit = sides.columns["debit"], sides.columns["credit"]
    zero = pa.scalar(0, pa.int64())
    out, into = pc.fill_null(debit, zero), pc.fill_null(credit, zero)
    lines.reject_where(
        pc.and_(pc.not_equal(out, 0), pc.not_equal(into, 0)),
        f"BAD_SIGN: it has a {name} debit and a {name} credit",
    )
    below = pc.or_(pc.less(out, 0), pc.less(into, 0))
    lines.reject_where(below, f"BAD_SIGN: {name} debit or credit has a sign")
    neither = pc.and_(pc.is_null(debit), pc.is_null(credit))
    return pc.if_else(neither, pa.scalar(None, pa.int64()), pc.subtract(into, out))


def _set_times(lines: Lines, block: Block, profile: Profile) -> None:
    created = pc.replace_substring_regex(block.texts("created"), r"\.\d{1,6}$", "")
    local, faults = parse_local_times(created, "%Y-%m-%d %H:%M:%S", "UTC")
    lines.reject(faults)
    zones = block.texts("zone")
    own = profile.adyen.zones
    moved = to_utc(local, zones, lambda zone: utc_offset_minutes(zone, own))
    lost = pc.and_(pc.is_null(moved), pc.and_(pc.is_valid(local), pc.is_valid(zones)))
    lines.reject({row: f"UNKNOWN_ZONE: {zones[row].as_py()!r}" for row in _true_rows(lost)})
    lines.columns["traded_at"] = moved
    booked = block.texts("booked")
    if len(booked):
        day, faults = parse_full_dates(pc.replace_substring_regex(booked, " .*$", ""), "%Y-%m-%d")
        lines.reject(faults)
    else:
        day = null_column(0, pa.date32())
    lines.columns["settlement_date"] = day


def _true_rows(mask: pa.Array) -> list[int]:
    rows: list[int] = pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
    return rows


def _set_references(lines: Lines, block: Block) -> None:
    """Sets references: a payment's own, or those of the modification that followed it."""
    columns, texts = lines.columns, block.texts
    for name in ("psp", "merchant_ref", "modification", "modification_ref"):
        damaged = pc.match_substring_regex(texts(name), _DAMAGED)
        what = NAMES[name][0]
        lines.reject_where(damaged, f"DAMAGED_REFERENCE: {what} went through a spreadsheet")
    paid = pc.fill_null(pc.is_in(columns["kind"], pa.array(INCOMING_KINDS)), False)
    columns["our_ref"] = select_where(paid, texts("merchant_ref"), texts("modification_ref"))
    later = pc.coalesce(texts("modification"), texts("psp"))
    columns["channel_ref"] = select_where(paid, texts("psp"), later)
    columns["order_ref"] = texts("merchant_ref")
    columns["original_ref"] = select_where(pc.invert(paid), texts("psp"))
    columns["batch_ref"] = texts("batch")


DIALECT = Dialect("adyen_settlement", identify, plan, read=read)
