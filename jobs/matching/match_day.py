"""One channel's run date, from members to outcomes and what stays open."""

from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching import candidates, case_tables, conservation, outcome_rows
from jobs.matching import open_items as remains
from jobs.matching.fast_path import by_size, exact_pairs, key_hashes
from jobs.matching.fast_path.staging import Keep, Keeper
from jobs.matching.item_columns import item_id, select_step_columns, step_columns
from jobs.matching.items import (
    age_open_items,
    apply_later_states,
    items_from_lines,
    items_from_transactions,
    select_side,
)
from jobs.matching.steps import ageing, already_closed, groups, passes
from jobs.matching.steps import manual_decisions as decisions
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.matching.steps.manual_decisions import Decision
from jobs.matching.steps.scope import exclusion_reason
from schemas.profile.channel import Profile
from schemas.tables import item_types
from schemas.vocabulary import Effect, Outcome, Side

#: Up to so many items a day is all rest: counting it apart would cost more than it saves.
EXACT_PAIRS_MIN_ITEMS = 100_000


@dataclass(frozen=True)
class RunContext:
    """All that a run depends on beside its rows.

    `items` is about how many there are, `main_file` the id of the file that most lines are of,
    `decisions` the approved ones about this date.
    """

    business_date: date
    is_statement_complete: bool
    has_snapshot: bool
    item_count: int
    main_file: str = ""
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class MatchResult:
    """A run's outcomes, open items and candidates, as the tables have them, and what went in.

    Outcomes are `pairs`, those that were told at once (None if none were), and all `others`.
    `settled` are today's items that the steps settled: neither in `pairs` nor open.
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
        return (
            self.other_outcomes
            if self.exact_pairs is None
            else self.exact_pairs.unionByName(self.other_outcomes)
        )


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

    `lines` and `transactions` are the day's rows of their tables, `open_items` what was open after
    the date before (late candidates among them), `closed_before` what look-back needs.
    """
    day, match, keep = context.business_date, profile.match, keeper.keep
    all_lines, all_transactions = lines, transactions
    in_bulk = context.item_count >= exact_pairs_min_items and exact_pairs.is_usable(match)
    pairs = None
    today = (
        keeper.marked(*exact_pairs.marked(lines, transactions, profile.scope)) if in_bulk else None
    )
    met_before, touched = None, None if closed.count == 0 else closed.rows
    if touched is not None and (in_bulk or (closed.count or 0) > max(exact_pairs_min_items, 0)):
        asked = key_hashes.asked_of(lines, transactions) if today is None else today
        met_before, touched = key_hashes.met_before(asked, closed)
    if today is not None:
        others = [open_items]
        if context.decisions:
            others.append(
                decisions.select_decided_references(lines, transactions, context.decisions)
            )
        odd = exact_pairs.odd_keys(today, others, met_before)
        chances = max(int(context.is_statement_complete), int(context.has_snapshot))
        shared = exact_pairs.Today(day, chances, context.main_file)
        made = exact_pairs.pairs(lines, transactions, odd, shared, match.passes[0].name)
        pairs = outcome_rows.complete_rows(made, day, profile.channel, "our_mark")
        lines, transactions = exact_pairs.rest(lines, odd), exact_pairs.rest(transactions, odd)
    members = keep(_members(lines, transactions, open_items, context, profile), "members")
    left = members.where(F.col("aside").isNull()).select(*item_types())
    size = by_size.Size.of(context.item_count, exact_pairs_min_items)
    decided = keep(_decided(left, touched, context, profile, keep, size), "decided")
    met = _met(decided)
    if any(each.is_of_pair for each in context.decisions):
        met = decisions.settle_pairs(met, context.decisions)
    parts = [
        outcome_rows.build_item_rows(_put_aside(members)),
        met,
        outcome_rows.build_item_rows(decided.where(F.col("outcome").isNotNull())),
    ]
    before = remains.carried_forward(members, decided, day)
    return MatchResult(
        pairs,
        outcome_rows.complete_rows(reduce(DataFrame.unionByName, parts), day, profile.channel),
        remains.select_open_items(decided, day, profile.channel),
        remains.settled_today(members, decided, day, profile.channel),
        candidates.list_candidates(decided, match, day, profile.channel),
        conservation.sum_inputs(all_lines, all_transactions, before),
    )


def _members(
    lines: DataFrame,
    transactions: DataFrame,
    open_items: DataFrame,
    facts: RunContext,
    profile: Profile,
) -> DataFrame:
    """Items of both sides, `aside` saying why a line takes no part."""
    day = facts.business_date
    still_open = age_open_items(open_items, facts.is_statement_complete, facts.has_snapshot)
    theirs = items_from_lines(lines, day, facts.has_snapshot).unionByName(
        select_side(still_open, Side.STATEMENT)
    )
    ours = apply_later_states(
        items_from_transactions(transactions, day, facts.is_statement_complete),
        select_side(still_open, Side.INTERNAL),
    )
    judged = theirs.select("*", exclusion_reason(profile.scope).alias("aside"))
    return judged.unionByName(ours.select("*", F.lit(None).cast("string").alias("aside")))


def _put_aside(items: DataFrame) -> DataFrame:
    """Of items the lines that take no part, with all that a row asks for."""
    none = F.lit(None).cast("string")
    nothing = [none.alias(name) for name in ("duplicate_of", "against", "unit_id", "matched_by")]
    return items.where(F.col("aside").isNotNull()).select(
        *item_types(),
        F.lit(Outcome.EXCLUDED.value).alias("outcome"),
        F.col("aside").alias("reason"),
        *nothing,
        F.lit(False).alias("late"),
        F.lit(None).cast("bigint").alias("gap"),
    )


def _decided(
    members: DataFrame,
    closed_rows: DataFrame | None,
    facts: RunContext,
    profile: Profile,
    keep: Keep,
    size: by_size.Size,
) -> DataFrame:
    """Each member with its partner, or with outcome and reason where it has none.

    `open` says that it stays open, `late` that it is settled after it broke. Who is out of sight
    and not settled has no outcome.
    """
    day, match, columns = facts.business_date, profile.match, step_columns(profile.match)
    looked = select_step_columns(members, match, day)
    seen = already_closed.classify_repeats(looked, columns, closed_rows, day, profile, keep)
    if closed_rows is not None and size != by_size.Size.SMALL:
        # It is read once for each of those that the size tells apart.
        seen = keep(seen, "seen")
    told = by_size.taken(seen, looked, match, facts.decisions, keep, size)
    found = (
        *case_tables.RESULT_COLUMNS,
        *passes.RESULT_COLUMNS,
        *passes.passes_with_candidate_counts(match),
        *groups.RESULT_COLUMNS,
        "in_sight",
        "in_window",
    )
    told = told.select(F.col("id").alias("told_id"), F.col("side").alias("told_side"), *found)
    same = (item_id() == F.col("told_id")) & (F.col("side") == F.col("told_side"))
    met = members.join(told, on=same, how="inner")
    alone = F.col("settled").isNull() & F.col("partner").isNull()
    waits = F.col("settled") == F.lit(Outcome.SUSPENSE.value)
    done = F.col("settled") != F.lit(Outcome.SUSPENSE.value)
    late = F.col("broke_on").isNotNull()
    outcome = (
        F.when(alone, ageing.outcome())
        .when(waits & F.col("in_sight"), F.col("settled"))
        .when(done, F.col("settled"))
    )
    reason = F.when(alone, ageing.reason()).when(~alone, F.col("why"))
    held = waits & (~late | ageing.still_late(match, day))
    stays = (alone & ageing.stays_open(match, day)) | held
    broke_on = F.when(alone, ageing.broke_on(day)).when(~alone, F.col("broke_on"))
    out = met.select(
        *item_types(),
        outcome.alias("outcome"),
        reason.alias("reason"),
        (late & F.coalesce(done, F.lit(False))).alias("late"),
        "duplicate_of",
        "against",
        "partner",
        "matched_by",
        "unit_id",
        "gap",
        *passes.passes_with_candidate_counts(match),
        F.coalesce(stays, F.lit(False)).alias("open"),
        broke_on.alias("breaks_on"),
    )
    if all(each.effect == Effect.PAIR or each.is_of_pair for each in facts.decisions):
        return out
    return decisions.settle_unpaired_items(out, facts.decisions)


def _met(decided: DataFrame) -> DataFrame:
    paired = decided.where(F.col("partner").isNotNull())
    lines, ours = select_side(paired, Side.STATEMENT), select_side(paired, Side.INTERNAL)
    on = F.col("l.partner") == F.col("t.txn_id")
    late = F.col("l.broke_on").isNotNull() | F.col("t.broke_on").isNotNull()
    return outcome_rows.build_pair_rows(lines, ours, on, F.col("l.matched_by"), late)
