"""What earlier runs closed, as the look-back hands it to step 2."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs.matching.fast_path.keeper import ReferenceKeys
from jobs.matching.fast_path.plain_keys import rows_with_keys

#: Some columns of the closed rows that have one of some hashes, and maybe of a few others.
RowFilter = Callable[[DataFrame | ReferenceKeys, Sequence[str]], DataFrame]


@dataclass(frozen=True)
class ClosedOutcomes:
    """The outcomes of earlier run dates as far as look-back needs them, or more.

    `count` is about how many there are, None where nobody counted them. `row_filter` finds rows by
    hash faster than the engine joins them; without one the engine joins.
    """

    rows: DataFrame
    count: int | None = None
    row_filter: RowFilter | None = None

    def rows_with_keys(self, keys: DataFrame | ReferenceKeys, columns: Sequence[str]) -> DataFrame:
        """Some columns of the rows that have one of the hashes, and maybe of a few others."""
        if self.row_filter is not None:
            return self.row_filter(keys, columns)
        hashes = keys if isinstance(keys, DataFrame) else keys.lookup_hashes()
        return rows_with_keys(self.rows, hashes, columns)
