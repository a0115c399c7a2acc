"""The state of a subject: what its latest row of `outcomes` says.

The subject of a row is its transaction, else its line. A row that only says of a transaction that
it is reconciled already is no state.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas.vocabulary import Outcome, Reason

#: The columns of a state, as in `status_updates`; two states differ if one of them differs.
STATE_COLUMNS = (
    "run_date",
    "txn_id",
    "line_id",
    "pair_txn_id",
    "kind",
    "our_ref",
    "channel_ref",
    "order_ref",
    "now",
    "reasons",
    "action",
    "internal_status",
    "statement_status",
    "internal_amount",
    "statement_amount",
    "currency",
    "internal_currency",
    "related",
)
#: Outcomes that a subject may keep for several runs, with a row on each of them.
KEPT_OUTCOMES = (Outcome.SUSPENSE.value, Outcome.EXCLUDED.value)


def subject() -> Column:
    """The subject of a row, as a key: `t` and the `txn_id`, else `l` and the `line_id`."""
    return F.coalesce(F.concat(F.lit("t"), F.col("txn_id")), F.concat(F.lit("l"), F.col("line_id")))


def is_line_subject() -> Column:
    """Whether the column `subject` is a line."""
    return F.col("subject").startswith("l")


def select_states(outcomes: DataFrame, linked: DataFrame | None) -> DataFrame:
    """The states that rows of outcomes give: `subject`, `row_date` (the row's run) and
    `STATE_COLUMNS`.

    `linked` is as `find_linked_transactions` gives it; None if no line needs it.
    """
    only_reconciled = F.col("line_id").isNull() & F.array_contains(
        "reasons", Reason.ALREADY_RECONCILED.value
    )
    named = F.when(F.col("duplicate_of") != F.col("txn_id"), F.col("duplicate_of"))
    waits = F.col("outcome").isin(*KEPT_OUTCOMES)
    values = {
        "run_date": F.when(waits, F.col("first_run_date")).otherwise(F.col("run_date")),
        "pair_txn_id": named,
        "now": F.col("outcome"),
        "currency": F.coalesce("currency", "internal_currency"),
    }
    states = outcomes.where(~F.coalesce(only_reconciled, F.lit(False))).select(
        subject().alias("subject"),
        F.col("run_date").alias("row_date"),
        *[values.get(name, F.col(name)).alias(name) for name in STATE_COLUMNS],
    )
    if linked is None:
        return states
    of_lines = linked.select(
        F.concat(F.lit("l"), "line_id").alias("subject"),
        F.col("run_date").alias("row_date"),
        F.col("pair_txn_id").alias("linked_txn_id"),
    )
    joined = states.join(of_lines, on=["subject", "row_date"], how="left")
    return joined.withColumn("pair_txn_id", F.coalesce("linked_txn_id", "pair_txn_id")).select(
        "subject", "row_date", *STATE_COLUMNS
    )


def latest_states(states: DataFrame) -> DataFrame:
    """The latest state of each subject, of several run dates."""
    latest = states.groupBy("subject").agg(F.max("row_date").alias("latest_date"))
    return (
        states.join(latest, on="subject", how="inner")
        .where(F.col("row_date") == F.col("latest_date"))
        .select("subject", "row_date", *STATE_COLUMNS)
    )


def select_spoken_for(outcomes: DataFrame) -> DataFrame:
    """The lines that stand on a row beside a transaction: `subject`, `row_date`, `speaker`."""
    pairs = outcomes.where(F.col("txn_id").isNotNull() & F.col("line_id").isNotNull())
    return pairs.select(
        F.concat(F.lit("l"), F.col("line_id")).alias("subject"),
        F.col("run_date").alias("row_date"),
        F.col("txn_id").alias("speaker"),
    )
