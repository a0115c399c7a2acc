"""Drawn scenarios: a few trades each, with all the trouble of section 3 over some run dates.

A batch is many scenarios under one profile and one calendar, so that one run of the match judges
them all; every id and reference of a scenario carries its number, so that they cannot meet. All
is drawn from one `random.Random`: a seed is a batch, and Hypothesis may be the Random.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from jobs.statements.canonical.references import normalize
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_LINES
from tests.oracle.book import day, full, profile
from tests.oracle.rows import Record
from tests.oracle.soup import Soup
from tests.oracle.trouble import stir

_NAMED_APART = ("our_ref", "channel_ref", "order_ref", "batch_ref", "account_tail", "payer_name")


@dataclass(frozen=True)
class Date:
    """What is there on a run date: no lines without a statement, no rows without a snapshot."""

    statement: str  # whole, part, missing
    snapshot: bool

    @property
    def whole(self) -> bool:
        """Whether the statement is whole."""
        return self.statement == "whole"


@dataclass(frozen=True)
class Scenario:
    """Records as they were drawn: `on` is the offset of the date on which each is listed."""

    number: int
    records: tuple[Record, ...]

    def listed(self, on: int, date: Date) -> tuple[list[Record], list[Record]]:
        """Lines and transactions of a run date, with the columns of their tables."""
        mine = [self._named(record) for record in self.records if record["on"] == on]
        lines = [
            full(STATEMENT_LINES.columns, each | {"business_date": day(on)})
            for each in mine
            if "line_id" in each and date.statement != "missing"
        ]
        ours = [
            full(INTERNAL_TRANSACTIONS.columns, each | {"business_date": day(on)})
            for each in mine
            if "txn_id" in each and date.snapshot
        ]
        return lines, ours

    def _named(self, record: Record) -> Record:
        named = {name: value for name, value in record.items() if name != "on"}
        for name in ("txn_id", "line_id"):
            if name in named:
                named[name] = f"{self.number}-{named[name]}"
        for name in _NAMED_APART:
            if normalize(named.get(name)) is not None:
                named[name] = f"{self.number}-{named[name]}"
        return named


@dataclass(frozen=True)
class Batch:
    """Scenarios that are run together."""

    name: str
    profile: Profile
    calendar: tuple[Date, ...]
    scenarios: tuple[Scenario, ...]

    def of(self, *scenarios: Scenario) -> "Batch":
        """The same profile and calendar with other scenarios, numbered anew."""
        numbered = [replace(each, number=number) for number, each in enumerate(scenarios)]
        return replace(self, scenarios=tuple(numbered))


def scenario_of(some_id: str) -> int:
    """The number of the scenario to which a txn_id or a line_id belongs."""
    return int(some_id.split("-")[0])


def batch(rng: Random, count: int, name: str = "") -> Batch:
    """A batch of `count` scenarios, drawn."""
    channel = _profile(rng)
    calendar = tuple(_dates(rng))
    drawn = []
    for number in range(count):
        soup = Soup(rng, len(calendar), _seconds(channel))
        stir(soup)
        drawn.append(Scenario(number, tuple(soup.records)))
    return Batch(name, channel, calendar, tuple(drawn))


def batches(seed: int, count: int, of: int = 50) -> Iterator[Batch]:
    """Batches of `of` scenarios each, `count` in all; batch i is that of seed `seed:i`."""
    for index in range((count + of - 1) // of):
        yield seeded(f"{seed}:{index}", min(of, count - index * of))


def seeded(name: str, count: int) -> Batch:
    """The batch of a seed."""
    return batch(Random(name), count, name)


def _seconds(channel: Profile) -> int:
    limits = [each.within_seconds for each in channel.match.passes if each.within_seconds]
    return limits[0] if limits else 60


def _dates(rng: Random) -> Iterator[Date]:
    calm = rng.random() < 0.4
    for _ in range(rng.choice([4, 5, 5, 6, 6, 7, 8])):
        statement = "whole" if calm else rng.choice(["whole"] * 8 + ["part", "missing"])
        yield Date(statement, calm or rng.random() < 0.88)


def _passes(rng: Random) -> list[Any]:
    """Usual passes in a usual order, or any of them in any: two may be on one key.

    Each is on something that `_NAMED_APART` has.
    """
    limit = rng.choice([0, 60, 60, 300])
    money = ["amount", "currency"]
    card: dict[str, Any] = {"name": "card", "on": [*money, "account_tail"]}
    near = card | {"name": "near", "within_seconds": limit}
    payer = {"name": "payer", "on": ["payer_name"], "within_seconds": limit}
    exact = {"name": "exact", "on": ["our_ref", *money]}
    order = {"name": "order", "on": ["order_ref"]}
    paid = {"name": "paid", "on": ["channel_ref", *money], "within_seconds": limit}
    usual = [
        ["our_ref", "channel_ref"],
        ["our_ref", "channel_ref", near],
        ["our_ref", "channel_ref", near, card],
        ["our_ref", near],
        ["our_ref"],
        ["channel_ref", "our_ref", payer],
        ["channel_ref"],
        [exact, "channel_ref", "our_ref"],
        ["our_ref", order],
        [near, "our_ref", "channel_ref"],
        ["our_ref", paid, payer, near],
    ]
    if rng.random() < 0.7:
        return rng.choice(usual)
    loose = {"name": "loose", "on": [*money, "payer_name"]}
    wide = card | {"name": "wide", "within_seconds": 2 * limit + 1}
    named = {"name": "named", "on": ["payer_name"]}
    every = ["channel_ref", near, card, payer, exact, order, paid, loose, wide, named]
    first = rng.choice([["our_ref"], ["our_ref"], []])
    return [*first, *rng.sample(every, rng.randint(1, 4))]


def _profile(rng: Random) -> Profile:
    passes = _passes(rng)
    batch_group, order_group = (
        {"name": "batch", "on": "batch_ref"},
        {"name": "g", "on": "order_ref"},
    )
    groups = rng.choice(
        [[], [batch_group], [batch_group], [order_group], [batch_group, order_group]]
    )
    scope = rng.choice(
        [
            {},
            {},
            {"our_ref": "^[0-9]+-[A-Y]"},
            {"channel_ref": "C[0-8]$", "merchants": ["M1", "M2"]},
            {"order_ref": "O1$", "terminals": ["T1"]},
        ]
    )
    return profile(
        *passes,
        groups=groups,
        scope=scope,
        window={"internal": rng.randint(0, 3), "statement": rng.randint(0, 3)},
        lookback=rng.choice([0, 1, 1, 2, 2, 3, 7]),
        late=rng.choice([0, 1, 1, 2, 3, 3]),
        zone=rng.choice(["Asia/Shanghai", "UTC", "America/New_York", "Pacific/Kiritimati"]),
    )
