"""Exact pairs: one line and one transaction of today under a reference that nothing else has.

The first pass makes such a pair whatever else there is, so it needs no further look. The hashes of
both sides tell which references are not unique; their rows, and all rows without a reference, stay
unresolved and go through every step. They are few on a usual day.

Rows are joined by a hash of 64 bits. Two references that share one are not unique, as each has a
second hash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching.fast_path.keeper import ReferenceKeys
from jobs.matching.fast_path.reference_hashes import SALTS, list_hashes, reference_hash
from jobs.matching.outcome_rows import Cells, pair_columns, received_reference
from jobs.matching.steps.pairs.tolerance import tolerance
from schemas.profile.match_rules import Match
from schemas.reference_hashes import KEY, NO_KEY

#: The hashes that the row of an exact pair has already. It needs no mark of its transaction: its
#: our_ref is the line's, and it stands.
STORED_HASHES = ("our_mark", "internal_mark", "void_mark")


@dataclass(frozen=True)
class SharedValues:
    """What today's lines and transactions have in common."""

    business_date: date
    chances: int


def is_usable(match: Match) -> bool:
    """Whether the first pass is on `our_ref` alone, which exact pairs need."""
    first = match.passes[0]
    return first.on == ("our_ref",) and first.within_seconds is None


def _with_key(items: DataFrame) -> DataFrame:
    """Items with their key; all without a reference have one that is never unique."""
    return items.withColumn(KEY, F.coalesce(reference_hash("our_ref_norm"), F.lit(NO_KEY)))


def non_unique_keys(
    today: ReferenceKeys, others: Sequence[DataFrame], closed_hashes: DataFrame | None
) -> DataFrame:
    """Keys that do not hold just one line and one transaction, both of today; some more than once.

    A key is not unique either where one of its references stands in `others` (open items) or in
    `closed_hashes`.
    """
    hashes = [list_hashes(items, *SALTS) for items in others]
    if closed_hashes is not None:
        hashes.append(closed_hashes)
    return today.non_unique_keys(reduce(DataFrame.unionByName, hashes))


def unresolved(items: DataFrame, non_unique: DataFrame) -> DataFrame:
    """Lines or transactions that do not pair at once: no reference, or no unique key."""
    return _with_key(items).join(non_unique, on=KEY, how="left_semi").drop(KEY)


def pairs(
    lines: DataFrame,
    transactions: DataFrame,
    non_unique: DataFrame,
    shared: SharedValues,
    match: Match,
) -> DataFrame:
    """One row per pair of what `unresolved` leaves, as `outcome_rows.of_pairs` makes them, with its
    `our_mark`.
    """
    statement = lines.select(
        reference_hash("our_ref_norm").alias(KEY),
        "kind",
        "status",
        "line_id",
        "amount",
        "fee",
        "currency",
        received_reference("our_ref").alias("our_ref"),
        "our_ref_norm",
        received_reference("channel_ref").alias("channel_ref"),
        "channel_ref_norm",
        received_reference("order_ref").alias("order_ref"),
        F.col("traded_at").alias("at"),
    )
    # One side without the keys that are not unique is enough: their rows find no partner there. It
    # is the side that the engine holds in memory, where a reference that very many share must not
    # stand; the filter says that it is the smaller one, to an engine that chooses by that.
    with_reference = transactions.where(F.col("our_ref_norm").isNotNull())
    unique = _with_key(with_reference).join(non_unique, on=KEY, how="left_anti")
    internal = unique.select(
        KEY,
        "txn_id",
        "status",
        "amount",
        "currency",
        received_reference("channel_ref").alias("channel_ref"),
        received_reference("order_ref").alias("order_ref"),
    )
    on = F.col(f"l.{KEY}") == F.col(f"t.{KEY}")
    joined = statement.alias("l").join(internal.alias("t").hint("shuffle_hash"), on=on, how="inner")
    cells = _cells("l", shared), _cells("t", shared)
    matched_by = F.lit(match.passes[0].name)
    limit = tolerance(match, matched_by, F.col("l.currency"))
    none = F.lit(None).cast("bigint")
    marks = [F.col(f"l.{KEY}"), none, none]
    return joined.select(
        *pair_columns(*cells, matched_by, F.lit(False), F.lit(None).cast("string"), limit),
        *[mark.alias(name) for mark, name in zip(marks, STORED_HASHES, strict=True)],
    )


def _cells(side: str, shared: SharedValues) -> Cells:
    """The columns of a side; a transaction's kind and `our_ref` are those of its line."""
    day = F.lit(shared.business_date)
    cells = {"item_date": day, "first_run_date": day, "chances": F.lit(shared.chances)}
    cells |= {"kind": F.col("l.kind"), "our_ref": F.col("l.our_ref")}
    return lambda name: cells[name] if name in cells else F.col(f"{side}.{name}")
