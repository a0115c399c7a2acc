"""A day as an analyst asks for it: what broke, what waits, how old it is, what it may cost.

`reviewed(lake, "2026-11-22", channel="wechat").breaks` is a frame like any other. Nothing here
writes. Amounts are minor units until `in_major_units`, which is for small frames on the driver.
Source: docs/reference/tables.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from jobs.matching.amount_at_risk import at_stake
from schemas.currencies import exponent
from schemas.errors import ConfigurationError
from schemas.money import summed
from schemas.tables import FEE_CHECKS, FEE_TOTALS, OUTCOMES, RUNS, STATEMENT_FILES
from schemas.vocabulary import FileStatus, Outcome, RunResult


@dataclass(frozen=True)
class Day:
    """One run date of a lake, of one channel or of all."""

    lake: Lake
    date: date
    channel: str | None = None

    @property
    def outcomes(self) -> DataFrame:
        """The day's outcomes with `at_stake`, `waiting` and `age_days`.

        `at_stake` is what a break may cost, `waiting` the |amount| of an item that waits, both in
        minor units of `currency`; `age_days` are the days since the item was first seen.
        """
        return _measured(self.lake.read_day(OUTCOMES, self.date, self.channel))

    @property
    def matched(self) -> DataFrame:
        """Outcomes that both sides agree on."""
        return self._of(Outcome.MATCHED)

    @property
    def breaks(self) -> DataFrame:
        """Outcomes that somebody has to act on."""
        return self._of(Outcome.BREAK)

    @property
    def suspense(self) -> DataFrame:
        """Outcomes that wait for the other side."""
        return self._of(Outcome.SUSPENSE)

    @property
    def excluded(self) -> DataFrame:
        """Outcomes that take no part."""
        return self._of(Outcome.EXCLUDED)

    @property
    def fees(self) -> DataFrame:
        """Fees charged and due: one row per channel, schedule entry and currency."""
        return self.lake.read_day(FEE_TOTALS, self.date, self.channel)

    @property
    def wrong_fees(self) -> DataFrame:
        """Lines whose fee is not what is due."""
        return self.lake.read_day(FEE_CHECKS, self.date, self.channel)

    def state(self) -> DataFrame:
        """One row per channel and currency: rows by outcome, and amounts in minor units."""
        counts = [_rows_of(each).alias(each.value.lower()) for each in Outcome]
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

        The reason is the first one of a row, so that every row counts once; `amount` is what is
        at stake, or waits.
        """
        reason = F.element_at(F.col("reasons"), 1).alias("reason")
        return (
            self.outcomes.where(F.col("outcome").isin(Outcome.BREAK.value, Outcome.SUSPENSE.value))
            .groupBy("outcome", "channel", reason, "age_days", "chances", "currency")
            .agg(F.count(F.lit(1)).alias("rows"),
                 _sum(F.col("at_stake") + F.col("waiting")).alias("amount"))
            .orderBy("outcome", "channel", "reason", "age_days", "chances", "currency")
        )  # fmt: skip

    def trend(self, days: int = 14) -> DataFrame:
        """Rows by outcome on each of the last days up to this one, per channel."""
        since = self.date - timedelta(days=days - 1)
        rows = self.lake.read_days(OUTCOMES, since, self.date, self.channel)
        return (
            rows.groupBy("run_date", "channel")
            .agg(*[_rows_of(each).alias(each.value.lower()) for each in Outcome])
            .orderBy("run_date", "channel")
        )

    def biggest(self, rows: int = 10) -> DataFrame:
        """The breaks with the most at stake of each currency, the biggest first; `place` from 1."""
        by_size = Window.partitionBy("currency").orderBy(
            F.col("at_stake").desc(), "channel", "unit_id",
            F.col("txn_id").asc_nulls_last(), F.col("line_id").asc_nulls_last(),
        )  # fmt: skip
        placed = self.breaks.withColumn("place", F.row_number().over(by_size))
        return placed.where(F.col("place") <= F.lit(rows)).orderBy("currency", "place")

    def files(self) -> pd.DataFrame:
        """The day's statement files in force or refused: status, lines, and why."""
        found = [
            {name: row[name] for name in ("channel", "file_name", "status", "line_count", "reason")}
            for row in self.lake.read_rows(STATEMENT_FILES, business_date=self.date)
            if self.channel in (None, row["channel"])
            and row["status"] in (FileStatus.ACCEPTED.value, FileStatus.QUARANTINED.value)
        ]
        columns = ["channel", "file_name", "status", "line_count", "reason"]
        return pd.DataFrame(found, columns=columns).sort_values(["channel", "file_name"])

    def remarks(self) -> dict[str, str]:
        """What the last match of each channel had to say, where it was not simply `DONE`."""
        rows = self.lake.read_rows(RUNS, job="match", business_date=self.date)
        last = {
            row["channel"]: row["result"] for row in sorted(rows, key=lambda row: row["ended_at"])
        }
        return {channel: result for channel, result in sorted(last.items())
                if result != RunResult.DONE and self.channel in (None, channel)}  # fmt: skip

    def _of(self, outcome: Outcome) -> DataFrame:
        return self.outcomes.where(F.col("outcome") == F.lit(outcome.value))


def reviewed(lake: Lake, day: str | date | None = None, channel: str | None = None) -> Day:
    """A run date of the lake, of one channel or of all.

    Without a date it is the latest one that was matched.

    Raises:
        ConfigurationError: the text is no date, or nothing has been matched yet.
    """
    if isinstance(day, str):
        try:
            day = date.fromisoformat(day)
        except ValueError as fault:
            raise ConfigurationError([f"{day!r} is no date; write 2026-11-22"]) from fault
    if day is None:
        day = LakeAsOf(lake).latest_date(OUTCOMES)
    if not isinstance(day, date):
        raise ConfigurationError([f"{lake.uri}: no day has been matched yet; run `tieout run`"])
    return Day(lake, day, channel)


def in_major_units(
    frame: pd.DataFrame, columns: Iterable[str], currency: str = "currency"
) -> pd.DataFrame:
    """A copy in which the columns are exact decimals: 1250 with CNY becomes 12.50.

    An amount without a currency stays empty, as does an empty one.

    Raises:
        KeyError: a currency is none of ISO 4217.
    """
    converted = {
        name: [
            _major(minor, code) for minor, code in zip(frame[name], frame[currency], strict=True)
        ]
        for name in columns
    }
    return frame.assign(**{name: pd.Series(values, index=frame.index, dtype=object)
                           for name, values in converted.items()})  # fmt: skip


def _major(minor: object, code: object) -> Decimal | None:
    if pd.isna(minor) or not isinstance(code, str):  # type: ignore[call-overload]
        return None
    return Decimal(int(minor)).scaleb(-exponent(code))  # type: ignore[call-overload]


def _measured(outcomes: DataFrame) -> DataFrame:
    own = F.coalesce(F.col("currency"), F.col("internal_currency"))
    size = F.abs(F.coalesce(F.col("statement_amount"), F.col("internal_amount")))
    waits = F.col("outcome") == F.lit(Outcome.SUSPENSE.value)
    return outcomes.select(
        *[own.alias(name) if name == "currency" else F.col(name) for name in OUTCOMES.columns],
        at_stake().alias("at_stake"),
        F.when(waits, size).otherwise(F.lit(0)).cast("bigint").alias("waiting"),
        F.datediff(F.col("run_date"), F.col("first_run_date")).alias("age_days"),
    )


def _rows_of(outcome: Outcome) -> Column:
    return F.count(F.when(F.col("outcome") == F.lit(outcome.value), F.lit(1)))


def _sum(amount: Column) -> Column:
    return F.coalesce(summed(amount), F.lit(0)).cast("bigint")
