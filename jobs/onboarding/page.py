"""A drafted page as text: YAML with a comment behind every guess."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff /%.-]*")
_WORDS = ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
_COMMENT_AT = 36


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, bool | int):
        return json.dumps(value)
    text = str(value)
    bare = _BARE.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS
    return text if bare and "%" not in text else _quoted(text)


def _quoted(text: str) -> str:
    """A text in quotes; what cannot be printed is written by its number."""
    return "".join(
        char if char.isprintable() else f"\\U{ord(char):08x}"
        for char in json.dumps(text, ensure_ascii=False)
    )


def said(line: str, why: str | None) -> str:
    """A line with its comment."""
    return f"{line.ljust(_COMMENT_AT)}  # {_one_line(why)}" if why else line


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def block(key: str, value: Any, why: str | None, indent: int) -> list[str]:
    """A key and its value; a mapping or list of several one each line."""
    lead = " " * indent
    if isinstance(value, Mapping) and len(flow(value)) > 40:
        lines = [said(f"{lead}{key}:", why)]
        return lines + [f"{lead}  {flow(name)}: {flow(each)}" for name, each in value.items()]
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [said(f"{lead}{key}:", why), *(f"{lead}  - {flow(each)}" for each in value)]
    return [said(f"{lead}{key}: {flow(value)}", why)]


def layout_text(
    layout: Mapping[str, Any], why: Mapping[str, str], left: Sequence[str]
) -> list[str]:
    """The `layout` of a page, what a person has to say as comments above it."""
    lines = [f"# say {_one_line(each)}" for each in left]
    lines.append("layout:")
    for key, value in layout.items():
        if value != {}:
            lines += block(key, value, why.get(key), 2)
    return lines
