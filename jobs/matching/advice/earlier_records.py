"""Rows of earlier dates that a run reads only for a few of its items.

They come as functions, so that a run which needs none reads none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame

#: The columns by which transactions are looked up, and those of each row.
NUMBERS = ("our_ref_norm", "channel_ref_norm")
TRANSACTION_COLUMNS = ("txn_id", "business_date", "status", *NUMBERS)


@dataclass(frozen=True)
class EarlierRecords:
    """What a run may look up of a channel, up to its run date T.

    `lines` gives the rows of `statement_lines` of accepted files, from a date to the day before T.

    `transactions` gives, for some numbers (a frame with `NUMBERS`) and a date, rows of
    `internal_transactions` from that date to T in `TRANSACTION_COLUMNS`: all of each transaction
    that bears one of the numbers on one of the dates, and maybe others.

    `written_off` gives the transactions that people ever wrote off before T: `txn_id` and
    `NUMBERS`, one row each.
    """

    lines: Callable[[date], DataFrame]
    transactions: Callable[[DataFrame, date], DataFrame]
    written_off: Callable[[], DataFrame]
