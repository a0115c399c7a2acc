"""Which entry of a rate card applies to a line, as column expressions."""

from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import and_
from zoneinfo import ZoneInfo

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.fee_schedule import FeeEntry, FeeSchedule
from schemas.vocabulary import Kind

#: A limit in one of these years says "ever": its midnight need not exist in UTC.
YEARS_WITHOUT_LIMIT = (date.min.year, date.max.year)
_ATTRIBUTES = ("product", "card_type", "merchant_id", "currency")


def entry_of(schedule: FeeSchedule, zone: ZoneInfo) -> Column:
    """Number (from 0) of the first entry whose filters and dates hold a line; null if none does.

    Reads the line's `kind`, `amount`, `traded_at`, `business_date` and the attributes that a
    filter may name. A line without the attribute that a filter asks for does not fit it.
    """
    first, *others = schedule.entries
    found = F.when(_fits(first, zone), F.lit(0))
    for number, entry in enumerate(others, start=1):
        found = found.when(_fits(entry, zone), F.lit(number))
    return found


def kinds_of(entry: FeeEntry) -> tuple[Kind, ...]:
    """The kinds that an entry names; one that names PAYMENT speaks for refunds too."""
    if Kind.PAYMENT in entry.kind and Kind.REFUND not in entry.kind:
        return (*entry.kind, Kind.REFUND)
    return entry.kind


def _fits(entry: FeeEntry, zone: ZoneInfo) -> Column:
    conditions = [*_attributes(entry), *_amount(entry), *_in_force(entry, zone)]
    return reduce(and_, conditions, F.lit(True))


def _attributes(entry: FeeEntry) -> list[Column]:
    wanted = {name: getattr(entry, name) for name in _ATTRIBUTES}
    wanted["kind"] = tuple(kind.value for kind in kinds_of(entry))
    return [F.col(name).isin(*values) for name, values in wanted.items() if values]


def _amount(entry: FeeEntry) -> list[Column]:
    size = F.abs(F.col("amount"))
    limits = []
    if entry.amount.min is not None:
        limits.append(size >= F.lit(entry.amount.min))
    if entry.amount.max is not None:
        limits.append(size <= F.lit(entry.amount.max))
    return limits


def _in_force(entry: FeeEntry, zone: ZoneInfo) -> list[Column]:
    # The local date lies between two dates exactly where the moment lies between their midnights:
    # two comparisons a line, and no engine's own idea of time zones. Null is not before, nor after,
    # so that a line without a moment falls through to its business date.
    limits = []
    if entry.from_ is not None and entry.from_.year not in YEARS_WITHOUT_LIMIT:
        begun = F.col("traded_at") >= F.lit(_midnight(entry.from_, zone))
        limits.append(F.coalesce(begun, F.col("business_date") >= F.lit(entry.from_)))
    if entry.to is not None and entry.to.year not in YEARS_WITHOUT_LIMIT:
        unended = F.col("traded_at") < F.lit(_midnight(entry.to + timedelta(days=1), zone))
        limits.append(F.coalesce(unended, F.col("business_date") <= F.lit(entry.to)))
    return limits


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
