"""Where the guard of advice looks, and how it compares numbers."""

from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching.advice.earlier_records import NUMBERS, EarlierRecords
from jobs.matching.steps.closed_outcomes import ClosedOutcomes


@dataclass(frozen=True)
class Evidence:
    """The run's items with their results, its excluded lines, what was open before it, the outcomes
    of earlier runs, and records of earlier dates (None if there are none).
    """

    decided: DataFrame
    excluded: DataFrame
    open_items: DataFrame
    closed: ClosedOutcomes
    earlier: EarlierRecords | None
    day: date
    lookback: int

    @property
    def since(self) -> date:
        """The first run date of the look-back."""
        return self.day - timedelta(days=self.lookback)


def join_by_number(lines: DataFrame, others: DataFrame) -> DataFrame:
    """`others` that bear the our_ref or the channel_ref of a line, beside the line's columns.

    The numbers of `others` become `other_*`; no other column may stand in both. A row that bears
    both numbers stands twice.
    """
    renamed = {name: f"other_{name}" for name in NUMBERS}
    many = others.withColumnsRenamed(renamed)
    pairs = [
        lines.join(many, on=F.col(name) == F.col(renamed[name]), how="inner") for name in NUMBERS
    ]
    return pairs[0].unionByName(pairs[1])
