"""References made comparable, the same way on both sides.

Source: docs/reference/rules.md, "References". `normalize` is the definition; the column form takes
a short cut for plain values and comes to it for all others.
"""

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

from schemas.profile.channel import Profile, ReferenceRules
from schemas.vocabulary import Reference

_ACUTE = "\u00b4"
_QUOTES = set("'\"`") | {chr(code) for code in range(0x2018, 0x2020)}
_PLAIN = "^[0-9A-Za-z_.:/-]*$"
_NO_RULES = ReferenceRules()


def _dropped(char: str) -> bool:
    return (
        char.isspace()
        or char in _QUOTES
        or unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp")
    )


def common(text: str) -> str:
    """What is done to every reference: accents, NFKC, white space, quotes, controls, upper case."""
    plain = unicodedata.normalize("NFKC", text.replace(_ACUTE, ""))
    return "".join(char for char in plain if not _dropped(char)).upper()


def normalize(text: str | None, rules: ReferenceRules = _NO_RULES) -> str | None:
    """A reference in its normalized form; one that becomes empty is none."""
    if text is None:
        return None
    value = common(text)
    for name, argument in rules.in_order():
        if name == "strip_prefix":
            value = _without(value, argument, str.startswith, str.removeprefix)
        elif name == "strip_suffix":
            value = _without(value, argument, str.endswith, str.removesuffix)
        elif name == "strip_leading_zeros":
            value = value.lstrip("0")
        elif name == "cut":
            value = value[: int(argument)]
    return value or None


def _without(value: str, ends: tuple[str, ...], has: object, remove: object) -> str:
    for end in ends:
        wanted = common(end)
        if has(value, wanted):  # type: ignore[operator]
            return str(remove(value, wanted))  # type: ignore[operator]
    return value


def normalized_column(column: pa.Array, rules: ReferenceRules | None) -> pa.Array:
    """A column of references (string) in normalized form (string)."""
    rules = rules or _NO_RULES
    plain = not pc.any(pc.invert(pc.match_substring_regex(column, _PLAIN))).as_py()
    if plain and _arrow_can(rules):
        value = pc.ascii_upper(column)
        for name, argument in rules.in_order():
            value = _arrow_rule(value, name, argument)
        return pc.if_else(pc.equal(value, ""), pa.scalar(None, pa.string()), value)
    seen: dict[str | None, str | None] = {}
    out = []
    for text in column.to_pylist():
        if text not in seen:
            seen[text] = normalize(text, rules)
        out.append(seen[text])
    return pa.array(out, pa.string())


def _arrow_can(rules: ReferenceRules) -> bool:
    return all(name != "strip_suffix" for name, _ in rules.in_order())


def _arrow_rule(value: pa.Array, name: str, argument: object) -> pa.Array:
    if name == "cut":
        return pc.utf8_slice_codeunits(value, 0, argument)
    if name == "strip_leading_zeros":
        return pc.ascii_ltrim(value, "0")
    ends = "|".join(re.escape(common(end)) for end in argument)  # type: ignore[attr-defined]
    return pc.replace_substring_regex(value, f"^(?:{ends})", "", max_replacements=1)


def rules_of(profile: Profile, reference: str) -> ReferenceRules:
    """The profile's rules for a reference; none where it has none."""
    return profile.references.get(Reference(reference), _NO_RULES)
