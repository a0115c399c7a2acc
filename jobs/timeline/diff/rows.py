"""Two runs of one date side by side: which outcomes came, went, or changed, and in what.

Rows are the same that are of one transaction of ours; of lines alone those of one line, whichever
file it came in: a statement that is sent anew with the same lines changes nothing.
"""

from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.timeline.outcomes import major
from schemas.tables import OUTCOMES

#: What is compared. Ids of lines are left out: they name the file, see `same_line`.
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


def compared(before: DataFrame, after: DataFrame) -> DataFrame:
    """Rows of `outcomes` of one date and channel that are not the same in both.

    One row per key, with `state` (added, gone, changed), `columns` (array, what changed), and every
    column of both as `b_*` and `a_*`.
    """
    old, new = _keyed(before, "b"), _keyed(after, "a")
    both = old.join(new, on=F.col("b_key") == F.col("a_key"), how="full")
    differs = [F.when(~F.col(f"b_{n}").eqNullSafe(F.col(f"a_{n}")), F.lit(n)) for n in COMPARED]
    differs += [F.when(~_same_line(name), F.lit(name)) for name in _LINE_IDS]
    columns = F.array_compact(F.array(*differs))
    state = (
        F.when(F.col("b_key").isNull(), F.lit(ADDED))
        .when(F.col("a_key").isNull(), F.lit(GONE))
        .when(F.size("columns") > F.lit(0), F.lit(CHANGED))
    )
    told = both.withColumn("columns", columns).withColumn("state", state)
    return told.where(F.col("state").isNotNull())


def _keyed(rows: DataFrame, side: str) -> DataFrame:
    """Rows with their key, columns prefixed by the side.

    A line alone is known by kind and references, and of several such by its place among them.
    """
    alone = F.col("txn_id").isNull()
    numbers = [F.coalesce(f"{name}_norm", F.lit("")) for name in ("our_ref", "channel_ref")]
    number = F.concat_ws("\x1f", F.col("kind"), *numbers)
    nameless = F.col("our_ref_norm").isNull() & F.col("channel_ref_norm").isNull()
    known_by = F.when(nameless, F.col("line_id")).when(~nameless, number)
    lines = rows.where(alone).withColumn("known_by", known_by)
    in_order = Window.partitionBy("known_by").orderBy("statement_date", "line_id")
    placed = F.concat_ws("\x1f", F.lit("line"), "known_by", F.row_number().over(in_order))
    ours = rows.where(~alone).withColumn("key", F.concat_ws("\x1f", F.lit("txn"), "txn_id"))
    whole = ours.unionByName(lines.withColumn("key", placed).drop("known_by"))
    return whole.select(*[F.col(name).alias(f"{side}_{name}") for name in whole.columns])


def _same_line(name: str) -> Column:
    """Whether two ids are one line, or of different files: then the rest of the row decides."""
    before, after = F.col(f"b_{name}"), F.col(f"a_{name}")
    other_file = (
        before.contains(":") & after.contains(":")
        & (F.substring_index(before, ":", 1) != F.substring_index(after, ":", 1))
    )  # fmt: skip
    return before.eqNullSafe(after) | F.coalesce(other_file, F.lit(False))


def counted(differing: DataFrame) -> dict[str, Any]:
    """Rows by state, of changed ones by column, and from which outcome to which."""
    states = dict.fromkeys((ADDED, GONE, CHANGED), 0)
    by_column: dict[str, int] = {}
    moves: dict[str, int] = {}
    grouped = differing.groupBy("state", "columns", "b_outcome", "a_outcome")
    rows = grouped.agg(F.count(F.lit(1)).alias("rows")).collect()
    for row in sorted(rows, key=str):
        states[row["state"]] += row["rows"]
        for name in row["columns"] if row["state"] == CHANGED else ():
            by_column[name] = by_column.get(name, 0) + row["rows"]
        move = f"{row['b_outcome'] or 'none'} -> {row['a_outcome'] or 'none'}"
        moves[move] = moves.get(move, 0) + row["rows"]
    return {**states, "columns": dict(sorted(by_column.items())),
            "outcomes": dict(sorted(moves.items()))}  # fmt: skip


def listed(differing: DataFrame, rows_max: int) -> list[dict[str, Any]]:
    """The differing rows, the first by state and id; amounts in major units."""
    order = [F.col("state").asc(), *[F.coalesce(f"a_{name}", f"b_{name}").asc_nulls_last()
                                     for name in ("txn_id", "line_id")]]  # fmt: skip
    shown = [name for name in OUTCOMES.columns if name not in ("run_date", "channel")]
    taken = [F.col(f"{side}_{name}") for side in "ba" for name in shown if name != "traded_at"]
    times = [F.col(f"{side}_traded_at").cast("string").alias(f"{side}_traded_at") for side in "ba"]
    rows = differing.select("state", "columns", *taken, *times).orderBy(*order).limit(rows_max)
    return [_listed(row.asDict(recursive=True)) for row in rows.collect()]


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    side = "b" if row["state"] == GONE else "a"
    names = ("txn_id", "line_id", "kind", "our_ref", "channel_ref", "outcome", "reasons", "action",
             "currency")  # fmt: skip
    now = {name: row[f"{side}_{name}"] for name in names}
    changes = {
        name: [_shown(row, "b", name), _shown(row, "a", name)]
        for name in (row["columns"] if row["state"] == CHANGED else ())
    }
    return {"state": row["state"], **now, "changes": changes}


def _shown(row: dict[str, Any], side: str, name: str) -> Any:
    value = row[f"{side}_{name}"]
    if name in _AMOUNTS:
        code = row[f"{side}_{_AMOUNTS[name]}"] or row[f"{side}_currency"]
        return major(value, code)
    return str(value) if isinstance(value, date) else value
