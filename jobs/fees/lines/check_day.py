"""Computes the fees of the lines of one channel and date, from the tables of the lake."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.fees.attributes import add_attributes, keep_attributes, needs_transactions
from jobs.fees.batches.rows import Checks, check_batches
from jobs.fees.compare import check_fees
from jobs.fees.refunds import Card, price_refunds, select_refunds
from jobs.fees.reversals import find_reversals, may_take_back, reverse_fees
from jobs.fees.sums.fee_lines import select_fee_lines, sum_fee_lines
from jobs.fees.volumes.check_day import Reader, Steps, read_steps
from jobs.fees.volumes.steps import add_steps
from jobs.lake.tables import Lake
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_FILES, STATEMENT_LINES


class Versions(NamedTuple):
    """The versions of `statement_lines` and `outcomes` that a check reads."""

    lines: int
    outcomes: int


def read_versions(lake: Lake) -> Versions:
    """The newest versions of both tables."""
    return Versions(lake.version(STATEMENT_LINES), lake.version(OUTCOMES))


class DayChecks(NamedTuple):
    """The checks of a date's lines and batches, whether they needed earlier statements, the steps
    of the volumes that they read (None without), and what FEE lines charge (None without).
    """

    checks: Checks
    reads_earlier: bool
    steps: Steps | None
    fee_lines: DataFrame | None


@dataclass(frozen=True)
class DayInputs:
    """What the fees of a channel and date are computed from."""

    lake: Lake
    profile: Profile
    schedule: FeeSchedule
    day: date
    versions: Versions
    reads_transactions: bool

    @property
    def reversal_days(self) -> int:
        """After how many days a line still takes the place of another one."""
        return min(self.profile.match.lookback, self.schedule.lookback_days)

    def read_lines(self, first: date) -> DataFrame:
        """The channel's lines of the dates from one to the day."""
        channel = self.profile.channel
        return self.lake.read_days(STATEMENT_LINES, first, self.day, channel, self.versions.lines)

    def attributes(self, since: date, until: date) -> Callable[[DataFrame], DataFrame]:
        """What adds the columns of `attributes` to the lines of some dates."""
        if not self.reads_transactions:
            return keep_attributes
        lake, channel = self.lake, self.profile.channel
        outcomes = lake.read_days(OUTCOMES, since, until, channel, self.versions.outcomes)
        transactions = read_paired_transactions(lake, channel, outcomes, since, until)
        return lambda lines: add_attributes(lines, outcomes, transactions)

    def to_reader(self) -> Reader:
        """What volumes are computed from."""
        return Reader(
            self.lake, self.profile, self.versions.lines, self.versions.outcomes,
            self.reversal_days, self.attributes, self.reads_transactions,
        )  # fmt: skip


def read_paired_transactions(
    lake: Lake, channel: str, outcomes: DataFrame, since: date, until: date
) -> DataFrame:
    """The transactions of the dates on which those in the pairs of some outcomes were sent.

    No number of days bounds how old one may be: it waits as long as the other side is missing, and
    late clearing meets it after that.
    """
    is_pair = F.col("line_id").isNotNull() & F.col("txn_id").isNotNull()
    oldest = outcomes.where(is_pair).agg(F.min("internal_date").alias("first")).collect()[0]
    first = min(oldest["first"] or since, since)
    return lake.read_days(INTERNAL_TRANSACTIONS, first, until, channel)


def read_inputs(
    lake: Lake,
    profile: Profile,
    schedule: FeeSchedule,
    day: date,
    versions: Versions,
    reads_transactions: bool | None = None,
) -> DayInputs:
    """The inputs of a date; attributes come from transactions if the card needs it, or as said."""
    if reads_transactions is None:
        reads_transactions = needs_transactions(schedule)
    return DayInputs(lake, profile, schedule, day, versions, reads_transactions)


def compute_checks(inputs: DayInputs, keep: Sequence[str] = ()) -> DayChecks:
    """Computes the fees of one channel and date, writing to no table: rows of `compare.check_fees`.

    `keep` are further columns of the lines for the rows.
    """
    lake, profile, schedule, day = inputs.lake, inputs.profile, inputs.schedule, inputs.day
    since = day - timedelta(days=schedule.lookback_days)
    lines = inputs.read_lines(day)
    has_refunds = bool(select_refunds(lines).head(1))
    has_takes = bool(lines.where(may_take_back()).select("line_id").head(1))
    steps = None
    if schedule.volumes:
        files = lake.read_rows(STATEMENT_FILES, channel=profile.channel)
        first = since if has_refunds or has_takes else day
        steps = read_steps(inputs.to_reader(), schedule, first, day, files)

    def add_columns(first: date) -> Callable[[DataFrame], DataFrame]:
        add, rows = inputs.attributes(first, day), steps.rows if steps else ()
        return lambda frame: add_steps(add(frame), schedule.volumes, rows)

    by_line = schedule.by_line()
    card = Card(by_line, profile.zone_info, add_columns(since), inputs.reversal_days,
                profile.calendar)  # fmt: skip
    refunds = _price_refunds(inputs, card) if has_refunds else None
    pairs = _find_reversals(inputs, card) if has_takes else None
    reversals = None
    if pairs is not None:
        fees = reverse_fees(*pairs, by_line, profile.zone_info)
        reversals = lake.stage(fees, "reversed_fees")
    of_day = add_columns(day)(lines)
    kept = [*keep, *(volume.step_column for volume in schedule.volumes)]
    rows = check_fees(of_day, refunds, by_line, profile.zone_info, lake.stage, reversals, kept)
    if schedule.has_batches:
        rows = lake.stage(rows, "checked_lines")
    fee_lines = _sum_fee_lines(inputs, of_day, pairs[1] if pairs is not None else None)
    reads_earlier = refunds is not None or reversals is not None
    return DayChecks(check_batches(rows, schedule), reads_earlier, steps, fee_lines)


def _price_refunds(inputs: DayInputs, card: Card) -> DataFrame:
    """What the refunds of a day owe."""
    lake, since = inputs.lake, inputs.day - timedelta(days=card.schedule.lookback_days)
    lines = inputs.read_lines(since)
    refunds = lake.stage(select_refunds(lines), "refunds")
    return lake.stage(price_refunds(refunds, lines, inputs.day, card, lake.stage), "priced_refunds")


def _find_reversals(inputs: DayInputs, card: Card) -> tuple[DataFrame, DataFrame] | None:
    """The lines of a day that take back an earlier one (`reversals.find_reversals`), and those that
    they take back, with the columns that a price asks for; None if there are none.
    """
    lake, lines = inputs.lake, inputs.read_lines(inputs.day - timedelta(days=card.reversal_days))
    reversals = lake.stage(find_reversals(lines, inputs.day, card.reversal_days), "reversals")
    if not reversals.head(1):
        return None
    named = reversals.select(F.col("taken_id").alias("line_id"))
    taken_lines = lake.stage(
        lines.join(F.broadcast(named), on="line_id", how="left_semi"), "taken_lines"
    )
    return reversals, card.add_attributes(taken_lines)


def _sum_fee_lines(
    inputs: DayInputs, of_day: DataFrame, taken_lines: DataFrame | None
) -> DataFrame | None:
    """What the FEE lines of a day charge for billed entries; None if the card has none of these."""
    if not any(entry.billed for entry in inputs.schedule.entries):
        return None
    if taken_lines is not None:
        taken_lines = select_fee_lines(taken_lines)
    zone = inputs.profile.zone_info
    return sum_fee_lines(of_day, taken_lines, inputs.schedule, inputs.day, zone)
