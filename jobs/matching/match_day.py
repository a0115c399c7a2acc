"""Matches one channel's run date: from lines and transactions to outcomes and open items."""

from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching import candidates, case_tables, conservation, outcome_rows
from jobs.matching import open_items as items_left
from jobs.matching.fast_path.by_size import run_steps
from jobs.matching.fast_path.exact_pairs import SharedValues, is_usable
from jobs.matching.fast_path.keeper import Keep, Keeper
from jobs.matching.fast_path.split_day import SplitDay, keep_whole_day, split_exact_pairs
from jobs.matching.item_columns import item_id, select_step_columns, step_columns
from jobs.matching.items import (
    apply_later_states,
    count_attempts,
    items_from_lines,
    items_from_transactions,
    select_side,
)
from jobs.matching.steps import ageing, already_closed, passes
from jobs.matching.steps import manual_decisions as decisions
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.matching.steps.manual_decisions import Decision
from jobs.matching.steps.scope import exclusion_reason
from schemas.profile.channel import Profile
from schemas.tables import item_types
from schemas.vocabulary import Effect, Outcome, Side

#: A day is large from so many items on. On a smaller one `fast_path` costs more than it saves, so
#: every item takes every step.
EXACT_PAIRS_MIN_ITEMS = 100_000


@dataclass(frozen=True)
class RunContext:
    """What a run depends on, apart from its rows.

    `item_count` is about how many items there are, `decisions` are the approved ones about this
    date.
    """

    business_date: date
    is_statement_complete: bool
    has_snapshot: bool
    item_count: int
    decisions: tuple[Decision, ...] = ()

    def is_attempt(self, side: Side) -> bool:
        """Whether this run counts as a matching attempt of a side: the other side is there."""
        return self.has_snapshot if side == Side.STATEMENT else self.is_statement_complete


@dataclass(frozen=True)
class MatchResult:
    """A run's outcomes, open items and candidates as rows of their tables, and its input sums.

    `exact_pairs` are the outcomes of `fast_path` (None if it did not run), `other_outcomes` all
    others. `settled_items` are today's items that are neither in `exact_pairs` nor open.
    `input_sums` are the rows of `conservation.sum_inputs`.
    """

    exact_pairs: DataFrame | None
    other_outcomes: DataFrame
    open_items: DataFrame
    settled_items: DataFrame
    candidates: DataFrame
    input_sums: DataFrame

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
    items = _collect_items(split.lines, split.transactions, open_items, context, profile)
    items = keep(items, "items")
    participants = items.where(F.col("exclusion_reason").isNull()).select(*item_types())
    decided = _decide_items(participants, split, context, profile, keep, is_large)
    decided = keep(decided, "decided")
    pair_rows = _build_pair_rows(decided)
    if any(decision.is_of_pair for decision in context.decisions):
        pair_rows = decisions.settle_pairs(pair_rows, context.decisions)
    parts = [
        outcome_rows.build_item_rows(_select_excluded(items)),
        pair_rows,
        outcome_rows.build_item_rows(decided.where(F.col("outcome").isNotNull())),
    ]
    carried_forward = items_left.carried_forward(items, decided, day)
    return MatchResult(
        split.pairs,
        outcome_rows.complete_rows(reduce(DataFrame.unionByName, parts), day, profile.channel),
        items_left.select_open_items(decided, day, profile.channel),
        items_left.settled_today(items, decided, day, profile.channel),
        candidates.list_candidates(decided, match, day, profile.channel),
        conservation.sum_inputs(lines, transactions, carried_forward),
    )


def _collect_items(
    lines: DataFrame,
    transactions: DataFrame,
    open_items: DataFrame,
    context: RunContext,
    profile: Profile,
) -> DataFrame:
    """Items of both sides; `exclusion_reason` says why a line takes no part, else it is null."""
    day = context.business_date
    of_lines, of_transactions = (
        context.is_attempt(side) for side in (Side.STATEMENT, Side.INTERNAL)
    )
    earlier = count_attempts(open_items, of_lines, of_transactions)
    statement = items_from_lines(lines, day, of_lines).unionByName(
        select_side(earlier, Side.STATEMENT)
    )
    internal = apply_later_states(
        items_from_transactions(transactions, day, of_transactions),
        select_side(earlier, Side.INTERNAL),
    )
    none = F.lit(None).cast("string")
    statement = statement.select("*", exclusion_reason(profile.scope).alias("exclusion_reason"))
    return statement.unionByName(internal.select("*", none.alias("exclusion_reason")))


def _select_excluded(items: DataFrame) -> DataFrame:
    """The lines that take no part, with the columns that `build_item_rows` needs."""
    none = F.lit(None).cast("string")
    empty = [
        none.alias(name)
        for name in ("duplicate_of", "compared_status", "overruled_by", "unit_id", "matched_by")
    ]
    return items.where(F.col("exclusion_reason").isNotNull()).select(
        *item_types(),
        F.lit(Outcome.EXCLUDED.value).alias("outcome"),
        F.col("exclusion_reason").alias("reason"),
        *empty,
        F.lit(False).alias("is_late"),
        F.lit(None).cast("bigint").alias("gap"),
    )


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
    joined = participants.join(results, on=is_same, how="inner")
    unmatched = F.col("step_outcome").isNull() & F.col("partner").isNull()
    waits = F.col("step_outcome") == F.lit(Outcome.SUSPENSE.value)
    is_settled = F.col("step_outcome") != F.lit(Outcome.SUSPENSE.value)
    late = F.col("broke_on").isNotNull()
    outcome = (
        F.when(unmatched, ageing.outcome())
        .when(waits & F.col("is_reportable"), F.col("step_outcome"))
        .when(is_settled, F.col("step_outcome"))
    )
    reason = F.when(unmatched, ageing.reason()).when(~unmatched, F.col("step_reason"))
    is_held = waits & (~late | ageing.is_late_tomorrow(match, day))
    stays = (unmatched & ageing.stays_open(match, day)) | is_held
    broke_on = F.when(unmatched, ageing.broke_on(day)).when(~unmatched, F.col("broke_on"))
    decided = joined.select(
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
    )
    if all(decision.effect == Effect.PAIR or decision.is_of_pair for decision in context.decisions):
        return decided
    return decisions.settle_unpaired_items(decided, context.decisions)


def _build_pair_rows(decided: DataFrame) -> DataFrame:
    paired = decided.where(F.col("partner").isNotNull())
    lines, txns = select_side(paired, Side.STATEMENT), select_side(paired, Side.INTERNAL)
    on = F.col("l.partner") == F.col("t.txn_id")
    late = F.col("l.broke_on").isNotNull() | F.col("t.broke_on").isNotNull()
    return outcome_rows.build_pair_rows(lines, txns, on, F.col("l.matched_by"), late)
