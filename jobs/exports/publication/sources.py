"""What a publication reads of the lake: states of now, and states that were published before."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.casework.linked import FEW, link_few, link_many
from jobs.exports.publication.changes import carried_states
from jobs.exports.publication.scope import Scope
from jobs.exports.publication.states import (
    STATE_COLUMNS,
    is_line_subject,
    latest_states,
    select_spoken_for,
    select_states,
    subject,
)
from jobs.lake.tables import Lake
from jobs.matching.fast_path.reference_hashes import reference_hash
from jobs.matching.linked_transactions import select_followers
from schemas.profile.channel import Profile
from schemas.tables import OPEN_ITEMS, OUTCOMES


def read_outcomes(lake: Lake, profile: Profile, scope: Scope, first: date, last: date) -> DataFrame:
    """Outcomes of the dates that count between two dates, both included."""
    rows = lake.read_days(OUTCOMES, first, last, profile.channel, scope.version)
    missing = [day for day in scope.held_back if first <= day <= last]
    return rows.where(~F.col("run_date").isin(missing)) if missing else rows


def find_linked(
    lake: Lake, profile: Profile, scope: Scope, outcomes: DataFrame, since: date
) -> DataFrame | None:
    """The transactions that lines of `outcomes` are about; None if no line names another one."""
    followers = select_followers(outcomes)
    few = [row.asDict() for row in followers.limit(FEW + 1).collect()]
    if not few:
        return None
    rows = read_outcomes(lake, profile, scope, since, scope.changed[-1])
    if len(few) > FEW:
        return link_many(lake, followers, rows)
    schema = "line_id string, run_date date, pair_txn_id string"
    return lake.spark.createDataFrame(link_few(few, rows), schema)


def keep_latest(
    lake: Lake, states: DataFrame, spoken_for: DataFrame, published: DataFrame | None = None
) -> tuple[DataFrame, DataFrame]:
    """Of each line what is newer: its own state, or the row on which its transaction speaks.

    The rows on which transactions speak are many: only those count that speak for a line with a
    state, now or published.
    """
    lines = lake.stage(states.where(is_line_subject()), "lines")
    keys = lines.select("subject")
    if published is not None:
        keys = keys.unionByName(published.where(is_line_subject()).select("subject"))
    own_rows = spoken_for.join(keys.distinct(), on="subject", how="left_semi")
    own_rows = lake.stage(own_rows, "spoken")
    latest = own_rows.groupBy("subject").agg(
        F.max("row_date").alias("spoken_on"), F.max_by("speaker", "row_date").alias("speaker")
    )
    both = lines.select("subject", "row_date").join(latest, on="subject", how="inner")
    overtaken = both.where(F.col("spoken_on") > F.col("row_date")).select("subject")
    current = states.join(overtaken, on="subject", how="left_anti")
    own = lines.join(overtaken, on="subject", how="left_anti").select("subject")
    return current, latest.join(own, on="subject", how="left_anti").select("subject", "speaker")


def read_carried(lake: Lake, profile: Profile, scope: Scope, before: date) -> DataFrame:
    """`carried_states` of the last run before the changed dates."""
    outcomes = read_outcomes(lake, profile, scope, before, before)
    open_items = lake.read_day(OPEN_ITEMS, before, profile.channel)
    return carried_states(outcomes, open_items, before)


def read_earlier_states(
    lake: Lake,
    profile: Profile,
    scope: Scope,
    vanished: DataFrame,
    carried: DataFrame | None,
) -> DataFrame | None:
    """The states before the changed dates of subjects that have no row since and did not wait then:
    `subject`, `state`, `as_of`; None if there are none.

    A line can have one only if it broke earlier and was out of sight, a transaction also if it was
    closed. They are few, and looked for in all earlier dates.
    """
    before = scope.before
    if before is None or carried is None:
        return None
    carried_ids = carried.select("subject", F.col("state").isNotNull().alias("waited"))
    joined = vanished.select("subject").join(carried_ids, on="subject", how="left")
    can_have_one = ~F.coalesce("waited", is_line_subject())
    known = lake.stage(joined.where(can_have_one).select("subject"), "known")
    if not known.limit(1).collect():
        return None
    rows = read_outcomes(lake, profile, scope, scope.dates[0], before)
    txn_mark = known.select(F.expr("substring(subject, 2)").alias("txn_id"))
    marks = txn_mark.select(reference_hash("txn_id").alias("txn_mark")).distinct()
    of_transactions = rows.join(marks, on="txn_mark", how="left_semi")
    of_lines = rows.where(F.col("txn_id").isNull())
    own = of_transactions.unionByName(of_lines).withColumn("subject", subject())
    own = own.join(known, on="subject", how="left_semi").select(*rows.columns)
    own = lake.stage(own, "earlier")
    states = select_states(own, find_linked(lake, profile, scope, own, scope.dates[0]))
    spoken_for = select_spoken_for(rows).join(known, on="subject", how="left_semi")
    current, _ = keep_latest(lake, latest_states(states), spoken_for)
    state = F.struct(*STATE_COLUMNS).alias("state")
    return current.select("subject", state, F.col("row_date").alias("as_of"))
