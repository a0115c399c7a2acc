"""The price that explains most of the fees of some lines exactly."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from random import Random
from typing import Any, get_args

import pytest

from jobs.reports.fees.rate_search import (
    ChargedLines,
    PriceForm,
    PriceGuess,
    count_explained,
    find_prices,
)
from schemas.fees.price import Rounding

DAY = date(2026, 11, 1)


def due(amount: int, rate: str, rounding: str = "HALF_UP", fixed: int = 0,
        low: int | None = None, high: int | None = None) -> int:  # fmt: skip
    """The fee by the definition, in fractions."""
    exact = amount * Fraction(rate) + fixed
    half = Fraction(1, 2)
    rounded = {
        "HALF_UP": floor(exact + half),
        "HALF_DOWN": ceil(exact - half),
        "HALF_EVEN": round(exact),
        "UP": ceil(exact),
        "DOWN": floor(exact),
    }[rounding]
    rounded = rounded if low is None else max(rounded, low)
    return rounded if high is None else min(rounded, high)


def charged(amounts: Iterable[int], rate: str, on: int = 0, **other: Any) -> list[ChargedLines]:
    """Lines of a day from DAY, each with the fee that the price gives."""
    day = DAY + timedelta(days=on)
    return [ChargedLines(day, each, due(each, rate, **other), 1) for each in amounts]


def test_rate_and_limits_of_a_card_are_recognized() -> None:
    """0.38 %, at least 0.50 and at most 18.00, beside two lines that are charged otherwise."""
    amounts = [*range(5_000, 900_000, 7_919), 1_000, 2_000, 3_000, 4_000]
    lines = charged(amounts, "0.0038", low=50, high=1800)
    wrong = [ChargedLines(DAY, 10_000, 99, 1), ChargedLines(DAY, 20_000, 7, 1)]
    (span,) = find_prices([*lines, *wrong])
    assert span.price == PriceGuess(38, PriceForm(4, "HALF_UP", 50, 1800))
    assert (span.first, span.last, span.price.rate) == (None, None, Decimal("0.0038"))
    assert count_explained([*lines, *wrong], [span]) == len(lines)


def test_price_changes_on_the_date_on_which_it_did() -> None:
    """0.60 % up to the 3rd, 0.54 % from the 6th on; no lines in between, and no gap."""
    lines = [
        line for on in (0, 1, 2) for line in charged(list(range(999, 90_000, 977)), "0.006", on)
    ]
    lines += [
        line for on in (5, 6) for line in charged(list(range(999, 90_000, 977)), "0.0054", on)
    ]
    before, after = find_prices(lines)
    assert (before.price.rate, before.first, before.last) == (
        Decimal("0.006"),
        None,
        date(2026, 11, 5),
    )
    assert (after.price.rate, after.first, after.last) == (
        Decimal("0.0054"),
        date(2026, 11, 6),
        None,
    )


@pytest.mark.parametrize(
    ("first", "last"), [(0, 8), pytest.param(8, 200, marks=pytest.mark.nightly)]
)
def test_drawn_prices_are_explained_whole(first: int, last: int) -> None:
    """Whatever price is proposed, it gives the fee of every line of a drawn price; and what it
    says to explain is what the definition gives.
    """
    for seed in range(first, last):
        random = Random(seed)
        rate = random.choice(("0.0025", "0.0038", "0.006", "0.0325", "0.00325", "0.000325"))
        rounding: Rounding = random.choice(get_args(Rounding))
        fixed = random.choice((0, 0, 10, 30))
        low, high = random.choice(((None, None), (60, None), (None, 900), (45, 1300)))
        amounts = [random.randrange(1, 400_000) for _ in range(150)]
        lines = charged(amounts, rate, rounding=rounding, fixed=fixed, low=low, high=high)
        spans = find_prices(lines)
        assert len(spans) == 1, seed
        price = spans[0].price
        assert count_explained(lines, spans) >= len(lines) - 8, (seed, price)
        form = price.form
        for one in lines:
            its = due(one.amount, str(price.rate), form.rounding, form.fixed, form.min, form.max)
            assert (its == one.fee) == price.explains(one), (seed, price, one)
