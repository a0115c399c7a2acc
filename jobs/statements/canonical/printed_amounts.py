"""Amounts that are no plain numbers: thousands, currencies and signs beside or around them."""

import re
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from schemas.currencies import MINOR_UNITS
from schemas.profile.layout.parts import Amounts

_SPACE = "[ \u00a0\t]*"


@dataclass(frozen=True)
class Plain:
    """Amounts as plain signed numbers, the currencies that stood in them, and faults by row."""

    texts: pa.Array
    currency: pa.Array
    faults: dict[int, str]


def plain_amounts(texts: pa.Array, how: Amounts, words: tuple[tuple[str, str], ...]) -> Plain:
    """Printed amounts by their profile's `amounts`; `words` are names and signs of currencies.

    An amount with two signs, or with none where both words of a sign are given, is a fault: which
    way the money went is not guessed.
    """
    found = pc.extract_regex(texts, _pattern(how, words))
    part = {field.name: pc.struct_field(found, field.name) for field in found.type}
    marks = (part["before"], part["behind"])
    minus = [
        pc.equal(part["lead"], "-"),
        pc.equal(part["inner"], "-"),
        pc.equal(part["trail"], "-"),
        pc.not_equal(part["open"], ""),
        *(pc.is_in(mark, pa.array(how.negative, pa.string())) for mark in marks),
    ]
    plus = [pc.is_in(mark, pa.array(how.positive, pa.string())) for mark in marks]
    negatives = _count(minus)
    odd = pc.or_(
        pc.not_equal(pc.equal(part["open"], ""), pc.equal(part["close"], "")),
        pc.greater(pc.add(negatives, _count(plus)), 1),
    )
    if how.positive and how.negative:
        odd = pc.or_(odd, pc.equal(_count(minus[4:] + plus), 0))
    number = part["digits"]
    if how.thousands:
        number = pc.replace_substring(number, how.thousands, "")
    if how.decimal == ",":
        number = pc.replace_substring(number, ",", ".")
    signed = pc.if_else(
        pc.greater(negatives, 0), pc.binary_join_element_wise("-", number, ""), number
    )
    good = pc.fill_null(pc.invert(odd), False)
    lost = pc.and_(pc.is_valid(texts), pc.invert(good))
    rows = pc.indices_nonzero(lost).to_pylist()
    none = pa.scalar(None, pa.string())
    return Plain(
        pc.if_else(good, signed, none),
        pc.if_else(good, _currency(marks, words), none),
        {row: f"BAD_AMOUNT: {texts[row].as_py()[:40]!r} is not as layout.amounts" for row in rows},
    )


def _count(masks: list[pa.Array]) -> pa.Array:
    total = masks[0].cast(pa.int8())
    for mask in masks[1:]:
        total = pc.add(total, mask.cast(pa.int8()))
    return total


def _currency(marks: tuple[pa.Array, pa.Array], words: tuple[tuple[str, str], ...]) -> pa.Array:
    """ISO codes of the currency words among the marks; the one in front goes first."""
    known = dict(words) | {code: code for code in MINOR_UNITS}
    out = []
    for mark in marks:
        encoded = mark.dictionary_encode()
        codes = [known.get(word) for word in encoded.dictionary.to_pylist()]
        out.append(pa.array(codes, pa.string()).take(encoded.indices))
    return pc.coalesce(*out)


@cache
def _pattern(how: Amounts, words: tuple[tuple[str, str], ...]) -> str:
    marks = [*how.positive, *how.negative]
    if how.currency:
        marks += [word for word, _ in words] + list(MINOR_UNITS)
    mark = "|".join(map(_plain, sorted(marks, key=len, reverse=True)))
    point = re.escape(how.decimal)
    whole = r"\d+"
    if how.thousands:
        whole = rf"\d{{1,3}}(?:{_plain(how.thousands)}\d{{3}})+|\d+"
    digits = rf"(?:{whole})(?:{point}\d*)?|{point}\d+"
    noise = "|".join(".*".join(map(_plain, each.split("*"))) for each in how.ignored)
    parts = (
        ("open", "[(（]?" if how.brackets else ""),
        ("lead", "[+-]?"),
        ("before", f"(?:{mark})?"),
        ("inner", "[+-]?"),
        ("digits", digits),
        ("trail", "[+-]?" if how.trailing_minus else ""),
        ("behind", f"(?:{mark})?"),
        ("noise", f"(?:{noise})?"),
        ("close", "[)）]?" if how.brackets else ""),
    )
    return "^" + _SPACE.join(f"(?P<{name}>{each})" for name, each in parts) + "$"


def _plain(text: str) -> str:
    """A text as an expression of its own letters, in words that Arrow's engine knows too."""
    return re.escape(text).replace("\\ ", "[ ]").replace("\\\t", "[\t]")
