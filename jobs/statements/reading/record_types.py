"""Selects the lines of a file to read: by the code in the first cell, or by an expression."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from jobs.statements.reading.sheet_encoding import render_row
from schemas.expressions import TEXT_MAX


@dataclass
class FilteredLines:
    """The lines to read with their numbers (from 1), and the lines of unknown type."""

    block: bytes = b""
    line_no: list[int] = field(default_factory=list)
    unknown: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass(frozen=True)
class RecordTypes:
    """Codes of record types as bytes of the file: which lines to read, and which to skip.

    With `read_codes` empty, every line is read. A line whose start matches one of
    `ignored_patterns` is never read.
    """

    read_codes: tuple[bytes, ...]
    skipped_codes: tuple[bytes, ...]
    separator: bytes
    strip_characters: bytes
    encoding: str
    ignored_patterns: tuple[re.Pattern[str], ...] = ()

    def read_code(self, line: bytes) -> bytes:
        """The first cell of a line, without white space and the characters around it."""
        first = line.split(self.separator, 1)[0].strip(b" \t\r")
        return first.strip(self.strip_characters) if self.strip_characters else first

    def is_ignored(self, line: bytes) -> bool:
        """Whether a line is no record: it is empty, or it matches an expression."""
        if not self.ignored_patterns or not line.strip(b"\r"):
            return not line.strip(b"\r")
        text = render_row(line.decode(self.encoding, "replace")).removesuffix("\r")
        return len(text) <= TEXT_MAX and any(
            pattern.match(text) for pattern in self.ignored_patterns
        )

    def is_read(self, line: bytes) -> bool:
        """Whether a line is read."""
        return not self.is_ignored(line) and (
            not self.read_codes or self.read_code(line) in self.read_codes
        )

    def filter_lines(self, block: bytes, first_line: int) -> FilteredLines:
        """Splits a block into lines to read and unknown lines; leaves out blank lines."""
        filtered, lines = FilteredLines(), []
        for number, line in enumerate(block.split(b"\n"), first_line):
            if self.is_ignored(line):
                continue
            code = self.read_code(line)
            if not self.read_codes or code in self.read_codes:
                filtered.line_no.append(number)
                lines.append(line)
            elif code not in self.skipped_codes and line.strip():
                filtered.unknown.append((number, line))
        filtered.block = b"\n".join(lines) + b"\n" if lines else b""
        return filtered


def build_record_types(
    read_codes: Sequence[str],
    skipped_codes: Sequence[str],
    separator: str,
    strip_characters: str,
    encoding: str,
    ignored_patterns: Sequence[str] = (),
) -> RecordTypes:
    """Encodes the codes as the file does, and compiles the expressions of ignored lines."""
    return RecordTypes(
        tuple(code.encode(encoding) for code in read_codes),
        tuple(code.encode(encoding) for code in skipped_codes),
        separator.encode(encoding),
        strip_characters.encode(encoding),
        encoding,
        tuple(re.compile(pattern) for pattern in ignored_patterns),
    )
