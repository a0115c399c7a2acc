"""What a match computes once and keeps: frames, and the hashes of today's references."""

from collections.abc import Callable
from typing import Protocol

from pyspark.sql import DataFrame

#: Keeps a frame that is used more than once: (frame, name) -> the same rows, computed once.
Keep = Callable[[DataFrame, str], DataFrame]


class ReferenceKeys(Protocol):
    """Today's reference hashes, as `hash_references` lists them."""

    def lookup_hashes(self) -> DataFrame:
        """The hashes by which look-back finds closed rows, as HASH: of `our_ref` of both sides, of
        `channel_ref` of lines and `txn_id` of transactions, and the mark of what may be voided.
        """

    def non_unique_keys(self, also: DataFrame) -> DataFrame:
        """See `plain_keys.non_unique_keys`; maybe a few other keys, and some more than once."""


class Keeper(Protocol):
    """Where a match keeps what it computes once.

    `plain_keys.PlainKeeper` leaves counts and joins to the engine; the lake has one that is faster.
    """

    def keep(self, frame: DataFrame, name: str) -> DataFrame:
        """The same rows, computed once."""

    def keep_hashes(self, lines: DataFrame, transactions: DataFrame) -> ReferenceKeys:
        """The hashes of both sides, computed once."""
