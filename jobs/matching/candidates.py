"""Candidates of AMBIGUOUS items: per pass the nearest few, ranked.

The search counts, as `time_window` does. Under one key it orders the items of both sides by time,
forwards and backwards, and numbers each side. The candidates of an item are the next numbers of the
other side after the item's place. So the cost of a key grows with its items, not with their pairs.

Each order is a `direction`. In it stand all items, and the search places of ambiguous items.
"""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.item_columns import (
    DIRECTED_KIND,
    directed_kind,
    is_line,
    is_transaction,
    item_id,
    match_key,
)
from jobs.matching.steps import passes, time_window
from schemas.profile.match_rules import Match, Pass
from schemas.tables import CANDIDATES
from schemas.vocabulary import Reason, Reference, Side, normalized_column

#: At most so many candidates of an item are listed per pass.
LISTED_MAX = 5
#: Columns in which a candidate may differ from the item, by their names in `differs`.
_COMPARED_COLUMNS = {
    "amount": "amount",
    "currency": "currency",
    "status": "status",
    "channel_ref": normalized_column(Reference.CHANNEL_REF),
    "order_ref": normalized_column(Reference.ORDER_REF),
    "batch_ref": normalized_column(Reference.BATCH_REF),
    "account_tail": "account_tail",
    "payer_name": "payer_name",
    "merchant_id": "merchant_id",
    "traded_at": "at",
}
_COMPARED = tuple(_COMPARED_COLUMNS.values())
_END_OF_TIME = 2**63 - 1
#: Directions of a search: to the same time and later, to earlier times, by id alone.
_LATER, _EARLIER, _BY_ID = "later", "earlier", "by id"
#: Order of rows at one time: searches for later items, items, searches for earlier ones.
_SEARCH_LATER, _ITEM, _SEARCH_EARLIER = 0, 1, 2
_KEY = ("pass", "key", "direction")


def list_candidates(decided: DataFrame, match: Match, day: date, channel: str) -> DataFrame:
    """Rows of `candidates` of a run.

    `decided` has the participants with `reason` and the columns of
    `passes.passes_with_candidate_counts`.
    """
    out = decided.where(F.lit(False)).select(*_empty_columns())
    decided = decided.withColumn(DIRECTED_KIND, directed_kind())
    counted = passes.passes_with_candidate_counts(match)
    parts = [_select_pass(decided, column, pass_) for column, pass_ in counted.items()]
    if parts:
        part = parts[0]
        for other in parts[1:]:
            part = part.unionByName(other)
        out = out.unionByName(_rank(_join_candidates(_number_items(part))))
    run_columns = {"run_date": F.lit(day), "channel": F.lit(channel)}
    return out.withColumns(run_columns).select(*CANDIDATES.columns)


def _empty_columns() -> list[Column]:
    types = {field.name: field.dataType.simpleString() for field in CANDIDATES.schema.fields}
    run_columns = ("run_date", "channel")
    return [
        F.lit(None).cast(kind).alias(name)
        for name, kind in types.items()
        if name not in run_columns
    ]


def _select_pass(decided: DataFrame, count_column: str, pass_: Pass) -> DataFrame:
    """The items that took part in a pass, with the key as one text and their candidate count."""
    count = F.col(count_column)
    ambiguous = F.col("reason") == F.lit(Reason.AMBIGUOUS.value)
    within = F.lit(pass_.within_seconds).cast("bigint") * F.lit(time_window.MICROS)
    return decided.where(count.isNotNull()).select(
        F.lit(pass_.name).alias("pass"),
        F.concat_ws("\x1f", *[F.col(name).cast("string") for name in match_key(pass_)]).alias(
            "key"
        ),
        within.alias("within"),
        "side",
        item_id().alias("id"),
        *_COMPARED,
        count.alias("count"),
        (F.coalesce(ambiguous, F.lit(False)) & (count > F.lit(0))).alias("is_searched"),
    )


def _number_items(part: DataFrame) -> DataFrame:
    """Items and search places, each with the number of items of either side up to it.

    An item without a time comes last in the direction of later times, and searches by id alone.
    """
    has_search = F.max(F.col("is_searched").cast("int")).over(Window.partitionBy("pass", "key"))
    near = part.withColumn("has_search", has_search).where(F.col("has_search") == F.lit(1))
    has_time = F.col("at").isNotNull()
    direction, turn = F.col("step.direction"), F.col("step.turn")
    steps = [(_LATER, _ITEM), (_EARLIER, _ITEM), (_BY_ID, _ITEM)]
    steps += [(_LATER, _SEARCH_LATER), (_EARLIER, _SEARCH_EARLIER), (_BY_ID, _SEARCH_LATER)]
    step_structs = [F.struct(F.lit(d).alias("direction"), F.lit(t).alias("turn")) for d, t in steps]
    stepped = near.select("*", F.explode(F.array(*step_structs)).alias("step"))
    is_item = (turn == F.lit(_ITEM)) & (has_time | (direction != F.lit(_EARLIER)))
    is_search = (
        (turn != F.lit(_ITEM)) & F.col("is_searched") & (has_time == (direction != F.lit(_BY_ID)))
    )
    micros = F.unix_micros("at")
    position = (
        F.when(direction == F.lit(_LATER), F.coalesce(micros, F.lit(_END_OF_TIME)))
        .when(direction == F.lit(_EARLIER), -micros)
        .when(direction == F.lit(_BY_ID), F.lit(0))
    )
    placed = stepped.where(is_item | is_search).select(
        "*", direction.alias("direction"), turn.alias("turn"), position.alias("position")
    )
    up_to_row = (
        Window.partitionBy(*_KEY)
        .orderBy("position", "turn", "id", "side")
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    at_item = F.col("turn") == F.lit(_ITEM)
    return placed.withColumns(
        {
            "lines": F.count(F.when(at_item & is_line(), F.lit(1))).over(up_to_row),
            "txns": F.count(F.when(at_item & is_transaction(), F.lit(1))).over(up_to_row),
        }
    )


def _join_candidates(numbered: DataFrame) -> DataFrame:
    """Search places (`x_*`) with the next few items of the other side (`c_*`), per direction."""
    own = F.when(is_line(), F.col("lines")).when(is_transaction(), F.col("txns"))
    other = F.when(is_line(), F.col("txns")).when(is_transaction(), F.col("lines"))
    other_side = F.when(is_line(), F.lit(Side.INTERNAL.value)).when(
        is_transaction(), F.lit(Side.STATEMENT.value)
    )
    is_item = F.col("turn") == F.lit(_ITEM)
    items = numbered.where(is_item).select(
        *[F.col(name).alias(f"c_{name}") for name in (*_KEY, "side", "id", *_COMPARED)],
        own.alias("c_index"),
    )
    next_few = F.sequence(other + F.lit(1), other + F.lit(LISTED_MAX))
    places = numbered.where(~is_item).select(
        *[F.col(name).alias(f"x_{name}") for name in (*_KEY, "side", "id", *_COMPARED)],
        "within",
        "count",
        other_side.alias("x_other_side"),
        F.explode(next_few).alias("x_index"),
    )
    on = (F.col("x_other_side") == F.col("c_side")) & (F.col("x_index") == F.col("c_index"))
    for name in _KEY:
        on = on & (F.col(f"x_{name}") == F.col(f"c_{name}"))
    return places.join(items, on=on, how="inner")


def _rank(joined: DataFrame) -> DataFrame:
    """The nearest by time, then by id; candidates without a time come last."""
    apart = F.abs(F.unix_micros("x_at") - F.unix_micros("c_at"))
    near = F.col("within").isNull() | (F.col("apart") <= F.col("within"))
    order = Window.partitionBy("x_pass", "x_side", "x_id").orderBy(
        F.col("apart").asc_nulls_last(), F.col("c_id").asc()
    )
    ranked = (
        joined.withColumn("apart", apart).where(near).withColumn("rank", F.row_number().over(order))
    )
    differs = [
        F.when(F.col(f"x_{name}") != F.col(f"c_{name}"), F.lit(label))
        for label, name in _COMPARED_COLUMNS.items()
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
