"""Searches the price that explains most of some charged fees exactly: rate, fixed part, rounding,
limits.

Plain integers: a rate is n / 10^digits, and each line allows the n of one interval.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product
from statistics import median
from typing import NamedTuple, get_args

from schemas.fees.card_checks import RATE_MAX
from schemas.fees.price import Rounding

_DIGITS = (4, 5, 6)
_USUAL: Rounding = "HALF_UP"
#: Lines that something more complicated must explain beyond what is simpler.
_PER_LIMIT, _PER_ROUNDING, _PER_DIGIT, _PER_CHANGE = 3, 2, 2, 3
#: Amounts of one fee from which on it may be a limit.
_LIMIT_AMOUNTS = 3
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ChargedLines:
    """Lines of a date with one amount and one fee, minor units."""

    day: date
    amount: int
    fee: int
    lines: int


class PriceForm(NamedTuple):
    """A price without its rate; limits and the fixed part in minor units."""

    digits: int
    rounding: Rounding
    min: int | None = None
    max: int | None = None
    fixed: int = 0

    @property
    def cost(self) -> int:
        """Lines that it must explain beyond what a rate of few digits does."""
        limits = (self.min is not None) + (self.max is not None) + bool(self.fixed)
        cost = _PER_LIMIT * limits + _PER_DIGIT * (self.digits - _DIGITS[0])
        return cost + _PER_ROUNDING * (self.rounding != _USUAL)


@dataclass(frozen=True)
class PriceGuess:
    """A price, as an entry of a rate card says it: its form, and the rate as a number of digits."""

    number: int
    form: PriceForm

    @property
    def rate(self) -> Decimal:
        """The rate as a fraction."""
        return Decimal(self.number).scaleb(-self.form.digits)

    def explains(self, one: ChargedLines) -> bool:
        """Whether it gives exactly the fee of some lines."""
        allowed = _interval(one, self.form)
        return allowed is not None and allowed[0] <= self.number <= allowed[1]


@dataclass(frozen=True)
class PriceSpan:
    """A price and the dates on which it holds; None where it holds from or to the end."""

    price: PriceGuess
    first: date | None
    last: date | None


def find_prices(charged: Sequence[ChargedLines]) -> list[PriceSpan]:
    """The prices of some lines in order of date, with as few changes as explain most of them."""
    by_day: dict[date, list[ChargedLines]] = defaultdict(list)
    for one in charged:
        by_day[one.day].append(one)
    days = sorted(by_day)
    guesses = dict.fromkeys([_fit(charged), *(_fit(by_day[day]) for day in days)])
    path = _choose(by_day, days, list(guesses))
    spans: list[tuple[list[date], PriceGuess]] = []
    for its_days in _runs(days, path):
        # All lines of the span say more than those of one date.
        spans.append((its_days, _fit([one for day in its_days for one in by_day[day]])))
    merged: list[PriceSpan] = []
    for its_days, price in spans:
        if merged and merged[-1].price == price:
            merged[-1] = replace(merged[-1], last=its_days[-1])
        else:
            merged.append(PriceSpan(price, its_days[0], its_days[-1]))
    # A date without lines has the price of the dates before it: a card has no gaps.
    ends = [replace(one, last=after.first) for one, after in pairwise(merged) if after.first]
    dated = [replace(one, last=one.last and one.last - _ONE_DAY) for one in ends]
    dated.append(replace(merged[-1], last=None))
    return [replace(dated[0], first=None), *dated[1:]]


def count_explained(charged: Iterable[ChargedLines], spans: Sequence[PriceSpan]) -> int:
    """The lines whose fee the price of their date gives exactly."""
    return sum(
        one.lines
        for one in charged
        for span in spans
        if (span.first or one.day) <= one.day <= (span.last or one.day) and span.price.explains(one)
    )


def _runs(days: Sequence[date], path: Sequence[PriceGuess]) -> Iterator[list[date]]:
    run = [days[0]]
    for day, before, here in zip(days[1:], path, path[1:], strict=False):
        if before != here:
            yield run
            run = []
        run.append(day)
    yield run


def _choose(
    by_day: dict[date, list[ChargedLines]], days: Sequence[date], guesses: Sequence[PriceGuess]
) -> list[PriceGuess]:
    """A price per date: most lines, less `_PER_CHANGE` for each change."""
    best: dict[PriceGuess, tuple[int, list[PriceGuess]]] = {guess: (0, []) for guess in guesses}
    for day in days:
        top = max(best.values(), key=lambda entry: entry[0])
        chosen = {}
        for guess in guesses:
            here = sum(one.lines for one in by_day[day] if guess.explains(one))
            score, path = best[guess]
            if path and top[0] - _PER_CHANGE > score:
                score, path = top[0] - _PER_CHANGE, top[1]
            chosen[guess] = (score + here, [*path, guess])
        best = chosen
    return max(best.values(), key=lambda entry: entry[0])[1]


def _fit(charged: Sequence[ChargedLines]) -> PriceGuess:
    """The price that explains most of the lines; of equal ones the simplest."""
    limits = _list_limits(charged)
    # A fee at a limit says nothing of the line that the others lie on.
    fixed_parts = _list_fixed([one for one in charged if one.fee not in limits])
    forms = [
        PriceForm(digits, _USUAL, low, high, fixed)
        for fixed, low, high in product(fixed_parts, limits, limits)
        for digits in _DIGITS
        if low is None or high is None or low < high
    ]
    best = max((_score(charged, form) for form in forms), key=lambda scored: scored[0])
    # How it is rounded changes fees by one unit at most: the limits stay.
    others = [
        best[1].form._replace(rounding=rounding, digits=digits, fixed=fixed)
        for rounding, digits, fixed in product(get_args(Rounding), _DIGITS, fixed_parts)
    ]
    scored = [best, *(_score(charged, form) for form in others)]
    return max(scored, key=lambda scored: scored[0])[1]


def _score(charged: Sequence[ChargedLines], form: PriceForm) -> tuple[int, PriceGuess]:
    """The best price of a form, and the lines that it explains less what the form costs."""
    lines, number = _sweep(charged, form)
    return lines - form.cost, PriceGuess(number, form)


def _list_fixed(charged: Sequence[ChargedLines]) -> list[int]:
    """Fixed parts to try: none, and what the line through most fees begins with (Theil-Sen)."""
    points = sorted({(one.amount, one.fee) for one in charged})
    half = len(points) // 2
    slopes = [
        Fraction(other[1] - one[1], other[0] - one[0])
        for one, other in zip(points, points[half:], strict=False)
        if other[0] > one[0]
    ]
    if not slopes:
        return [0]
    slope = median(slopes)
    begins = round(median(fee - slope * amount for amount, fee in points))
    return [0, *(fixed for fixed in (begins - 1, begins, begins + 1) if fixed > 0)]


def _list_limits(charged: Iterable[ChargedLines]) -> list[int | None]:
    """Fees that stand beside several amounts, as a limit does: the least, the greatest, the most
    frequent; and none.
    """
    amounts: dict[int, set[int]] = defaultdict(set)
    for one in charged:
        amounts[one.fee].add(one.amount)
    often = sorted(fee for fee, of in amounts.items() if fee > 0 and len(of) >= _LIMIT_AMOUNTS)
    if not often:
        return [None]
    most = max(often, key=lambda fee: len(amounts[fee]))
    return [None, *sorted({often[0], often[-1], most})]


def _sweep(charged: Iterable[ChargedLines], form: PriceForm) -> tuple[int, int]:
    """How many lines the best number explains, and the roundest such number."""
    steps: Counter[int] = Counter()
    for one in charged:
        allowed = _interval(one, form)
        if allowed is not None and allowed[0] <= allowed[1]:
            steps[allowed[0]] += one.lines
            steps[allowed[1] + 1] -= one.lines
    best, first, last, lines = 0, 0, 0, 0
    places = sorted(steps)
    for place, after in zip(places, [*places[1:], places[-1] + 1 if places else 0], strict=False):
        lines += steps[place]
        if lines > best:
            best, first, last = lines, place, after - 1
    return best, _roundest(first, last)


def _roundest(first: int, last: int) -> int:
    """The number of an interval with most zeros at its end; of several the least."""
    unit = 1
    while -(-first // (unit * 10)) * unit * 10 <= last and unit * 10 <= max(last, 1):
        unit *= 10
    return -(-first // unit) * unit


def _interval(one: ChargedLines, form: PriceForm) -> tuple[int, int] | None:
    """The least and the greatest number with which a price gives the fee of a line."""
    unit, rounding, low, high = 10**form.digits, form.rounding, form.min, form.max
    greatest = int(RATE_MAX * unit)
    if (high is not None and one.fee > high) or (low is not None and one.fee < low):
        return None
    part, twice = one.fee - form.fixed, 2 * one.amount
    # Bounds of the exact fee, twice; whether each belongs to it depends on the rounding.
    bounds = {"UP": (2 * part - 2, 2 * part), "DOWN": (2 * part, 2 * part + 2)}
    below, above = bounds.get(rounding, (2 * part - 1, 2 * part + 1))
    is_even = rounding == "HALF_EVEN" and one.fee % 2 == 0
    with_below = rounding in ("HALF_UP", "DOWN") or is_even
    with_above = rounding in ("HALF_DOWN", "UP") or is_even
    least = -(-below * unit // twice) if with_below else below * unit // twice + 1
    most = above * unit // twice if with_above else -(-above * unit // twice) - 1
    if one.fee == low:
        least = 0
    if one.fee == high:
        most = greatest
    return max(least, 0), min(most, greatest)
