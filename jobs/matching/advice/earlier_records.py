"""Rows of earlier dates that a run reads only for a few of its items.

They come as functions, so that a run which needs none reads none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame


@dataclass(frozen=True)
class EarlierRecords:
    """What a run may look up of a channel, up to its run date T.

    `lines` gives the rows of `statement_lines` of accepted files, from a date to the day before T.
    """

    lines: Callable[[date], DataFrame]
