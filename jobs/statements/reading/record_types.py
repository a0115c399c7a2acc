"""Which lines of a file are read: by the text of their first cell, or by what they look like."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from jobs.statements.reading.cell_marks import shown


@dataclass
class Sifted:
    """The lines that are read, with their numbers (from 1), and those of no known type."""

    block: bytes = b""
    line_no: list[int] = field(default_factory=list)
    unknown: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass(frozen=True)
class Codes:
    """First cells as bytes of the file: a line of `kept` is read, one of `dropped` is not.

    With `kept` empty every line is read. Lines whose start fits `ignored` never are.
    """

    kept: tuple[bytes, ...]
    dropped: tuple[bytes, ...]
    separator: bytes
    around: bytes
    encoding: str
    ignored: tuple[re.Pattern[str], ...] = ()

    def of(self, line: bytes) -> bytes:
        """The first cell of a line, without white space and what may stand around it."""
        first = line.split(self.separator, 1)[0].strip(b" \t\r")
        return first.strip(self.around) if self.around else first

    def ignores(self, line: bytes) -> bool:
        """Whether a line is no record: it is empty, or fits an expression."""
        if not self.ignored or not line.strip(b"\r"):
            return not line.strip(b"\r")
        text = shown(line.decode(self.encoding, "replace")).removesuffix("\r")
        return any(each.match(text) for each in self.ignored)

    def keeps(self, line: bytes) -> bool:
        """Whether a line is read."""
        return not self.ignores(line) and (not self.kept or self.of(line) in self.kept)

    def sifted(self, block: bytes, first_line: int) -> Sifted:
        """The lines of a block by their codes; blank ones are left out."""
        out, lines = Sifted(), []
        for number, line in enumerate(block.split(b"\n"), first_line):
            if self.ignores(line):
                continue
            code = self.of(line)
            if not self.kept or code in self.kept:
                out.line_no.append(number)
                lines.append(line)
            elif code not in self.dropped and line.strip():
                out.unknown.append((number, line))
        out.block = b"\n".join(lines) + b"\n" if lines else b""
        return out


def codes(
    kept: Sequence[str],
    dropped: Sequence[str],
    separator: str,
    around: str,
    encoding: str,
    ignored: Sequence[str] = (),
) -> Codes:
    """Codes in the encoding of their file, and expressions of lines that are passed over."""
    return Codes(
        tuple(code.encode(encoding) for code in kept),
        tuple(code.encode(encoding) for code in dropped),
        separator.encode(encoding),
        around.encode(encoding),
        encoding,
        tuple(re.compile(each) for each in ignored),
    )
