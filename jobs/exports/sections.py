"""The rows that a person looks at, by sheet: breaks, what waits, and what is out of scope."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.amount_at_risk import at_stake
from schemas.vocabulary import BreakEvent, Outcome, Reason


class Section(StrEnum):
    """A sheet of the workbook; its value is the sheet's name."""

    BREAKS = "Breaks"
    WAITING = "Waiting"
    OUT_OF_SCOPE = "Out of scope"


#: Rows of a sheet at most, those with most money; all breaks are listed.
ROWS_MAX = {Section.WAITING: 10_000, Section.OUT_OF_SCOPE: 10_000}
#: The order of the rows: by section; in each, currency by currency, most money at stake first,
#: the members of a group together. Ends in the ids, which are unique.
ORDER_COLUMNS = (
    "section_no",
    "unit_currency",
    "unit_stake",
    "unit_id",
    "at_stake",
    "txn_id",
    "line_id",
)
_DESCENDING = ("unit_stake", "at_stake")


def select_sections(outcomes: DataFrame) -> DataFrame:
    """The rows of a day by section, with `section`, `at_stake` (minor units) and `age_days`.

    What does not break has its whole amount as `at_stake`; at most `ROWS_MAX` rows of it are there.
    """
    whole = F.abs(F.coalesce("statement_amount", "internal_amount"))
    is_break = F.col("outcome") == F.lit(Outcome.BREAK.value)
    rows = outcomes.withColumns(
        {
            "at_stake": F.when(is_break, at_stake()).otherwise(whole),
            "age_days": F.date_diff("run_date", "first_run_date"),
        }
    )
    unit = Window.partitionBy("unit_id")
    breaks = rows.where(is_break).withColumns(
        {
            "unit_currency": F.min("currency").over(unit),
            "unit_stake": F.max("at_stake").over(unit),
        }
    )
    sections = [_name_section(breaks, Section.BREAKS)]
    conditions = {
        Section.WAITING: F.col("outcome") == F.lit(Outcome.SUSPENSE.value),
        Section.OUT_OF_SCOPE: F.array_contains("reasons", Reason.OUT_OF_SCOPE.value),
    }
    for section, condition in conditions.items():
        single = {"unit_currency": F.col("currency"), "unit_stake": F.col("at_stake")}
        chosen = _name_section(rows.where(condition & ~is_break).withColumns(single), section)
        sections.append(chosen.orderBy(*_order()).limit(ROWS_MAX[section]))
    return reduce(DataFrame.unionByName, sections)


def _name_section(rows: DataFrame, section: Section) -> DataFrame:
    number = [*Section].index(section)
    return rows.withColumns({"section": F.lit(section.value), "section_no": F.lit(number)})


def count_sections(groups: Iterable[Mapping[str, Any]]) -> dict[Section, int]:
    """How many rows of a day each section is about, from groups of `summary.sum_groups`."""
    sizes = dict.fromkeys(Section, 0)
    for row in groups:
        if row["outcome"] == Outcome.BREAK:
            sizes[Section.BREAKS] += row["rows"]
        elif row["outcome"] == Outcome.SUSPENSE:
            sizes[Section.WAITING] += row["rows"]
        elif Reason.OUT_OF_SCOPE in row["reasons"].split():
            sizes[Section.OUT_OF_SCOPE] += row["rows"]
    return sizes


def sort_sections(rows: DataFrame) -> DataFrame:
    """The rows of `select_sections`, section by section, in their order.

    The sort must be the last step: the embedded engine may distribute a later step to several
    workers, and then returns the rows in the order in which the workers finish.
    """
    return rows.orderBy(*_order())


def _order() -> list[Column]:
    return [
        F.col(name).desc_nulls_last() if name in _DESCENDING else F.col(name).asc_nulls_last()
        for name in ORDER_COLUMNS
    ]


def add_details(
    rows: DataFrame,
    lines: DataFrame,
    transactions: DataFrame,
    carried: DataFrame,
    candidates: DataFrame,
    zone: str,
) -> DataFrame:
    """Adds `trade_time` (text, in a zone), `product`, `merchant_id`, `candidate_ids` (by pass and
    rank) and `candidate_count` to rows.

    `lines` and `transactions` are those of the run date, `carried` the open items of the run
    before: an item of the run is one of these. What the line has counts before what ours has.
    """
    columns = ("at", "product", "merchant_id")
    for own_id, today, time in (
        ("line_id", lines, "traded_at"),
        ("txn_id", transactions, "occurred_at"),
    ):
        keys = rows.select(own_id).where(F.col(own_id).isNotNull())
        prefix = own_id.removesuffix("_id")
        new = today.select(own_id, F.lit(1).alias("turn"), F.col(time).alias("at"), *columns[1:])
        old = carried.where(F.col(own_id).isNotNull()).select(
            own_id, F.lit(0).alias("turn"), *columns
        )
        details = new.unionByName(old).join(keys, on=own_id, how="left_semi")
        latest = details.groupBy(own_id).agg(
            F.max_by(F.struct(*columns), "turn").alias(f"{prefix}_details")
        )
        rows = rows.join(latest, on=own_id, how="left")
    values = {name: F.coalesce(f"line_details.{name}", f"txn_details.{name}") for name in columns}
    trade_time = F.date_format(F.from_utc_timestamp(values["at"], zone), "yyyy-MM-dd HH:mm:ss")
    ranked = candidates.groupBy("unit_id").agg(
        F.sort_array(F.collect_list(F.struct("pass", "rank", "candidate_id"))).alias("ranked"),
        F.max("candidate_count").alias("candidate_count"),
    )
    return (
        rows.withColumns(
            {
                "trade_time": trade_time,
                "product": values["product"],
                "merchant_id": values["merchant_id"],
            }
        )
        .join(ranked, on="unit_id", how="left")
        .withColumn("candidate_ids", F.col("ranked.candidate_id"))
    )


def add_break_ids(rows: DataFrame, events: DataFrame) -> DataFrame:
    """Adds `break_id` to the rows that opened a break; `events` are the `break_events` of the run.

    A subject has one row on a run, and so one break that it opened.
    """
    opened = events.where(F.col("event") == F.lit(BreakEvent.OPENED.value))
    subject = F.coalesce("txn_id", "line_id")
    ids = opened.select(subject.alias("break_subject"), "break_id")
    keyed = rows.withColumn("break_subject", subject)
    return keyed.join(ids, on="break_subject", how="left").drop("break_subject")
