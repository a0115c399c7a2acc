"""Lines and transactions in one form: items, one row each."""

from datetime import date
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.tables import item_types
from schemas.vocabulary import Side

_COMMON_COLUMNS = (
    "kind",
    "status",
    "amount",
    "currency",
    "our_ref",
    "channel_ref",
    "order_ref",
    "batch_ref",
    "our_ref_norm",
    "channel_ref_norm",
    "order_ref_norm",
    "batch_ref_norm",
    "account_tail",
    "payer_name",
    "merchant_id",
    "product",
    "card_type",
)
#: The columns of `statement_lines`, and of `internal_transactions`, that a match reads.
LINE_COLUMNS = (
    "line_id",
    "file_id",
    "line_no",
    "business_date",
    *_COMMON_COLUMNS,
    "fee",
    "traded_at",
    "terminal_id",
    "text",
)
TRANSACTION_COLUMNS = ("txn_id", "business_date", *_COMMON_COLUMNS, "occurred_at")


#: What a write-off is about: if it changes, the write-off is stale.
_STATE = ("status", "amount", "currency")


def _null_of(kind: str) -> Column:
    return F.lit(None).cast(kind)


def _item_columns(**columns: Column) -> list[Column]:
    """Every item column in its order and type; columns left out are null."""
    return [
        columns.get(name, _null_of(kind)).cast(kind).alias(name)
        for name, kind in item_types().items()
    ]


def items_from_lines(lines: DataFrame, day: date, is_attempt: bool) -> DataFrame:
    """One item per statement line of a run date; this run is its first.

    `is_attempt` says whether this run counts as a matching attempt: the other side is there.
    """
    return lines.select(
        *_item_columns(
            side=F.lit(Side.STATEMENT.value),
            line_id=F.col("line_id"),
            **_common(),
            fee=F.col("fee"),
            at=F.col("traded_at"),
            terminal_id=F.col("terminal_id"),
            text=F.col("text"),
            first_run_date=F.lit(day),
            chances=F.lit(int(is_attempt)),
        )
    )


def items_from_transactions(rows: DataFrame, day: date, is_attempt: bool) -> DataFrame:
    """One item per internal transaction of a run date; this run is its first.

    `is_attempt` says whether this run counts as a matching attempt: the other side is there.
    """
    return rows.select(
        *_item_columns(
            side=F.lit(Side.INTERNAL.value),
            txn_id=F.col("txn_id"),
            **_common(),
            at=F.col("occurred_at"),
            first_run_date=F.lit(day),
            chances=F.lit(int(is_attempt)),
        )
    )


def _common() -> dict[str, Column]:
    return {name: F.col(name) for name in _COMMON_COLUMNS} | {"item_date": F.col("business_date")}


def lines_from_items(items: DataFrame) -> DataFrame:
    """Statement items as rows of `statement_lines`, in `LINE_COLUMNS`."""
    renamed = {
        "file_id": F.substring_index("line_id", ":", 1),
        "line_no": F.substring_index("line_id", ":", -1).cast("bigint"),
        "business_date": F.col("item_date"),
        "traded_at": F.col("at"),
    }
    statement_items = select_side(items, Side.STATEMENT)
    return statement_items.select(
        *[renamed.get(name, F.col(name)).alias(name) for name in LINE_COLUMNS]
    )


def transactions_from_items(items: DataFrame) -> DataFrame:
    """Internal items as rows of `internal_transactions`, in `TRANSACTION_COLUMNS`."""
    renamed = {"business_date": F.col("item_date"), "occurred_at": F.col("at")}
    internal_items = select_side(items, Side.INTERNAL)
    return internal_items.select(
        *[renamed.get(name, F.col(name)).alias(name) for name in TRANSACTION_COLUMNS]
    )


def count_attempts(
    open_items: DataFrame, is_statement_attempt: bool, is_internal_attempt: bool
) -> DataFrame:
    """Open items with one matching attempt more, on the sides for which this run is one."""
    is_internal = F.col("side") == F.lit(Side.INTERNAL.value)
    is_statement = F.col("side") == F.lit(Side.STATEMENT.value)
    attempts = F.when(is_internal, F.lit(int(is_internal_attempt)))
    attempts = attempts.when(is_statement, F.lit(int(is_statement_attempt)))
    columns = [F.col(name) for name in item_types() if name != "chances"]
    chances = (F.col("chances") + attempts).cast("int").alias("chances")
    return open_items.select(*columns, chances).select(*item_types())


def select_side(items: DataFrame, side: Side) -> DataFrame:
    """The items of one side."""
    return items.where(F.col("side") == F.lit(side.value))


def apply_later_states(today: DataFrame, open_transactions: DataFrame) -> DataFrame:
    """Merges today's transactions with the open ones: the later state, with the earlier dates.

    Both frames, and the result, have one row per `txn_id`. A write-off holds only for a transaction
    that is what it was.
    """
    dates = open_transactions.select(
        F.col("txn_id"),
        F.col("first_run_date").alias("former_date"),
        F.col("chances").alias("former_chances"),
        F.col("broke_on").alias("former_broke_on"),
        F.col("group_id").alias("former_group_id"),
        F.col("written_off").alias("former_written_off"),
        *[F.col(name).alias(f"former_{name}") for name in _STATE],
    )
    same = reduce(and_, [F.col(name) == F.col(f"former_{name}") for name in _STATE])
    kept = ("first_run_date", "chances", "broke_on", "group_id", "written_off")
    columns = [F.col(name) for name in item_types() if name not in kept]
    updated = today.join(dates, on="txn_id", how="left").select(
        *columns,
        F.coalesce("former_date", "first_run_date").alias("first_run_date"),
        F.coalesce("former_chances", "chances").alias("chances"),
        F.col("former_broke_on").alias("broke_on"),
        F.col("former_group_id").alias("group_id"),
        F.when(same, F.col("former_written_off")).alias("written_off"),
    )
    others = open_transactions.join(today.select("txn_id"), on="txn_id", how="left_anti")
    return updated.select(*item_types()).unionByName(others.select(*item_types()))
