"""Participants as the steps read them: one row per item, in the few columns that decide."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.profile.match_rules import Match, Pass, Window
from schemas.vocabulary import SIGN_OF_KIND, Reference, Side, Status, normalized_column

#: Statuses of what was not paid.
NOT_PAID = (Status.FAILED.value, Status.CLOSED.value)
#: Statuses of a transaction that does not stand.
UNDONE = (*NOT_PAID, Status.REVERSED.value)
#: A kind with its direction, as `directed_kind` makes it: what keys name instead of `kind`.
DIRECTED_KIND = "directed_kind"
#: The line that a line may be a copy of, and the hash of what the two have in common: columns of
#: the steps, null on other items.
COPIED_LINE, COPY_CLASS = "copied_line", "copy_class"
_COPY_COLUMNS = ("amount", "currency", "at", "account_tail", "payer_name")
#: Kinds whose amounts are negative as a rule.
_LEAVING = tuple(kind.value for kind, sign in SIGN_OF_KIND.items() if sign < 0)
#: Number of partitions for items without a key.
_BUCKETS = 32
_ITEM_COLUMNS = (
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
_FLAGS = (
    "id",
    DIRECTED_KIND,
    "is_new",
    "is_sent_today",
    "is_reportable",
    "is_within_window",
    "is_broken",
    "is_not_final",
)


def step_columns(match: Match) -> list[str]:
    """The columns that the steps of a channel read.

    `id` is the item's own id. `is_new` says that this run is the item's first, `is_sent_today` that
    today's snapshot has the transaction, `is_reportable` that the item has a row whatever its
    result, `is_within_window` that it has a matching attempt left, `is_broken` that it broke on an
    earlier run, `is_not_final` that the channel says PENDING of it. Passes without a reference read
    `COPIED_LINE` and `COPY_CLASS`, too.
    """
    copies = [] if all(pass_.has_reference for pass_ in match.passes) else [COPIED_LINE, COPY_CLASS]
    keys = [name for pass_ in match.passes for name in match_key(pass_)]
    keys += [normalized_column(group.on) for group in match.groups]
    return list(dict.fromkeys([*_FLAGS, *_ITEM_COLUMNS, *copies, *keys]))


def select_step_columns(items: DataFrame, match: Match, day: date) -> DataFrame:
    """Items of both sides in the columns of `step_columns`."""
    is_sent = F.col("item_date") == F.lit(day)
    flags = {
        "id": item_id(),
        DIRECTED_KIND: directed_kind(),
        "is_new": F.col("first_run_date") == F.lit(day),
        "is_sent_today": is_transaction() & is_sent,
        "is_reportable": is_reportable(day),
        "is_within_window": _is_within_window(match.window),
        "is_broken": F.col("broke_on").isNotNull(),
        "is_not_final": F.col("is_not_final"),
    }
    names = step_columns(match)
    if COPY_CLASS in names:
        flags |= {COPIED_LINE: F.col("copy_of"), COPY_CLASS: _copy_class()}
    others = [F.col(name) for name in names if name not in flags]
    return items.select(*[value.alias(name) for name, value in flags.items()], *others)


def _copy_class() -> Column:
    has_none = F.col("our_ref_norm").isNull() & F.col("channel_ref_norm").isNull()
    return F.when(is_line() & has_none, F.xxhash64(directed_kind(), *_COPY_COLUMNS))


def match_key(pass_: Pass) -> list[str]:
    """The columns that must be equal in a pass."""
    return [DIRECTED_KIND] + [
        normalized_column(name) if name in tuple(Reference) else name for name in pass_.on
    ]


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
    """Whether an item has a row on this run whatever its result.

    A late candidate has none, unless it is a transaction that is sent again today. One that is
    written off, and what it was, is not reported even then.
    """
    return F.col("broke_on").isNull() | (is_resend(day) & F.col("written_off").isNull())


def is_resend(day: date) -> Column:
    """Whether a late candidate is a transaction that is sent again today."""
    return F.col("broke_on").isNotNull() & (F.col("item_date") == F.lit(day))


def _is_within_window(window: Window) -> Column:
    limit = F.when(is_transaction(), F.lit(window.internal)).when(
        is_line(), F.lit(window.statement)
    )
    return F.col("chances") <= limit


def partition_by_key(*key: Column) -> list[Column]:
    """Partition columns for a key; items whose last key column is null spread over a few
    partitions.

    Engines are slow with many partitions of one row, and with one partition of all such rows.
    """
    return [*key, F.when(key[-1].isNull(), id_bucket())]


def id_bucket() -> Column:
    """One of a few partitions, by the item's id."""
    return F.pmod(F.xxhash64("id"), F.lit(_BUCKETS))


def directed_kind(kind: str = "kind", amount: str = "amount") -> Column:
    """The kind, with a minus where the amount has not the sign that the kind has as a rule.

    A payment that is taken back by a negative amount is not of the kind of payments. 0 has the
    usual sign. Source: docs/reference/rules.md, "Direction".
    """
    return directed_kind_of(F.col(kind), F.col(amount))


def directed_kind_of(kind: Column, amount: Column) -> Column:
    """As `directed_kind`, of a kind and an amount, or its sign, that are no columns."""
    leaves = kind.isin(*_LEAVING)
    is_contrary = (leaves & (amount > F.lit(0))) | (~leaves & (amount < F.lit(0)))
    return F.when(is_contrary, F.concat(kind, F.lit("-"))).otherwise(kind)


def comes_in() -> Column:
    """Whether the direction of an item is towards us; 0 goes where its kind goes as a rule."""
    is_zero = F.col("amount") == F.lit(0)
    return F.when(is_zero, ~F.col("kind").isin(*_LEAVING)).otherwise(F.col("amount") > F.lit(0))


def kind_and_reference(kind: Column, reference: str) -> Column:
    """A kind with its direction and a normalized reference as one text; null without a reference.

    No kind contains a bar.
    """
    return F.concat(kind, F.lit("|"), F.col(reference))


def line_order() -> list[Column]:
    """The order of lines: business date, time (unknown times last), line id."""
    return [F.col("item_date").asc(), F.col("at").asc_nulls_last(), F.col("id").asc()]


def statuses_agree(line: Column, transaction: Column) -> Column:
    """Whether two statuses agree: both paid, both reversed, or both not paid."""
    same_only = (Status.SUCCEEDED.value, Status.REVERSED.value)
    same = (line == transaction) & line.isin(*same_only)
    return same | (line.isin(*NOT_PAID) & transaction.isin(*NOT_PAID))
