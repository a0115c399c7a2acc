"""Lines and transactions in one form: an item of its side."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.tables import item_types
from schemas.vocabulary import Side

_SAME = (
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
)
#: What a match looks at of a row of `statement_lines`, and of `internal_transactions`.
LINE_COLUMNS = ("line_id", "line_no", "business_date", *_SAME, "fee", "traded_at", "terminal_id")
TRANSACTION_COLUMNS = ("txn_id", "business_date", *_SAME, "occurred_at")


def _none(kind: str) -> Column:
    return F.lit(None).cast(kind)


def _typed(**columns: Column) -> list[Column]:
    """Every item column in its order and type; what is not given is null."""
    return [
        columns.get(name, _none(kind)).cast(kind).alias(name) for name, kind in item_types().items()
    ]


def items_from_lines(lines: DataFrame, day: date, other_side_there: bool) -> DataFrame:
    """Statement lines of a run date, one item each, seen today for the first time."""
    return lines.select(
        *_typed(
            side=F.lit(Side.STATEMENT.value),
            line_id=F.col("line_id"),
            **_both(),
            fee=F.col("fee"),
            at=F.col("traded_at"),
            terminal_id=F.col("terminal_id"),
            first_run_date=F.lit(day),
            chances=F.lit(int(other_side_there)),
        )
    )


def items_from_transactions(rows: DataFrame, day: date, other_side_there: bool) -> DataFrame:
    """Internal transactions of a run date, one item each, seen today for the first time."""
    return rows.select(
        *_typed(
            side=F.lit(Side.INTERNAL.value),
            txn_id=F.col("txn_id"),
            **_both(),
            at=F.col("occurred_at"),
            first_run_date=F.lit(day),
            chances=F.lit(int(other_side_there)),
        )
    )


def _both() -> dict[str, Column]:
    return {name: F.col(name) for name in _SAME} | {"item_date": F.col("business_date")}


def lines_from_items(items: DataFrame) -> DataFrame:
    """Items of the statement as the lines that they were, in `LINE_COLUMNS`."""
    was = {
        "line_no": F.substring_index("line_id", ":", -1).cast("bigint"),
        "business_date": F.col("item_date"),
        "traded_at": F.col("at"),
    }
    theirs = select_side(items, Side.STATEMENT)
    return theirs.select(*[was.get(name, F.col(name)).alias(name) for name in LINE_COLUMNS])


def transactions_from_items(items: DataFrame) -> DataFrame:
    """Our items as the transactions that they were, in `TRANSACTION_COLUMNS`."""
    was = {"business_date": F.col("item_date"), "occurred_at": F.col("at")}
    ours = select_side(items, Side.INTERNAL)
    return ours.select(*[was.get(name, F.col(name)).alias(name) for name in TRANSACTION_COLUMNS])


def age_open_items(open_items: DataFrame, statement_whole: bool, snapshot_there: bool) -> DataFrame:
    """Open items with one chance more where the other side is there today."""
    gained = F.when(F.col("side") == F.lit(Side.INTERNAL.value), F.lit(int(statement_whole)))
    gained = gained.when(F.col("side") == F.lit(Side.STATEMENT.value), F.lit(int(snapshot_there)))
    columns = [F.col(name) for name in item_types() if name != "chances"]
    chances = (F.col("chances") + gained).cast("int").alias("chances")
    return open_items.select(*columns, chances).select(*item_types())


def select_side(items: DataFrame, side: Side) -> DataFrame:
    """The items of one side."""
    return items.where(F.col("side") == F.lit(side.value))


def apply_later_states(today: DataFrame, still_open: DataFrame) -> DataFrame:
    """Today's transactions and the open ones: a later state replaces the earlier, keeps its dates.

    Both hold one row per `txn_id`.
    """
    dates = still_open.select(
        F.col("txn_id"),
        F.col("first_run_date").alias("since"),
        F.col("chances").alias("had"),
        F.col("broke_on").alias("broke"),
    )
    kept = ("first_run_date", "chances", "broke_on")
    columns = [F.col(name) for name in item_types() if name not in kept]
    renewed = today.join(dates, on="txn_id", how="left").select(
        *columns,
        F.coalesce("since", "first_run_date").alias("first_run_date"),
        F.coalesce("had", "chances").alias("chances"),
        F.col("broke").alias("broke_on"),
    )
    waiting = still_open.join(today.select("txn_id"), on="txn_id", how="left_anti")
    return renewed.select(*item_types()).unionByName(waiting.select(*item_types()))
