"""Matches one channel's run date: from lines and transactions to outcomes and open items."""

from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching import candidates, case_tables, conservation, decision_effects, outcome_rows
from jobs.matching import open_items as items_left
from jobs.matching.fast_path.by_size import run_steps
from jobs.matching.fast_path.exact_pairs import SharedValues, is_usable
from jobs.matching.fast_path.keeper import Keep, Keeper
from jobs.matching.fast_path.split_day import SplitDay, keep_whole_day, split_exact_pairs
from jobs.matching.item_columns import item_id, select_step_columns, step_columns
from jobs.matching.items import select_side
from jobs.matching.participants import collect_items, select_excluded
from jobs.matching.run_context import RunContext as RunContext
from jobs.matching.steps import ageing, already_closed, passes
from jobs.matching.steps import manual_decisions as decisions
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.matching.steps.scope import count_excluded_of_ours
from jobs.matching.sum_candidates import list_sum_candidates
from jobs.matching.tolerance import tolerance
from schemas.profile.channel import Profile
from schemas.profile.match_rules import Match
from schemas.tables import item_types
from schemas.vocabulary import Outcome, Side

#: A day is large from so many items on. On a smaller one `fast_path` costs more than it saves, so
#: every item takes every step.
EXACT_PAIRS_MIN_ITEMS = 100_000


@dataclass(frozen=True)
class MatchResult:
    """A run's outcomes, open items and candidates as rows of their tables, and its input sums.

    `exact_pairs` are the outcomes of `fast_path` (None if it did not run), `other_outcomes` all
    others. `settled_items` are today's items that are neither in `exact_pairs` nor open.
    `input_sums` are the rows of `conservation.sum_inputs`, `excluded_of_ours` those of
    `scope.count_excluded_of_ours`, None where no rule excludes lines.
    """

    exact_pairs: DataFrame | None
    other_outcomes: DataFrame
    open_items: DataFrame
    settled_items: DataFrame
    candidates: DataFrame
    input_sums: DataFrame
    excluded_of_ours: DataFrame | None = None

    @property
    def outcomes(self) -> DataFrame:
        """All outcomes of the run."""
        if self.exact_pairs is None:
            return self.other_outcomes
        return self.exact_pairs.unionByName(self.other_outcomes)


def match_day(
    lines: DataFrame,
    transactions: DataFrame,
    open_items: DataFrame,
    closed: ClosedOutcomes,
    context: RunContext,
    profile: Profile,
    keeper: Keeper,
    exact_pairs_min_items: int = EXACT_PAIRS_MIN_ITEMS,
) -> MatchResult:
    """Matches one channel's run date.

    `lines` and `transactions` are the day's rows of their tables. `open_items` has the items that
    were open after the date before, including late candidates, and `closed` what look-back needs.
    `fast_path` runs from `exact_pairs_min_items` items on.
    """
    day, match, keep = context.business_date, profile.match, keeper.keep
    is_large = context.item_count >= exact_pairs_min_items
    if is_large and is_usable(match):
        others = [open_items]
        if context.decisions:
            decided = decisions.select_decided_references(lines, transactions, context.decisions)
            others.append(decided)
        # A pair has made as many attempts as that of its sides which has made more.
        chances = int(any(context.is_attempt(side) for side in Side))
        shared = SharedValues(day, chances)
        split = split_exact_pairs(lines, transactions, others, closed, shared, profile, keeper)
    else:
        split = keep_whole_day(lines, transactions, closed, max(exact_pairs_min_items, 0))
    items = collect_items(split.lines, split.transactions, open_items, context, profile)
    items = keep(items, "items")
    participants = items.where(F.col("exclusion_reason").isNull()).select(*item_types())
    if split.closed_rows is not None:
        closed_rows = decisions.without_write_offs(split.closed_rows, day, match.late)
        if match.groups or match.captures:
            closed_rows = _leave_out_open_units(closed_rows, open_items)
        split = replace(split, closed_rows=closed_rows)
    decided = _decide_items(participants, split, context, profile, keep, is_large)
    decided = keep(decided, "decided")
    pair_rows = _build_pair_rows(decided, match)
    pair_rows = decision_effects.settle_pairs(pair_rows, context.decisions)
    parts = [
        outcome_rows.build_item_rows(select_excluded(items)),
        pair_rows,
        outcome_rows.build_item_rows(decided.where(F.col("outcome").isNotNull())),
    ]
    rows = outcome_rows.complete_rows(reduce(DataFrame.unionByName, parts), day, profile.channel)
    carried_forward = items_left.carried_forward(items, decided, day)
    return MatchResult(
        split.pairs,
        decision_effects.set_accepted_actions(rows, context.decisions),
        items_left.select_open_items(decided, day, profile.channel),
        items_left.settled_today(items, decided, day, profile.channel),
        candidates.list_candidates(decided, match, day, profile.channel).unionByName(
            list_sum_candidates(decided, day, profile.channel)
        ),
        conservation.sum_inputs(lines, transactions, carried_forward),
        _count_excluded_of_ours(items, transactions) if profile.scope.exclude else None,
    )


def _count_excluded_of_ours(items: DataFrame, transactions: DataFrame) -> DataFrame:
    references = ("our_ref_norm", "channel_ref_norm")
    ours = select_side(items, Side.INTERNAL).select(*references)
    excluded = items.where(F.col("excluded_by").isNotNull())
    return count_excluded_of_ours(excluded, ours.unionByName(transactions.select(*references)))


def _leave_out_open_units(closed_rows: DataFrame, open_items: DataFrame) -> DataFrame:
    """Closed rows without those of broken units whose members are still open: these may heal, also
    when people wrote them off.
    """
    held = open_items.where(F.col("group_id").isNotNull())
    held = held.select(F.col("side").alias("own_side"), item_id().alias("own_id"))
    is_broken = (F.col("outcome") == F.lit(Outcome.BREAK.value)) | decisions.is_written_off()
    is_one_sided = F.col("txn_id").isNull() | F.col("line_id").isNull()
    is_member = is_broken & is_one_sided & F.col("matched_by").isNotNull()
    internal, statement = F.lit(Side.INTERNAL.value), F.lit(Side.STATEMENT.value)
    side = F.when(F.col("txn_id").isNotNull(), internal).otherwise(statement)
    keyed = closed_rows.withColumns(
        {"own_side": F.when(is_member, side), "own_id": F.when(is_member, item_id())}
    )
    closed = keyed.join(held, on=["own_side", "own_id"], how="left_anti")
    return closed.select(*closed_rows.columns)


def _decide_items(
    participants: DataFrame,
    split: SplitDay,
    context: RunContext,
    profile: Profile,
    keep: Keep,
    is_large: bool,
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
    results = run_steps(classified, selected, match, context.decisions, keep, is_large, split.pairs)
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
    """The columns of `_decide_items`, from participants with the results of the steps."""
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
        "duplicate_of",
        "compared_status",
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


def _build_pair_rows(decided: DataFrame, match: Match) -> DataFrame:
    paired = decided.where(F.col("partner").isNotNull())
    lines, txns = select_side(paired, Side.STATEMENT), select_side(paired, Side.INTERNAL)
    on = F.col("l.partner") == F.col("t.txn_id")
    late = F.col("l.broke_on").isNotNull() | F.col("t.broke_on").isNotNull()
    matched_by = F.col("l.matched_by")
    limit = tolerance(match, matched_by, F.col("l.currency"))
    return outcome_rows.build_pair_rows(lines, txns, on, matched_by, late, limit)
