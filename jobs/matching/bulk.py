"""What pairs at once: one line and one transaction under a reference that nobody else has.

Such a pair is made by the first pass whatever else is there, so it needs no further look. One
narrow count over both sides tells the references that are not so; they and all without a reference
are the rest, which is small on a usual day.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.profile import Match

#: Kind and reference in one text, which engines count and join faster than two columns.
KEY = "bulk_key"


def is_usable(match: Match) -> bool:
    """Whether the first pass is on `our_ref` alone, which is what the count is made for."""
    return match.passes[0].on == ("our_ref",)


def _joined(reference: str) -> Column:
    """Kind and reference as one text; null where there is no reference. No kind has a bar in it."""
    return F.concat(F.col("kind"), F.lit("|"), F.col(reference))


def keyed(items: DataFrame) -> DataFrame:
    """Items with their key."""
    return items.withColumn(KEY, _joined("our_ref_norm"))


def odd_keys(lines: DataFrame, transactions: DataFrame) -> DataFrame:
    """Keys, each once, that do not hold just one line and one transaction.

    A line whose kind and channel_ref stand on another line too makes its key odd. Both frames are
    `keyed`.
    """
    counted = _ones(lines, 1, 0).unionByName(_ones(transactions, 0, 1))
    sums = counted.groupBy(KEY).agg(F.sum("line").alias("lines"), F.sum("txn").alias("txns"))
    odd = sums.where((F.col("lines") != F.lit(1)) | (F.col("txns") != F.lit(1))).select(KEY)
    named = lines.where(F.col("channel_ref_norm").isNotNull()).select(
        KEY, _joined("channel_ref_norm").alias("theirs")
    )
    twice = named.groupBy("theirs").agg(F.count("*").alias("rows"))
    twice = twice.where(F.col("rows") > F.lit(1)).select("theirs")
    copies = named.join(twice, on="theirs", how="left_semi").select(KEY)
    copies = copies.where(F.col(KEY).isNotNull())
    return odd.unionByName(copies).groupBy(KEY).agg(F.count("*").alias("rows")).select(KEY)


def _ones(items: DataFrame, line: int, txn: int) -> DataFrame:
    return items.where(F.col(KEY).isNotNull()).select(
        KEY, F.lit(line).alias("line"), F.lit(txn).alias("txn")
    )


def clean(items: DataFrame, odd: DataFrame) -> DataFrame:
    """Keyed items whose key is not odd."""
    return items.where(F.col(KEY).isNotNull()).join(odd, on=KEY, how="left_anti")


def rest(items: DataFrame, odd: DataFrame) -> DataFrame:
    """Items whose key is odd, or that have none: all that `clean` leaves."""
    own = [F.col(name) for name in items.columns if name != KEY]
    keyless = items.where(F.col(KEY).isNull())
    return items.join(odd, on=KEY, how="left_semi").select(*own).unionByName(keyless.select(*own))
