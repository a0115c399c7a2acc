"""Pieces of text for a terminal: wrapped, aligned, without control characters."""

import textwrap
import unicodedata
from collections.abc import Mapping
from typing import Any

from schemas.private_text import escape_controls
from schemas.vocabulary import SUM

WIDTH = 100
#: Indent of the second and later lines of an event.
INDENT = " " * 24
_REFERENCES = (
    "our_ref",
    "channel_ref",
    "order_ref",
    "batch_ref",
    "original_ref",
    "original_txn_id",
)


def reference_lines(event: Mapping[str, Any]) -> list[str]:
    """The references of an event with their names, as many per line as fit."""
    texts = [f"{name} {event[name]}" for name in _REFERENCES if event.get(name)]
    out: list[str] = []
    for reference in texts:
        if out and len(out[-1]) + 2 + len(reference) <= WIDTH - len(INDENT):
            out[-1] += f"  {reference}"
        else:
            out.append(reference)
    return out


def amount_text(amount: str | None, currency: str | None) -> str:
    """An amount with its currency."""
    return f"{currency or ''} {amount if amount is not None else '?'}".strip()


def time_text(time: str | None) -> str:
    """A time as people write it."""
    return (time or "?").replace("T", " ").replace("Z", " UTC")


def ordinal(number: int) -> str:
    """A number as 1st, 2nd, 3rd, 4th."""
    suffixes = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in (11, 12, 13) else suffixes.get(number % 10, 'th')}"


def wrap_text(text: str) -> list[str]:
    """Wraps text into lines that fit after the indent."""
    return textwrap.wrap(text, WIDTH - len(INDENT), break_on_hyphens=False)


def count_text(number: int, noun: str) -> str:
    """A number with its noun: 1 line, 2 lines."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def source_lines(text: str) -> list[str]:
    """A received line, wrapped to the terminal; unprintable characters as escapes."""
    plain = escape_controls(text)
    lines, width = [""], 0
    for char in plain:
        columns = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if width + columns > WIDTH - len(INDENT) - 2:
            lines.append("")
            width = 0
        lines[-1] += char
        width += columns
    return [f"| {line}" for line in lines]


def value_text(value: Any) -> str:
    """A value of a table as readable text."""
    if isinstance(value, list):
        return " ".join(value) or "none"
    return "none" if value is None else str(value)


def candidate_text(candidate: Mapping[str, Any]) -> str:
    """A possible partner of an item, or a part of its sum, in a line."""
    seconds, differs = candidate["seconds_apart"], candidate["differs"]
    amount = amount_text(candidate["amount"], candidate["currency"])
    if candidate["pass"] == SUM:
        return (
            f"may be the sum of {candidate['of']}; part {candidate['rank']}:"
            f" {candidate['candidate_is']} {amount}"
        )
    return (
        f"candidate {candidate['rank']} of {candidate['of']} by {candidate['pass']}:"
        f" {candidate['candidate_is']} {amount}"
        + ("" if seconds is None else f", {seconds:,} s apart")
        + (f", differs in {', '.join(differs)}" if differs else "")
    )
