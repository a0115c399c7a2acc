"""Random scenarios: a few payments each, with everything that can go wrong over some run dates.

A batch is many scenarios with one profile and one calendar, so that one run of the match covers
all of them. Every id and reference of a scenario carries the scenario's number, so that scenarios
never share one. All values come from one `random.Random`: a seed gives a batch, and Hypothesis may
pass a Random of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

from jobs.statements.canonical.references import normalize_reference
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_LINES
from tests.oracle.anomalies import draw_scenario
from tests.oracle.reference_ledger import profile
from tests.oracle.rows import Record
from tests.oracle.scenario_builder import ScenarioBuilder
from tests.support.ledger import complete_row, day

_NUMBERED_COLUMNS = (
    "our_ref",
    "channel_ref",
    "order_ref",
    "batch_ref",
    "account_tail",
    "payer_name",
)


#: Times of two scenarios differ by this at least: their lines without references are never equal.
_APART = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Date:
    """What arrives on a run date: no lines without a statement, no rows without a snapshot."""

    statement: str  # whole, part, missing
    has_snapshot: bool

    @property
    def is_statement_complete(self) -> bool:
        """Whether the statement is complete."""
        return self.statement == "whole"


@dataclass(frozen=True)
class Scenario:
    """Records as drawn: `on` is the offset of the date on which a record comes in."""

    number: int
    records: tuple[Record, ...]

    def records_on(self, on: int, date: Date) -> tuple[list[Record], list[Record]]:
        """Lines and transactions of a run date, with the columns of their tables."""
        records = [self._with_number(record) for record in self.records if record["on"] == on]
        lines = [
            complete_row(STATEMENT_LINES, record | {"business_date": day(on)})
            for record in records
            if "line_id" in record and date.statement != "missing"
        ]
        transactions = [
            complete_row(INTERNAL_TRANSACTIONS, record | {"business_date": day(on)})
            for record in records
            if "txn_id" in record and date.has_snapshot
        ]
        return lines, transactions

    def _with_number(self, record: Record) -> Record:
        numbered = {name: value for name, value in record.items() if name != "on"}
        for name in ("traded_at", "occurred_at"):
            if numbered.get(name) is not None:
                numbered[name] += self.number * _APART
        for name in ("txn_id", "line_id"):
            if name in numbered:
                numbered[name] = f"{self.number}-{numbered[name]}"
        for name in _NUMBERED_COLUMNS:
            if normalize_reference(numbered.get(name)) is not None:
                numbered[name] = f"{self.number}-{numbered[name]}"
        return numbered


@dataclass(frozen=True)
class Batch:
    """Scenarios that the match runs together."""

    name: str
    profile: Profile
    calendar: tuple[Date, ...]
    scenarios: tuple[Scenario, ...]

    def with_scenarios(self, *scenarios: Scenario) -> "Batch":
        """The same profile and calendar with other scenarios, numbered anew."""
        numbered = [replace(scenario, number=i) for i, scenario in enumerate(scenarios)]
        return replace(self, scenarios=tuple(numbered))


def scenario_number(some_id: str) -> int:
    """The number of the scenario to which a txn_id or a line_id belongs."""
    return int(some_id.split("-")[0])


def draw_batch(rng: Random, count: int, name: str = "") -> Batch:
    """Draws a batch of `count` scenarios."""
    channel = _profile(rng)
    calendar = tuple(_dates(rng))
    scenarios = []
    for number in range(count):
        builder = ScenarioBuilder(rng, len(calendar), _time_limit(channel))
        draw_scenario(builder)
        scenarios.append(Scenario(number, tuple(builder.records)))
    return Batch(name, channel, calendar, tuple(scenarios))


def draw_batches(seed: int, count: int, per_batch: int = 50) -> Iterator[Batch]:
    """Draws `count` scenarios in batches of `per_batch`; batch i has the seed `seed:i`."""
    for index in range((count + per_batch - 1) // per_batch):
        yield draw_seeded_batch(f"{seed}:{index}", min(per_batch, count - index * per_batch))


def draw_seeded_batch(name: str, count: int) -> Batch:
    """Draws the batch of a seed, which is its name."""
    return draw_batch(Random(name), count, name)


def _time_limit(channel: Profile) -> int:
    limits = [pass_.within_seconds for pass_ in channel.match.passes if pass_.within_seconds]
    return limits[0] if limits else 60


def _dates(rng: Random) -> Iterator[Date]:
    is_regular = rng.random() < 0.4
    for _ in range(rng.choice([4, 5, 5, 6, 6, 7, 8])):
        statement = "whole" if is_regular else rng.choice(["whole"] * 8 + ["part", "missing"])
        yield Date(statement, is_regular or rng.random() < 0.88)


def _passes(rng: Random) -> list[Any]:
    """Usual passes in a usual order, or any of them in any: two may be on one key.

    The key of each has a column of `_NUMBERED_COLUMNS`.
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


def _with_options(rng: Random, passes: list[Any]) -> list[Any]:
    """Some passes with a tolerance, or for interchangeable items, where they may have one."""
    with_options = []
    for each in passes:
        page = {"name": each, "on": [each]} if isinstance(each, str) else each
        has_reference = any(name.endswith("_ref") for name in page["on"])
        if has_reference and "amount" not in page["on"] and rng.random() < 0.6:
            page = page | {"tolerance": rng.choice([{"CNY": 3}, {"CNY": 1, "JPY": 4}])}
        elif not has_reference and "amount" in page["on"]:
            page = page | {"interchangeable": rng.random() < 0.5}
        with_options.append(page)
    return with_options


#: Rules of `scope.exclude`, as a profile has them but for `owner` and `from`.
_EXCLUSIONS: tuple[dict[str, Any], ...] = (
    {"name": "interest", "product": ["interest"], "kind": ["PAYMENT", "ADJUSTMENT"]},
    {"name": "small", "currency": ["CNY"], "amount": {"min": -100, "max": 100}},
    {"name": "large", "currency": ["CNY", "JPY"], "amount": {"min": 1001}},
    {"name": "sweep", "text": "^SWEEP OF"},
    {"name": "payer", "payer_name": "-LI$", "kind": ["PAYMENT", "PAYOUT"]},
    {"name": "ours", "our_ref": "-[DZ]$"},
    {"name": "number", "channel_ref": "C3", "currency": ["CNY"]},
    {"name": "order", "order_ref": "O[12]$", "kind": ["PAYMENT"]},
    {"name": "shop", "merchant_id": ["M1", "M2"]},
    {"name": "terminal", "terminal_id": ["T1"], "currency": ["CNY"]},
)


def _exclusions(rng: Random) -> list[dict[str, Any]]:
    count = rng.choice([0, 0, 0, 1, 1, 2, 3])
    return [
        {"owner": "other", "from": day(rng.choice([0, 0, 0, 2]))} | rule
        for rule in rng.sample(_EXCLUSIONS, count)
    ]


def _authority(rng: Random) -> dict[str, Any]:
    if rng.random() < 0.6:
        return {}
    limit = rng.choice([{"CNY": 3}, {"CNY": 100}, {"CNY": 10**6, "JPY": 100}])
    return {"authority": "statement", "authority_limit": limit}


def _profile(rng: Random) -> Profile:
    passes = _with_options(rng, _passes(rng))
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
        scope=scope | {"exclude": _exclusions(rng)},
        captures=rng.random() < 0.5,
        **_authority(rng),
        window={"internal": rng.randint(0, 3), "statement": rng.randint(0, 3)},
        lookback=rng.choice([0, 1, 1, 2, 2, 3, 7]),
        late=rng.choice([0, 1, 1, 2, 3, 3]),
        zone=rng.choice(["Asia/Shanghai", "UTC", "America/New_York", "Pacific/Kiritimati"]),
    )
