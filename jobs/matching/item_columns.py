"""Members as the steps look at them: one row per item, in the few columns that decide."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.profile.match_rules import Match, Pass, Window
from schemas.vocabulary import Reference, Side, Status, normalized

#: What says that nothing was paid.
NOT_PAID = (Status.FAILED.value, Status.CLOSED.value)
#: So many partitions for items that share nothing.
_BUCKETS = 32
_PLAIN = (
    "side",
    "kind",
    "status",
    "amount",
    "currency",
    "our_ref_norm",
    "channel_ref_norm",
    "at",
    "item_date",
)
_FACTS = ("id", "fresh", "sent", "in_sight", "in_window")


def step_columns(match: Match) -> list[str]:
    """The columns that the steps of a channel look at.

    `id` is the item's own. `fresh` is what is seen today for the first time, `sent` a transaction
    that is sent today, `in_sight` what has a row whatever becomes of it (all but late candidates
    that are not sent again), `in_window` what has a chance left.
    """
    named = [name for each in match.passes for name in match_key(each)]
    named += [normalized(each.on) for each in match.groups]
    return list(dict.fromkeys([*_FACTS, *_PLAIN, *named]))


def select_step_columns(items: DataFrame, match: Match, day: date) -> DataFrame:
    """Items of both sides in the columns of `columns_of`."""
    sent = F.col("item_date") == F.lit(day)
    facts = {
        "id": item_id(),
        "fresh": F.col("first_run_date") == F.lit(day),
        "sent": is_transaction() & sent,
        "in_sight": is_reportable(day),
        "in_window": _in_window(match.window),
    }
    rest = [F.col(name) for name in step_columns(match) if name not in facts]
    return items.select(*[of.alias(name) for name, of in facts.items()], *rest)


def match_key(each: Pass) -> list[str]:
    """The columns that must be equal in a pass."""
    return ["kind"] + [normalized(name) if name in tuple(Reference) else name for name in each.on]


def is_transaction() -> Column:
    """Whether an item is a transaction."""
    return F.col("side") == F.lit(Side.INTERNAL.value)


def is_line() -> Column:
    """Whether an item is a statement line."""
    return F.col("side") == F.lit(Side.STATEMENT.value)


def item_id() -> Column:
    """The item's own id: `txn_id` or `line_id`."""
    return F.coalesce("txn_id", "line_id")


def is_reportable(day: date) -> Column:
    """Whether an item has a row on this run whatever becomes of it.

    All but late candidates have; a late transaction that is sent again today has, too.
    """
    return F.col("broke_on").isNull() | (F.col("item_date") == F.lit(day))


def _in_window(window: Window) -> Column:
    limit = F.when(is_transaction(), F.lit(window.internal)).when(
        is_line(), F.lit(window.statement)
    )
    return F.col("chances") <= limit


def partition_by_key(*key: Column) -> list[Column]:
    """What to partition by: items that share the last column of a key; who has none is anywhere.

    Engines take many partitions of one row badly, and one of all rows that share nothing, too.
    """
    return [*key, F.when(key[-1].isNull(), id_bucket())]


def id_bucket() -> Column:
    """One of a few partitions, by the item's id."""
    return F.pmod(F.xxhash64("id"), F.lit(_BUCKETS))


def kind_and_reference(reference: str) -> Column:
    """Kind and a normalized reference as one text; null where there is no reference.

    No kind has a bar in it.
    """
    return F.concat(F.col("kind"), F.lit("|"), F.col(reference))


def line_order() -> list[Column]:
    """The order of lines: business date, time with the unknown last, line."""
    return [F.col("item_date").asc(), F.col("at").asc_nulls_last(), F.col("id").asc()]


def statuses_agree(line: Column, ours: Column) -> Column:
    """Whether two statuses say the same: paid, reversed, or not paid on both sides."""
    lasting = (Status.SUCCEEDED.value, Status.REVERSED.value)
    same = (line == ours) & line.isin(*lasting)
    return same | (line.isin(*NOT_PAID) & ours.isin(*NOT_PAID))
