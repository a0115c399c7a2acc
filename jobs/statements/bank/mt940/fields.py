"""Cuts an MT940 file into its fields, in a stream; leaves out envelopes and other lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from jobs.statements.bank.raw_lines import decode_line, read_lines
from schemas.errors import FileRefused

#: Characters of a field at most.
FIELD_CHARS_MAX = 2**20
#: Tags of MT940 and MT942; any other text of this form is not a tag.
_TAG = re.compile(r":((?:13|20|21|25|28|34|60|61|62|64|65|86|90)[A-Z]?|NS):")
#: The rest of a time such as 22:20:15 that the bank broke before its minutes: no tag.
_CLOCK = re.compile(r":[0-5]\d:[0-5]\d(?!\d)")
#: The end of a message. Some banks begin the next message on the same line.
_END = re.compile(r"-(?:\}.*|XXX)?(?=$|:20:|\{1:)")
#: A balance with the next statement on the same line.
_NEXT_STATEMENT = re.compile(r"(:6[245][FM]?:[^:]*)(:20:.*)")


@dataclass(slots=True)
class Field:
    """A field: its tag such as `60F`, the number (from 1) of its first line, its lines of text."""

    tag: str
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The first line of the field."""
        return self.lines[0] if self.lines else ""


def read_fields(source: IO[bytes], name: str) -> Iterator[Field]:
    """The fields of a file in order, without envelopes and the bank's own lines.

    Raises:
        FileRefused: a line or a field is too long.
    """
    current: Field | None = None
    size = 0
    for number, text in _message_lines(source, name):
        hit = _TAG.match(text)
        if hit and current is not None and current.tag == "86" and _CLOCK.match(text):
            hit = None
        if hit:
            if current is not None:
                yield current
            current, size = Field(hit[1], number, [text[hit.end() :].rstrip()]), 0
        elif not text or text[0] == "{":
            if current is not None:
                yield current
            current = None
        elif current is not None:
            size += len(text)
            if size > FIELD_CHARS_MAX:
                raise FileRefused(
                    "LINE_TOO_LONG", name, "a field of over a million characters",
                    "have it looked at", number,
                )  # fmt: skip
            current.lines.append(text.rstrip())
    if current is not None:
        yield current


def _message_lines(source: IO[bytes], name: str) -> Iterator[tuple[int, str]]:
    """Numbered lines of messages, without blank ones; an empty line ends the field above it."""
    for number, raw in read_lines(source, name):
        text = decode_line(raw).strip("\x01\x02\x03\x04\x1a\ufeff").rstrip()
        if not text:
            continue
        stripped = text.lstrip(" \t")
        is_indented_tag = len(text) - len(stripped) <= 3 and stripped[0] in ":{-"
        text = stripped if is_indented_tag else text
        end = _END.match(text)
        if end:
            yield number, ""
            text = text[end.end() :]
        if text.startswith("{1:"):
            yield number, "{"
            text = text.rpartition("{4:")[2] if "{4:" in text else ""
        joined = _NEXT_STATEMENT.match(text)
        for part in joined.groups() if joined else (text,):
            if part:
                yield number, part
