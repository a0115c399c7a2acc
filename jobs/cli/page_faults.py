"""Says what is wrong with a page of the configuration: line, key, and words of our own."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

#: Brackets within brackets at most.
DEPTH_MAX = 50
_WORD = re.compile(r"\w+")
#: What a value must be, by the beginning of the library's name of the fault.
_EXPECTED = {
    "int_": "a whole number",
    "float_": "a number",
    "decimal_": "a number",
    "bool_": "true or false",
    "string_type": "a text; put it in quotes",
    "string_sub": "a text; put it in quotes",
    "list_": "a list",
    "tuple_": "a list",
    "dict_": "a mapping of keys to values",
    "mapping_": "a mapping of keys to values",
    "model_": "a mapping of keys to values",
    "date_": "a date, such as 2026-11-22",
}


def describe_faults(
    model: type[BaseModel], tree: Mapping[str, Any], error: ValidationError
) -> Iterator[str]:
    """Yields the faults of a page, `line: key: what is wrong`, in the order of lines.

    `tree` is the page as ruamel.yaml read it, with the places of its nodes.
    """
    located = [
        (_line_of(tree, loc), loc, message) for loc, message in _collect_faults(model, tree, error)
    ]
    for line, loc, message in sorted(located, key=lambda fault: fault[0]):
        keys = [part for part in loc if _is_page_key(part)]
        yield f"{line}: {_format_path(keys)}{message}"


def _describe(model: type[BaseModel], fault: Mapping[str, Any]) -> str:
    """What is wrong with one value or key, in words that do not need the library's page."""
    kind, message, value = fault["type"], str(fault["msg"]), fault.get("input")
    if kind == "missing":
        return "this key is missing; add it"
    if kind == "extra_forbidden":
        known = _known_keys(model, fault["loc"][:-1])
        near = get_close_matches(str(fault["loc"][-1]), known, 1)
        advice = f"did you mean {near[0]}?" if near else f"known keys are {', '.join(known)}"
        return f"there is no such key; {advice}"
    if kind in ("literal_error", "enum"):
        return f"{_show(value)} is not one of {fault['ctx']['expected'].replace(' or ', ', ')}"
    if kind == "string_pattern_mismatch":
        return f"{_show(value)} does not fit {fault['ctx']['pattern']}"
    if kind == "too_short":
        return f"the list must have at least {fault['ctx']['min_length']} item"
    for start, expected in _EXPECTED.items():
        if kind.startswith(start):
            return f"{_show(value)} is not {expected}"
    if message.startswith("Input should be "):
        return f"{_show(value)}: it must be {message.removeprefix('Input should be ')}"
    return message.removeprefix("Value error, ")


def _show(value: Any) -> str:
    text = repr(value) if isinstance(value, str | int | float | bool | None) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _known_keys(model: type[BaseModel], loc: Sequence[Any]) -> list[str]:
    """The keys that a page may have at a place of the model."""
    models = [model]
    for part in loc:
        fields = [owner.model_fields[part] for owner in models if part in owner.model_fields]
        if fields:
            models = [each for field in fields for each in _models_in(field.annotation)]
    return sorted(
        {field.alias or name for owner in models for name, field in owner.model_fields.items()}
    )


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _collect_faults(
    model: type[BaseModel], tree: Mapping[str, Any], first: ValidationError
) -> list[tuple[tuple[Any, ...], str]]:
    """All faults of a page: those of single values, and those of values that conflict.

    Pydantic looks for conflicts only where every value by itself is right. So this function removes
    the faulty keys and validates the page again, until no new fault appears. A fault that mentions
    a removed key is not real and is not reported.
    """
    collected: list[tuple[tuple[Any, ...], str]] = []
    page, removed, error = deepcopy(dict(tree)), set[str](), first
    while True:
        new = []
        for fault in error.errors(include_url=False):
            loc, message = fault["loc"], _describe(model, fault)
            is_caused = fault["type"] == "missing" and str(loc[-1]) in removed
            # A list is too short only because its faulty items were removed.
            is_caused |= fault["type"] == "too_short" and any(
                other["loc"][: len(loc)] == loc and other["loc"] != loc for other in first.errors()
            )
            is_caused = is_caused or bool(removed & set(_WORD.findall(fault["msg"])))
            if (loc, message) not in collected and not is_caused:
                new.append((loc, message))
        collected += new
        # A whole list item goes last: with it go the faults of the other items.
        keys = [loc for loc, _ in new if loc and isinstance(loc[-1], str)]
        paths = keys or [loc for loc, _ in collected]
        names = {_remove_key(page, loc) for loc in paths} - {None}
        if not names:
            return collected
        removed |= {name for name in names if name}
        try:
            model.model_validate(page)
            return collected
        except ValidationError as next_error:
            error = next_error


def _remove_key(page: Any, loc: Sequence[Any]) -> str | None:
    """Removes the innermost existing key of a fault's path from the page; returns its name."""
    owner, key, node = None, None, page
    for part in loc:
        if isinstance(node, dict) and part in node:
            owner, key = node, part
        try:
            node = node[part]
        except (KeyError, TypeError, IndexError):
            continue
    if owner is None:
        return None
    del owner[key]
    return str(key)


def _is_page_key(part: Any) -> bool:
    return isinstance(part, int) or (isinstance(part, str) and "[" not in part and "(" not in part)


def _format_path(keys: Iterable[Any]) -> str:
    out = ""
    for part in keys:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return f"{out}: " if out else ""


def _line_of(tree: Any, loc: Sequence[Any]) -> int:
    """The line (from 1) of the innermost existing node of a fault's path."""
    line, node = tree.lc.line, tree
    for part in loc:
        try:
            place = node.lc.item(part) if isinstance(part, int) else node.lc.key(part)
            line, node = place[0], node[part]
        except (KeyError, TypeError, AttributeError, IndexError):
            continue
    return int(line) + 1


def find_open_lines(text: str) -> Iterator[int]:
    """The lines (from 1) of a page on which `???` stands as a value, outside of comments."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"""[:\[{,-]\s*["']?\?\?\?["']?\s*(?:[,\]}#]|$)""", line.split(" #")[0]):
            yield number


def find_deep_line(text: str) -> int:
    """The line (from 1) at which brackets are nested too deeply; 0 if none is.

    The YAML reader takes minutes for thousands of levels, before it fails.
    """
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line[:1].isalpha():  # a key of the page: no bracket is open
            depth = 0
        for sign in re.findall(r"[\[{\]}]", line):
            depth = max(depth + (1 if sign in "[{" else -1), 0)
            if depth > DEPTH_MAX:
                return number
    return 0
