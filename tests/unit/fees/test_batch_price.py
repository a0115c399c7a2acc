"""The price of a batch, whose base and count may be negative; without an engine."""

from random import Random
from typing import Any

import pytest

from jobs.fees.batches.price import Batch, price_batch
from schemas.fees.price import Tax
from tests.oracle.fees.batches import price_of_batch
from tests.support.fee_ledger import card


def draw_price(random: Random) -> dict[str, Any]:
    """A price of any rounding, with limits, tiers or a free amount."""

    def rates() -> dict[str, Any]:
        rate = random.choice(["0", "0.005", "0.00333", "0.123456789"])
        return {"rate": rate, "fixed": random.choice([0, 3, "0.5", "1.95", "0.000000001"])}

    roundings = ["HALF_UP", "HALF_EVEN", "HALF_DOWN", "UP", "DOWN"]
    price: dict[str, Any] = {"rounding": random.choice(roundings)}
    if random.random() < 0.4:
        limits = sorted(random.sample(range(1, 3_000), 2))
        steps = [{"to": to, **rates()} for to in limits] + [rates()]
        mode = random.choice(["slab", "graduated"])
        price["tiers"] = {"by": "amount", "mode": mode, "steps": steps}
    else:
        price |= rates()
        if random.random() < 0.3:
            price["above"] = random.randint(1, 500)
    if random.random() < 0.4:
        price["min"] = random.randint(0, 20)
    if random.random() < 0.4:
        price["max"] = price.get("min", 0) + random.randint(0, 40)
    return price


def test_prices_of_drawn_batches_equal_the_oracle() -> None:
    """Bases and counts of both signs."""
    random = Random(7)
    for _ in range(300):
        price = draw_price(random)
        (entry,) = card({"level": "batch", "refund": "keep"} | price).entries
        for _ in range(10):
            base = random.choice([0, 1, -1]) * random.choice([random.randint(0, 4_000), 10**18])
            lines = random.randint(-6, 6)
            fee = price_batch(entry, Batch(base, lines, "CNY", {}))
            assert fee.dues["fee"] == price_of_batch(price, base, lines), (price, base, lines)


@pytest.mark.parametrize(
    ("base", "lines", "price", "due", "text"),
    [
        (10_000, 3, {"rate": "0.01"}, 100, "100.00 x 1.00 % = 1.00, HALF_UP 1.00"),
        (10_000, 2, {"rate": "0.001", "fixed": "1.5"}, 13,
         "100.00 x 0.10 % + 2 x 0.015 = 0.13, HALF_UP 0.13"),
        (-10_050, -1, {"rate": "0.01", "fixed": 10}, -111,
         "-100.50 x 1.00 % + -1 x 0.10 = -1.105, HALF_UP -1.11"),
        (100, -2, {"rate": "0.01", "fixed": 10}, -19,
         "1.00 x 1.00 % + -2 x 0.10 = -0.19, HALF_UP -0.19"),
        (100, 1, {"rate": "0.01", "min": 20}, 20,
         "1.00 x 1.00 % = 0.01, HALF_UP 0.01, within its limits 0.20"),
        (-100, 1, {"rate": "0.01", "min": 20}, -1, "-1.00 x 1.00 % = -0.01, HALF_UP -0.01"),
        (0, 4, {"rate": "0.01", "min": 20}, 0, "0.00: nothing is due"),
        (-90, -1, {"rate": "0.01", "above": 90}, 0, "-0.90: nothing is due"),
    ],
)  # fmt: skip
def test_working_of_a_batch(
    base: int, lines: int, price: dict[str, Any], due: int, text: str
) -> None:
    (entry,) = card({"level": "batch", "refund": "keep"} | price).entries
    fee = price_batch(entry, Batch(base, lines, "CNY", {}))
    assert (fee.dues, fee.texts) == ({"fee": due}, {"fee": text})


def test_step_of_a_volume_and_tax_of_what_comes_back() -> None:
    """The second step: 1 % of -100.00, and 6 % of it."""
    steps = [{"to": 5, "rate": "0.02"}, {"rate": "0.01"}]
    tiers = {"by": "month_to_date", "per": "channel", "of": "net", "steps": steps}
    taxed = {"level": "batch", "tiers": tiers, "tax": {"rate": "0.06", "mode": "on_top"}}
    (entry,) = card(taxed).entries
    (volume,) = entry.volumes
    fee = price_batch(entry, Batch(-10_000, -1, "JPY", {volume.step_column: 1}))
    assert (fee.dues, fee.tax) == ({"fee": -100, "tax": -6}, -6)
    assert fee.texts["fee"] == "-10000 x 1.00 % (step 2 by volume) = -100, HALF_UP -100"
    included = entry.model_copy(update={"tax": Tax(rate="0.06", mode="included")})
    fee = price_batch(included, Batch(-10_600, -1, "JPY", {volume.step_column: 1}))
    assert (fee.dues, fee.tax) == ({"fee": -106}, -6)
