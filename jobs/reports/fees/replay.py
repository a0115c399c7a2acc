"""What another rate card would have charged for stored lines, beside what today's card says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.fees.attributes import needs_transactions
from jobs.fees.batches.rows import Checks
from jobs.fees.check_day import assert_lines_are_accepted
from jobs.fees.lines.check_day import compute_checks, read_inputs, read_versions
from jobs.ingestion.day_state import list_ingested_dates
from jobs.lake.tables import Lake
from schemas.fee_schedule import FeeSchedule
from schemas.money import sum_amounts
from schemas.profile.channel import Profile
from schemas.tables import RUNS, STATEMENT_FILES

#: What is due of a group that a card does not have, and by no card.
_NOTHING: dict[str, Any] = {"due": 0, "unpriced": 0}
_NOT_KNOWN: dict[str, Any] = {"due": None, "unpriced": 0}


@dataclass(frozen=True)
class ReplaySum:
    """Lines of a channel, month, product and currency, with sums in minor units.

    `due` is by today's card, `due_other` by the other one; None if a line has no entry there (how
    many: `unpriced`, `unpriced_other`), or if the channel has no card today. `product` is what
    lines are priced by: that of the transaction of their pair, else their own.
    """

    channel: str
    month: str
    product: str | None
    currency: str
    lines: int = 0
    amount: int = 0
    charged: int = 0
    due: int | None = 0
    due_other: int | None = 0
    unpriced: int = 0
    unpriced_other: int = 0

    @property
    def difference(self) -> int | None:
        """What the other card charges more than today's, minor units; None if not known."""
        if self.due is None or self.due_other is None:
            return None
        return self.due_other - self.due

    def add(self, other: "ReplaySum") -> "ReplaySum":
        """The sum of two, under the names of this one."""
        return replace(
            self,
            lines=self.lines + other.lines,
            amount=self.amount + other.amount,
            charged=self.charged + other.charged,
            due=_add(self.due, other.due),
            due_other=_add(self.due_other, other.due_other),
            unpriced=self.unpriced + other.unpriced,
            unpriced_other=self.unpriced_other + other.unpriced_other,
        )


@dataclass(frozen=True)
class Replay:
    """The sums of a channel in order, and the dates that no ingest has looked for."""

    channel: str
    sums: tuple[ReplaySum, ...]
    not_ingested: tuple[date, ...]


def replay_fees(
    lake: Lake,
    profile: Profile,
    today: FeeSchedule | None,
    other: FeeSchedule,
    dates: Sequence[date],
) -> Replay:
    """Computes the fees of a channel on some dates by two cards, and writes to no table.

    Raises:
        LakeInconsistent: a date has other lines than its accepted files; run ingest again.
    """
    channel = profile.channel
    files = lake.read_rows(STATEMENT_FILES, channel=channel)
    runs = lake.read_rows(RUNS, job="ingest", channel=channel)
    ingested = list_ingested_dates(channel, files, runs)
    sums: dict[tuple[str, str, str], ReplaySum] = {}
    for day in dates:
        if day in ingested:
            assert_lines_are_accepted(lake, channel, day, files)
            _add_sums(sums, _replay_day(lake, profile, today, other, day))
    ordered = tuple(sums[key] for key in sorted(sums))
    return Replay(channel, ordered, tuple(day for day in dates if day not in ingested))


def _replay_day(
    lake: Lake, profile: Profile, today: FeeSchedule | None, other: FeeSchedule, day: date
) -> list[ReplaySum]:
    cards = [card for card in (today, other) if card is not None]
    # Both cards price the same lines by the same attributes.
    reads_transactions = any(needs_transactions(card) for card in cards)
    versions = read_versions(lake)
    by_group: dict[tuple[Any, Any], dict[int, dict[str, Any]]] = {}
    for number, card in enumerate(cards):
        inputs = read_inputs(lake, profile, card, day, versions, reads_transactions)
        for row in _sum_dues(compute_checks(inputs, ("product",)).checks).collect():
            of_group = by_group.setdefault((row["product"], row["currency"]), {})
            of_group[number] = row.asDict()
    lake.remove_staged()
    sums = []
    for (product, currency), rows in by_group.items():
        # What is due on a batch has no product: only one of the cards may have such a group.
        last = rows.get(len(cards) - 1, _NOTHING)
        first = rows.get(0, _NOTHING) if len(cards) > 1 else _NOT_KNOWN
        lines = next(iter(rows.values()))
        sums.append(ReplaySum(
            profile.channel, f"{day:%Y-%m}", product, currency, lines["lines"],
            int(lines["amount"]), int(lines["charged"]), _whole(first["due"]), _whole(last["due"]),
            first["unpriced"], last["unpriced"],
        ))  # fmt: skip
    return sums


def _sum_dues(checks: Checks) -> DataFrame:
    """Per product and currency: lines, what is due (null if a line has no entry), and so on. What
    is due on a batch has no product.
    """
    columns = ("product", "currency", "amount", "charged", "due")
    counted = checks.lines.select(*columns, F.lit(1).alias("line"))
    if checks.batches is not None:
        zero, no_product = F.lit(0).cast("bigint"), F.lit(None).cast("string")
        counted = counted.unionByName(
            checks.batches.select(
                no_product.alias("product"), "currency", zero.alias("amount"),
                zero.alias("charged"), "due", F.lit(0).alias("line"),
            )
        )  # fmt: skip
    unpriced = F.count(F.lit(1)) - F.count("due")
    return counted.groupBy("product", "currency").agg(
        F.sum("line").cast("bigint").alias("lines"),
        sum_amounts(F.col("amount")).alias("amount"),
        sum_amounts(F.col("charged")).alias("charged"),
        F.when(unpriced == F.lit(0), sum_amounts(F.col("due"))).alias("due"),
        unpriced.alias("unpriced"),
    )


def _add_sums(sums: dict[tuple[str, str, str], ReplaySum], new: Iterable[ReplaySum]) -> None:
    for each in new:
        key = (each.month, each.currency, each.product or "")
        sums[key] = sums[key].add(each) if key in sums else each


def add_products(sums: Iterable[ReplaySum]) -> list[ReplaySum]:
    """Sums per channel and currency, over all months and products."""
    totals: dict[tuple[str, str], ReplaySum] = {}
    for each in sums:
        key = (each.channel, each.currency)
        total = totals.get(key, ReplaySum(each.channel, "", None, each.currency))
        totals[key] = total.add(each)
    return [totals[key] for key in sorted(totals)]


def _add(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
