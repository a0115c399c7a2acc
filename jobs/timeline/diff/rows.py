"""Compares the outcomes of two runs of one date: which were added, are gone, or changed.

Two rows are the same row if they have the same transaction. Rows without a transaction are the same
if their lines are, whichever file has the line: a resent statement with the same lines changes
nothing.
"""

from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.timeline.outcomes import format_amount
from schemas.tables import OUTCOMES

#: The compared columns. Ids of lines contain the file: `_is_same_line` compares them.
COMPARED = tuple(
    name
    for name in OUTCOMES.columns
    if name not in ("run_date", "channel", "unit_id", "txn_id", "line_id", "duplicate_of")
)
_LINE_IDS = ("line_id", "duplicate_of")
_AMOUNTS = {
    "internal_amount": "internal_currency",
    "statement_amount": "currency",
    "difference": "currency",
    "fee": "currency",
}
ADDED, GONE, CHANGED = "added", "gone", "changed"


def compare_outcomes(before: DataFrame, after: DataFrame) -> DataFrame:
    """Rows of `outcomes` of one date and channel that differ between two runs.

    One row per key, with `state` (added, gone, changed), `columns` (array of changed columns), and
    every column of both runs as `b_*` (before) and `a_*` (after).
    """
    old, new = _with_keys(before, "b"), _with_keys(after, "a")
    both = old.join(new, on=F.col("b_key") == F.col("a_key"), how="full")
    differs = [F.when(~F.col(f"b_{n}").eqNullSafe(F.col(f"a_{n}")), F.lit(n)) for n in COMPARED]
    differs += [F.when(~_is_same_line(name), F.lit(name)) for name in _LINE_IDS]
    columns = F.array_compact(F.array(*differs))
    state = (
        F.when(F.col("b_key").isNull(), F.lit(ADDED))
        .when(F.col("a_key").isNull(), F.lit(GONE))
        .when(F.size("columns") > F.lit(0), F.lit(CHANGED))
    )
    differing = both.withColumn("columns", columns).withColumn("state", state)
    return differing.where(F.col("state").isNotNull())


def _with_keys(rows: DataFrame, side: str) -> DataFrame:
    """Rows with their key; every column has the prefix of the side.

    The key of a line without a transaction is its kind, its references, and its number among equal
    lines.
    """
    has_no_transaction = F.col("txn_id").isNull()
    references = [F.coalesce(f"{name}_norm", F.lit("")) for name in ("our_ref", "channel_ref")]
    kind_and_references = F.concat_ws("\x1f", F.col("kind"), *references)
    has_no_reference = F.col("our_ref_norm").isNull() & F.col("channel_ref_norm").isNull()
    line_identity = F.when(has_no_reference, F.col("line_id")).when(
        ~has_no_reference, kind_and_references
    )
    lines = rows.where(has_no_transaction).withColumn("line_identity", line_identity)
    by_line = Window.partitionBy("line_identity").orderBy("statement_date", "line_id")
    line_key = F.concat_ws("\x1f", F.lit("line"), "line_identity", F.row_number().over(by_line))
    transactions = rows.where(~has_no_transaction).withColumn(
        "key", F.concat_ws("\x1f", F.lit("txn"), "txn_id")
    )
    keyed = transactions.unionByName(lines.withColumn("key", line_key).drop("line_identity"))
    return keyed.select(*[F.col(name).alias(f"{side}_{name}") for name in keyed.columns])


def _is_same_line(name: str) -> Column:
    """Whether two ids are equal, or of different files: then the other columns decide."""
    before, after = F.col(f"b_{name}"), F.col(f"a_{name}")
    is_other_file = (
        before.contains(":") & after.contains(":")
        & (F.substring_index(before, ":", 1) != F.substring_index(after, ":", 1))
    )  # fmt: skip
    return before.eqNullSafe(after) | F.coalesce(is_other_file, F.lit(False))


def count_changes(differing: DataFrame) -> dict[str, Any]:
    """Counts rows by state, by changed column, and by change of outcome."""
    states = dict.fromkeys((ADDED, GONE, CHANGED), 0)
    by_column: dict[str, int] = {}
    changes: dict[str, int] = {}
    grouped = differing.groupBy("state", "columns", "b_outcome", "a_outcome")
    rows = grouped.agg(F.count(F.lit(1)).alias("rows")).collect()
    for row in sorted(rows, key=str):
        states[row["state"]] += row["rows"]
        for name in row["columns"] if row["state"] == CHANGED else ():
            by_column[name] = by_column.get(name, 0) + row["rows"]
        change = f"{row['b_outcome'] or 'none'} -> {row['a_outcome'] or 'none'}"
        changes[change] = changes.get(change, 0) + row["rows"]
    return {**states, "columns": dict(sorted(by_column.items())),
            "outcomes": dict(sorted(changes.items()))}  # fmt: skip


def list_changes(differing: DataFrame, rows_max: int) -> list[dict[str, Any]]:
    """The first `rows_max` differing rows by state and id; amounts in major units."""
    order = [F.col("state").asc(), *[F.coalesce(f"a_{name}", f"b_{name}").asc_nulls_last()
                                     for name in ("txn_id", "line_id")]]  # fmt: skip
    names = [name for name in OUTCOMES.columns if name not in ("run_date", "channel")]
    values = [F.col(f"{side}_{name}") for side in "ba" for name in names if name != "traded_at"]
    times = [F.col(f"{side}_traded_at").cast("string").alias(f"{side}_traded_at") for side in "ba"]
    rows = differing.select("state", "columns", *values, *times).orderBy(*order).limit(rows_max)
    return [_describe_change(row.asDict(recursive=True)) for row in rows.collect()]


def _describe_change(row: dict[str, Any]) -> dict[str, Any]:
    side = "b" if row["state"] == GONE else "a"
    names = ("txn_id", "line_id", "kind", "our_ref", "channel_ref", "outcome", "reasons", "action",
             "currency")  # fmt: skip
    now = {name: row[f"{side}_{name}"] for name in names}
    changes = {
        name: [_format_value(row, "b", name), _format_value(row, "a", name)]
        for name in (row["columns"] if row["state"] == CHANGED else ())
    }
    return {"state": row["state"], **now, "changes": changes}


def _format_value(row: dict[str, Any], side: str, name: str) -> Any:
    value = row[f"{side}_{name}"]
    if name in _AMOUNTS:
        code = row[f"{side}_{_AMOUNTS[name]}"] or row[f"{side}_currency"]
        return format_amount(value, code)
    return str(value) if isinstance(value, date) else value
