"""The body of PayPal's settlement report to canonical lines, amounts in minor units.

Source: docs/reference/dialects/psp.md.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines, needed, nulls, times, with_references
from jobs.statements.canonical.money import AMOUNT_MAX, mapped
from jobs.statements.psp.columns import LEAVES, Block, check_signs, chosen, is_kind, shifted
from jobs.statements.psp.paypal.codes import kind_of
from schemas.currencies import MINOR_UNITS
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind, Status

_DIGITS = re.compile(r"\d{1,17}", re.ASCII)
_OFFSET = re.compile(r"([+-])(0\d|1[0-4])([0-5]\d)", re.ASCII)
_DATED = r"^\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4}$"


def in_minor_units(text: str, code: str | None) -> int:
    """An amount that is printed in hundredths of every currency, in its minor units.

    Raises:
        ValueError: no digits, a currency that is none, or a part of a minor unit.
    """
    if code not in MINOR_UNITS:
        raise ValueError(f"{code!r} is no currency of ISO 4217")
    if not _DIGITS.fullmatch(text):
        raise ValueError(f"{text[:28]!r} is no amount in hundredths")
    value, rest = divmod(int(text) * 10 ** MINOR_UNITS[code], 100)
    if rest:
        raise ValueError(f"{text} hundredths are no whole {code}")
    if value > AMOUNT_MAX:
        raise ValueError(f"{text} is beyond 10^15 minor units")
    return int(value)


def lines_of(block: Block, account: str, profile: Profile) -> Lines:
    """The records of one section, below one column header, to canonical lines."""
    texts = block.texts
    lines = Lines({"line_no": block.line_no})
    columns = lines.columns
    own = profile.paypal.kinds
    columns["kind"], faults = mapped(texts("code"), lambda it: kind_of(it, own), "UNKNOWN_KIND")
    lines.blame(faults)
    columns["status"] = pa.repeat(Status.SUCCEEDED.value, len(block.records))
    columns["currency"] = texts("currency")
    _set_money(lines, block)
    check_signs(lines, (*LEAVES, Kind.PAYOUT.value))
    _set_times(lines, block)
    paid = is_kind(lines, Kind.PAYMENT, Kind.TOP_UP)
    columns["our_ref"] = chosen(paid, texts("our_ref"))
    columns["channel_ref"], columns["order_ref"] = texts("channel_ref"), texts("invoice")
    other = pc.fill_null(pc.equal(texts("reference_type"), "TXN"), False)
    columns["original_ref"] = chosen(pc.and_not(other, paid), texts("reference"))
    columns["product"] = texts("code")
    columns["merchant_id"] = (
        pa.repeat(account, len(block.records)) if account else nulls(len(block.records))
    )
    needed(lines, ("kind", "amount", "currency", "channel_ref", "traded_at"))
    with_references(columns, profile)
    return lines


def _set_money(lines: Lines, block: Block) -> None:
    """CR comes to us and DR leaves; a fee with DR is charged to us, with CR given back."""
    codes = lines.columns["currency"].to_pylist()
    amounts = _signed(lines, block, "gross", "way", codes, ("DR", "CR"))
    fee_codes = block.texts("fee_currency").to_pylist()
    fees = _signed(lines, block, "fee", "fee_way", fee_codes, ("CR", "DR"))
    for row, (fee, code, own) in enumerate(zip(fees, fee_codes, codes, strict=True)):
        if fee and code != own:
            lines.blame({row: f"FEE_CURRENCY: a fee in {code} of an amount in {own}"})
    lines.columns["amount"] = pa.array(amounts, pa.int64())
    lines.columns["fee"] = pa.array(fees, pa.int64())


def _signed(
    lines: Lines,
    block: Block,
    name: str,
    way: str,
    codes: list[str | None],
    ways: tuple[str, str],
) -> list[int | None]:
    """Amounts with the sign of their letters: below zero for the first of `ways`."""
    out: list[int | None] = []
    rows = zip(block.texts(name).to_pylist(), block.texts(way).to_pylist(), codes, strict=True)
    for row, (text, letters, code) in enumerate(rows):
        value = None
        try:
            if text is not None and (code is not None or text.strip("0")):
                value = in_minor_units(text, code)
                if value and letters not in ways:
                    lines.blame({row: f"BAD_SIGN: {name} has {letters!r}, neither DR nor CR"})
                value = -value if letters == ways[0] else value
        except ValueError as fault:
            lines.blame({row: f"BAD_AMOUNT: {fault}"})
        out.append(value)
    return out


def _set_times(lines: Lines, block: Block) -> None:
    begun, done = block.texts("begun"), block.texts("done")
    for texts in (begun, done):
        odd = pc.invert(pc.fill_null(pc.match_substring_regex(texts, _DATED), True))
        lines.blame_where(odd, "BAD_TIME: it is not as 2026/01/06 00:00:30 -0800")
    local, faults = times(pc.utf8_slice_codeunits(begun, 0, 19), "%Y/%m/%d %H:%M:%S", "UTC")
    lines.blame(faults)
    moved = shifted(local, pc.utf8_slice_codeunits(begun, 20, 25), _minutes_east)
    lines.columns["traded_at"] = moved
    day = pc.replace_substring(pc.utf8_slice_codeunits(done, 0, 10), "/", "-")
    there, faults = times(
        pc.binary_join_element_wise(day, pa.scalar("00:00:00"), " "), "%Y-%m-%d %H:%M:%S", "UTC"
    )
    lines.blame(faults)
    lines.columns["settlement_date"] = there.cast(pa.timestamp("us")).cast(pa.date32())


def _minutes_east(word: str) -> int | None:
    hit = _OFFSET.fullmatch(word)
    if hit is None:
        return None
    size = int(hit[2]) * 60 + int(hit[3])
    return -size if hit[1] == "-" else size
