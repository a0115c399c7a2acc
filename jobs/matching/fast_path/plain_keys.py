"""What the fast path finds, defined by plain joins and counts of the engine.

`TIEOUT_FAST_PATH=off` makes a run use these definitions; the lake's faster ones give the same
outcomes (docs/reference/engines.md, "The fast path").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching.fast_path.keeper import Keep
from schemas.reference_hashes import (
    HASH,
    HASHES,
    KEY,
    NO_KEY,
    OTHER_HASH,
    OUR_HASH,
    OUT_OF_SCOPE,
    SECOND_HASH,
    VOID_MARK,
)
from schemas.tables import HASH_COLUMNS


def non_unique_keys(lines: DataFrame, transactions: DataFrame, also: DataFrame) -> DataFrame:
    """The keys (KEY) of rows that do not pair at once, some more than once, and NO_KEY.

    `lines` and `transactions` have the columns of `hash_references`, `also` hashes as HASH. A key
    is not unique unless exactly one line and one transaction have it, with the same second hash;
    or where a line of it is out of scope, shares its `other_hash` with another line, or where a row
    of it has a hash that stands in `also`.
    """
    repeated = _with_repeated_number(lines)
    out_of_scope = lines.where(F.col(OUT_OF_SCOPE) & F.col(OUR_HASH).isNotNull())
    spark = lines.sparkSession
    return reduce(
        DataFrame.unionByName,
        [
            _without_unique_partner(lines, transactions),
            repeated,
            out_of_scope.select(F.col(OUR_HASH).alias(KEY)),
            _with_hash_of(lines, transactions, also),
            spark.range(1).select(F.lit(NO_KEY).cast("bigint").alias(KEY)),
        ],
    )


def _without_unique_partner(lines: DataFrame, transactions: DataFrame) -> DataFrame:
    """Keys that do not have exactly one line and one transaction with the same second hash."""
    has_key = F.col(OUR_HASH).isNotNull()
    both = [
        frame.where(has_key).select(OUR_HASH, SECOND_HASH, F.lit(number).alias("line"))
        for frame, number in ((lines, 1), (transactions, 0))
    ]
    counted = (
        both[0]
        .unionByName(both[1])
        .groupBy(OUR_HASH)
        .agg(
            F.count("*").alias("rows"),
            F.sum("line").alias("lines"),
            (F.min(SECOND_HASH) == F.max(SECOND_HASH)).alias("is_one_reference"),
        )
    )
    is_one_of_each = (F.col("rows") == F.lit(2)) & (F.col("lines") == F.lit(1))
    is_unique = is_one_of_each & F.col("is_one_reference")
    return counted.where(~is_unique).select(F.col(OUR_HASH).alias(KEY))


def _with_repeated_number(lines: DataFrame) -> DataFrame:
    """Keys of lines that share their `other_hash` with another line."""
    numbered = lines.where(F.col(OTHER_HASH).isNotNull())
    counted = numbered.groupBy(OTHER_HASH).agg(F.count("*").alias("rows"))
    several = counted.where(F.col("rows") > F.lit(1)).select(OTHER_HASH)
    with_key = numbered.where(F.col(OUR_HASH).isNotNull())
    repeated = with_key.join(several, on=OTHER_HASH, how="left_semi")
    return repeated.select(F.col(OUR_HASH).alias(KEY))


def _with_hash_of(lines: DataFrame, transactions: DataFrame, also: DataFrame) -> DataFrame:
    """Keys of rows that have one of some hashes."""
    hashes = [
        frame.where(F.col(OUR_HASH).isNotNull() & F.col(name).isNotNull()).select(
            F.col(OUR_HASH).alias(KEY), F.col(name).alias(HASH)
        )
        for frame in (lines, transactions)
        for name in HASHES
    ]
    both = reduce(DataFrame.unionByName, hashes)
    return both.join(also.select(HASH), on=HASH, how="left_semi").select(KEY)


def void_mark_as_hash(frame: DataFrame) -> DataFrame:
    """The mark of closed rows that a line may void, as HASH."""
    return frame.sparkSession.range(1).select(F.lit(VOID_MARK).cast("bigint").alias(HASH))


def rows_with_keys(rows: DataFrame, keys: DataFrame, columns: Sequence[str]) -> DataFrame:
    """Some columns of rows of `outcomes` that have one of some hashes (HASH), each row once."""
    distinct = keys.where(F.col(HASH).isNotNull()).groupBy(HASH).agg(F.lit(True).alias("has_hash"))
    hashed = rows.select(*columns, *[F.col(name).alias(f"of_{name}") for name in HASH_COLUMNS])
    for name in HASH_COLUMNS:
        matches = distinct.withColumnsRenamed({HASH: f"of_{name}", "has_hash": f"by_{name}"})
        hashed = matches.join(hashed, on=f"of_{name}", how="right")
    first, *others = [F.col(f"by_{name}").isNotNull() for name in HASH_COLUMNS]
    return hashed.where(reduce(lambda some, more: some | more, others, first)).select(*columns)


@dataclass(frozen=True)
class PlainKeys:
    """Today's reference hashes as frames: the engine counts and joins them."""

    lines: DataFrame
    transactions: DataFrame
    keep: Keep

    def lookup_hashes(self) -> DataFrame:
        """See `ReferenceKeys`."""
        hashes = [
            frame.where(F.col(name).isNotNull()).select(F.col(name).alias(HASH))
            for frame in (self.lines, self.transactions)
            for name in (OUR_HASH, OTHER_HASH)
        ]
        return reduce(DataFrame.unionByName, [*hashes, void_mark_as_hash(self.lines)])

    def non_unique_keys(self, also: DataFrame) -> DataFrame:
        """See `ReferenceKeys`; exactly those keys."""
        return self.keep(non_unique_keys(self.lines, self.transactions, also), "non_unique_keys")


@dataclass(frozen=True)
class PlainKeeper:
    """Keeps frames by a function, and leaves today's hashes to the engine."""

    stage: Keep

    def keep(self, frame: DataFrame, name: str) -> DataFrame:
        """See `Keeper`."""
        return self.stage(frame, name)

    def keep_hashes(self, lines: DataFrame, transactions: DataFrame) -> PlainKeys:
        """See `Keeper`."""
        frames = self.stage(lines, "line_hashes"), self.stage(transactions, "transaction_hashes")
        return PlainKeys(*frames, self.stage)
