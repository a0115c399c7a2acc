"""What pairs at once: one line and one transaction of today under a reference nobody else has.

Such a pair is made by the first pass whatever else is there, so it needs no further look. Narrow
counts over both sides tell the references that are not so; they and all without a reference are
the rest, which is small on a usual day and goes through every step.

References are counted and joined as hashes of 64 bits. In the count a second hash of 64 bits is
held against its like on the other side, so that two references that share the first one are odd.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.items import Keep
from jobs.matching.marks import MARK, hashed, of
from jobs.matching.rows import Cells, pair_columns, received
from jobs.matching.scope import set_aside
from schemas.match_rules import Match
from schemas.profile import Scope
from schemas.vocabulary import Kind, Status

KEY = "bulk_key"
#: What keeps the second hash of a reference apart from the first ones.
_SECOND = 4
#: What is left of the checks of a line and its transaction, and of a reference that stands alone.
_PAIRED, _ALONE = 1, 2
#: The key of what has no reference.
_NONE = 0


@dataclass(frozen=True)
class Today:
    """What today's lines and transactions share: date, chances, the file that most lines are of."""

    business_date: date
    chances: int
    main_file: str


def is_usable(match: Match) -> bool:
    """Whether the first pass is on `our_ref` alone, which is what the count is made for."""
    first = match.passes[0]
    return first.on == ("our_ref",) and first.within_seconds is None


def _keyed(items: DataFrame) -> DataFrame:
    """Items with their key; all without a reference have one that is always odd."""
    return items.withColumn(KEY, F.coalesce(hashed("our_ref_norm"), F.lit(_NONE)))


def odd_keys(
    lines: DataFrame,
    transactions: DataFrame,
    others: Sequence[DataFrame],
    met_before: DataFrame | None,
    scope: Scope,
    keep: Keep,
) -> DataFrame:
    """Keys that do not hold just one line and one transaction, both of today; some more than once.

    Odd as well: the key of a line that is set aside, and of whatever shares its channel_ref with
    another line, or any of its references with `others` (what is open), or is among the marks
    `met_before` (what is closed).
    """
    theirs, ours = _keyed(lines), _keyed(transactions)
    counted = [
        _marks(theirs, "our_ref_norm", _check()),
        _marks(ours, "our_ref_norm", _check() + F.lit(_PAIRED)),
        _marks(theirs, "channel_ref_norm", F.lit(_ALONE)),
    ]
    for each in others:
        for reference in ("our_ref_norm", "channel_ref_norm"):
            counted.append(_marks(each, reference, F.lit(None).cast("bigint")))
    # Brought together before they are counted: to count them where they lie, where next to none
    # stands twice, would be a second count for nothing.
    together = reduce(DataFrame.unionByName, counted).repartition(F.col(MARK))
    sums = together.groupBy(MARK).agg(F.count("*").alias("rows"), F.bit_xor("check").alias("check"))
    pair = (F.col("rows") == F.lit(2)) & (F.col("check") == F.lit(_PAIRED))
    alone = (F.col("rows") == F.lit(1)) & (F.col("check") == F.lit(_ALONE))
    # What is only before today has no check at all, and is left out with what is clean.
    uneven = F.col("check").isNotNull() & ~(pair | alone)
    # Ids stand once a day: who has one that is open is found without counting.
    found = [sums.where(uneven).select(MARK), *[of(each, "txn_id") for each in others]]
    if met_before is not None:
        found.append(met_before)
    odd = keep(reduce(DataFrame.unionByName, found), "odd_references")
    none = lines.sparkSession.range(1).select(F.lit(_NONE).cast("bigint").alias(KEY))
    keys = [
        none,
        odd.select(F.col(MARK).alias(KEY)),
        theirs.where(set_aside(scope).isNotNull()).select(KEY),
        _having(theirs, "channel_ref_norm", odd),
        _having(ours, "txn_id", odd),
    ]
    return keep(reduce(DataFrame.unionByName, keys), "odd_keys")


def _check() -> Column:
    """A second hash, its last two bits left for what it marks."""
    second = F.xxhash64(F.lit(_SECOND), F.col("kind"), F.col("our_ref_norm"))
    return F.shiftleft(second, 2)


def _marks(items: DataFrame, reference: str, check: Column) -> DataFrame:
    """One row per item that has a reference: its hash, and what it adds to the check."""
    there = items.where(F.col(reference).isNotNull())
    return there.select(hashed(reference).alias(MARK), check.cast("bigint").alias("check"))


def _having(items: DataFrame, reference: str, odd: DataFrame) -> DataFrame:
    """Keys of the items of today whose other reference is odd."""
    own = items.select(KEY, hashed(reference).alias(MARK))
    return own.join(odd, on=MARK, how="left_semi").select(KEY)


def rest(items: DataFrame, odd: DataFrame) -> DataFrame:
    """Lines or transactions that do not pair at once: their key is odd, or they have none."""
    return _keyed(items).join(odd, on=KEY, how="left_semi").drop(KEY)


def pairs(
    lines: DataFrame, transactions: DataFrame, odd: DataFrame, today: Today, matched_by: str
) -> DataFrame:
    """One row per pair of what `rest` leaves, as `rows.of_pairs` makes them.

    What can be had from the other side, from another column or as the commonest value is not
    carried through the join, which is what its cost depends on.
    """
    theirs = _clean(lines, odd).select(
        KEY,
        _unless("kind", F.lit(Kind.PAYMENT.value)),
        _unless("status", F.lit(Status.SUCCEEDED.value)),
        _unless("line_id", _line_id(today, "")),
        "line_no",
        "amount",
        "fee",
        "currency",
        "our_ref",
        _unless("our_ref_norm", F.col("our_ref")),
        received("channel_ref").alias("channel_ref"),
        _unless("channel_ref_norm", F.col("channel_ref")),
        received("order_ref").alias("order_ref"),
        "traded_at",
    )
    ours = _clean(transactions, odd).select(
        KEY,
        _unless("txn_id", F.col("our_ref_norm")),
        _unless("status", F.lit(Status.SUCCEEDED.value)),
        "amount",
        "currency",
        received("channel_ref").alias("channel_ref"),
        received("order_ref").alias("order_ref"),
    )
    on = F.col(f"l.{KEY}") == F.col(f"t.{KEY}")
    joined = theirs.alias("l").join(ours.alias("t").hint("shuffle_hash"), on=on, how="inner")
    return joined.select(
        *pair_columns(_line(today), _transaction(today), F.lit(matched_by), F.lit(False))
    )


def _clean(items: DataFrame, odd: DataFrame) -> DataFrame:
    return _keyed(items).join(odd, on=KEY, how="left_anti")


def _unless(name: str, other: Column) -> Column:
    """A column that is null where it is as `other`."""
    return F.when(~F.col(name).eqNullSafe(other), F.col(name)).alias(name)


def _line_id(today: Today, side: str) -> Column:
    """What the id of most lines is made of: their file and their number in it."""
    number = F.lpad(F.col(f"{side}line_no").cast("string"), 9, "0")
    return F.concat(F.lit(f"{today.main_file}:"), number)


def _line(today: Today) -> Cells:
    cells = {
        "line_id": F.coalesce("l.line_id", _line_id(today, "l.")),
        "kind": F.coalesce("l.kind", F.lit(Kind.PAYMENT.value)),
        "status": F.coalesce("l.status", F.lit(Status.SUCCEEDED.value)),
        "our_ref_norm": F.coalesce("l.our_ref_norm", "l.our_ref"),
        "channel_ref_norm": F.coalesce("l.channel_ref_norm", "l.channel_ref"),
        "at": F.col("l.traded_at"),
        **_shared(today),
    }
    return lambda name: cells[name] if name in cells else F.col(f"l.{name}")


def _transaction(today: Today) -> Cells:
    cells = {
        "txn_id": F.coalesce("t.txn_id", "l.our_ref_norm", "l.our_ref"),
        "our_ref": F.col("l.our_ref"),
        "status": F.coalesce("t.status", F.lit(Status.SUCCEEDED.value)),
        **_shared(today),
    }
    return lambda name: cells[name] if name in cells else F.col(f"t.{name}")


def _shared(today: Today) -> dict[str, Column]:
    day = F.lit(today.business_date)
    return {"item_date": day, "first_run_date": day, "chances": F.lit(today.chances)}
