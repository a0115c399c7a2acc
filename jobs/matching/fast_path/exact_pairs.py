"""What pairs at once: one line and one transaction of today under a reference nobody else has.

Such a pair is made by the first pass whatever else is there, so it needs no further look. The marks
of both sides tell the references that are not so; they and all without a reference are the rest,
which is small on a usual day and goes through every step.

A mark is a hash of 64 bits. References are joined by one and counted by two, so that two references
that share one of them are odd.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.fast_path.key_hashes import SALTS, hashed, of
from jobs.matching.fast_path.staging import TodaysMarks
from jobs.matching.outcome_rows import Cells, pair_columns, received_reference
from jobs.matching.steps.scope import exclusion_reason
from schemas.profile.channel import Scope
from schemas.profile.match_rules import Match
from schemas.reference_hashes import KEY, NO_KEY
from schemas.vocabulary import Kind, Status

#: What keeps the second hash of a reference apart from the first ones.
_SECOND = 4


@dataclass(frozen=True)
class Today:
    """What today's lines and transactions share: date, chances, the file that most lines are of."""

    business_date: date
    chances: int
    main_file: str


def is_usable(match: Match) -> bool:
    """Whether the first pass is on `our_ref` alone, by which alone rows pair at once."""
    first = match.passes[0]
    return first.on == ("our_ref",) and first.within_seconds is None


def _keyed(items: DataFrame) -> DataFrame:
    """Items with their key; all without a reference have one that is always odd."""
    return items.withColumn(KEY, F.coalesce(hashed("our_ref_norm"), F.lit(NO_KEY)))


def marked(lines: DataFrame, transactions: DataFrame, scope: Scope) -> tuple[DataFrame, DataFrame]:
    """The marks of each line and of each transaction, null where there is no reference.

    `our_mark` is the key, `second_mark` a second hash of the same reference, `other_mark` that of a
    line's channel_ref or a transaction's id. A line is `aside` where it takes no part.
    """
    return (
        lines.select(
            *_of_our_ref(),
            hashed("channel_ref_norm").alias("other_mark"),
            exclusion_reason(scope).isNotNull().alias("aside"),
        ),
        transactions.select(*_of_our_ref(), hashed("txn_id").alias("other_mark")),
    )


def _of_our_ref() -> list[Column]:
    second = F.xxhash64(F.lit(_SECOND), F.col("kind"), F.col("our_ref_norm"))
    there = F.col("our_ref_norm").isNotNull()
    return [hashed("our_ref_norm").alias("our_mark"), F.when(there, second).alias("second_mark")]


def odd_keys(
    today: TodaysMarks, others: Sequence[DataFrame], met_before: DataFrame | None
) -> DataFrame:
    """Keys that do not hold just one line and one transaction, both of today; some more than once.

    Odd as well: the key of a line that is set aside, and of whatever shares its channel_ref with
    another line, or any of its references with `others` (what is open), or is among the marks
    `met_before` (what is closed).
    """
    marks = [of(each, *SALTS) for each in others]
    if met_before is not None:
        marks.append(met_before)
    return today.odd_keys(reduce(DataFrame.unionByName, marks))


def rest(items: DataFrame, odd: DataFrame) -> DataFrame:
    """Lines or transactions that do not pair at once: their key is odd, or they have none."""
    return _keyed(items).join(odd, on=KEY, how="left_semi").drop(KEY)


def pairs(
    lines: DataFrame, transactions: DataFrame, odd: DataFrame, today: Today, matched_by: str
) -> DataFrame:
    """One row per pair of what `rest` leaves, as `rows.of_pairs` makes them, with its `our_mark`.

    What can be had from the other side, from another column or as the commonest value is not
    carried through the join, which is what its cost depends on.
    """
    theirs = lines.select(
        hashed("our_ref_norm").alias(KEY),
        _unless("kind", F.lit(Kind.PAYMENT.value)),
        _unless("status", F.lit(Status.SUCCEEDED.value)),
        _unless("line_id", _line_id(today, "")),
        "line_no",
        "amount",
        "fee",
        "currency",
        "our_ref",
        _unless("our_ref_norm", F.col("our_ref")),
        received_reference("channel_ref").alias("channel_ref"),
        _unless("channel_ref_norm", F.col("channel_ref")),
        received_reference("order_ref").alias("order_ref"),
        "traded_at",
    )
    # One side without the odd keys is enough: who has one meets nobody there. It is the side that
    # is held in memory, where a reference that very many share must not stand; the filter says that
    # it is the smaller one, to an engine that chooses by that.
    there = transactions.where(F.col("our_ref_norm").isNotNull())
    even = _keyed(there).join(odd, on=KEY, how="left_anti")
    ours = even.select(
        KEY,
        _unless("txn_id", F.col("our_ref_norm")),
        _unless("status", F.lit(Status.SUCCEEDED.value)),
        "amount",
        "currency",
        received_reference("channel_ref").alias("channel_ref"),
        received_reference("order_ref").alias("order_ref"),
    )
    on = F.col(f"l.{KEY}") == F.col(f"t.{KEY}")
    joined = theirs.alias("l").join(ours.alias("t").hint("shuffle_hash"), on=on, how="inner")
    return joined.select(
        *pair_columns(_line(today), _transaction(today), F.lit(matched_by), F.lit(False)),
        F.col(f"l.{KEY}").alias("our_mark"),
    )


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
