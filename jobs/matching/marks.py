"""References as numbers: hashes of 64 bits, to tell in narrow rows who may meet whom."""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.items import Keep
from jobs.matching.lookback import ASKED
from schemas.tables import MARKS

#: The column of a mark.
MARK = "mark"
#: Of more items Spark must not make a table that it sends to every task: it would judge by the
#: bytes on disk, which are few.
SENT_AROUND_ITEMS = 2_000_000
#: What keeps the hashes of different references apart.
OURS, THEIRS, ID = 1, 2, 3
SALTS: Mapping[str, int] = {"our_ref_norm": OURS, "channel_ref_norm": THEIRS, "txn_id": ID}
_STORED: Mapping[str, str] = dict(zip(MARKS, SALTS, strict=True))


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


def stored() -> dict[str, Column]:
    """The marks that a row of `outcomes` keeps, by column."""
    return {column: hashed(reference) for column, reference in _STORED.items()}


def met_before(
    lines: DataFrame, transactions: DataFrame, items: int, closed: DataFrame, keep: Keep
) -> tuple[DataFrame, DataFrame | None]:
    """Marks of today's `items` that earlier runs closed, and the closed rows that hang on them, in
    the columns of `lookback.ASKED`; None where there are none.

    Those are the rows with such a mark and the other rows of their numbers and transactions. Two
    references may share a mark: a few rows more, which the rules compare by their texts. What is
    asked for stands left, in memory, while what is closed is read past it, marks alone; of what it
    says only the rows that are met are read.
    """
    today = {
        "our_mark": of(lines, "our_ref_norm"),
        "channel_mark": of(lines, "channel_ref_norm"),
        "txn_mark": of(transactions, "txn_id"),
    }
    if items > SENT_AROUND_ITEMS:
        today = {column: given.hint("shuffle_hash") for column, given in today.items()}
    near = keep(_having(closed, today, "channel_mark", "txn_mark"), "near")
    if near.isEmpty():
        return near.select(MARK), None
    few = [near.select(F.col(name).alias(MARK)) for name in (MARK, "channel_mark", "txn_mark")]
    given = reduce(DataFrame.unionByName, few).where(F.col(MARK).isNotNull())
    given = keep(given.groupBy(MARK).agg(F.lit(1).alias("n")).select(MARK), "asked")
    hit = _having(closed, dict.fromkeys(MARKS, given), *MARKS).select(_triple().alias("triple"))
    hit = keep(hit.groupBy("triple").agg(F.lit(1).alias("n")).select("triple"), "hanging")
    rows = hit.join(closed.select(*ASKED, _triple().alias("triple")), on="triple", how="inner")
    return near.select(MARK), keep(rows.select(*ASKED), "before")


def _triple() -> Column:
    """A row's three marks as one number: rows that share them are met by the same."""
    return F.xxhash64(*MARKS)


def _having(rows: DataFrame, asked: Mapping[str, DataFrame], *columns: str) -> DataFrame:
    """Of the rows that have one of the marks asked for: that mark, and some columns."""
    parts = []
    for column, given in asked.items():
        marked = rows.select(F.col(column).alias(MARK), *columns)
        parts.append(given.join(marked, on=MARK, how="inner"))
    return reduce(DataFrame.unionByName, parts)
