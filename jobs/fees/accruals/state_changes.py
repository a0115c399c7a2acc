"""On which date a transaction of ours begins to be SUCCEEDED, and on which it ceases to be.

A snapshot may send a transaction on many dates: only the dates on which its state turns count.
"""

from collections.abc import Callable
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from schemas.vocabulary import Status

Materialize = Callable[[DataFrame, str], DataFrame]


def is_final() -> Column:
    """Whether a transaction has come to an end: all but PENDING ones."""
    return F.col("status") != F.lit(Status.PENDING.value)


def is_succeeded() -> Column:
    """Whether a transaction SUCCEEDED."""
    return F.col("status") == F.lit(Status.SUCCEEDED.value)


def find_changes(rows: DataFrame, since: date, materialize: Materialize) -> DataFrame:
    """The rows with which a transaction begins to be SUCCEEDED, or ends otherwise after it was, of
    dates from `since` on; `rows` are those of `internal_transactions` of these dates and before.

    Adds `taken_date`: null where it begins; where it ends otherwise, the date on which it began.
    PENDING rows change nothing. `materialize(frame, name)` stores a frame.
    """
    hashed = rows.where(is_final()).withColumn("hash", F.xxhash64("txn_id"))
    # Few transactions are sent again; only these are sorted. Hashes are cheaper to count.
    counts = hashed.groupBy("hash").agg(F.count(F.lit(1)).alias("n"))
    several = counts.where(F.col("n") > F.lit(1)).select("hash")
    again = F.broadcast(materialize(several, "sent_again"))
    is_new = F.col("business_date") >= F.lit(since)
    once = hashed.where(is_succeeded() & is_new).join(again, on="hash", how="left_anti")
    once = once.withColumn("taken_date", F.lit(None).cast("date"))
    turns = _find_turns(hashed.join(again, on="hash", how="left_semi")).where(is_new)
    columns = [*rows.columns, "taken_date"]
    return once.select(*columns).unionByName(turns.select(*columns))


def select_first(rows: DataFrame) -> DataFrame:
    """`find_changes` of rows of which no transaction was sent before."""
    return rows.where(is_succeeded()).withColumn("taken_date", F.lit(None).cast("date"))


def _find_turns(rows: DataFrame) -> DataFrame:
    """The rows whose state turns, with `taken_date`."""
    order = Window.partitionBy("txn_id").orderBy("business_date")
    before = F.lag(is_succeeded().cast("int"), 1, 0).over(order)
    turns = rows.withColumn("before", before).where(is_succeeded().cast("int") != F.col("before"))
    # Beginnings and ends take turns, so the turn before an end is its beginning.
    begun = F.when(~is_succeeded(), F.lag("business_date").over(order))
    return turns.withColumn("taken_date", begun)
