"""Documents that stand one after the other in one file, each as a stream of its own."""

from collections.abc import Iterator, Sequence
from typing import IO


class _Document:
    """The bytes of a stream up to a limit."""

    def __init__(self, source: IO[bytes], byte_count: int) -> None:
        self._source, self._left = source, byte_count

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`; none behind the limit."""
        wanted = self._left if size < 0 else min(size, self._left)
        content = self._source.read(wanted) if wanted else b""
        self._left -= len(content)
        return content


def split_documents(source: IO[bytes], documents: Sequence[tuple[int, int]]) -> Iterator[IO[bytes]]:
    """The documents of a stream by their first byte and end; the whole stream where none is given.

    Each must be read to its end before the next.
    """
    if not documents:
        yield source
    at = 0
    for start, end in documents:
        source.read(start - at)
        yield _Document(source, end - start)  # type: ignore[misc]
        at = end
