"""Renders a difference as a ledger: what came in by date, and the rows that differ."""

from datetime import UTC, date, datetime
from typing import Any

from tests.oracle.compare_match import Difference
from tests.oracle.expected import comparable, expected_runs
from tests.oracle.rows import Row, item_id
from tests.oracle.scenarios import Batch
from tests.support.ledger import day

_HIDDEN_COLUMNS = (
    "line_no",
    "channel",
    "business_date",
    "run_date",
    "updated_at",
    "fee",
)


def explain_difference(batch: Batch, difference: Difference) -> str:
    """The profile, what came in by date up to the first difference, and the rows of that date.

    The text lists common rows once, as `both`; `oracle` and `match` are rows that only one has.
    """
    match, scope = batch.profile.match, batch.profile.scope
    passes = [
        (pass_.name, *pass_.on, pass_.within_seconds, pass_.tolerance, pass_.interchangeable)
        for pass_ in match.passes
    ]
    output = [
        f"batch {batch.name}, zone {batch.profile.zone}",
        f"passes {passes}, groups {[(group.name, group.on) for group in match.groups]}",
        f"window {match.window.internal}, {match.window.statement}; lookback {match.lookback};"
        f" late {match.late}; scope {scope.model_dump(exclude_defaults=True)}",
        f"captures {match.captures}; authority {match.authority} {match.authority_limit}",
    ]
    runs = expected_runs(batch, difference.scenario)
    for on in range(difference.on + 1):
        date_ = batch.calendar[on]
        snapshot = "snapshot" if date_.has_snapshot else "no snapshot"
        output.append(f"T+{on}: statement {date_.statement}, {snapshot}")
        lines, transactions = difference.scenario.records_on(on, date_)
        output += [f"  in      {_format_record(record)}" for record in (*lines, *transactions)]
        if on < difference.on:
            output += [
                f"  both    {_format_record(row)}" for row in sorted(runs[on][0], key=item_id)
            ]
    for name, place in (("outcomes", 0), ("open items", 1)):
        output += [f"{name} of T+{difference.on}:"]
        output += _compare_rows(difference.expected[place], difference.actual[place])
    return "\n".join(output)


def _compare_rows(expected: list[Row], actual: list[Row]) -> list[str]:
    common = comparable(expected) & comparable(actual)
    texts: list[tuple[str, str]] = []
    for source, rows in (("oracle", expected), ("match", actual)):
        for row in rows:
            is_common = bool(comparable([row]) & common)
            if not is_common:
                texts.append((item_id(row), f"  {source:7} {_format_record(row)}"))
            elif source == "oracle":
                texts.append((item_id(row), f"  both    {_format_record(row)}"))
    return [text for _, text in sorted(texts)]


def _format_record(record: Row) -> str:
    return " ".join(
        f"{name}={_format_value(name, value)}"
        for name, value in record.items()
        if value is not None and name not in _HIDDEN_COLUMNS
    )


def _format_value(name: str, value: Any) -> Any:
    if isinstance(value, int) and name in ("at", "traded_at"):
        value = datetime.fromtimestamp(value / 1_000_000, UTC)
    if isinstance(value, datetime):
        return f"{_format_value('', value.date())}/{value.time()}"
    if isinstance(value, date):
        return f"T+{(value - day(0)).days}"
    return "+".join(value) if isinstance(value, list) else value
