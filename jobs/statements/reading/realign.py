"""Repairs lines with too many cells, whose free texts contain the separator."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DATE = re.compile(r"\s*\d{4}[-/]\d{1,2}[-/]\d{1,2} \d{1,2}:\d{2}(:\d{2})?\s*")
_NUMBER = re.compile(r"\s*([+-]?\d+(\.\d+)?)?\s*")
#: Most separators inside the texts of one line; above this, a line is not repaired.
EXTRA_SEPARATORS_MAX = 6


@dataclass(frozen=True)
class Realigner:
    """The cells (from 0) of free text, of times, of numbers, and those to read."""

    width: int
    separator: str
    free_text: tuple[int, ...]
    times: tuple[int, ...]
    numbers: tuple[int, ...]
    read_indexes: tuple[int, ...]

    def join_free_text(self, cells: list[str]) -> list[str] | None:
        """Joins the free texts of a line again; returns None where the result is not certain.

        It is certain where every time and number is then in its place and all ways to join the
        texts give the same values to read. If they differ, only ways without an empty number
        count.
        """
        extra = len(cells) - self.width
        if not 0 < extra <= EXTRA_SEPARATORS_MAX:
            return None
        joins = [
            joined
            for joined in self._iterate_joins(cells, extra, 0)
            if self._has_valid_fields(joined)
        ]
        if not self._are_equal(joins):
            joins = [joined for joined in joins if all(joined[at].strip() for at in self.numbers)]
        return joins[0] if joins and self._are_equal(joins) else None

    def _iterate_joins(self, cells: list[str], extra: int, nth: int) -> Iterator[list[str]]:
        """Yields every way to give the extra cells to the free texts from the nth on."""
        if nth == len(self.free_text):
            if not extra:
                yield cells
            return
        place = self.free_text[nth]
        for count in range(extra + 1):
            text = self.separator.join(cells[place : place + count + 1])
            joined = [*cells[:place], text, *cells[place + count + 1 :]]
            yield from self._iterate_joins(joined, extra - count, nth + 1)

    def _has_valid_fields(self, cells: list[str]) -> bool:
        return all(_DATE.fullmatch(cells[at]) for at in self.times) and all(
            _NUMBER.fullmatch(cells[at]) for at in self.numbers
        )

    def _are_equal(self, joins: list[list[str]]) -> bool:
        return len({tuple(cells[at] for at in self.read_indexes) for cells in joins}) <= 1
