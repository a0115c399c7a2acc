"""Amounts that are no plain numbers: with thousands separators, currencies, signs or brackets."""

import re
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from schemas.currencies import MINOR_UNITS
from schemas.profile.layout.parts import Amounts

_SPACE = "[ \u00a0\t]*"
#: What is printed for a thousands separator, and is another character.
_LIKE = {" ": "[\u00a0\u202f]", "'": "[\u2019]"}


@dataclass(frozen=True)
class PlainAmounts:
    """Amounts as plain signed numbers, the currencies printed with them, and faults by row."""

    texts: pa.Array
    currencies: pa.Array
    faults: dict[int, str]


def to_plain_amounts(
    texts: pa.Array, rules: Amounts, currency_words: tuple[tuple[str, str], ...]
) -> PlainAmounts:
    """Converts printed amounts to plain numbers by the profile's `layout.amounts`.

    `currency_words` are names and signs of currencies with their ISO codes. An amount with two
    signs is a fault; so is one without a sign where the profile has both `positive` and `negative`
    words. The direction of money is never guessed.
    """
    for mark, like_it in _LIKE.items():
        if rules.thousands == mark:
            texts = pc.replace_substring_regex(texts, like_it, mark)
    matched = pc.extract_regex(texts, _build_pattern(rules, currency_words))
    parts = {field.name: pc.struct_field(matched, field.name) for field in matched.type}
    adjacent_words = (parts["before"], parts["behind"])
    minus = [
        pc.equal(parts["lead"], "-"),
        pc.equal(parts["inner"], "-"),
        pc.equal(parts["trail"], "-"),
        pc.not_equal(parts["open"], ""),
        *(pc.is_in(text, pa.array(rules.negative, pa.string())) for text in adjacent_words),
    ]
    plus = [pc.is_in(text, pa.array(rules.positive, pa.string())) for text in adjacent_words]
    negatives = _count_true(minus)
    is_invalid = pc.or_(
        pc.not_equal(pc.equal(parts["open"], ""), pc.equal(parts["close"], "")),
        pc.greater(pc.add(negatives, _count_true(plus)), 1),
    )
    if rules.positive and rules.negative:
        is_invalid = pc.or_(is_invalid, pc.equal(_count_true(minus[4:] + plus), 0))
    number = parts["digits"]
    if rules.thousands:
        number = pc.replace_substring(number, rules.thousands, "")
    if rules.decimal == ",":
        number = pc.replace_substring(number, ",", ".")
    signed = pc.if_else(
        pc.greater(negatives, 0), pc.binary_join_element_wise("-", number, ""), number
    )
    is_valid = pc.fill_null(pc.invert(is_invalid), False)
    is_rejected = pc.and_(pc.is_valid(texts), pc.invert(is_valid))
    rows = pc.indices_nonzero(is_rejected).to_pylist()
    null = pa.scalar(None, pa.string())
    return PlainAmounts(
        pc.if_else(is_valid, signed, null),
        pc.if_else(is_valid, _find_currencies(adjacent_words, currency_words), null),
        {row: f"BAD_AMOUNT: {texts[row].as_py()[:40]!r} is not as layout.amounts" for row in rows},
    )


def _count_true(masks: list[pa.Array]) -> pa.Array:
    total = masks[0].cast(pa.int8())
    for mask in masks[1:]:
        total = pc.add(total, mask.cast(pa.int8()))
    return total


def _find_currencies(
    adjacent_words: tuple[pa.Array, pa.Array], currency_words: tuple[tuple[str, str], ...]
) -> pa.Array:
    """ISO codes of the currency words beside the amounts. The word in front takes precedence."""
    iso_codes = dict(currency_words) | {code: code for code in MINOR_UNITS}
    columns = []
    for words_column in adjacent_words:
        encoded = words_column.dictionary_encode()
        codes = [iso_codes.get(word) for word in encoded.dictionary.to_pylist()]
        columns.append(pa.array(codes, pa.string()).take(encoded.indices))
    return pc.coalesce(*columns)


@cache
def _build_pattern(rules: Amounts, currency_words: tuple[tuple[str, str], ...]) -> str:
    sign_words = [*rules.positive, *rules.negative]
    if rules.currency:
        sign_words += [word for word, _ in currency_words] + list(MINOR_UNITS)
    word_pattern = "|".join(map(_escape, sorted(sign_words, key=len, reverse=True)))
    decimal = re.escape(rules.decimal)
    integer = r"\d+"
    if rules.thousands:
        mark = _escape(rules.thousands)
        # A group of three behind a lone 0 are decimals: 0.125 is not a hundred and twenty-five.
        integer = rf"[1-9]\d{{0,2}}(?:{mark}\d{{3}})+|\d+"
        if rules.lakh:
            integer = rf"[1-9]\d?(?:{mark}\d{{2}})*{mark}\d{{3}}|\d+"
    digits = rf"(?:{integer})(?:{decimal}\d*)?|{decimal}\d+"
    ignored = "|".join(".*".join(map(_escape, pattern.split("*"))) for pattern in rules.ignored)
    parts = (
        ("open", "[(（]?" if rules.brackets else ""),
        ("lead", "[+-]?"),
        ("before", f"(?:{word_pattern})?"),
        ("inner", "[+-]?"),
        ("digits", digits),
        ("trail", "[+-]?" if rules.trailing_minus else ""),
        ("behind", f"(?:{word_pattern})?"),
        ("noise", f"(?:{ignored})?"),
        ("close", "[)）]?" if rules.brackets else ""),
    )
    return "^" + _SPACE.join(f"(?P<{name}>{pattern})" for name, pattern in parts) + "$"


def _escape(text: str) -> str:
    """Escapes a text for a regular expression that both Python and Arrow's engine (RE2) accept."""
    return re.escape(text).replace("\\ ", "[ ]").replace("\\\t", "[\t]")
