"""What the oracle says of a scenario, by run date, and rows in a form that can be compared."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.oracle.book import day
from tests.oracle.oracle import run_date
from tests.oracle.rows import Item, Row
from tests.oracle.scenarios import Batch, Scenario

#: Outcomes and open items of one run date.
Run = tuple[list[Row], list[Item]]


def expected_of(batch: Batch, scenario: Scenario) -> list[Run]:
    """What the oracle says of one scenario, by run date."""
    runs: list[Run] = []
    history: list[Row] = []
    open_items: list[Item] = []
    for on, date_ in enumerate(batch.calendar):
        lines, ours = scenario.listed(on, date_)
        rows, open_items = run_date(
            batch.profile, day(on), lines, ours, history, open_items, date_.whole, date_.snapshot
        )
        history = [*history, *rows]
        runs.append((rows, open_items))
    return runs


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1_000_000)
    return tuple(value) if isinstance(value, list) else value


def comparable(rows: Iterable[Row]) -> Counter[tuple[Any, ...]]:
    """Rows as a bag of tuples of their values, in the order of their columns' names."""
    return Counter(tuple(_plain(row[name]) for name in sorted(row)) for row in rows)
