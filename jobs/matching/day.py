"""One channel's run date, from members to outcomes and what stays open."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching import bulk, conservation, duplicates, passes, rows, windows
from jobs.matching.items import aged, carried, of_lines, of_transactions, side_of
from jobs.matching.scope import set_aside
from schemas.profile import Profile
from schemas.tables import OPEN_ITEMS, item_types
from schemas.vocabulary import Outcome, Side

#: Keeps a frame that is used more than once: (frame, name) -> the same rows, computed once.
Keep = Callable[[DataFrame, str], DataFrame]
#: Up to so many items a day is all rest: counting it apart would cost more than it saves.
BULK_FROM_ITEMS = 100_000


@dataclass(frozen=True)
class Facts:
    """All that a run depends on beside its rows; `items` is about how many there are."""

    business_date: date
    statement_whole: bool
    snapshot_there: bool
    items: int


@dataclass(frozen=True)
class Matched:
    """A run's outcomes and open items, as the tables have them, and the sums that went in."""

    outcomes: DataFrame
    open_items: DataFrame
    went_in: DataFrame


def matched(
    lines: DataFrame,
    transactions: DataFrame,
    open_items: DataFrame,
    facts: Facts,
    profile: Profile,
    keep: Keep,
    bulk_from: int = BULK_FROM_ITEMS,
) -> Matched:
    """Matches one channel's run date.

    `lines` and `transactions` are the day's rows of their tables, `open_items` what was open after
    the date before (both sides), each without date and channel of another run.
    """
    day = facts.business_date
    still_open = aged(open_items, facts.statement_whole, facts.snapshot_there)
    all_lines = of_lines(lines, day, facts.snapshot_there).unionByName(
        side_of(still_open, Side.STATEMENT)
    )
    ours = carried(
        of_transactions(transactions, day, facts.statement_whole),
        side_of(still_open, Side.INTERNAL),
    )
    judged = all_lines.select("*", set_aside(profile.scope).alias("reason"))
    in_bulk = facts.items >= bulk_from and bulk.is_usable(profile.match)
    if not in_bulk:
        none = F.lit(None).cast("string").alias("reason")
        members = keep(judged.unionByName(ours.select("*", none)), "members")
        judged, ours = side_of(members, Side.STATEMENT), side_of(members, Side.INTERNAL)
        ours = ours.select(*item_types())
    theirs = judged.where(F.col("reason").isNull()).select(*item_types())
    aside = judged.where(F.col("reason").isNotNull())

    parts = [rows.of_items(_settled(aside, F.lit(Outcome.EXCLUDED.value)))]
    left = theirs.unionByName(ours)
    if in_bulk:
        all_theirs, all_ours = bulk.keyed(theirs), bulk.keyed(ours)
        odd = keep(bulk.odd_keys(all_theirs, all_ours), "odd_keys")
        on = F.col(f"l.{bulk.KEY}") == F.col(f"t.{bulk.KEY}")
        first = F.lit(profile.match.passes[0].name)
        pairs = bulk.clean(all_theirs, odd), bulk.clean(all_ours, odd).hint("shuffle_hash")
        parts.append(rows.of_pairs(*pairs, on, first))
        left = bulk.rest(all_theirs, odd).unionByName(bulk.rest(all_ours, odd))
    decided = keep(_decided(left, profile, keep), "decided")
    parts += [_met(decided), rows.of_items(decided.where(F.col("outcome").isNotNull()))]
    outcomes = parts[0]
    for part in parts[1:]:
        outcomes = outcomes.unionByName(part)
    stay = decided.where(F.col("open")).select(*item_types())
    dated = {"run_date": F.lit(day), "channel": F.lit(profile.channel)}
    sums = conservation.of_members(judged.select(*item_types()).unionByName(ours))
    return Matched(
        rows.finished(outcomes, day, profile.channel),
        stay.withColumns(dated).select(*OPEN_ITEMS.columns),
        sums,
    )


def _settled(items: DataFrame, outcome: Column) -> DataFrame:
    none = F.lit(None).cast("string")
    return items.select(
        "*", outcome.alias("outcome"), none.alias("duplicate_of"), none.alias("against")
    )


def _decided(members: DataFrame, profile: Profile, keep: Keep) -> DataFrame:
    """Each member with its partner, or with outcome and reason where it has none.

    `open` says that it stays open: nobody met it, and its window has not closed.
    """
    apart = keep(duplicates.told_apart(members), "told_apart")
    met = passes.paired(apart, profile.match)
    window = profile.match.window
    alone = F.col("settled").isNull() & F.col("partner").isNull()
    outcome = F.when(alone, windows.outcome(window)).when(~alone, F.col("settled"))
    reason = F.when(alone, windows.reason()).when(~alone, F.col("why"))
    stays = alone & windows.stays_open(window)
    return met.select(
        *item_types(),
        "duplicate_of",
        "against",
        "partner",
        "matched_by",
        outcome.alias("outcome"),
        reason.alias("reason"),
        stays.alias("open"),
    )


def _met(decided: DataFrame) -> DataFrame:
    paired = decided.where(F.col("partner").isNotNull())
    lines, ours = side_of(paired, Side.STATEMENT), side_of(paired, Side.INTERNAL)
    on = F.col("l.partner") == F.col("t.txn_id")
    return rows.of_pairs(lines, ours, on, F.col("l.matched_by"))
