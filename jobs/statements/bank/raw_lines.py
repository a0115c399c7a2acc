"""The lines of a bank statement file, read in a stream."""

from collections.abc import Iterator
from typing import IO

from schemas.errors import FileRefused

CHUNK_BYTES = 2**20
LINE_BYTES_MAX = 2**21


def read_lines(source: IO[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers (from 1); a line ends with LF, CRLF or CR.

    Raises:
        FileRefused: a line has over two million bytes.
    """
    number, rest = 0, b""
    while chunk := source.read(CHUNK_BYTES):
        content = rest + chunk
        if content.endswith(b"\r"):  # its LF may come with the next bytes
            content += source.read(1)
        lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines[:-1]:
            number += 1
            yield number, line
        rest = lines[-1]
        if len(rest) > LINE_BYTES_MAX:
            raise FileRefused(
                "LINE_TOO_LONG", name, "a line of over two million bytes", "check the file",
                number + 1,
            )  # fmt: skip
    if rest:
        yield number + 1, rest


def decode_line(raw: bytes) -> str:
    """A line decoded as UTF-8, or as Latin-1 where it is not valid UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
