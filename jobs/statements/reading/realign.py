"""Lines cut into too many cells because free texts hold the separator."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DATE = re.compile(r"\s*\d{4}[-/]\d{1,2}[-/]\d{1,2} \d{1,2}:\d{2}(:\d{2})?\s*")
_NUMBER = re.compile(r"\s*([+-]?\d+(\.\d+)?)?\s*")
#: Separators within a line's texts beyond which no way of joining them is looked for.
EXTRA_MAX = 6


@dataclass(frozen=True)
class Realign:
    """Which cells (from 0) are free text, hold a time, hold a number, and are read."""

    width: int
    separator: str
    free: tuple[int, ...]
    dates: tuple[int, ...]
    numbers: tuple[int, ...]
    used: tuple[int, ...]

    def cells(self, cut: list[str]) -> list[str] | None:
        """The cells with the free texts joined again; None where it is not sure which.

        Sure is what leaves every time and every number in its place, and reads the same however
        the texts are joined. Where several ways do, the one that leaves no number empty is.
        """
        extra = len(cut) - self.width
        if not 0 < extra <= EXTRA_MAX:
            return None
        found = [whole for whole in self._joined(cut, extra, 0) if self._fits(whole)]
        if not self._alike(found):
            found = [each for each in found if all(each[at].strip() for at in self.numbers)]
        return found[0] if found and self._alike(found) else None

    def _joined(self, cells: list[str], extra: int, nth: int) -> Iterator[list[str]]:
        """Every way to share out the extra cells among the free texts from the nth on."""
        if nth == len(self.free):
            if not extra:
                yield cells
            return
        place = self.free[nth]
        for more in range(extra + 1):
            text = self.separator.join(cells[place : place + more + 1])
            whole = [*cells[:place], text, *cells[place + more + 1 :]]
            yield from self._joined(whole, extra - more, nth + 1)

    def _fits(self, cells: list[str]) -> bool:
        return all(_DATE.fullmatch(cells[at]) for at in self.dates) and all(
            _NUMBER.fullmatch(cells[at]) for at in self.numbers
        )

    def _alike(self, found: list[list[str]]) -> bool:
        return len({tuple(cells[at] for at in self.used) for cells in found}) <= 1
