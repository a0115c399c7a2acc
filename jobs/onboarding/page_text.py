"""Renders a drafted page: YAML with a comment after every guess."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff /%.-]*")
_WORDS = ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
_COMMENT_AT = 36


def to_flow_yaml(value: Any) -> str:
    """A value as YAML on one line."""
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{to_flow_yaml(key)}: {to_flow_yaml(item)}" for key, item in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(to_flow_yaml, value)) + "]"
    if isinstance(value, bool | int):
        return json.dumps(value)
    text = str(value)
    is_bare = _BARE.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS
    return text if is_bare and "%" not in text else _quote(text)


def _quote(text: str) -> str:
    """A text in quotes; unprintable characters as their number."""
    return "".join(
        char if char.isprintable() else f"\\U{ord(char):08x}"
        for char in json.dumps(text, ensure_ascii=False)
    )


def with_comment(line: str, why: str | None) -> str:
    """A line with its comment, if there is one."""
    return f"{line.ljust(_COMMENT_AT)}  # {_one_line(why)}" if why else line


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def block_lines(key: str, value: Any, why: str | None, indent: int) -> list[str]:
    """A key and its value; a long mapping or list has one entry per line."""
    lead = " " * indent
    if isinstance(value, Mapping) and len(to_flow_yaml(value)) > 40:
        lines = [with_comment(f"{lead}{key}:", why)]
        return lines + [
            f"{lead}  {to_flow_yaml(name)}: {to_flow_yaml(item)}" for name, item in value.items()
        ]
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [
            with_comment(f"{lead}{key}:", why),
            *(f"{lead}  - {to_flow_yaml(item)}" for item in value),
        ]
    return [with_comment(f"{lead}{key}: {to_flow_yaml(value)}", why)]


def layout_lines(
    layout: Mapping[str, Any], why: Mapping[str, str], questions: Sequence[str]
) -> list[str]:
    """The `layout` of a page, with the questions to the user as comments above it."""
    lines = [f"# say {_one_line(question)}" for question in questions]
    lines.append("layout:")
    for key, value in layout.items():
        if value != {}:
            lines += block_lines(key, value, why.get(key), 2)
    return lines
