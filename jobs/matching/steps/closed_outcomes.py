"""What earlier runs closed, as the look-back hands it to step 2."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs.matching.fast_path.staging import TodaysMarks

#: (hashes, columns) -> these columns of the closed rows with one of the hashes, and maybe of more.
RowFilter = Callable[[DataFrame | TodaysMarks, Sequence[str]], DataFrame]


@dataclass(frozen=True)
class ClosedOutcomes:
    """The outcomes of earlier run dates that look-back needs, maybe more.

    `count` is about how many rows there are, None if unknown. `row_filter` selects, of many rows,
    those with one of some reference hashes, maybe others too.
    """

    rows: DataFrame
    count: int | None = None
    row_filter: RowFilter | None = None

    def select_rows_with_hashes(
        self, hashes: DataFrame | TodaysMarks, columns: Sequence[str]
    ) -> DataFrame:
        """Some columns of the rows with one of the hashes, maybe of others too.

        Without a `row_filter` these are all rows.
        """
        if self.row_filter is None:
            return self.rows.select(*columns)
        return self.row_filter(hashes, columns)
