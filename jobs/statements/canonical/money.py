"""Text to minor units, exactly. Source: docs/reference/rules.md, "Money"."""

import re
from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from schemas.currencies import MINOR_UNITS

#: Bound of any amount in minor units, so that no sum of a day can overflow.
AMOUNT_MAX = 10**15
#: Characters of an amount that decimal arithmetic keeps every digit of.
DIGITS_MAX = 28
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_WIDE = pa.decimal128(30, 9)
_SAMPLE = 256


def minor_units(text: str, exponent: int) -> int:
    """An amount as printed, in minor units.

    Raises:
        ValueError: not a plain decimal number, more decimals than the currency has (unless they
            are zeros), or beyond 10^15 minor units.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:DIGITS_MAX]!r} is no amount")
    if len(text.lstrip("+-0")) > DIGITS_MAX:
        raise ValueError(f"{text[:DIGITS_MAX]}... has too many digits")
    scaled = Decimal(text).scaleb(exponent)
    value = int(scaled)
    if scaled != value:
        raise ValueError(f"{text} has more than {exponent} decimals")
    if abs(value) > AMOUNT_MAX:
        raise ValueError(f"{text} is beyond 10^15 minor units")
    return value


def amounts(texts: pa.Array, currencies: pa.Array, unit: str) -> tuple[pa.Array, dict[int, str]]:
    """Columns of printed amounts and their currencies to BIGINT minor units and faults by row.

    `unit` is `major` or `minor`. A null amount stays null; a faulty one is null, and named.
    """
    codes = pc.unique(currencies).to_pylist()
    if len(codes) == 1 and codes[0] in MINOR_UNITS:
        quick = _all_at_once(texts, MINOR_UNITS[codes[0]] if unit == "major" else 0)
        if quick is not None:
            return quick, {}
    return _one_by_one(texts, currencies, unit)


def _all_at_once(texts: pa.Array, exponent: int) -> pa.Array | None:
    if len(pc.unique(texts.slice(0, _SAMPLE))) <= _SAMPLE // 16 < len(texts):
        # Few values over and over, such as 0.00: each is read once.
        encoded = texts.dictionary_encode()
        values = _parsed(encoded.dictionary, exponent)
        return None if values is None else values.take(encoded.indices)
    return _parsed(texts, exponent)


def _parsed(texts: pa.Array, exponent: int) -> pa.Array | None:
    try:
        wide = texts.cast(_WIDE)
        odd = pc.match_substring_regex(texts, "[^0-9.+-]")
        if pc.any(odd).as_py():
            return None
        scaled = pc.multiply(wide, pa.scalar(Decimal(10**exponent), pa.decimal128(5, 0)))
        value = scaled.cast(pa.decimal128(38, 0)).cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    largest = pc.max(pc.abs(value)).as_py()
    return value if largest is None or largest <= AMOUNT_MAX else None


def _one_by_one(
    texts: pa.Array, currencies: pa.Array, unit: str
) -> tuple[pa.Array, dict[int, str]]:
    out: list[int | None] = []
    faults: dict[int, str] = {}
    for row, (text, code) in enumerate(zip(texts.to_pylist(), currencies.to_pylist(), strict=True)):
        value = None
        try:
            if text is not None:
                if code not in MINOR_UNITS:
                    raise ValueError(f"{code!r} is no currency of ISO 4217")
                value = minor_units(text, MINOR_UNITS[code] if unit == "major" else 0)
        except ValueError as fault:
            faults[row] = f"BAD_AMOUNT: {fault}"
        out.append(value)
    return pa.array(out, pa.int64()), faults


def mapped(
    texts: pa.Array, words: Callable[[str], str | None], code: str
) -> tuple[pa.Array, dict[int, str]]:
    """A column of words to their canonical ones, and faults by row (`code` names the fault).

    Few distinct words are looked up once each; null stays null.
    """
    encoded = texts.dictionary_encode()
    found = [words(word) for word in encoded.dictionary.to_pylist()]
    out = pa.array(found, pa.string()).take(encoded.indices)
    faults: dict[int, str] = {}
    if None in found:
        lost = pc.and_(pc.is_null(out), pc.is_valid(texts))
        for row in pc.indices_nonzero(lost).to_pylist():
            faults[row] = f"{code}: {texts[row].as_py()!r}"
    return out, faults
