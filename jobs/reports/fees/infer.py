"""Proposes a rate card from the fees on stored lines, with the share of lines that it explains."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.fees.attributes import add_attributes
from jobs.fees.check_day import assert_lines_are_accepted
from jobs.fees.components import component_dues, line_bases, value_of_entry
from jobs.fees.lines.check_day import read_paired_transactions
from jobs.fees.schedule import entry_number
from jobs.ingestion.day_state import list_ingested_dates
from jobs.lake.tables import Lake
from jobs.reports.fees.rate_search import ChargedLines, PriceSpan, count_explained, find_prices
from schemas.fee_schedule import PAYING_KINDS, FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import (
    OUTCOMES,
    RUNS,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from schemas.vocabulary import Status

#: Amounts and fees of one product, card type and currency that the search looks at.
_LOOKED_AT_MAX = 1000
_GROUP = ("product", "card_type", "currency")


@dataclass(frozen=True)
class ProposedEntry:
    """Keys of an entry, its lines with a fee, and those of them whose fee it gives exactly."""

    keys: dict[str, Any]
    lines: int
    explained: int


@dataclass(frozen=True)
class Proposal:
    """A card of a channel, and its `lines` with a fee.

    `unexplained` names products, card types and currencies of which no price explains half of the
    lines; `not_ingested` are dates that no ingest has looked for.
    """

    channel: str
    dates: tuple[date, ...]
    entries: tuple[ProposedEntry, ...]
    lines: int
    unexplained: tuple[str, ...]
    not_ingested: tuple[date, ...]

    @property
    def explained(self) -> int:
        """Lines whose fee the card gives exactly."""
        return sum(entry.explained for entry in self.entries)


def infer_card(lake: Lake, profile: Profile, dates: Sequence[date]) -> Proposal:
    """Searches a card in the SUCCEEDED payments and top-ups of some dates that have a fee, and
    counts by the rules of the fee check how many it explains. It writes to no table.

    Raises:
        LakeInconsistent: a date has other lines than its accepted files; run ingest again.
    """
    channel = profile.channel
    files = lake.read_rows(STATEMENT_FILES, channel=channel)
    runs = lake.read_rows(RUNS, job="ingest", channel=channel)
    ingested = list_ingested_dates(channel, files, runs)
    known = [day for day in dates if day in ingested]
    for day in known:
        assert_lines_are_accepted(lake, channel, day, files)
    unknown = tuple(day for day in dates if day not in ingested)
    charged = lake.stage(_read_charged(lake, channel, dates), "charged_lines")
    entries: list[dict[str, Any]] = []
    unexplained = []
    for group, lines in sorted(_read_groups(charged).items(), key=lambda one: _place(one[0])):
        spans = find_prices(lines)
        if 2 * count_explained(lines, spans) >= sum(one.lines for one in lines):
            entries += _list_keys(group, spans)
        else:
            unexplained.append(_name(group))
    counts: dict[int | None, tuple[int, int]] = {None: (charged.count(), 0)}
    if entries:
        card = FeeSchedule.model_validate({"channel": channel, "entries": entries})
        counts = _count_explained(charged, card, profile)
    proposed = tuple(
        ProposedEntry(keys, *counts.get(number, (0, 0))) for number, keys in enumerate(entries)
    )
    total = sum(lines for lines, _ in counts.values())
    return Proposal(channel, tuple(dates), proposed, total, tuple(unexplained), unknown)


def _read_charged(lake: Lake, channel: str, dates: Sequence[date]) -> DataFrame:
    first, last = min(dates), max(dates)
    outcomes = lake.read_days(OUTCOMES, first, last, channel)
    transactions = read_paired_transactions(lake, channel, outcomes, first, last)
    pays = F.col("kind").isin(*(kind.value for kind in PAYING_KINDS))
    succeeded = F.col("status") == F.lit(Status.SUCCEEDED.value)
    has_fee = F.col("fee").isNotNull() & (F.col("amount") > F.lit(0))
    lines = lake.read_days(STATEMENT_LINES, first, last, channel).where(pays & succeeded & has_fee)
    return add_attributes(lines, outcomes, transactions)


def _read_groups(charged: DataFrame) -> dict[tuple[Any, ...], list[ChargedLines]]:
    """By product, card type and currency, amounts and fees with their lines; of many, some."""
    by = (*_GROUP, "business_date", "amount", "fee")
    counted = charged.groupBy(*by).agg(F.count(F.lit(1)).alias("lines"))
    mixed = F.xxhash64("business_date", "amount", "fee")
    order = Window.partitionBy(*_GROUP).orderBy(mixed, "business_date", "amount", "fee")
    some = counted.withColumn("place", F.row_number().over(order))
    groups: dict[tuple[Any, ...], list[ChargedLines]] = defaultdict(list)
    for row in some.where(F.col("place") <= F.lit(_LOOKED_AT_MAX)).collect():
        one = ChargedLines(row["business_date"], row["amount"], row["fee"], row["lines"])
        groups[tuple(row[name] for name in _GROUP)].append(one)
    return groups


def _place(group: tuple[Any, ...]) -> tuple[Any, ...]:
    """An entry without a filter fits all lines, so it stands behind those with more filters."""
    return sum(value is None for value in group), tuple(str(value) for value in group)


def _name(group: tuple[Any, ...]) -> str:
    return " / ".join(str(value or "any") for value in group)


def _list_keys(group: tuple[Any, ...], spans: Sequence[PriceSpan]) -> list[dict[str, Any]]:
    filters = {name: [value] for name, value in zip(_GROUP, group, strict=True) if value}
    name = _name(group)
    entries = []
    for span in spans:
        price = span.price
        dated = f"{name} from {span.first}" if span.first else name
        keys: dict[str, Any] = {"name": dated, **filters, "rate": f"{price.rate.normalize():f}"}
        keys |= {"from": str(span.first)} if span.first else {}
        keys |= {"to": str(span.last)} if span.last else {}
        form = price.form
        keys |= {"fixed": form.fixed} if form.fixed else {}
        keys |= {"min": form.min} if form.min is not None else {}
        keys |= {"max": form.max} if form.max is not None else {}
        keys |= {"rounding": form.rounding} if form.rounding != "HALF_UP" else {}
        keys |= {"refund": "return"} if form.min is not None or form.fixed else {}
        entries.append(keys)
    return entries


def _count_explained(
    charged: DataFrame, card: FeeSchedule, profile: Profile
) -> dict[int | None, tuple[int, int]]:
    """By entry, its lines and those whose fee it gives exactly; None where no entry fits."""
    numbered = charged.withColumn("entry", entry_number(card, profile.zone_info))
    due = value_of_entry(
        F.col("entry"), card, lambda entry: component_dues(entry, line_bases())["fee"]
    )
    is_exact = F.coalesce(F.col("fee") == due, F.lit(False))
    sums = numbered.groupBy("entry").agg(
        F.count(F.lit(1)).alias("lines"), F.count(F.when(is_exact, F.lit(1))).alias("explained")
    )
    return {row["entry"]: (row["lines"], row["explained"]) for row in sums.collect()}
