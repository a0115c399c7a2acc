"""Pieces of text for a terminal: wrapped, aligned, harmless."""

import textwrap
import unicodedata
from collections.abc import Mapping
from typing import Any

WIDTH = 100
#: Before the second and later lines of an event.
INDENT = " " * 24
_REFERENCES = (
    "our_ref",
    "channel_ref",
    "order_ref",
    "batch_ref",
    "original_ref",
    "original_txn_id",
)


def references(event: Mapping[str, Any]) -> list[str]:
    """The references that an event has, with their names, as many on a line as fit."""
    given = [f"{name} {event[name]}" for name in _REFERENCES if event.get(name)]
    out: list[str] = []
    for each in given:
        if out and len(out[-1]) + 2 + len(each) <= WIDTH - len(INDENT):
            out[-1] += f"  {each}"
        else:
            out.append(each)
    return out


def money(amount: str | None, currency: str | None) -> str:
    """An amount with its currency."""
    return f"{currency or ''} {amount if amount is not None else '?'}".strip()


def at(moment: str | None) -> str:
    """A moment for people."""
    return (moment or "?").replace("T", " ").replace("Z", " UTC")


def nth(number: int) -> str:
    """1st, 2nd, 3rd, 4th."""
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ends.get(number % 10, 'th')}"


def wrapped(text: str) -> list[str]:
    """Text in lines that fit behind the indent."""
    return textwrap.wrap(text, WIDTH - len(INDENT), break_on_hyphens=False)


def counted(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def raw(text: str) -> list[str]:
    """A received line, cut where the terminal would; what is not printable by its escape."""
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    lines, width = [""], 0
    for char in plain:
        columns = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if width + columns > WIDTH - len(INDENT) - 2:
            lines.append("")
            width = 0
        lines[-1] += char
        width += columns
    return [f"| {line}" for line in lines]


def plain(value: Any) -> str:
    """A value of a table as a person reads it."""
    if isinstance(value, list):
        return " ".join(value) or "none"
    return "none" if value is None else str(value)
