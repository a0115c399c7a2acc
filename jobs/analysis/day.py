"""One day of a lake for analysts: what broke, what waits, how old it is, what it may cost.

`open_day("2026-11-22", channel="wechat").breaks` is a frame like any other. Nothing here writes.
Amounts are in minor units until `in_major_units`, which is for small frames.
Source: docs/reference/tables.md.
"""

import atexit
import os
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.analysis.amounts import with_currency_digits
from jobs.cli.places import find_lake_faults
from jobs.engine.session import close_session, open_session
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from jobs.matching.amount_at_risk import at_stake
from jobs.reports.sql.query import run_query
from jobs.storage.local_files import restrict_new_files
from jobs.storage.place_checks import find_path_faults
from schemas.errors import ConfigurationError
from schemas.money import sum_amounts
from schemas.tables import FEE_CHECKS, FEE_TOTALS, OUTCOMES, RUNS, STATEMENT_FILES
from schemas.vocabulary import FileStatus, Outcome, RunResult

#: Rows that a query of a notebook returns at most.
QUERY_ROWS_MAX = 100_000


@dataclass(frozen=True)
class Day:
    """One run date of a lake, for one channel or for all channels."""

    lake: Lake
    date: date
    channel: str | None = None

    @property
    def outcomes(self) -> DataFrame:
        """The day's outcomes, one row each, with `reason`, `at_stake`, `waiting` and `age_days`.

        `reason` is the first of `reasons` (null for a matched row), so that a count by reason
        counts every row once. `at_stake` is what a break may cost, `waiting` the |amount| of an
        item that is carried forward, both in minor units of `currency`. `age_days` are the days
        since the item was first reported.
        """
        return _with_measures(self.lake.read_day(OUTCOMES, self.date, self.channel))

    @property
    def matched(self) -> DataFrame:
        """Outcomes in which both sides agree."""
        return self._of(Outcome.MATCHED)

    @property
    def breaks(self) -> DataFrame:
        """Outcomes that need an action."""
        return self._of(Outcome.BREAK)

    @property
    def waiting(self) -> DataFrame:
        """Outcomes that are carried forward: they wait for the other side."""
        return self._of(Outcome.SUSPENSE)

    @property
    def excluded(self) -> DataFrame:
        """Outcomes that take no part in the reconciliation."""
        return self._of(Outcome.EXCLUDED)

    @property
    def fees(self) -> DataFrame:
        """Fees charged and due: one row per channel, schedule entry and currency."""
        return self.lake.read_day(FEE_TOTALS, self.date, self.channel)

    @property
    def wrong_fees(self) -> DataFrame:
        """Statement lines whose fee is not the fee due."""
        return self.lake.read_day(FEE_CHECKS, self.date, self.channel)

    def totals(self) -> DataFrame:
        """One row per channel and currency: rows by outcome, and amounts in minor units."""
        counts = [_count_of(outcome).alias(outcome.value.lower()) for outcome in Outcome]
        matched = F.when(F.col("outcome") == Outcome.MATCHED.value, F.col("statement_amount"))
        return (
            self.outcomes.groupBy("channel", "currency")
            .agg(*counts, _sum(matched).alias("amount_matched"),
                 _sum(F.col("waiting")).alias("waiting"),
                 _sum(F.col("at_stake")).alias("at_stake"))
            .orderBy("channel", "currency")
        )  # fmt: skip

    def by_reason_and_age(self) -> DataFrame:
        """Breaks and waiting items: one row per outcome, channel, reason, age and currency.

        `amount` is the sum of what is at stake, or waits, in minor units.
        """
        return (
            self.outcomes.where(F.col("outcome").isin(Outcome.BREAK.value, Outcome.SUSPENSE.value))
            .groupBy("outcome", "channel", "reason", "age_days", "chances", "currency")
            .agg(F.count(F.lit(1)).alias("rows"),
                 _sum(F.col("at_stake") + F.col("waiting")).alias("amount"))
            .orderBy("outcome", "channel", "reason", "age_days", "chances", "currency")
        )  # fmt: skip

    def trend(self, days: int = 14) -> DataFrame:
        """Rows by outcome, per channel and date, of the last `days` dates up to this one."""
        since = self.date - timedelta(days=days - 1)
        rows = self.lake.read_days(OUTCOMES, since, self.date, self.channel)
        return (
            rows.groupBy("run_date", "channel")
            .agg(*[_count_of(outcome).alias(outcome.value.lower()) for outcome in Outcome])
            .orderBy("run_date", "channel")
        )

    def largest_breaks(self, rows: int = 10) -> DataFrame:
        """The breaks of each currency with the most at stake; `rank` counts from 1."""
        by_size = Window.partitionBy("currency").orderBy(
            F.col("at_stake").desc(), "channel", "unit_id",
            F.col("txn_id").asc_nulls_last(), F.col("line_id").asc_nulls_last(),
        )  # fmt: skip
        ranked = self.breaks.withColumn("rank", F.row_number().over(by_size))
        return ranked.where(F.col("rank") <= F.lit(rows)).orderBy("currency", "rank")

    def query(self, select: str) -> pd.DataFrame:
        """A SELECT over the whole lake, not this day alone, by the names of docs/reference/sql.md.

        Amounts are exact decimals in major units, with the digits of the row's `currency` if the
        result has one.

        Raises:
            ConfigurationError: the text is no SELECT, the engine refuses it, or it has more than
                `QUERY_ROWS_MAX` rows.
        """
        answer = run_query(self.lake, select, QUERY_ROWS_MAX)
        if answer.is_cut:
            advice = f"the query has more than {QUERY_ROWS_MAX:,} rows; group them, or add LIMIT"
            raise ConfigurationError([advice])
        frame = pd.DataFrame(list(answer.rows), columns=list(answer.columns), dtype=object)
        return with_currency_digits(frame)

    def files(self) -> pd.DataFrame:
        """The day's accepted and quarantined statement files: status, lines, and the reason."""
        rows = [
            {name: row[name] for name in ("channel", "file_name", "status", "line_count", "reason")}
            for row in self.lake.read_rows(STATEMENT_FILES, business_date=self.date)
            if self.channel in (None, row["channel"])
            and row["status"] in (FileStatus.ACCEPTED.value, FileStatus.QUARANTINED.value)
        ]
        columns = ["channel", "file_name", "status", "line_count", "reason"]
        return pd.DataFrame(rows, columns=columns).sort_values(["channel", "file_name"])

    def incomplete_matches(self) -> dict[str, str]:
        """Result of the last match by channel, for channels whose result is not `DONE`."""
        rows = self.lake.read_rows(RUNS, job="match", business_date=self.date)
        last = {
            row["channel"]: row["result"] for row in sorted(rows, key=lambda row: row["ended_at"])
        }
        return {channel: result for channel, result in sorted(last.items())
                if result != RunResult.DONE and self.channel in (None, channel)}  # fmt: skip

    def _of(self, outcome: Outcome) -> DataFrame:
        return self.outcomes.where(F.col("outcome") == F.lit(outcome.value))


def open_day(
    business_date: str | date | None = None,
    channel: str | None = None,
    lake: Lake | str | None = None,
    engine: str | None = None,
) -> Day:
    """Opens one run date of a lake, for one channel or for all channels.

    Without a date it is the latest one that was matched. `lake` is a folder, a URI or a `Lake`;
    without it TIEOUT_LAKE counts. A session is opened on `engine` (default: TIEOUT_ENGINE, or what
    is installed) and closed when the process ends.

    Raises:
        ConfigurationError: no lake is named, its path cannot be used or there is none, the date is
            not a date, or no date was matched yet.
    """
    if isinstance(business_date, str):
        try:
            business_date = date.fromisoformat(business_date)
        except ValueError as error:
            advice = f"{business_date!r} is not a date; write it as 2026-11-22"
            raise ConfigurationError([advice]) from error
    opened = lake if isinstance(lake, Lake) else _open_lake(lake, engine)
    if business_date is None:
        business_date = LakeAsOf(opened).latest_date(OUTCOMES)
    if business_date is None:
        raise ConfigurationError([f"{opened.uri}: no date was matched yet; run `tieout run`"])
    return Day(opened, business_date, channel)


def _open_lake(uri: str | None, engine: str | None) -> Lake:
    uri = uri or os.environ.get("TIEOUT_LAKE")
    if not uri:
        raise ConfigurationError(["no lake is named; pass lake=, or set TIEOUT_LAKE"])
    faults = find_path_faults("lake", uri, holds_tables=True) or list(find_lake_faults(uri))
    if faults:
        raise ConfigurationError(faults)
    restrict_new_files()
    spark = open_session(engine)
    atexit.register(close_session, spark)
    return Lake(spark, uri)


def _with_measures(outcomes: DataFrame) -> DataFrame:
    currency = F.coalesce(F.col("currency"), F.col("internal_currency"))
    absolute = F.abs(F.coalesce(F.col("statement_amount"), F.col("internal_amount")))
    is_waiting = F.col("outcome") == F.lit(Outcome.SUSPENSE.value)
    return outcomes.select(
        *[currency.alias(name) if name == "currency" else F.col(name) for name in OUTCOMES.columns],
        F.get(F.col("reasons"), F.lit(0)).alias("reason"),
        at_stake().alias("at_stake"),
        F.when(is_waiting, absolute).otherwise(F.lit(0)).cast("bigint").alias("waiting"),
        F.datediff(F.col("run_date"), F.col("first_run_date")).alias("age_days"),
    )


def _count_of(outcome: Outcome) -> Column:
    return F.count(F.when(F.col("outcome") == F.lit(outcome.value), F.lit(1)))


def _sum(amount: Column) -> Column:
    return F.coalesce(sum_amounts(amount), F.lit(0)).cast("bigint")
