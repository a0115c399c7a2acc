"""The pair of each closed line: its own, or that of the line whose state it replaced."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.steps.lookback.closed_rows import CHANNEL_REF_KEY

#: The order of lines in step 3, for closed lines.
LINE_ORDER = ("statement_date", "time_unknown", "traded_at", "line_id")


_TXN_STATE = ("status", "amount", "currency")


def by_key(key: str) -> list[Column]:
    """Partition columns: rows that share a key; a row without the key is a partition of its own."""
    return [F.col(key), F.when(F.col(key).isNull(), F.col("own_id"))]


def add_base_rows(rows: DataFrame) -> DataFrame:
    """Adds to each line its base row: its own row, or that of the line whose state it replaced.

    `base_line`, `base_run` and `base_txn` are of the base row, `base_status`, `base_amount` and
    `base_currency` are the last state of that transaction. A copy or an overruled line replaces
    nothing, and has no base row. Of a line that an earlier run broke and a later one settled, the
    last row counts.

    A later state is an ALREADY_RECONCILED or STATUS_MISMATCH line without a transaction that names
    another line of its channel_ref, the last of an earlier run. (Lines that name a line of another
    channel_ref have these reasons, too; and a line that replaced a copy has no base row.)
    """
    by_channel_ref = Window.partitionBy(*by_key(CHANNEL_REF_KEY))
    by_line = Window.partitionBy(*by_key(CHANNEL_REF_KEY), "line_id")
    by_txn = Window.partitionBy(*by_key("txn_id"))
    last = F.max(F.struct("run_date", "txn_status", "txn_amount", "txn_currency")).over(by_txn)
    is_last = F.col("line_id").isNull() | (F.col("run_date") == F.col("last_run_of_line"))
    rows = (
        rows.withColumns(
            {
                "last_run": last["run_date"],
                **{f"last_{name}": last[f"txn_{name}"] for name in _TXN_STATE},
            }
        )
        .withColumn("last_run_of_line", F.max("run_date").over(by_line))
        .where(is_last)
    )
    may_be_later = F.col("may_be_later_state")
    named_lines = F.collect_set(F.when(may_be_later, F.col("duplicate_of"))).over(by_channel_ref)
    enriched = rows.withColumn("named", named_lines)
    is_named = F.array_contains("named", F.col("line_id")) & ~F.col("is_aside")
    named_here = F.collect_set(F.when(is_named, F.col("line_id"))).over(by_channel_ref)
    enriched = enriched.withColumn("named_here", named_here)
    names_line = F.array_contains("named_here", F.col("duplicate_of"))
    later = may_be_later & F.coalesce(names_line, F.lit(False))
    # Copies sort before all other lines, so that no copy stands between two states.
    in_order = by_channel_ref.orderBy(F.col("is_aside").desc(), "run_date", *LINE_ORDER, "txn_id")
    next_run = F.lead("run_date").over(in_order)
    flagged = enriched.withColumns(
        {
            "is_base": ~later & ~F.col("is_aside"),
            "ends_run": next_run.isNull() | (next_run > F.col("run_date")),
        }
    )
    is_named_later = (F.col("is_base") & F.col("ends_run")).alias("is_valid")
    last_state = [f"last_{name}" for name in _TXN_STATE]
    base_row = F.struct(is_named_later, "run_date", *LINE_ORDER, "txn_id", *last_state)
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    base = flagged.withColumn("earlier_base", F.max(base_row).over(so_far))
    is_own = F.col("is_base")
    is_earlier = ~F.col("is_aside") & F.col("earlier_base")["is_valid"]
    base_fields = {
        "base_line": "line_id",
        "base_run": "run_date",
        "base_txn": "txn_id",
        **{f"base_{name}": f"last_{name}" for name in _TXN_STATE},
    }
    base_columns = [
        F.when(is_own, F.col(field)).when(is_earlier, F.col("earlier_base")[field]).alias(name)
        for name, field in base_fields.items()
    ]
    return base.select("*", *base_columns).drop("named", "named_here", "earlier_base")
