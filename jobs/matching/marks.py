"""References as numbers: hashes of 64 bits, to tell in narrow rows who may meet whom."""

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.items import Keep

#: The column of a mark.
MARK = "mark"
#: What keeps the hashes of different references apart.
OURS, THEIRS, ID = 1, 2, 3
SALTS: Mapping[str, int] = {"our_ref_norm": OURS, "channel_ref_norm": THEIRS, "txn_id": ID}


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


def met_before(
    lines: DataFrame, transactions: DataFrame, closed: DataFrame, keep: Keep
) -> tuple[DataFrame, DataFrame | None]:
    """Marks of today's items that earlier runs closed, and the closed rows that hang on them, None
    where there are none.

    Those are the rows with such a mark and the other rows of their numbers and transactions. Two
    references may share a mark: a few rows more, which the rules compare by their texts. What is
    asked for stands left, in memory, while what is closed is read past it.
    """
    today = {
        "our_ref_norm": of(lines, "our_ref_norm"),
        "channel_ref_norm": of(lines, "channel_ref_norm"),
        "txn_id": of(transactions, "txn_id"),
    }
    near = keep(_having(closed, today), "near")
    if near.isEmpty():
        return near.select(MARK), None
    few = of(near, "channel_ref_norm", "txn_id").unionByName(near.select(MARK))
    few = few.groupBy(MARK).agg(F.lit(1).alias("n")).select(MARK)
    found = keep(_having(closed, dict.fromkeys(SALTS, few)).select("row"), "hanging")
    asked = found.groupBy("row").agg(F.lit(1).alias("n")).select("row")
    rows = asked.join(closed.withColumn("row", _row()), on="row", how="inner")
    return near.select(MARK), keep(rows.select(*closed.columns), "before")


def _row() -> Column:
    """A closed row by what it is about, as a number."""
    return F.xxhash64("run_date", "txn_id", "line_id")


def _having(rows: DataFrame, asked: Mapping[str, DataFrame]) -> DataFrame:
    """Rows that have one of the marks asked for, narrow: their mark, `row` and references."""
    names = ("kind", "txn_id", "channel_ref_norm")
    parts = []
    for reference, marks in asked.items():
        marked = rows.select(*names, _row().alias("row"), hashed(reference).alias(MARK))
        parts.append(marks.join(marked, on=MARK, how="inner"))
    return reduce(DataFrame.unionByName, parts)
