"""Finds the entry of a rate card that applies to a line, as column expressions."""

from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import and_
from zoneinfo import ZoneInfo

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.fee_schedule import FeeEntry, FeeSchedule
from schemas.vocabulary import Kind

#: A date in one of these years means "no limit": its midnight may not exist in UTC.
YEARS_WITHOUT_LIMIT = (date.min.year, date.max.year)
_ATTRIBUTES = ("product", "card_type", "merchant_id", "currency")


def entry_number(schedule: FeeSchedule, zone: ZoneInfo) -> Column:
    """Number (from 0) of the first entry whose filters and dates fit a line; null if none does.

    Reads `kind`, `amount`, `traded_at`, `business_date` and the attributes that a filter names. A
    line without an attribute does not fit a filter on it.
    """
    first, *others = schedule.entries
    number_of_entry = F.when(_entry_condition(first, zone), F.lit(0))
    for number, entry in enumerate(others, start=1):
        number_of_entry = number_of_entry.when(_entry_condition(entry, zone), F.lit(number))
    return number_of_entry


def kinds_of(entry: FeeEntry) -> tuple[Kind, ...]:
    """The kinds of an entry; an entry for PAYMENT also applies to refunds."""
    if Kind.PAYMENT in entry.kind and Kind.REFUND not in entry.kind:
        return (*entry.kind, Kind.REFUND)
    return entry.kind


def _entry_condition(entry: FeeEntry, zone: ZoneInfo) -> Column:
    conditions = [
        *_attribute_conditions(entry),
        *_amount_conditions(entry),
        *_date_conditions(entry, zone),
    ]
    return reduce(and_, conditions, F.lit(True))


def _attribute_conditions(entry: FeeEntry) -> list[Column]:
    filters = {name: getattr(entry, name) for name in _ATTRIBUTES}
    filters["kind"] = tuple(kind.value for kind in kinds_of(entry))
    return [F.col(name).isin(*values) for name, values in filters.items() if values]


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
