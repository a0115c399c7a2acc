"""References normalized for comparison, the same way on both sides.

Source: docs/reference/rules.md, "References". `normalize_reference` is the definition.
`normalize_references` has a fast path for columns of plain ASCII values and calls the definition
for all others.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from schemas.private_text import is_card_number
from schemas.profile.channel import Profile, ReferenceRules
from schemas.vocabulary import Reference

#: Rows of a block in which references are looked at for card numbers.
CARDS_SAMPLED_MAX = 200
_ACUTE = "\u00b4"
_QUOTES = set("'\"`") | {chr(code) for code in range(0x2018, 0x2020)}
_PLAIN = "^[0-9A-Za-z_.:/-]*$"
_NO_RULES = ReferenceRules()


def _is_removed(char: str) -> bool:
    return (
        char.isspace()
        or char in _QUOTES
        or unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp")
    )


def normalize_characters(text: str) -> str:
    """Applies the rules of every reference: acute accents, NFKC, white space, quotes, control
    characters, upper case.
    """
    plain = unicodedata.normalize("NFKC", text.replace(_ACUTE, ""))
    return "".join(char for char in plain if not _is_removed(char)).upper()


def normalize_reference(text: str | None, rules: ReferenceRules = _NO_RULES) -> str | None:
    """Normalizes one reference; returns None where nothing is left."""
    if text is None:
        return None
    value = normalize_characters(text)
    for name, argument in rules.in_order():
        if name == "strip_prefix":
            value = _strip_first_match(value, argument, str.startswith, str.removeprefix)
        elif name == "strip_suffix":
            value = _strip_first_match(value, argument, str.endswith, str.removesuffix)
        elif name == "strip_leading_zeros":
            value = value.lstrip("0")
        elif name == "cut":
            value = value[: int(argument)]
    return value or None


def _strip_first_match(value: str, ends: tuple[str, ...], has: object, remove: object) -> str:
    for end in ends:
        normalized_end = normalize_characters(end)
        if has(value, normalized_end):  # type: ignore[operator]
            return str(remove(value, normalized_end))  # type: ignore[operator]
    return value


def normalize_references(column: pa.Array, rules: ReferenceRules | None) -> pa.Array:
    """Normalizes a column of references (string); null where nothing is left."""
    rules = rules or _NO_RULES
    is_plain = not pc.any(pc.invert(pc.match_substring_regex(column, _PLAIN))).as_py()
    if is_plain and _is_supported_by_arrow(rules):
        value = pc.ascii_upper(column)
        for name, argument in rules.in_order():
            value = _apply_rule_in_arrow(value, name, argument)
        return pc.if_else(pc.equal(value, ""), pa.scalar(None, pa.string()), value)
    normalized: dict[str | None, str | None] = {}
    values = []
    for text in column.to_pylist():
        if text not in normalized:
            normalized[text] = normalize_reference(text, rules)
        values.append(normalized[text])
    return pa.array(values, pa.string())


def _is_supported_by_arrow(rules: ReferenceRules) -> bool:
    return all(name != "strip_suffix" for name, _ in rules.in_order())


def _apply_rule_in_arrow(value: pa.Array, name: str, argument: object) -> pa.Array:
    if name == "cut":
        return pc.utf8_slice_codeunits(value, 0, argument)
    if name == "strip_leading_zeros":
        return pc.ascii_ltrim(value, "0")
    ends = map(normalize_characters, argument)  # type: ignore[call-overload]
    pattern = f"^(?:{'|'.join(map(re.escape, ends))})"
    return pc.replace_substring_regex(value, pattern, "", max_replacements=1)


def add_card_counts(counts: dict[str, Counter[str]], columns: Mapping[str, pa.Array]) -> None:
    """Adds to `counts`, by reference, the `values` that were looked at and the `cards` among them.

    Of a long column the function looks at some `CARDS_SAMPLED_MAX` rows, at equal distances, and at
    each value once.
    """
    for name in (reference.value for reference in Reference if reference in columns):
        column = columns[name]
        step = max(1, len(column) // CARDS_SAMPLED_MAX)
        rows = pa.array(range(0, len(column), step), pa.int64())
        texts = pc.unique(pc.drop_null(column.take(rows))).to_pylist()
        cards = sum(is_card_number(re.sub("[ -]", "", text)) for text in texts)
        counts.setdefault(name, Counter()).update(values=len(texts), cards=cards)


def get_reference_rules(profile: Profile, reference: str) -> ReferenceRules:
    """The profile's rules for a reference; empty rules where it has none."""
    return profile.references.get(Reference(reference), _NO_RULES)
