"""Everything that a scorecard says of a channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from jobs.lake.tables import Lake
from jobs.reports.day_page.fee_section import read_channels
from jobs.reports.day_page.outcomes import read_outcomes
from jobs.reports.day_page.scope import Row, Scope
from jobs.reports.scorecard.late_money import LOOKBACK_DAYS, LateMoney, measure_late_money
from jobs.reports.scorecard.punctuality import FileScore, score_files
from schemas.dates import OPEN_MONTH
from schemas.money import sum_amounts
from schemas.tables import (
    BREAKS,
    FEE_CHECKS,
    FEE_TOTALS,
    SETTLEMENT_CHECKS,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from schemas.vocabulary import Action, BreakEvent, Reason

#: Number and money, minor units by currency.
Amounts = dict[str, int]


@dataclass
class Counted:
    """How many there are, and their money by currency, minor units."""

    count: int = 0
    money: Amounts = field(default_factory=dict)

    def add(self, currency: str | None, minor: int | None, count: int = 1) -> None:
        """Adds so many with so much money."""
        self.count += count
        if currency is not None and minor is not None:
            self.money[currency] = self.money.get(currency, 0) + minor


@dataclass
class Scorecard:
    """A channel in a month; `lines` are those of its accepted statements.

    `late_lines` came after their transaction had broken. `breaks` are those that opened in the
    month, by first reason, but for those that a snapshot of ours, sent anew, closed. `fees` has the
    sums of `fee_totals` by currency, `wrong_fees` the lines whose fee was wrong, with their
    difference. `claims` are what the channel owes an answer or money for: lines listed twice, fees
    charged above what is due, batches that were paid short.
    """

    channel: str
    lines: int = 0
    files: FileScore = field(default_factory=FileScore)
    late_lines: Counted = field(default_factory=Counted)
    breaks: dict[str, Counted] = field(default_factory=dict)
    fees: dict[str, Row] = field(default_factory=dict)
    wrong_fees: Counted = field(default_factory=Counted)
    late_money: Mapping[str, LateMoney] = field(default_factory=dict)
    claims: dict[str, Counted] = field(default_factory=dict)


def read_scorecards(lake: Lake, scope: Scope) -> list[Scorecard]:
    """The scorecards of the channels, of dates that were matched."""
    cards = {name: Scorecard(name) for name in scope.profiles}
    files = lake.read_rows(STATEMENT_FILES, channel=[*scope.profiles])
    for name, profile in scope.profiles.items():
        expected = [day for day in scope.days if day >= profile.first_date]
        own = [row for row in files if row["channel"] == name]
        cards[name].files = score_files(profile, expected, own)
        cards[name].lines = sum(
            int(row["num_records"])
            for row in lake.list_data_files(STATEMENT_LINES, scope.last, name, scope.first)
        )
    _add_late_lines(lake, scope, cards)
    _add_breaks(lake, scope, cards)
    _add_fees(lake, scope, cards)
    _add_settlement(lake, scope, cards)
    return [*cards.values()]


def _add_late_lines(lake: Lake, scope: Scope, cards: Mapping[str, Scorecard]) -> None:
    """Lines that came after their transaction broke: the line's date is the later one."""
    is_late = F.array_contains("reasons", Reason.LATE.value) & F.col("line_id").isNotNull()
    after_ours = F.coalesce(F.col("statement_date") > F.col("internal_date"), F.lit(False))
    summed = (
        read_outcomes(lake, scope, scope.first)
        .where(is_late & after_ours)
        .groupBy("channel", "currency")
        .agg(F.count(F.lit(1)).alias("rows"),
             sum_amounts(F.abs("statement_amount")).alias("money"))
    )  # fmt: skip
    for row in summed.collect():
        cards[row["channel"]].late_lines.add(
            row["currency"], int(row["money"] or 0), int(row["rows"])
        )


def _add_breaks(lake: Lake, scope: Scope, cards: Mapping[str, Scorecard]) -> None:
    rows = lake.read_arrow(BREAKS, scope.first.replace(day=1), OPEN_MONTH, scope.only_channel)
    opened = (pc.field("opened_on") >= pa.scalar(scope.first)) & (
        pc.field("opened_on") <= pa.scalar(scope.last)
    )
    own = pc.field("channel").isin(pa.array([*cards], pa.string()))
    is_ours = pc.field("closed_by") == BreakEvent.CHANGED_SNAPSHOT.value
    own &= pc.invert(pc.coalesce(is_ours, pa.scalar(False)))
    columns = ["channel", "reasons", "action", "currency", "at_stake"]
    for row in rows.filter(opened & own).select(columns).to_pylist():
        card = cards[row["channel"]]
        reason = (row["reasons"] or [""])[0]
        card.breaks.setdefault(reason, Counted()).add(row["currency"], row["at_stake"])
        if row["action"] == Action.CLAIM:
            _claim(card, "lines listed twice").add(row["currency"], row["at_stake"])


def _add_fees(lake: Lake, scope: Scope, cards: Mapping[str, Scorecard]) -> None:
    names = ("lines", "amount", "charged", "due", "difference")
    for row in read_channels(lake, scope, FEE_TOTALS).to_pylist():
        sums = cards[row["channel"]].fees.setdefault(row["currency"], dict.fromkeys(names, 0))
        for name in names:
            sums[name] += row[name] or 0
    for row in read_channels(lake, scope, FEE_CHECKS).select(
        ["channel", "currency", "difference"]
    ).to_pylist():  # fmt: skip
        card = cards[row["channel"]]
        card.wrong_fees.add(row["currency"], row["difference"])
        if (row["difference"] or 0) > 0:
            _claim(card, "fees above the rate card").add(row["currency"], row["difference"])


def _add_settlement(lake: Lake, scope: Scope, cards: Mapping[str, Scorecard]) -> None:
    since = scope.first - timedelta(days=LOOKBACK_DAYS)
    wide = Scope(since, scope.last, scope.config)
    by_channel: dict[str, list[dict[str, Any]]] = {}
    for row in read_channels(lake, wide, SETTLEMENT_CHECKS).to_pylist():
        by_channel.setdefault(row["channel"], []).append(row)
    for name, rows in by_channel.items():
        cards[name].late_money = measure_late_money(rows, scope.first, scope.last)
        latest = {}
        for row in sorted(rows, key=lambda row: row["run_date"]):
            if row["batch_no"] is not None and row["run_date"] >= scope.first:
                latest[row["batch"], row["batch_no"], row["per"], row["currency"]] = row
        for row in latest.values():
            if row["action"] == Action.CLAIM:
                _claim(cards[name], "batches paid short").add(
                    row["currency"], row["expected"] - row["credited"]
                )


def _claim(card: Scorecard, cause: str) -> Counted:
    return card.claims.setdefault(cause, Counted())
