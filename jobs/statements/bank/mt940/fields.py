"""An MT940 file cut into its fields, in a stream, whatever stands around and between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from jobs.statements.bank.entries import lines_of, text_of
from schemas.errors import FileRefused

#: A field of more characters is no field.
FIELD_CHARS_MAX = 2**20
#: Fields of MT940 and MT942; what else looks like one is text.
_FIELD = re.compile(r":((?:13|20|21|25|28|34|60|61|62|64|65|86|90)[A-Z]?|NS):")
#: A time within a text that was broken before its minutes, such as 22:20:15.
_CLOCK = re.compile(r":[0-5]\d:[0-5]\d(?!\d)")
#: The end of a message, behind which some banks begin the next on the same line.
_END = re.compile(r"-(?:\}.*|XXX)?(?=$|:20:|\{1:)")
#: A balance behind which the next statement begins on the same line.
_GLUED = re.compile(r"(:6[245][FM]?:[^:]*)(:20:.*)")


@dataclass(slots=True)
class Field:
    """A field: its tag such as `60F`, the line (from 1) on which it begins, its lines of text."""

    tag: str
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its first line."""
        return self.lines[0] if self.lines else ""


def fields_of(source: IO[bytes], name: str) -> Iterator[Field]:
    """The fields of a file in order; envelopes and a bank's own lines are left out.

    Raises:
        FileRefused: a line or a field that is too long to be one.
    """
    current: Field | None = None
    size = 0
    for number, text in _texts(source, name):
        hit = _FIELD.match(text)
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


def _texts(source: IO[bytes], name: str) -> Iterator[tuple[int, str]]:
    """Lines of messages; an empty one ends what stands above it. Blank lines are left out."""
    for number, raw in lines_of(source, name):
        text = text_of(raw).strip("\x01\x02\x03\x04\x1a\ufeff").rstrip()
        if not text:
            continue
        bare = text.lstrip(" \t")
        text = bare if len(text) - len(bare) <= 3 and bare[0] in ":{-" else text
        end = _END.match(text)
        if end:
            yield number, ""
            text = text[end.end() :]
        if text.startswith("{1:"):
            yield number, "{"
            text = text.rpartition("{4:")[2] if "{4:" in text else ""
        glued = _GLUED.match(text)
        for each in glued.groups() if glued else (text,):
            if each:
                yield number, each
