"""Finds what is wrong with a rate card as a whole: each entry by itself can be right.

Source: docs/reference/fees.md, "What is refused".
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from schemas.currencies import MINOR_UNITS
from schemas.fee_schedule import PAYING_KINDS, FeeEntry, FeeSchedule
from schemas.fees.entry_checks import find_entry_faults, find_merchant_faults
from schemas.fees.numbers import AMOUNT_MAX
from schemas.vocabulary import Kind

#: Rates outside of this are percentages that somebody typed as fractions, or the reverse.
RATE_MIN, RATE_MAX = Decimal("0.00005"), Decimal("0.3")
_LISTS = ("product", "card_type", "merchant_id", "currency")
_ONE_DAY = timedelta(days=1)
#: Number of an entry, and what is wrong with it.
CardFault = tuple[int, str]


def find_card_faults(schedule: FeeSchedule) -> list[CardFault]:
    """The faults of a card that no single value shows, by entry."""
    entries = schedule.entries
    faults = [(n, text) for n, entry in enumerate(entries) for text in _find_odd_values(entry)]
    faults += [(n, text) for n, entry in enumerate(entries) for text in find_entry_faults(entry)]
    faults += _find_overlaps(entries)
    faults += _find_gaps(entries)
    return sorted(faults)


def find_merchant_card_faults(schedule: FeeSchedule) -> list[CardFault]:
    """The faults of a merchant's card, by entry."""
    entries = enumerate(schedule.entries)
    own = [(number, text) for number, entry in entries for text in find_merchant_faults(entry)]
    return sorted(find_card_faults(schedule) + own)


def _find_odd_values(entry: FeeEntry) -> Iterator[str]:
    low, high = entry.amount.min, entry.amount.max
    if low is not None and high is not None and low > high:
        yield f"amount: min {low} is above max {high}, so no line fits"
    unknown = [code for code in entry.currency if code not in MINOR_UNITS]
    if unknown:
        yield f"currency: {', '.join(unknown)} is no currency of ISO 4217, so no line fits"
    for price in entry.prices.values():
        steps = price.tiers.steps if price.tiers else ()
        for text in (price.rate, *(step.rate for step in steps)):
            rate = Decimal(text)
            if rate > RATE_MAX:
                yield (
                    f'rate: "{text}" is {rate * 100:f} %; is it a percentage typed as a fraction?'
                    f' Write {text} % as "{rate / 100:f}"; rates above {RATE_MAX} are refused'
                )
            elif 0 < rate < RATE_MIN:
                yield (
                    f'rate: "{text}" is {rate * 100:f} %; is it a fraction divided by 100 again?'
                    f" Rates below {RATE_MIN} are refused"
                )


def _find_overlaps(entries: Sequence[FeeEntry]) -> Iterator[CardFault]:
    """Entries that never apply, or of which two with the same filters are in force at once."""
    for number, entry in enumerate(entries):
        for above in entries[:number]:
            if entry.names_refunds and not above.names_refunds:
                continue  # for refunds it goes first
            first, last = _latest_from(entry, above), _earliest_to(entry, above)
            if first > last or not _covers(above, entry):
                continue
            if _covers(entry, above):
                yield (
                    number,
                    f"from, to: {entry.name} and {above.name} have the same filters and are both in"
                    f" force {_describe(first, last)}; give them dates that do not overlap",
                )
                break
            if _is_within(entry, above):
                yield (
                    number,
                    f"{entry.name} never applies: {above.name} above it fits all of its lines; put"
                    " the narrower entry first",
                )
                break


def _find_gaps(entries: Sequence[FeeEntry]) -> Iterator[CardFault]:
    """Dates between two entries with the same filters on which no entry is in force."""
    for number, entry in enumerate(entries):
        if entry.from_ is None or entry.from_ == date.min:
            continue
        before = [
            other for other in entries
            if other.to is not None and other.to < entry.from_ and _are_alike(other, entry)
        ]  # fmt: skip
        if not before:
            continue
        start = max(other.to for other in before if other.to is not None) + _ONE_DAY
        end = entry.from_ - _ONE_DAY
        for other in sorted(entries, key=lambda each: each.from_ or date.min):
            is_in_force = (other.from_ or date.min) <= start <= (other.to or date.max)
            if _covers(other, entry) and is_in_force:
                start = date.max if other.to in (None, date.max) else other.to + _ONE_DAY
        if start <= end:
            yield (
                number,
                f"from: no entry is in force {_describe(start, end)}, between {entry.name} and the"
                " one before it; close the gap",
            )


def _are_alike(one: FeeEntry, other: FeeEntry) -> bool:
    return _covers(one, other) and _covers(other, one)


def _covers(wide: FeeEntry, narrow: FeeEntry) -> bool:
    """Whether all lines that fit `narrow` fit `wide`, dates apart."""
    if not _kinds(wide) >= _kinds(narrow):
        return False
    for name in _LISTS:
        values, others = getattr(wide, name), getattr(narrow, name)
        if values and (not others or not {*values} >= {*others}):
            return False
    for name, values in wide.extra.items():
        if name not in narrow.extra or not {*values} >= {*narrow.extra[name]}:
            return False
    low, high = wide.amount.min or 0, wide.amount.max or AMOUNT_MAX
    return low <= (narrow.amount.min or 0) and (narrow.amount.max or AMOUNT_MAX) <= high


def _kinds(entry: FeeEntry) -> set[Kind]:
    kinds = {*(entry.kind or PAYING_KINDS)}
    return kinds | {Kind.REFUND} if kinds & {*PAYING_KINDS} else kinds


def _is_within(entry: FeeEntry, above: FeeEntry) -> bool:
    starts = (above.from_ or date.min) <= (entry.from_ or date.min)
    return starts and (entry.to or date.max) <= (above.to or date.max)


def _latest_from(one: FeeEntry, other: FeeEntry) -> date:
    return max(one.from_ or date.min, other.from_ or date.min)


def _earliest_to(one: FeeEntry, other: FeeEntry) -> date:
    return min(one.to or date.max, other.to or date.max)


def _describe(first: date, last: date) -> str:
    if first == date.min and last == date.max:
        return "on all dates"
    if first == date.min:
        return f"until {last}"
    return f"from {first} on" if last == date.max else f"from {first} to {last}"
