"""The rows that the oracle expects of a scenario by run date, and a form to compare rows in."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.oracle.oracle import match_run_date
from tests.oracle.rows import Item, Record, Row
from tests.oracle.scenarios import Batch, Scenario
from tests.support.ledger import day

#: Outcomes and open items of one run date.
Run = tuple[list[Row], list[Item]]


def expected_runs(batch: Batch, scenario: Scenario) -> list[Run]:
    """Outcomes and open items that the oracle expects of one scenario, by run date."""
    runs: list[Run] = []
    history: list[Row] = []
    open_items: list[Item] = []
    earlier: list[Record] = []
    for on, date_ in enumerate(batch.calendar):
        lines, transactions = scenario.records_on(on, date_)
        rows, open_items = match_run_date(
            batch.profile,
            day(on),
            lines,
            transactions,
            history,
            open_items,
            earlier,
            date_.is_statement_complete,
            date_.has_snapshot,
        )
        history = [*history, *rows]
        earlier += [*lines, *transactions]
        runs.append((rows, open_items))
    return runs


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1_000_000)
    return tuple(value) if isinstance(value, list) else value


def comparable(rows: Iterable[Row]) -> Counter[tuple[Any, ...]]:
    """Rows as a multiset of tuples of their values, in the order of the column names."""
    return Counter(tuple(_plain(row[name]) for name in sorted(row)) for row in rows)
