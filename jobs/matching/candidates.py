"""Whom an AMBIGUOUS item could be meant with: by pass the nearest few, ranked.

The nearest are found by counting, as in `nearby`: under one key both sides are walked in the order
of time, forwards and backwards, and an item's candidates are the next of the other side after the
place where it stands. So a key with very many items costs no more than its items.
"""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.item_columns import is_line, is_transaction, item_id, match_key
from jobs.matching.steps import passes, time_window
from schemas.profile.match_rules import Match, Pass
from schemas.tables import CANDIDATES
from schemas.vocabulary import Reason, Reference, Side, normalized

#: So many candidates of an item are listed by pass.
LISTED_MAX = 5
#: What may tell a candidate from an item, by the name it is listed under.
_TOLD_APART = {
    "amount": "amount",
    "currency": "currency",
    "status": "status",
    "channel_ref": normalized(Reference.CHANNEL_REF),
    "order_ref": normalized(Reference.ORDER_REF),
    "batch_ref": normalized(Reference.BATCH_REF),
    "account_tail": "account_tail",
    "payer_name": "payer_name",
    "merchant_id": "merchant_id",
    "traded_at": "at",
}
_TOLD = tuple(_TOLD_APART.values())
_LAST = 2**63 - 1
#: How one looks from a place: to those at its time and later, to earlier ones, by id alone.
_LATER, _EARLIER, _BY_ID = "later", "earlier", "by id"
#: Items stand between places that look later and places that look earlier.
_LOOKS_LATER, _ITEM, _LOOKS_EARLIER = 0, 1, 2
_KEY = ("pass", "key", "way")


def list_candidates(decided: DataFrame, match: Match, day: date, channel: str) -> DataFrame:
    """Rows of `candidates` of a run.

    `decided` are members with `reason` and the counts of `passes.with_rivals`.
    """
    out = decided.where(F.lit(False)).select(*_no_rows())
    parts = [
        _in_pass(decided, *each) for each in passes.passes_with_candidate_counts(match).items()
    ]
    if parts:
        part = parts[0]
        for each in parts[1:]:
            part = part.unionByName(each)
        out = out.unionByName(_ranked(_met(_walked(part))))
    dated = {"run_date": F.lit(day), "channel": F.lit(channel)}
    return out.withColumns(dated).select(*CANDIDATES.columns)


def _no_rows() -> list[Column]:
    types = {field.name: field.dataType.simpleString() for field in CANDIDATES.schema.fields}
    given = ("run_date", "channel")
    return [F.lit(None).cast(kind).alias(name) for name, kind in types.items() if name not in given]


def _in_pass(decided: DataFrame, counted: str, each: Pass) -> DataFrame:
    """Who took part in a pass, under the key in one text, with how many candidates it had."""
    count = F.col(counted)
    ambiguous = F.col("reason") == F.lit(Reason.AMBIGUOUS.value)
    within = F.lit(each.within_seconds).cast("bigint") * F.lit(time_window.MICROS)
    return decided.where(count.isNotNull()).select(
        F.lit(each.name).alias("pass"),
        F.concat_ws("\x1f", *[F.col(name).cast("string") for name in match_key(each)]).alias("key"),
        within.alias("within"),
        "side",
        item_id().alias("id"),
        *_TOLD,
        count.alias("count"),
        (F.coalesce(ambiguous, F.lit(False)) & (count > F.lit(0))).alias("asks"),
    )


def _walked(part: DataFrame) -> DataFrame:
    """Items, and the places of those that ask, each with how many of either side come before it.

    Who has no time comes last on the way to later ones, and asks by id alone.
    """
    asked = F.max(F.col("asks").cast("int")).over(Window.partitionBy("pass", "key"))
    near = part.withColumn("asked", asked).where(F.col("asked") == F.lit(1))
    timed = F.col("at").isNotNull()
    way, turn = F.col("step.way"), F.col("step.turn")
    steps = [(_LATER, _ITEM), (_EARLIER, _ITEM), (_BY_ID, _ITEM)]
    steps += [(_LATER, _LOOKS_LATER), (_EARLIER, _LOOKS_EARLIER), (_BY_ID, _LOOKS_LATER)]
    taken = F.array(*[F.struct(F.lit(w).alias("way"), F.lit(t).alias("turn")) for w, t in steps])
    stepped = near.select("*", F.explode(taken).alias("step"))
    is_item = (turn == F.lit(_ITEM)) & (timed | (way != F.lit(_EARLIER)))
    looks = (turn != F.lit(_ITEM)) & F.col("asks") & (timed == (way != F.lit(_BY_ID)))
    micros = F.unix_micros("at")
    position = (
        F.when(way == F.lit(_LATER), F.coalesce(micros, F.lit(_LAST)))
        .when(way == F.lit(_EARLIER), -micros)
        .when(way == F.lit(_BY_ID), F.lit(0))
    )
    placed = stepped.where(is_item | looks).select(
        "*", way.alias("way"), turn.alias("turn"), position.alias("position")
    )
    so_far = (
        Window.partitionBy(*_KEY)
        .orderBy("position", "turn", "id", "side")
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    item = F.col("turn") == F.lit(_ITEM)
    return placed.withColumns(
        {
            "lines": F.count(F.when(item & is_line(), F.lit(1))).over(so_far),
            "txns": F.count(F.when(item & is_transaction(), F.lit(1))).over(so_far),
        }
    )


def _met(walked: DataFrame) -> DataFrame:
    """Places (`x_*`) with the next few of the other side (`c_*`), on every way."""
    own = F.when(is_line(), F.col("lines")).when(is_transaction(), F.col("txns"))
    other = F.when(is_line(), F.col("txns")).when(is_transaction(), F.col("lines"))
    sought = F.when(is_line(), F.lit(Side.INTERNAL.value)).when(
        is_transaction(), F.lit(Side.STATEMENT.value)
    )
    is_item = F.col("turn") == F.lit(_ITEM)
    items = walked.where(is_item).select(
        *[F.col(name).alias(f"c_{name}") for name in (*_KEY, "side", "id", *_TOLD)],
        own.alias("c_index"),
    )
    next_few = F.sequence(other + F.lit(1), other + F.lit(LISTED_MAX))
    places = walked.where(~is_item).select(
        *[F.col(name).alias(f"x_{name}") for name in (*_KEY, "side", "id", *_TOLD)],
        "within",
        "count",
        sought.alias("x_sought"),
        F.explode(next_few).alias("x_index"),
    )
    on = (F.col("x_sought") == F.col("c_side")) & (F.col("x_index") == F.col("c_index"))
    for name in _KEY:
        on = on & (F.col(f"x_{name}") == F.col(f"c_{name}"))
    return places.join(items, on=on, how="inner")


def _ranked(met: DataFrame) -> DataFrame:
    """The nearest by time, then by id; who has no time comes last."""
    apart = F.abs(F.unix_micros("x_at") - F.unix_micros("c_at"))
    near = F.col("within").isNull() | (F.col("apart") <= F.col("within"))
    order = Window.partitionBy("x_pass", "x_side", "x_id").orderBy(
        F.col("apart").asc_nulls_last(), F.col("c_id").asc()
    )
    ranked = (
        met.withColumn("apart", apart).where(near).withColumn("rank", F.row_number().over(order))
    )
    differs = [
        F.when(F.col(f"x_{name}") != F.col(f"c_{name}"), F.lit(label))
        for label, name in _TOLD_APART.items()
    ]
    return ranked.where(F.col("rank") <= F.lit(LISTED_MAX)).select(
        F.col("x_pass").alias("pass"),
        F.col("x_side").alias("side"),
        F.col("x_id").alias("unit_id"),
        F.col("c_id").alias("candidate_id"),
        "rank",
        F.col("count").alias("candidate_count"),
        F.call_function("div", "apart", F.lit(time_window.MICROS)).alias("seconds_apart"),
        F.col("c_amount").alias("amount"),
        F.col("c_currency").alias("currency"),
        F.concat_ws(" ", *differs).alias("differs"),
    )
