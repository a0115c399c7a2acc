"""Runs steps 2 to 7, and says of each participant how it ends."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching import case_tables, decision_effects
from jobs.matching.fast_path.by_size import run_steps
from jobs.matching.fast_path.keeper import Keep
from jobs.matching.fast_path.split_day import SplitDay
from jobs.matching.item_columns import item_id, select_step_columns, step_columns
from jobs.matching.steps import ageing, already_closed, passes
from jobs.matching.steps.run_context import RunContext
from schemas.profile.channel import Profile
from schemas.profile.match_rules import Match
from schemas.tables import item_types
from schemas.vocabulary import Outcome, Reason


def decide_items(
    participants: DataFrame,
    split: SplitDay,
    context: RunContext,
    profile: Profile,
    keep: Keep,
    is_large: bool,
    has_copies: bool,
) -> DataFrame:
    """Each participant with its partner, or with outcome and reason if it has none.

    `is_open` says that it stays open, `is_late` that a step settled it after it broke. A late
    candidate that is neither settled nor sent again has no outcome.
    """
    day, match, columns = context.business_date, profile.match, step_columns(profile.match)
    selected = select_step_columns(participants, match, day)
    closed_rows = split.closed_rows
    classified = already_closed.classify_repeats(selected, columns, closed_rows, day, profile, keep)
    if closed_rows is not None and is_large:
        # The steps of a large day read this frame several times.
        classified = keep(classified, "classified")
    by_size = keep, is_large, split.pairs, has_copies
    results = run_steps(classified, selected, match, context.decisions, *by_size)
    result_columns = (
        *case_tables.RESULT_COLUMNS,
        *passes.RESULT_COLUMNS,
        *passes.passes_with_candidate_counts(match),
        "is_reportable",
        "is_within_window",
    )
    results = results.select(
        F.col("id").alias("result_id"), F.col("side").alias("result_side"), *result_columns
    )
    is_same = (item_id() == F.col("result_id")) & (F.col("side") == F.col("result_side"))
    decided = _add_outcomes(participants.join(results, on=is_same, how="inner"), match, day)
    decided = decision_effects.update_write_offs(decided, day)
    return decision_effects.settle_items(decided, context.decisions)


def _add_outcomes(joined: DataFrame, match: Match, day: date) -> DataFrame:
    """The columns of `decide_items`, from participants with the results of the steps."""
    unmatched = F.col("step_outcome").isNull() & F.col("partner").isNull()
    waits = F.col("step_outcome") == F.lit(Outcome.SUSPENSE.value)
    is_settled = F.col("step_outcome") != F.lit(Outcome.SUSPENSE.value)
    is_broken = F.col("step_outcome") == F.lit(Outcome.BREAK.value)
    unit_breaks = F.coalesce(is_broken & F.col("unit_id").isNotNull(), F.lit(False))
    late = F.col("broke_on").isNotNull()
    outcome = (
        F.when(unmatched, ageing.outcome())
        .when(waits & F.col("is_reportable"), F.col("step_outcome"))
        .when(is_settled, F.col("step_outcome"))
    )
    reason = F.when(unmatched, ageing.reason()).when(~unmatched, F.col("step_reason"))
    is_one_sided = unmatched & (reason == F.lit(Reason.STATEMENT_ONLY.value))
    is_copy = F.coalesce(is_one_sided & F.col("copy_of").isNotNull(), F.lit(False))
    is_held = waits & (~late | ageing.is_late_tomorrow(match, day))
    heals = unit_breaks & F.lit(match.late > 0)
    stays = (unmatched & ageing.stays_open(match, day)) | is_held | heals
    broke_on = F.when(unmatched, ageing.broke_on(day)).when(unit_breaks, F.lit(day))
    broke_on = broke_on.when(~unmatched & ~unit_breaks, F.col("broke_on"))
    group_id = F.when(unit_breaks, F.col("unit_id")).when(~unit_breaks, F.col("group_id"))
    return joined.select(
        *item_types(),
        outcome.alias("outcome"),
        reason.alias("reason"),
        F.coalesce(is_settled & (late | F.col("is_unit_late")), F.lit(False)).alias("is_late"),
        is_copy.alias("is_possible_copy"),
        F.coalesce("duplicate_of", F.when(is_copy, F.col("copy_of"))).alias("duplicate_of"),
        "compared_status",
        "state_difference",
        "overruled_by",
        "partner",
        "matched_by",
        "unit_id",
        "gap",
        *passes.passes_with_candidate_counts(match),
        F.coalesce(stays, F.lit(False)).alias("is_open"),
        broke_on.alias("new_broke_on"),
        group_id.alias("new_group_id"),
    )
