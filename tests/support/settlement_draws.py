"""Drawn days of a channel's settlement: few amounts and names, so that much collides."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from jobs.settlement.inputs import BankLine, DayBatch
from jobs.settlement.terms import Terms
from tests.support.ledger import day
from tests.support.settlement_ledger import credit, lines, segment, terms_of

_AMOUNTS = (100, 200, 300, 300, 500, 800, -200)


@dataclass(frozen=True)
class DrawnDay:
    """The inputs of one date."""

    offset: int
    batches: list[DayBatch]
    credits: list[BankLine]
    bank: bool


def draw_terms(random: Random) -> Terms:
    """Rules of a channel."""
    rules: dict[str, Any] = {
        "batch_by": random.choice(["batch_ref", "settlement_date", "business_date", "settlement"]),
        "per": random.choice([[], ["merchant_id"]]),
        "due": {"after": random.choice([0, 1, 3]), "days": "calendar"},
        "grace": random.choice([0, 1, 2]),
        "negative": random.choice(["carry", "debit"]),
        "minimum": random.choice([{}, {"CNY": 250}]),
        "tolerance": random.choice([{}, {"CNY": 2}]),
        "find": [{"reference": "WX{batch}"}, {"payer": "Tenpay"}],
    }
    if random.random() < 0.3:
        rules["opening"] = [{"currency": "CNY", "amount": 300, "since": str(day(-1))}]
    return terms_of(first=0, **rules)


def draw_days(random: Random, terms: Terms, count: int) -> Iterator[DrawnDay]:
    """Days in order; a credit of an earlier date may be returned."""
    earlier: list[BankLine] = []
    for offset in range(count):
        batches = _draw_batches(random, terms, offset)
        credits = [
            _draw_credit(random, f"c{offset}.{number}", offset)
            for number in range(random.choice([0, 1, 1, 2, 4]))
        ]
        if earlier and random.random() < 0.2:
            back = random.choice(earlier)
            credits.append(
                replace(credit(f"r{offset}", -back.amount, original_ref=back.channel_ref,
                               currency=back.currency), business_date=day(offset))
            )  # fmt: skip
        earlier += credits
        yield DrawnDay(offset, batches, credits, random.random() < 0.85)


def _draw_credit(random: Random, line_id: str, offset: int) -> BankLine:
    named = random.choice([None, None, "A", "B", "C", str(day(offset)), str(day(offset - 1))])
    one = credit(
        line_id,
        sum(random.choices(_AMOUNTS, k=random.choice([1, 1, 2]))) + random.choice([0, 0, 0, 1]),
        named and f"WX{named}",
        currency=random.choice(["CNY", "CNY", "CNY", "EUR"]),
        value_date=random.choice([None, day(offset), day(offset + 1)]),
    )
    return replace(one, business_date=day(offset))


def _draw_batches(random: Random, terms: Terms, offset: int) -> list[DayBatch]:
    drawn: dict[tuple[object, ...], DayBatch] = {}
    for number in range(random.choice([0, 1, 2, 3])):
        one = _draw_batch(random, terms, offset, number)
        per = random.choice(["", "m1"]) if terms.rules.per else ""
        purse = one.purse._replace(per=per, currency=random.choice(["CNY", "CNY", "EUR"]))
        one = replace(one, purse=purse)
        drawn.setdefault((one.key, purse, one.position), one)
    return list(drawn.values())


def _draw_batch(random: Random, terms: Terms, offset: int, number: int) -> DayBatch:
    amount = random.choice(_AMOUNTS)
    if terms.rules.batch_by == "settlement":
        if random.random() < 0.5:
            return segment(None, amount, position=9)
        failed = [(random.choice(_AMOUNTS[:-1]), random.choice([None, "A", "B"]))]
        return segment(
            random.choice("ABC"), amount, -random.choice(_AMOUNTS[:-1]), position=number,
            failed=failed if random.random() < 0.3 else (),
        )  # fmt: skip
    if terms.rules.batch_by == "batch_ref":
        key: str | int | None = random.choice(["A", "B", "C", "D", offset, None])
    else:
        key = offset + (random.choice([0, 0, 1, 2, -1]) if "settle" in terms.rules.batch_by else 0)
    declared = random.choice([None, None, None, -amount, -300, 300])
    if key is None:
        return lines(None, fees=random.choice([7, 20]))
    if declared is not None and random.random() < 0.2:
        return lines(key, settlement=declared)
    return lines(key, amount, settlement=declared, fees=random.choice([0, 0, 100]))
