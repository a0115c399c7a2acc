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
from jobs.matching.item_columns import columns_of, looked_at, own_id
from jobs.matching.items import aged, carried, of_lines, of_transactions, side_of
from jobs.matching.steps import ageing, already_closed, groups, passes
from jobs.matching.steps import manual_decisions as decisions
from jobs.matching.steps.closed_outcomes import Closed
from jobs.matching.steps.manual_decisions import Decision
from jobs.matching.steps.scope import set_aside
from schemas.profile.channel import Profile
from schemas.tables import item_types
from schemas.vocabulary import Effect, Outcome, Side

#: Up to so many items a day is all rest: counting it apart would cost more than it saves.
BULK_FROM_ITEMS = 100_000


@dataclass(frozen=True)
class Facts:
    """All that a run depends on beside its rows.

    `items` is about how many there are, `main_file` the id of the file that most lines are of,
    `decisions` the approved ones about this date.
    """

    business_date: date
    statement_whole: bool
    snapshot_there: bool
    items: int
    main_file: str = ""
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class Matched:
    """A run's outcomes, open items and candidates, as the tables have them, and what went in.

    Outcomes are `pairs`, those that were told at once (None if none were), and all `others`.
    `settled` are today's items that the steps settled: neither in `pairs` nor open.
    """

    pairs: DataFrame | None
    others: DataFrame
    open_items: DataFrame
    settled: DataFrame
    candidates: DataFrame
    went_in: DataFrame

    @property
    def outcomes(self) -> DataFrame:
        """All outcomes of the run."""
        return self.others if self.pairs is None else self.pairs.unionByName(self.others)


def matched(
    lines: DataFrame,
    transactions: DataFrame,
    open_items: DataFrame,
    closed_before: Closed,
    facts: Facts,
    profile: Profile,
    keeper: Keeper,
    bulk_from: int = BULK_FROM_ITEMS,
) -> Matched:
    """Matches one channel's run date.

    `lines` and `transactions` are the day's rows of their tables, `open_items` what was open after
    the date before (late candidates among them), `closed_before` what look-back needs.
    """
    day, match, keep = facts.business_date, profile.match, keeper.keep
    all_lines, all_transactions = lines, transactions
    in_bulk = facts.items >= bulk_from and exact_pairs.is_usable(match)
    pairs = None
    today = (
        keeper.marked(*exact_pairs.marked(lines, transactions, profile.scope)) if in_bulk else None
    )
    met_before, touched = None, None if closed_before.count == 0 else closed_before.rows
    if touched is not None and (in_bulk or (closed_before.count or 0) > max(bulk_from, 0)):
        asked = key_hashes.asked_of(lines, transactions) if today is None else today
        met_before, touched = key_hashes.met_before(asked, closed_before)
    if today is not None:
        others = [open_items]
        if facts.decisions:
            others.append(decisions.of_bulk(lines, transactions, facts.decisions))
        odd = exact_pairs.odd_keys(today, others, met_before)
        chances = max(int(facts.statement_whole), int(facts.snapshot_there))
        shared = exact_pairs.Today(day, chances, facts.main_file)
        made = exact_pairs.pairs(lines, transactions, odd, shared, match.passes[0].name)
        pairs = outcome_rows.finished(made, day, profile.channel, "our_mark")
        lines, transactions = exact_pairs.rest(lines, odd), exact_pairs.rest(transactions, odd)
    members = keep(_members(lines, transactions, open_items, facts, profile), "members")
    left = members.where(F.col("aside").isNull()).select(*item_types())
    size = by_size.Size.of(facts.items, bulk_from)
    decided = keep(_decided(left, touched, facts, profile, keep, size), "decided")
    met = _met(decided)
    if any(each.is_of_pair for each in facts.decisions):
        met = decisions.settled_pairs(met, facts.decisions)
    parts = [
        outcome_rows.of_items(_put_aside(members)),
        met,
        outcome_rows.of_items(decided.where(F.col("outcome").isNotNull())),
    ]
    before = remains.from_before(members, decided, day)
    return Matched(
        pairs,
        outcome_rows.finished(reduce(DataFrame.unionByName, parts), day, profile.channel),
        remains.open_after(decided, day, profile.channel),
        remains.settled(members, decided, day, profile.channel),
        candidates.listed(decided, match, day, profile.channel),
        conservation.of_inputs(all_lines, all_transactions, before),
    )


def _members(
    lines: DataFrame,
    transactions: DataFrame,
    open_items: DataFrame,
    facts: Facts,
    profile: Profile,
) -> DataFrame:
    """Items of both sides, `aside` saying why a line takes no part."""
    day = facts.business_date
    still_open = aged(open_items, facts.statement_whole, facts.snapshot_there)
    theirs = of_lines(lines, day, facts.snapshot_there).unionByName(
        side_of(still_open, Side.STATEMENT)
    )
    ours = carried(
        of_transactions(transactions, day, facts.statement_whole),
        side_of(still_open, Side.INTERNAL),
    )
    judged = theirs.select("*", set_aside(profile.scope).alias("aside"))
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
    facts: Facts,
    profile: Profile,
    keep: Keep,
    size: by_size.Size,
) -> DataFrame:
    """Each member with its partner, or with outcome and reason where it has none.

    `open` says that it stays open, `late` that it is settled after it broke. Who is out of sight
    and not settled has no outcome.
    """
    day, match, columns = facts.business_date, profile.match, columns_of(profile.match)
    looked = looked_at(members, match, day)
    seen = already_closed.set_apart(looked, columns, closed_rows, day, profile, keep)
    if closed_rows is not None and size != by_size.Size.SMALL:
        # It is read once for each of those that the size tells apart.
        seen = keep(seen, "seen")
    told = by_size.taken(seen, looked, match, facts.decisions, keep, size)
    found = (
        *case_tables.NAMES,
        *passes.NAMES,
        *passes.with_rivals(match),
        *groups.NAMES,
        "in_sight",
        "in_window",
    )
    told = told.select(F.col("id").alias("told_id"), F.col("side").alias("told_side"), *found)
    same = (own_id() == F.col("told_id")) & (F.col("side") == F.col("told_side"))
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
        *passes.with_rivals(match),
        F.coalesce(stays, F.lit(False)).alias("open"),
        broke_on.alias("breaks_on"),
    )
    if all(each.effect == Effect.PAIR or each.is_of_pair for each in facts.decisions):
        return out
    return decisions.settled_alone(out, facts.decisions)


def _met(decided: DataFrame) -> DataFrame:
    paired = decided.where(F.col("partner").isNotNull())
    lines, ours = side_of(paired, Side.STATEMENT), side_of(paired, Side.INTERNAL)
    on = F.col("l.partner") == F.col("t.txn_id")
    late = F.col("l.broke_on").isNotNull() | F.col("t.broke_on").isNotNull()
    return outcome_rows.of_pairs(lines, ours, on, F.col("l.matched_by"), late)
