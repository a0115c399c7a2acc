"""What a match has computed once and kept: frames, and the marks of today's rows."""

from collections.abc import Callable
from typing import Protocol

from pyspark.sql import DataFrame

#: Keeps a frame that is used more than once: (frame, name) -> the same rows, computed once.
Keep = Callable[[DataFrame, str], DataFrame]


class TodaysMarks(Protocol):
    """Marks (hashes of 64 bits) of today's lines and transactions, as `bulk.marked` lists them."""

    def odd_keys(self, also: DataFrame) -> DataFrame:
        """`our_mark`, as `bulk.KEY`, of each row that does not pair at once, some more than once,
        maybe a few others, and `bulk.NO_KEY`.

        Such a row is set `aside`; or its `our_mark` or `second_mark` does not stand just once on
        each side; or the `other_mark` of a line stands with another line; or any of its marks is
        among `also` (one column).
        """


class Keeper(Protocol):
    """Where a match keeps what it computes once."""

    def keep(self, frame: DataFrame, name: str) -> DataFrame:
        """The same rows, computed once."""

    def marked(self, theirs: DataFrame, ours: DataFrame) -> TodaysMarks:
        """The marks of both sides."""
