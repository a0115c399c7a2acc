"""What earlier runs closed, as the look-back hands it to step 2."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs.matching.fast_path.staging import TodaysMarks

#: Of closed rows those that have a mark among the given, and maybe others, in some columns.
RowFilter = Callable[[DataFrame | TodaysMarks, Sequence[str]], DataFrame]


@dataclass(frozen=True)
class ClosedOutcomes:
    """The outcomes of earlier run dates as far as look-back needs them, or more.

    `count` is about how many there are, None where nobody counted them. `sieve` picks, of many, the
    rows that have one of some marks, and maybe others.
    """

    rows: DataFrame
    count: int | None = None
    row_filter: RowFilter | None = None

    def select_rows_with_hashes(
        self, asked: DataFrame | TodaysMarks, columns: Sequence[str]
    ) -> DataFrame:
        """Some columns of the rows with a mark among `asked`, and maybe of others; without a sieve
        of all.
        """
        return (
            self.rows.select(*columns)
            if self.row_filter is None
            else self.row_filter(asked, columns)
        )
