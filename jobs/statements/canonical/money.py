"""Amount texts to exact minor units. Source: docs/reference/rules.md, "Money"."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from schemas.currencies import MINOR_UNITS
from schemas.private_text import mask_long_numbers
from schemas.vocabulary import Kind, Status

#: Largest amount in minor units.
AMOUNT_MAX = 10**15
#: Largest sum of |amount| of a file in one currency, minor units: nine such files of a day add up
#: to less than BIGINT holds.
SUM_MAX = 10**18
#: Digits of an amount that decimal arithmetic keeps exactly.
DIGITS_MAX = 28
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_WIDE = pa.decimal128(30, 9)
_SAMPLE = 256


def to_minor_units(text: str, exponent: int) -> int:
    """Converts a printed amount to minor units.

    Raises:
        ValueError: the text is no plain decimal number, has more decimals than the currency
            (unless they are zeros), or is beyond 10^15 minor units.
    """
    shown = text[:DIGITS_MAX]
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{shown!r} is no amount")
    if len(text.lstrip("+-0")) > DIGITS_MAX:
        raise ValueError(f"{mask_long_numbers(shown)}... has too many digits")
    scaled = Decimal(text).scaleb(exponent)
    value = int(scaled)
    if scaled != value:
        raise ValueError(f"{mask_long_numbers(shown)} has more than {exponent} decimals")
    if abs(value) > AMOUNT_MAX:
        raise ValueError(f"{mask_long_numbers(shown)} is beyond 10^15 minor units")
    return value


def parse_amounts(
    texts: pa.Array, currencies: pa.Array, unit: str
) -> tuple[pa.Array, dict[int, str]]:
    """Converts printed amounts to BIGINT minor units; also returns faults by row.

    `unit` is `major` or `minor`. A null amount stays null; a faulty one becomes null and has a
    fault.
    """
    codes = pc.unique(currencies).to_pylist()
    if len(codes) == 1 and codes[0] in MINOR_UNITS:
        values = _parse_vectorized(texts, MINOR_UNITS[codes[0]] if unit == "major" else 0)
        if values is not None:
            return values, {}
    return _parse_by_row(texts, currencies, unit)


def _parse_vectorized(texts: pa.Array, exponent: int) -> pa.Array | None:
    if len(pc.unique(texts.slice(0, _SAMPLE))) <= _SAMPLE // 16 < len(texts):
        # A few values repeat, such as 0.00: parse each once.
        encoded = texts.dictionary_encode()
        values = _cast_to_minor_units(encoded.dictionary, exponent)
        return None if values is None else values.take(encoded.indices)
    return _cast_to_minor_units(texts, exponent)


def _cast_to_minor_units(texts: pa.Array, exponent: int) -> pa.Array | None:
    """Converts the texts at once; None where one is no amount, or too long for this way.

    The cast to a decimal computes modulo 2^128: of longer texts, whatever they are, it may make
    another amount without a fault. With `DIGITS_MAX` characters no step can leave 128 bits.
    """
    longest = pc.max(pc.binary_length(texts)).as_py()
    if longest is not None and longest > DIGITS_MAX:
        return None
    try:
        decimals = texts.cast(_WIDE)
        has_other_characters = pc.match_substring_regex(texts, "[^0-9.+-]")
        if pc.any(has_other_characters).as_py():
            return None
        scaled = pc.multiply(decimals, pa.scalar(Decimal(10**exponent), pa.decimal128(5, 0)))
        value = scaled.cast(pa.decimal128(38, 0)).cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    largest = pc.max(pc.abs(value)).as_py()
    return value if largest is None or largest <= AMOUNT_MAX else None


def _parse_by_row(
    texts: pa.Array, currencies: pa.Array, unit: str
) -> tuple[pa.Array, dict[int, str]]:
    values: list[int | None] = []
    faults: dict[int, str] = {}
    for row, (text, code) in enumerate(zip(texts.to_pylist(), currencies.to_pylist(), strict=True)):
        value = None
        try:
            if text is not None:
                if code not in MINOR_UNITS:
                    raise ValueError(f"{code!r} is no currency of ISO 4217")
                value = to_minor_units(text, MINOR_UNITS[code] if unit == "major" else 0)
        except ValueError as fault:
            faults[row] = f"BAD_AMOUNT: {fault}"
        values.append(value)
    return pa.array(values, pa.int64()), faults


def sum_by_currency(currencies: pa.ChunkedArray, amounts: pa.ChunkedArray) -> dict[str, int]:
    """Exact sums of amounts (BIGINT minor units) by currency; a sum may be beyond BIGINT."""
    sums = {}
    for code in pc.unique(currencies).to_pylist():
        in_currency = amounts.filter(pc.equal(currencies, code))
        sums[code] = int(pc.sum(in_currency.cast(pa.decimal128(38, 0))).as_py() or 0)
    return sums


def map_codes(
    texts: pa.Array, lookup: Callable[[str], str | None], fault_code: str, key: str = ""
) -> tuple[pa.Array, dict[int, str]]:
    """Maps the channel's codes to canonical values; also returns faults by row.

    `lookup` returns None for an unknown code; its row then has the fault `fault_code`, which names
    the `key` of the profile that maps codes. Null stays null. Each distinct code is looked up once.
    """
    encoded = texts.dictionary_encode()
    canonical = [lookup(word) for word in encoded.dictionary.to_pylist()]
    column = pa.array(canonical, pa.string()).take(encoded.indices)
    faults: dict[int, str] = {}
    if None in canonical:
        advice = f"; say in {key} what it is" if key else ""
        is_unknown = pc.and_(pc.is_null(column), pc.is_valid(texts))
        for row in pc.indices_nonzero(is_unknown).to_pylist():
            faults[row] = f"{fault_code}: {texts[row].as_py()!r}{advice}"
    return column, faults


def build_lookup(
    channel_codes: Mapping[str, Kind] | Mapping[str, Status], canonical: type[Kind] | type[Status]
) -> Callable[[str], str | None]:
    """Builds the lookup from the channel's codes to ours: the exact code, else the longest prefix
    (`code*`). Without codes in the profile, the file must use ours.
    """
    codes = {str(code): str(value) for code, value in channel_codes.items()}
    prefixes = sorted((code[:-1] for code in codes if code.endswith("*")), key=len, reverse=True)
    codes = codes or {member.value: member.value for member in canonical}

    def look_up(text: str) -> str | None:
        start = next((prefix for prefix in prefixes if text.startswith(prefix)), None)
        return codes.get(text) or (None if start is None else codes[f"{start}*"])

    return look_up
