"""What pairs at once: one line and one transaction under a reference that nobody else has.

Such a pair is made by the first pass whatever else is there, so it needs no further look. One
narrow count over both sides tells the references that are not so; they and all without a reference
are the rest, which is small on a usual day.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from schemas.profile import Match

KEY = ("kind", "our_ref_norm")


def is_usable(match: Match) -> bool:
    """Whether the first pass is on `our_ref` alone, which is what the count is made for."""
    return match.passes[0].on == ("our_ref",)


def odd_keys(lines: DataFrame, transactions: DataFrame) -> DataFrame:
    """Keys (kind, our_ref_norm), each once, that do not hold just one line and one transaction.

    A line whose (kind, channel_ref) stands on another line too makes its key odd.
    """
    counted = _ones(lines, 1, 0).unionByName(_ones(transactions, 0, 1))
    sums = counted.groupBy(*KEY).agg(F.sum("line").alias("lines"), F.sum("txn").alias("txns"))
    odd = sums.where((F.col("lines") != F.lit(1)) | (F.col("txns") != F.lit(1))).select(*KEY)
    channel_key = ("kind", "channel_ref_norm")
    named = lines.where(F.col("channel_ref_norm").isNotNull())
    twice = named.groupBy(*channel_key).agg(F.count("*").alias("rows"))
    twice = twice.where(F.col("rows") > F.lit(1)).select(*channel_key)
    copies = lines.join(twice, on=list(channel_key), how="left_semi").select(*KEY)
    copies = copies.where(F.col("our_ref_norm").isNotNull())
    return odd.unionByName(copies).groupBy(*KEY).agg(F.count("*").alias("rows")).select(*KEY)


def _ones(items: DataFrame, line: int, txn: int) -> DataFrame:
    return items.where(F.col("our_ref_norm").isNotNull()).select(
        *KEY, F.lit(line).alias("line"), F.lit(txn).alias("txn")
    )


def clean(items: DataFrame, odd: DataFrame) -> DataFrame:
    """Items whose key is not odd."""
    keyed = items.where(F.col("our_ref_norm").isNotNull())
    return keyed.join(odd, on=list(KEY), how="left_anti")


def rest(items: DataFrame, odd: DataFrame) -> DataFrame:
    """Items whose key is odd, or that have none: all that `clean` leaves."""
    keyless = items.where(F.col("our_ref_norm").isNull())
    return items.join(odd, on=list(KEY), how="left_semi").unionByName(keyless)
