"""Finds the entry of a rate card that applies to a line, as column expressions."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import and_
from zoneinfo import ZoneInfo

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.fees.choice import choose
from schemas.fee_schedule import PAYING_KINDS, FeeEntry, FeeSchedule
from schemas.vocabulary import Kind

#: A date in one of these years means "no limit": its midnight may not exist in UTC.
YEARS_WITHOUT_LIMIT = (date.min.year, date.max.year)
_ATTRIBUTES = ("product", "card_type", "merchant_id", "currency")


def entry_number(schedule: FeeSchedule, zone: ZoneInfo) -> Column:
    """Number (from 0) of the first entry whose filters and dates fit a line; null if none does.

    Reads `kind`, `amount`, `traded_at`, `business_date` and the attributes that a filter names, of
    which those of `extra` are the line's own. A line without an attribute does not fit a filter on
    it.
    """
    return _first_that_fits(enumerate(schedule.entries), zone)


def refund_entry_number(schedule: FeeSchedule, zone: ZoneInfo) -> Column:
    """The same among the entries that name REFUND, which go first for a refund."""
    numbered = [pair for pair in enumerate(schedule.entries) if pair[1].names_refunds]
    return _first_that_fits(numbered, zone)


def kinds_of(entry: FeeEntry) -> tuple[Kind, ...]:
    """The kinds of an entry: PAYMENT and TOP_UP if it names none, and the refunds of both."""
    kinds = entry.kind or PAYING_KINDS
    if Kind.REFUND not in kinds and any(kind in PAYING_KINDS for kind in kinds):
        return (*kinds, Kind.REFUND)
    return kinds


def fits_beside_kind_and_amount(
    entry: FeeEntry, zone: ZoneInfo, is_in_force: bool | None = None
) -> Column:
    """Whether the other filters of an entry fit a line, and its dates, or `is_in_force`."""
    conditions = _attribute_conditions(entry, has_kind=False)
    if is_in_force is None:
        conditions += _date_conditions(entry, zone)
    else:
        conditions.append(F.lit(is_in_force))
    return reduce(and_, conditions, F.lit(True))


def _first_that_fits(numbered: Iterable[tuple[int, FeeEntry]], zone: ZoneInfo) -> Column:
    cases = ((_entry_condition(entry, zone), F.lit(number)) for number, entry in numbered)
    return choose(cases, F.lit(None).cast("int"))


def _entry_condition(entry: FeeEntry, zone: ZoneInfo) -> Column:
    conditions = [
        *_attribute_conditions(entry),
        *_amount_conditions(entry),
        *_date_conditions(entry, zone),
    ]
    return reduce(and_, conditions, F.lit(True))


def _attribute_conditions(entry: FeeEntry, has_kind: bool = True) -> list[Column]:
    filters = {name: getattr(entry, name) for name in _ATTRIBUTES}
    filters["kind"] = tuple(kind.value for kind in kinds_of(entry)) if has_kind else ()
    conditions = [F.col(name).isin(*values) for name, values in filters.items() if values]
    extra = F.col("extra")
    return conditions + [extra.getItem(name).isin(*values) for name, values in entry.extra.items()]


def _amount_conditions(entry: FeeEntry) -> list[Column]:
    absolute = F.abs(F.col("amount"))
    limits = []
    if entry.amount.min is not None:
        limits.append(absolute >= F.lit(entry.amount.min))
    if entry.amount.max is not None:
        limits.append(absolute <= F.lit(entry.amount.max))
    return limits


def _date_conditions(entry: FeeEntry, zone: ZoneInfo) -> list[Column]:
    # A time lies on or between two local dates if it lies between their midnights in UTC. So no
    # engine needs to know the zone. A line without a time uses its business date.
    limits = []
    if entry.from_ is not None and entry.from_.year not in YEARS_WITHOUT_LIMIT:
        has_begun = F.col("traded_at") >= F.lit(_midnight_utc(entry.from_, zone))
        limits.append(F.coalesce(has_begun, F.col("business_date") >= F.lit(entry.from_)))
    if entry.to is not None and entry.to.year not in YEARS_WITHOUT_LIMIT:
        has_not_ended = F.col("traded_at") < F.lit(
            _midnight_utc(entry.to + timedelta(days=1), zone)
        )
        limits.append(F.coalesce(has_not_ended, F.col("business_date") <= F.lit(entry.to)))
    return limits


def _midnight_utc(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
