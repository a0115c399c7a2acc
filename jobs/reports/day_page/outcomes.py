"""Sums of `outcomes`, and its largest rows by channel, outcome and currency."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.lake.tables import Lake
from jobs.matching.amount_at_risk import at_stake
from jobs.reports.day_page.scope import Owner, Row, RowList, Scope
from schemas.money import sum_amounts
from schemas.tables import OUTCOMES
from schemas.vocabulary import Outcome

#: Dates of the chart of what waits, this one included.
TREND_DAYS = 14
#: Rows of a list that are read; a page shows as many of them as fit.
ROWS_READ = 50
_LIST = ("channel", "outcome", "shown_currency")
#: Steps in which money doubles.
_STEPS = 16
#: (channel, outcome, currency).
Key = tuple[str, str, str]
_GROUP = ("run_date", "channel", "outcome", "currency", "internal_currency")
_LIST_COLUMNS = (
    "run_date", "channel", "unit_id", "outcome", "reasons", "action", "txn_id", "line_id", "kind",
    "our_ref", "channel_ref", "shown_currency", "money", "internal_amount", "statement_amount",
    "difference", "first_run_date", "age_days",
)  # fmt: skip


@dataclass
class Tally:
    """Items of one side and one outcome: their number and the sum of their |amount|."""

    items: int = 0
    money: int = 0


@dataclass
class Totals:
    """What a report says of `outcomes`.

    `sides` has a tally for each (channel, currency, side, outcome), side `ours` or `theirs`. What
    waits is that of the last date; all else is of all dates. `rows` counts rows by channel and
    outcome, `at_stake` sums what the breaks of the runs may cost. `waiting` has the |amount| that
    waited after each date by channel and currency, minor units; a row counts once.
    """

    sides: dict[tuple[str, str, str, str], Tally] = field(default_factory=dict)
    rows: dict[tuple[str, str], int] = field(default_factory=dict)
    at_stake: dict[Owner, int] = field(default_factory=dict)
    waiting: dict[tuple[date, str, str], Tally] = field(default_factory=dict)

    def tally(
        self, side: str, outcomes: Iterable[str], channel: str = "", currency: str = ""
    ) -> Tally:
        """The tally of a side over some outcomes, of a channel and a currency where named."""
        wanted, total = {*outcomes}, Tally()
        for (name, code, of_side, outcome), one in self.sides.items():
            fits = of_side == side and outcome in wanted
            if fits and channel in ("", name) and currency in ("", code):
                total.items += one.items
                total.money += one.money
        return total

    @property
    def currencies(self) -> list[str]:
        """Currencies, the one with most items first."""
        counts: dict[str, int] = {}
        for (_, code, _, _), one in self.sides.items():
            counts[code] = counts.get(code, 0) + one.items
        return sorted(counts, key=lambda code: (-counts[code], code))


def read_outcomes(lake: Lake, scope: Scope, first: date) -> DataFrame:
    """The outcomes of the channels from a date to the report's last one."""
    rows = lake.read_days(OUTCOMES, first, scope.last, scope.only_channel)
    return rows.where(F.col("channel").isin([*scope.profiles]))


def read_totals(lake: Lake, scope: Scope) -> Totals:
    """Sums the outcomes of a report, and what waited on the dates before it."""
    since = min(scope.first, scope.last - timedelta(days=TREND_DAYS - 1))
    waits = F.col("outcome") == F.lit(Outcome.SUSPENSE.value)
    wanted = read_outcomes(lake, scope, since).where((F.col("run_date") >= scope.first) | waits)
    summed = wanted.withColumn("stake", at_stake()).groupBy(*_GROUP).agg(
        F.count(F.lit(1)).alias("rows"),
        F.count("txn_id").alias("ours"),
        F.count("line_id").alias("theirs"),
        _sum(F.abs("internal_amount"), "ours_money"),
        _sum(F.abs("statement_amount"), "theirs_money"),
        _sum(_money(), "money"),
        _sum(F.col("stake"), "stake"),
    )  # fmt: skip
    totals = Totals()
    for row in summed.collect():
        _add(totals, scope, row.asDict())
    return totals


def _add(totals: Totals, scope: Scope, row: Row) -> None:
    day, channel, outcome = row["run_date"], row["channel"], row["outcome"]
    theirs = row["currency"]
    ours = row["internal_currency"] or theirs
    waits = outcome == Outcome.SUSPENSE
    if waits and (theirs or ours):
        one = totals.waiting.setdefault((day, channel, theirs or ours), Tally())
        one.items += row["rows"]
        one.money += int(row["money"])
    if day < scope.first or (waits and day != scope.last):
        return
    totals.rows[channel, outcome] = totals.rows.get((channel, outcome), 0) + row["rows"]
    for side, code in (("ours", ours), ("theirs", theirs)):
        if row[side] and code:
            tally = totals.sides.setdefault((channel, code, side, outcome), Tally())
            tally.items += row[side]
            tally.money += int(row[f"{side}_money"])
    if outcome == Outcome.BREAK and (theirs or ours):
        owner = (channel, theirs or ours)
        totals.at_stake[owner] = totals.at_stake.get(owner, 0) + int(row["stake"])


def list_largest(lake: Lake, scope: Scope) -> dict[Key, RowList]:
    """The rows with most money by (channel, outcome, currency); of what waits the last date's."""
    waits = F.col("outcome") == F.lit(Outcome.SUSPENSE.value)
    rows = read_outcomes(lake, scope, scope.first).where(
        ~waits | (F.col("run_date") == F.lit(scope.last))
    )
    rows = rows.withColumns({
        "shown_currency": F.coalesce("currency", "internal_currency"),
        "money": F.coalesce(
            F.when(F.col("outcome") == F.lit(Outcome.BREAK.value), at_stake()).otherwise(_money()),
            F.lit(0).cast("bigint"),
        ),
        "age_days": F.datediff(F.col("run_date"), F.col("first_run_date")),
    })  # fmt: skip
    lists, floors = _count_lists(rows)
    ordered = Window.partitionBy(*_LIST).orderBy(
        F.col("money").desc(), "run_date", "unit_id",
        F.col("txn_id").asc_nulls_last(), F.col("line_id").asc_nulls_last(),
    )  # fmt: skip
    # Sorted is only what may be among the largest: most rows of a day are not.
    few = rows.where(_reaches(floors)).withColumn("rank", F.row_number().over(ordered))
    top = few.where(F.col("rank") <= F.lit(ROWS_READ)).select(*_LIST_COLUMNS, "rank").collect()
    for row in sorted(top, key=lambda row: int(row["rank"])):
        key = (row["channel"], row["outcome"], row["shown_currency"] or "")
        lists[key].rows = [*lists[key].rows, row.asDict()]
    return lists


def _count_lists(rows: DataFrame) -> tuple[dict[Key, RowList], dict[Key, int]]:
    """Empty lists with their counts, and of each the money from which on rows may be in it.

    Rows are counted by size, in steps of a twentieth; `floors` begin with the step that has the
    last row of the list.
    """
    step = F.floor(F.log2(F.col("money") + F.lit(1)) * F.lit(_STEPS)).alias("step")
    counts = rows.groupBy(*_LIST, step).agg(
        F.count(F.lit(1)).alias("rows"), F.min("money").alias("low")
    )
    lists: dict[Key, RowList] = {}
    floors: dict[Key, int] = {}
    for row in sorted(counts.collect(), key=lambda row: -int(row["step"])):
        key = (row["channel"], row["outcome"], row["shown_currency"] or "")
        known = lists.setdefault(key, RowList())
        if known.count < ROWS_READ:
            floors[key] = int(row["low"])
        known.count += int(row["rows"])
    return lists, floors


def _reaches(floors: Mapping[Key, int]) -> Column:
    """Whether a row has as much money as its list begins with."""
    condition = F.lit(False)
    for (channel, outcome, code), low in sorted(floors.items()):
        is_own = (
            (F.col("channel") == F.lit(channel))
            & (F.col("outcome") == F.lit(outcome))
            & (F.coalesce(F.col("shown_currency"), F.lit("")) == F.lit(code))
        )
        condition = condition | (is_own & (F.col("money") >= F.lit(low)))
    return condition


def _money() -> Column:
    return F.abs(F.coalesce("statement_amount", "internal_amount"))


def _sum(amount: Column, name: str) -> Column:
    return F.coalesce(sum_amounts(amount), F.lit(0).cast("decimal(38,0)")).alias(name)
