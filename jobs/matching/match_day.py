"""Matches one channel's run date: from lines and transactions to outcomes and open items."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching import candidates, conservation, decision_effects, outcome_rows
from jobs.matching import open_items as items_left
from jobs.matching.advice.earlier_records import EarlierRecords
from jobs.matching.advice.evidence import Evidence
from jobs.matching.advice.guard import guard_advice
from jobs.matching.decided_items import decide_items
from jobs.matching.fast_path.exact_pairs import SharedValues, is_usable
from jobs.matching.fast_path.keeper import Keeper
from jobs.matching.fast_path.split_day import keep_whole_day, split_exact_pairs
from jobs.matching.item_columns import item_id
from jobs.matching.items import select_side
from jobs.matching.participants import (
    RareItems,
    collect_items,
    find_rare_items,
    select_excluded,
)
from jobs.matching.steps import manual_decisions as decisions
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.matching.steps.pairs.copies import mark_copies
from jobs.matching.steps.pairs.tolerance import tolerance
from jobs.matching.steps.pending import hold_pending
from jobs.matching.steps.run_context import RunContext as RunContext
from jobs.matching.steps.scope import count_excluded_of_ours
from jobs.matching.sum_candidates import list_sum_candidates
from schemas.profile.channel import Profile
from schemas.profile.match_rules import Match
from schemas.tables import item_types
from schemas.vocabulary import Outcome, Side, Status

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
    earlier: EarlierRecords | None = None,
) -> MatchResult:
    """Matches one channel's run date.

    `lines` and `transactions` are the day's rows of their tables. `open_items` has the items that
    were open after the date before, including late candidates, and `closed` what look-back needs.
    `fast_path` runs from `exact_pairs_min_items` items on. `earlier` are records of earlier dates,
    None if there are none.
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
    rare = find_rare_items(items, day)
    participants = _select_participants(items, lines, earlier, rare, context, match)
    if split.closed_rows is not None:
        closed_rows = decisions.without_write_offs(split.closed_rows, day, match.late)
        if match.groups or match.captures:
            closed_rows = _leave_out_open_units(closed_rows, open_items)
        split = replace(split, closed_rows=closed_rows)
    has_copies = rare.bare_lines or rare.copies
    decided = decide_items(participants, split, context, profile, keep, is_large, has_copies)
    decided = keep(decided, "decided")
    pair_rows = _build_pair_rows(decided, match)
    pair_rows = decision_effects.settle_pairs(pair_rows, context.decisions)
    excluded = select_excluded(items)
    parts = [
        outcome_rows.build_item_rows(excluded),
        pair_rows,
        outcome_rows.build_item_rows(decided.where(F.col("outcome").isNotNull())),
    ]
    rows = reduce(DataFrame.unionByName, parts)
    rows = outcome_rows.complete_rows(rows, day, profile.channel, match.authority_limit)
    evidence = Evidence(decided, excluded, open_items, closed, earlier, day, match.lookback)
    rows = guard_advice(rows, evidence, keep)
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


def _select_participants(
    items: DataFrame,
    lines: DataFrame,
    earlier: EarlierRecords | None,
    rare: RareItems,
    context: RunContext,
    match: Match,
) -> DataFrame:
    """The items that take part, with `is_not_final`, and with marks on today's possible copies."""
    day, takes_part = context.business_date, F.col("exclusion_reason").isNull()
    none = F.lit(False).alias("is_not_final")
    participants = items.where(takes_part).select(*item_types(), none)
    if rare.pending_lines:
        is_pending = F.col("status") == F.lit(Status.PENDING.value)
        pending_lines = select_side(items, Side.STATEMENT).where(is_pending)
        attempts = int(context.is_attempt(Side.INTERNAL))
        participants = hold_pending(participants, pending_lines, match.late, day, attempts)
    if rare.bare_lines:
        since = day - timedelta(days=match.lookback)
        former = lines.limit(0) if earlier is None else earlier.lines(since)
        participants = mark_copies(participants, lines, former, day)
    return participants


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


def _build_pair_rows(decided: DataFrame, match: Match) -> DataFrame:
    paired = decided.where(F.col("partner").isNotNull())
    lines, txns = select_side(paired, Side.STATEMENT), select_side(paired, Side.INTERNAL)
    on = F.col("l.partner") == F.col("t.txn_id")
    late = F.col("l.broke_on").isNotNull() | F.col("t.broke_on").isNotNull()
    matched_by = F.col("l.matched_by")
    limit = tolerance(match, matched_by, F.col("l.currency"))
    return outcome_rows.build_pair_rows(lines, txns, on, matched_by, late, limit)
