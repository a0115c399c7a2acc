"""The body of PayPal's settlement report to canonical lines, amounts in minor units.

Source: docs/reference/dialects/psp.md.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.extra_columns import set_extra
from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    null_column,
    parse_local_times,
    require,
)
from jobs.statements.canonical.money import AMOUNT_MAX, map_codes
from jobs.statements.psp.columns import (
    OUTGOING_KINDS,
    Block,
    check_signs,
    has_kind,
    select_where,
    to_utc,
)
from jobs.statements.psp.paypal.codes import event_kind
from schemas.currencies import MINOR_UNITS
from schemas.private_text import mask_long_numbers
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind, Status

_DIGITS = re.compile(r"\d{1,17}", re.ASCII)
_OFFSET = re.compile(r"([+-])(0\d|1[0-4])([0-5]\d)", re.ASCII)
_DATED = r"^\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4}$"


def hundredths_to_minor_units(text: str, code: str | None) -> int:
    """An amount in minor units; PayPal prints hundredths of every currency.

    Raises:
        ValueError: the text is not digits, the currency is not in ISO 4217, or the amount is no
            whole number of minor units.
    """
    if code not in MINOR_UNITS:
        raise ValueError(f"{code!r} is no currency of ISO 4217")
    if not _DIGITS.fullmatch(text):
        raise ValueError(f"{text[:28]!r} is no amount in hundredths")
    value, rest = divmod(int(text) * 10 ** MINOR_UNITS[code], 100)
    if rest:
        raise ValueError(f"{text} hundredths are no whole {code}")
    if value > AMOUNT_MAX:
        raise ValueError(f"{mask_long_numbers(text)} is beyond 10^15 minor units")
    return int(value)


def parse_block(block: Block, account: str, profile: Profile) -> Lines:
    """The records of one section, below one column header, to canonical lines."""
    texts = block.texts
    lines = Lines({"line_no": block.line_no})
    columns = lines.columns
    own = profile.paypal.kinds
    columns["kind"], faults = map_codes(
        texts("code"), lambda it: event_kind(it, own), "UNKNOWN_KIND", "paypal.kinds"
    )
    lines.reject(faults)
    columns["status"] = pa.repeat(Status.SUCCEEDED.value, len(block.records))
    columns["currency"] = texts("currency")
    _set_money(lines, block)
    check_signs(lines, (*OUTGOING_KINDS, Kind.PAYOUT.value))
    _set_times(lines, block)
    paid = has_kind(lines, Kind.PAYMENT, Kind.TOP_UP)
    columns["our_ref"] = select_where(paid, texts("our_ref"))
    columns["channel_ref"], columns["order_ref"] = texts("channel_ref"), texts("invoice")
    other = pc.fill_null(pc.equal(texts("reference_type"), "TXN"), False)
    columns["original_ref"] = select_where(pc.and_not(other, paid), texts("reference"))
    columns["product"] = texts("code")
    columns["merchant_id"] = (
        pa.repeat(account, len(block.records)) if account else null_column(len(block.records))
    )
    set_extra(lines, block.extra_texts())
    require(lines, ("kind", "amount", "currency", "channel_ref", "traded_at"))
    add_normalized_references(columns, profile)
    return lines


def _set_money(lines: Lines, block: Block) -> None:
    """Sets amount and fee: CR credits us, DR debits us; a fee is charged by DR, returned by CR."""
    codes = lines.columns["currency"].to_pylist()
    amounts = _signed_amounts(lines, block, "gross", "way", codes, ("DR", "CR"))
    fee_codes = block.texts("fee_currency").to_pylist()
    fees = _signed_amounts(lines, block, "fee", "fee_way", fee_codes, ("CR", "DR"))
    for row, (fee, code, own) in enumerate(zip(fees, fee_codes, codes, strict=True)):
        if fee and code != own:
            lines.reject({row: f"FEE_CURRENCY: a fee in {code} of an amount in {own}"})
    lines.columns["amount"] = pa.array(amounts, pa.int64())
    lines.columns["fee"] = pa.array(fees, pa.int64())


def _signed_amounts(
    lines: Lines,
    block: Block,
    name: str,
    way: str,
    codes: list[str | None],
    ways: tuple[str, str],
) -> list[int | None]:
    """Amounts in minor units; negative where the letters are the first of `ways`."""
    amounts: list[int | None] = []
    rows = zip(block.texts(name).to_pylist(), block.texts(way).to_pylist(), codes, strict=True)
    for row, (text, letters, code) in enumerate(rows):
        value = None
        try:
            if text is not None and (code is not None or text.strip("0")):
                value = hundredths_to_minor_units(text, code)
                if value and letters not in ways:
                    lines.reject({row: f"BAD_SIGN: {name} has {letters!r}, neither DR nor CR"})
                value = -value if letters == ways[0] else value
        except ValueError as fault:
            lines.reject({row: f"BAD_AMOUNT: {fault}"})
        amounts.append(value)
    return amounts


def _set_times(lines: Lines, block: Block) -> None:
    begun, done = block.texts("begun"), block.texts("done")
    for texts in (begun, done):
        is_malformed = pc.invert(pc.fill_null(pc.match_substring_regex(texts, _DATED), True))
        lines.reject_where(is_malformed, "BAD_TIME: it is not as 2026/01/06 00:00:30 -0800")
    local, faults = parse_local_times(
        pc.utf8_slice_codeunits(begun, 0, 19), "%Y/%m/%d %H:%M:%S", "UTC"
    )
    lines.reject(faults)
    moved = to_utc(local, pc.utf8_slice_codeunits(begun, 20, 25), _offset_minutes)
    lines.columns["traded_at"] = moved
    day = pc.replace_substring(pc.utf8_slice_codeunits(done, 0, 10), "/", "-")
    settled_at, faults = parse_local_times(
        pc.binary_join_element_wise(day, pa.scalar("00:00:00"), " "), "%Y-%m-%d %H:%M:%S", "UTC"
    )
    lines.reject(faults)
    lines.columns["settlement_date"] = settled_at.cast(pa.timestamp("us")).cast(pa.date32())


def _offset_minutes(zone: str) -> int | None:
    hit = _OFFSET.fullmatch(zone)
    if hit is None:
        return None
    size = int(hit[2]) * 60 + int(hit[3])
    return -size if hit[1] == "-" else size
