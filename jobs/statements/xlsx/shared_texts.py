"""The shared texts of a workbook: the first in memory, the rest in a temporary file."""

import os
from array import array
from collections.abc import Sequence
from tempfile import TemporaryFile
from typing import IO, overload

#: Shared texts of a workbook at most, and bytes of them that stay in memory.
TEXTS_MAX, MEMORY_BYTES_MAX = 10_000_000, 32 * 2**20
#: A cell holds 32,767 characters of up to four bytes.
TEXT_BYTES_MAX = 4 * 32_767
_WRITE_BYTES = 2**20


class SharedTexts(Sequence[bytes]):
    """Texts by number, in at most `MEMORY_BYTES_MAX` of memory and eight bytes for each text."""

    def __init__(self) -> None:
        self.content, self.ends = bytearray(), array("Q", [0])
        self._spool: IO[bytes] | None = None
        self._pending = bytearray()
        #: Bytes at the start of all texts that are in memory, and in memory or in the file.
        self._in_memory = self._written = 0

    def add(self, text: bytes) -> None:
        """Adds one text."""
        self.ends.append(self.ends[-1] + len(text))
        if self._spool is None and len(self.content) + len(text) <= MEMORY_BYTES_MAX:
            self.content += text
            self._in_memory = self._written = len(self.content)
            return
        if self._spool is None:
            self._spool = TemporaryFile(buffering=0)  # noqa: SIM115 - as long as the texts
        self._pending += text
        if len(self._pending) >= _WRITE_BYTES:
            self._write_pending()

    def _write_pending(self) -> None:
        assert self._spool is not None
        os.pwrite(self._spool.fileno(), self._pending, self._written - self._in_memory)
        self._written += len(self._pending)
        self._pending = bytearray()

    def __len__(self) -> int:
        return len(self.ends) - 1

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(at, slice):
            return [self[index] for index in range(*at.indices(len(self)))]
        if at >= len(self):
            raise IndexError(f"there is no shared text {at}")
        start, end = self.ends[at], self.ends[at + 1]
        if end <= self._in_memory:
            return bytes(self.content[start:end])
        if self._pending:
            self._write_pending()
        assert self._spool is not None
        return os.pread(self._spool.fileno(), end - start, start - self._in_memory)
