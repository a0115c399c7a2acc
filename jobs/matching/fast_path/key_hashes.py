"""References as numbers: hashes of 64 bits, to tell in narrow rows who may meet whom."""

from collections.abc import Collection, Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.fast_path.staging import TodaysMarks
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.matching.steps.lookback import LOOKUP_COLUMNS
from schemas.tables import HASH_COLUMNS

#: The column of a mark.
MARK = "mark"
#: What keeps the hashes of different references apart.
OURS, THEIRS, ID = 1, 2, 3
SALTS: Mapping[str, int] = {"our_ref_norm": OURS, "channel_ref_norm": THEIRS, "txn_id": ID}
_STORED: Mapping[str, str] = dict(zip(HASH_COLUMNS, SALTS, strict=True))


def hashed(reference: str) -> Column:
    """A reference and its kind as a number, null where there is none; an id has no kind."""
    salt = SALTS[reference]
    parts = [F.lit(salt), F.col(reference), *([F.col("kind")] if salt != ID else [])]
    return F.when(F.col(reference).isNotNull(), F.xxhash64(*parts))


def of(items: DataFrame, *references: str) -> DataFrame:
    """One row per item and reference that it has: its mark."""
    return reduce(
        DataFrame.unionByName,
        [
            items.where(F.col(name).isNotNull()).select(hashed(name).alias(MARK))
            for name in references
        ],
    )


def stored(there: Collection[str] = ()) -> dict[str, Column]:
    """The marks that a row of `outcomes` keeps, by column, apart from those that are there."""
    return {name: hashed(reference) for name, reference in _STORED.items() if name not in there}


def asked_of(lines: DataFrame, transactions: DataFrame) -> DataFrame:
    """The marks that look-back asks: our_ref and channel_ref of lines, the id of transactions."""
    return of(lines, "our_ref_norm", "channel_ref_norm").unionByName(of(transactions, "txn_id"))


def met_before(
    today: DataFrame | TodaysMarks, closed: ClosedOutcomes
) -> tuple[DataFrame, DataFrame | None]:
    """Marks of what earlier runs closed, all those among them that are also today's, and the closed
    rows that hang on them, in the columns of `lookback.ASKED`; None where there are none.

    Those are the rows with a mark of today and the other rows of their numbers and transactions.
    Some rows more do no harm: the rules compare them by their texts.
    """
    near = closed.select_rows_with_hashes(today, HASH_COLUMNS)
    given = [
        near.where(F.col(name).isNotNull()).select(F.col(name).alias(MARK)) for name in HASH_COLUMNS
    ]
    met = reduce(DataFrame.unionByName, given)
    if near.isEmpty():
        return met, None
    return met, closed.select_rows_with_hashes(met, LOOKUP_COLUMNS)
