"""Draws rate cards and the lines of payments with their refunds."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from tests.oracle.fees.rules import Entry, Ledger, Line
from tests.oracle.fees.volumes import Volumes

DAY = date(2026, 11, 22)
ROUNDINGS = ("HALF_UP", "HALF_EVEN", "HALF_DOWN", "UP", "DOWN")
RULES = ("return", "return_share", "return_rate", "return_until_settled", "keep", "charge")
BRANDS = ("visa", "mastercard", "unionpay")
CURRENCIES = ("CNY", "JPY", "KWD")
#: Few volumes, so that prices share them: by, per, of, and the ends of their steps.
VOLUMES = (
    ("previous_month", "channel", "gross", (10**9, 10**15)),
    ("previous_month", "merchant", "net", (0, 10**14)),
    ("month_to_date", "channel", "net", (10**15,)),
    ("month_to_date", "merchant", "gross", (10**4, 10**6, 10**14)),
)
#: Later than the time of any line.
NO_TIME = datetime(9999, 1, 1, tzinfo=UTC)


def draw_card(random: Random, products: int) -> dict[str, Any]:
    """A card with an entry per product, and with entries for the refunds of some of them."""
    entries: list[Entry] = []
    for number in range(products):
        product = f"c{number}"
        if random.random() < 0.3:
            name, brands = f"{product} {BRANDS[0]}", random.sample(BRANDS, random.randint(1, 2))
            own = {"name": name, "product": [product], "extra.brand": brands}
            entries.append({**_draw_entry(random), **own})
        entries.append(
            {**_draw_entry(random), "name": product, "product": [product], **_draw_kinds(random)}
        )
        if random.random() < 0.3:
            limits = (
                {"amount": {"max": random.randint(100, 20_000)}} if random.random() < 0.5 else {}
            )
            own = {**_draw_entry(random), "name": f"{product} refunds", "product": [product]}
            entries.append({**own, **limits, "kind": ["REFUND"]})
    return {
        "channel": "wechat",
        "return_unknown": random.choice(["keep", "return"]),
        "entries": entries,
    }


def _draw_kinds(random: Random) -> Entry:
    if random.random() < 0.8:
        return {}
    return {"kind": random.choice([["PAYMENT"], ["PAYMENT", "CHARGEBACK"], ["TOP_UP"]])}


def _draw_entry(random: Random) -> Entry:
    entry: Entry = {"refund": random.choice(RULES), "tolerance": random.choice([0, 0, 1, 5])}
    is_batch, is_billed = random.random() < 0.15, random.random() < 0.15
    if is_batch:
        entry |= {"level": "batch", "refund": random.choice(["return", "keep", "charge"])}
    if is_billed:
        entry["billed"] = {"month": "same"}
    if random.random() < 0.6:
        entry |= _draw_price(random, is_batch)
    else:
        names = random.sample(["acquirer", "scheme", "interchange"], random.randint(1, 3))
        prices = [_draw_price(random, is_batch) for _ in names]
        if is_batch:
            for price in prices[1:]:
                price["base"] = prices[0].get("base", "amount")
        entry["components"] = [
            {"name": name, **price} for name, price in zip(names, prices, strict=True)
        ]
        if random.random() < 0.2 and not (is_batch or is_billed):
            column = random.choice(["fee", "settlement_amount"])
            entry["components"].append({"name": "through", "pass_through": column})
        entry["rounding"] = random.choice(ROUNDINGS)
    if random.random() < 0.3:
        mode = random.choice(["on_top", "included"])
        entry["tax"] = {"rate": random.choice(["0.06", "0.2", "0.075"]), "mode": mode}
    return entry


def _draw_price(random: Random, is_batch: bool = False) -> Entry:
    price: Entry = {"rounding": random.choice(ROUNDINGS)}
    kind = random.random()
    if kind < 0.3:
        shared = [each for each in VOLUMES if not (is_batch and each[1] == "merchant")]
        by, per, of, limits = random.choice(shared)
        steps = [{"to": to, **_draw_rate(random)} for to in limits] + [_draw_rate(random)]
        price["tiers"] = {"by": by, "per": per, "of": of, "steps": steps}
    elif kind < 0.5:
        limits = sorted(random.sample(range(1, 20_000), random.randint(1, 3)))
        steps = [{"to": to, **_draw_rate(random)} for to in limits] + [_draw_rate(random)]
        mode = random.choice(["slab", "graduated"])
        price["tiers"] = {"by": "amount", "mode": mode, "steps": steps}
    else:
        price |= _draw_rate(random)
        if kind < 0.65:
            price["above"] = random.randint(1, 5_000)
    if random.random() < 0.3:
        price["base"] = "order_amount"
    low = random.choice([None, None, random.randint(0, 30)])
    if low is not None:
        price["min"] = low
    if random.random() < 0.3:
        price["max"] = (low or 0) + random.randint(0, 60)
    return price


def _draw_rate(random: Random) -> Entry:
    rates = ["0", "0.005", "0.0054", "0.0038", "0.01", "0.000325", "0.25", "1", "0.123456789"]
    fixed = [0, 0, 10, "0.5", "1.95", 30, "0.000000001"]
    return {"rate": random.choice(rates), "fixed": random.choice(fixed)}


def draw_family(random: Random, name: str, product: str) -> list[Line]:
    """Lines that name only each other: a payment or two, their refunds, and lines around them."""
    lines, currency = [], random.choice(CURRENCIES)
    payments = [f"{name}-p{number}" for number in range(random.choice([1, 1, 1, 2]))]
    for reference in payments:
        kind = random.choice(["PAYMENT", "PAYMENT", "TOP_UP"])
        amount = random.choice(
            [0, 100, 10_000, random.randint(1, 50_000), random.randint(1, 10**15)]
        )
        lines.append(_draw_line(random, reference, product, currency, kind=kind, amount=amount,
                                reference=f"{name}-p"))  # fmt: skip
    paid = lines[0].amount
    for number in range(random.randint(0, 4)):
        amount = random.choice([paid, paid // 2, paid // 3, random.randint(0, max(paid, 1))])
        original = random.choice([f"{name}-p"] * 5 + ["", f"{name}-lost"])
        lines.append(_draw_line(random, f"{name}-r{number}", product, currency, kind="REFUND",
                                amount=-amount, original=original))  # fmt: skip
    for number in range(random.choice([0, 0, 1, 2])):
        original = f"{name}-r{random.randint(0, 3)}"
        lines.append(_draw_line(random, f"{name}-t{number}", product, currency, kind="REFUND",
                                amount=random.randint(1, 10_000), original=original))  # fmt: skip
    kind = random.choice(["CHARGEBACK", "FEE", "PAYOUT", "PAYMENT"])
    amount = random.randint(-10_000, 10_000) if kind != "PAYMENT" else random.randint(1, 10_000)
    lines.append(_draw_line(random, f"{name}-x", product, currency, kind=kind, amount=amount))
    lines.sort(key=lambda line: line.place)
    return lines


def _draw_line(random: Random, line_id: str, product: str, currency: str, **values: Any) -> Line:
    is_payment = values["kind"] in ("PAYMENT", "TOP_UP")
    on = DAY - timedelta(
        days=random.choice([0, 0, 0, 1, 5, 35, 90] if is_payment else [0, 0, 0, 1, 2])
    )
    clock = datetime.combine(on, time(random.randint(0, 3)), UTC)
    at = NO_TIME if random.random() < 0.1 else clock
    other = "JPY" if currency != "JPY" else "CNY"
    return Line(
        line_id=line_id,
        place=(on, at, line_id),
        status=random.choice(["SUCCEEDED"] * 9 + ["FAILED"]),
        currency=other if random.random() < 0.03 else currency,
        settlement_amount=random.choice([None, random.randint(0, 50)]),
        settlement_date=random.choice([None, on, on + timedelta(days=random.randint(1, 3))]),
        batch_ref=random.choice([None, "B1", "B2"]),
        is_left_out=random.random() < 0.03,
        order_amount=random.choice([None, random.randint(0, 30_000)]) if is_payment else None,
        attributes={
            "product": product if random.random() < 0.97 else "unknown",
            **({"extra.brand": random.choice(BRANDS)} if random.random() < 0.8 else {}),
            **random.choice([{"merchant_id": "M1"}, {"merchant_id": "M2"}, {}]),
        },
        **{"reference": line_id, **values},
    )


def charge(
    random: Random, card: dict[str, Any], family: list[Line], volumes: Volumes
) -> list[Line]:
    """The lines with fees: most as due, some a little more or less, some none."""
    checks = Ledger(card, family, volumes.step_of).check_all()
    charged = []
    for line in family:
        due = checks[line.line_id].due
        fee = None if random.random() < 0.1 else (due or 0) + random.choice([0, 0, 0, 1, -1, 4, -7])
        charged.append(replace(line, fee=fee))
    return charged
