"""Lines cut into too many cells because a free text holds the separator."""

import re
from dataclasses import dataclass

_DATE = re.compile(r"\s*\d{4}[-/]\d{1,2}[-/]\d{1,2} \d{1,2}:\d{2}(:\d{2})?\s*")
_NUMBER = re.compile(r"\s*([+-]?\d+(\.\d+)?)?\s*")


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
        """The cells with one free text joined again; None where it is not sure which.

        Sure is what leaves every time and every number in its place, and reads the same whichever
        of the free texts it was.
        """
        extra = len(cut) - self.width
        found = []
        for place in self.free:
            joined = self.separator.join(cut[place : place + extra + 1])
            whole = [*cut[:place], joined, *cut[place + extra + 1 :]]
            if all(_DATE.fullmatch(whole[each]) for each in self.dates) and all(
                _NUMBER.fullmatch(whole[each]) for each in self.numbers
            ):
                found.append(whole)
        read = {tuple(whole[each] for each in self.used) for whole in found}
        return found[0] if len(read) == 1 else None
