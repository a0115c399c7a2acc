"""Compares the states of now with those that were published: one row per subject that differs."""

from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.exports.publication.states import (
    STATE_COLUMNS,
    is_line_subject,
    select_states,
    subject,
)
from schemas.tables import STATUS_UPDATES
from schemas.vocabulary import Outcome, Reason, Status

#: What is known of a published state: `state` is null if only its outcome `was` is known; both are
#: null if it was withdrawn. `as_of` is the run whose row was read.
PUBLISHED_COLUMNS = ("subject", "state", "was", "as_of")
#: An update before it has a sequence: a state and its run, or nothing; and the line's speaker.
_CHANGE_COLUMNS = ("state", "as_of", "was", "subject", "speaker")


def latest_published(updates: DataFrame) -> DataFrame:
    """The last row of each subject in rows of `status_updates`, as `PUBLISHED_COLUMNS`."""
    keyed = updates.withColumn("subject", subject())
    last = keyed.groupBy("subject").agg(F.max("sequence").alias("last"))
    rows = keyed.join(last, on="subject", how="inner").where(F.col("sequence") == F.col("last"))
    state = F.when(F.col("now").isNotNull(), F.struct(*STATE_COLUMNS))
    return rows.select("subject", state.alias("state"), F.col("now").alias("was"), "as_of")


def carried_states(outcomes: DataFrame, open_items: DataFrame, run_date: date) -> DataFrame:
    """The published states of what may still change after a run, as `PUBLISHED_COLUMNS`.

    `outcomes` and `open_items` are those of the run, all published. What waits has a row on the
    run; what broke earlier and is out of sight has an open item, which says what it was.
    """
    waiting = outcomes.where(F.col("outcome").isin(Outcome.SUSPENSE.value, Outcome.EXCLUDED.value))
    known = select_states(waiting, None).select(
        "subject", F.struct(*STATE_COLUMNS).alias("state"), F.col("now").alias("was")
    )
    written_off, broken = F.lit(Outcome.EXCLUDED.value), F.lit(Outcome.BREAK.value)
    was = F.when(F.col("written_off").isNotNull(), written_off).otherwise(broken)
    items = open_items.where(F.col("broke_on").isNotNull()).select(
        subject().alias("subject"), was.alias("item_was")
    )
    joined = items.join(known, on="subject", how="full_outer")
    return joined.select(
        "subject",
        "state",
        F.coalesce("was", "item_was").alias("was"),
        F.when(F.col("state").isNotNull(), F.lit(run_date)).alias("as_of"),
    )


def merge_published(logged: DataFrame | None, carried: DataFrame | None) -> DataFrame | None:
    """Both in one; of a subject in both the logged state counts, which is newer."""
    if logged is None or carried is None:
        return carried if logged is None else logged
    older = carried.join(logged.select("subject"), on="subject", how="left_anti")
    return logged.unionByName(older.select(*PUBLISHED_COLUMNS))


def find_returned(earlier: DataFrame, outcomes: DataFrame) -> DataFrame:
    """The outcome that was published last of transactions that were closed and come back:
    `subject`, `earlier_was`.

    `earlier` has the outcomes of the look-back, `outcomes` those of now. A transaction comes back
    if it changed, or if it did not stand when it was closed.
    """
    changed = outcomes.where(F.array_contains("reasons", Reason.CHANGED_AFTER_MATCH.value))
    is_own = F.col("txn_id").isNotNull() & ~(
        F.col("line_id").isNull() & F.array_contains("reasons", Reason.ALREADY_RECONCILED.value)
    )
    rows = earlier.where(is_own)
    stands = (F.col("internal_status") == F.lit(Status.SUCCEEDED.value)) & F.col(
        "line_id"
    ).isNotNull()
    of_changed = rows.join(changed.select("txn_mark").distinct(), on="txn_mark", how="left_semi")
    both = rows.where(~stands).unionByName(of_changed.where(stands).select(*rows.columns))
    return both.groupBy(subject().alias("subject")).agg(
        F.max_by("outcome", "run_date").alias("earlier_was")
    )


def find_vanished(
    logged: DataFrame,
    carried: DataFrame | None,
    current: DataFrame,
    spoken_for: DataFrame,
    first: date,
) -> tuple[DataFrame, DataFrame | None]:
    """Logged subjects without a row from `first` on whose state this may change, as
    `PUBLISHED_COLUMNS`; and the states before `first` of those that waited then: `subject`,
    `state`, `as_of`.

    A state that a row before `first` gave stands, unless the subject still waited on the last run
    before: then it is what that run says.
    """
    remaining = logged.join(current.select("subject"), on="subject", how="left_anti")
    remaining = remaining.join(spoken_for.select("subject"), on="subject", how="left_anti")
    by_later_row = F.col("state").isNull() | (F.col("as_of") >= F.lit(first))
    if carried is None:
        return remaining.where(by_later_row).select(*PUBLISHED_COLUMNS), None
    waiting = carried.where(F.col("state").isNotNull())
    waited = remaining.join(waiting.select("subject"), on="subject", how="left_semi")
    others = remaining.join(waiting.select("subject"), on="subject", how="left_anti")
    vanished = waited.unionByName(others.where(by_later_row))
    states = waiting.join(waited.select("subject"), on="subject", how="left_semi")
    return vanished.select(*PUBLISHED_COLUMNS), states.select("subject", "state", "as_of")


def changed_states(
    current: DataFrame, published: DataFrame | None, returned: DataFrame | None
) -> DataFrame:
    """Changes of subjects that have a state now."""
    state, no_text = F.struct(*STATE_COLUMNS).alias("state"), F.lit(None).cast("string")
    rows = current.select("subject", state, F.col("row_date").alias("as_of"))
    was: Column = no_text
    if published is not None:
        before = published.select("subject", F.col("state").alias("before"), "was")
        differs = F.col("was").isNull() | ~F.col("state").eqNullSafe(F.col("before"))
        rows = rows.join(before, on="subject", how="left").where(differs)
        was = F.col("was")
    if returned is not None:
        rows = rows.join(returned, on="subject", how="left")
        was = F.coalesce(was, "earlier_was")
    return rows.select("state", "as_of", was.alias("was"), "subject", no_text.alias("speaker"))


def changes_of_vanished(vanished: DataFrame, earlier: DataFrame | None) -> DataFrame:
    """Changes of subjects without a row: back to the state of an earlier run, or withdrawn.

    `earlier` has `subject`, `state` and `as_of`; None if there is none.
    """
    if earlier is None:
        return _withdrawn(vanished.where(F.col("was").isNotNull()), F.lit(None).cast("string"))
    back = earlier.select(
        "subject", F.col("state").alias("earlier_state"), F.col("as_of").alias("earlier_date")
    )
    joined = vanished.join(back, on="subject", how="left")
    differs = ~F.col("earlier_state").eqNullSafe(F.col("state"))
    return joined.where(differs).select(
        F.col("earlier_state").alias("state"),
        F.col("earlier_date").alias("as_of"),
        "was",
        "subject",
        F.lit(None).cast("string").alias("speaker"),
    )


def withdrawn_lines(published: DataFrame, spoken_for: DataFrame) -> DataFrame:
    """Changes of lines with a published state whose transaction speaks for them now."""
    lines = published.where(F.col("was").isNotNull() & is_line_subject())
    return _withdrawn(lines.join(spoken_for, on="subject", how="inner"), F.col("speaker"))


def _withdrawn(published: DataFrame, speaker: Column) -> DataFrame:
    no_state = F.when(F.lit(False), F.col("state")).alias("state")
    no_date = F.lit(None).cast("date").alias("as_of")
    return published.select(no_state, no_date, "was", "subject", speaker.alias("speaker"))


def number_updates(
    changes: list[DataFrame], sequence: int, newest: Column, channel: str
) -> DataFrame:
    """The changes as rows of `status_updates`."""
    rows = reduce(DataFrame.unionByName, [frame.select(*_CHANGE_COLUMNS) for frame in changes])
    withdrawn = F.col("state").isNull()
    own_id = F.expr("substring(subject, 2)")
    is_line = is_line_subject()
    values = {
        "newest_run_date": newest,
        "channel": F.lit(channel),
        "sequence": F.lit(sequence).cast("long"),
        "as_of": F.col("as_of"),
        "was": F.col("was"),
        "withdrawn": withdrawn,
        "run_date": F.coalesce(F.col("state.run_date"), newest),
        "txn_id": F.when(~is_line, own_id),
        "line_id": F.coalesce(F.col("state.line_id"), F.when(is_line, own_id)),
        "pair_txn_id": F.coalesce(F.col("state.pair_txn_id"), F.col("speaker")),
    }
    return rows.select(
        *[values.get(name, F.col(f"state.{name}")).alias(name) for name in STATUS_UPDATES.columns]
    )
