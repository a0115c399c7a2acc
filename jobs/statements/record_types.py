"""Lines of several record types in one file, told apart by the text of their first cell."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Sifted:
    """The lines that are read, with their numbers (from 1), and those of no known type."""

    block: bytes = b""
    line_no: list[int] = field(default_factory=list)
    unknown: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass(frozen=True)
class Codes:
    """First cells as bytes of the file: a line of `kept` is read, one of `dropped` is not."""

    kept: tuple[bytes, ...]
    dropped: tuple[bytes, ...]
    separator: bytes
    around: bytes

    def of(self, line: bytes) -> bytes:
        """The first cell of a line, without white space and what may stand around it."""
        first = line.split(self.separator, 1)[0].strip(b" \t\r")
        return first.strip(self.around) if self.around else first

    def sifted(self, block: bytes, first_line: int) -> Sifted:
        """The lines of a block by their codes; blank ones are left out."""
        out, lines = Sifted(), []
        for number, line in enumerate(block.split(b"\n"), first_line):
            code = self.of(line)
            if code in self.kept:
                out.line_no.append(number)
                lines.append(line)
            elif code not in self.dropped and line.strip():
                out.unknown.append((number, line))
        out.block = b"\n".join(lines) + b"\n" if lines else b""
        return out


def codes(
    kept: Sequence[str], dropped: Sequence[str], separator: str, around: str, encoding: str
) -> Codes:
    """Codes in the encoding of their file."""
    return Codes(
        tuple(code.encode(encoding) for code in kept),
        tuple(code.encode(encoding) for code in dropped),
        separator.encode(encoding),
        around.encode(encoding),
    )
