"""A difference told as a ledger: what came in by date, and where match and oracle part."""

from datetime import UTC, date, datetime
from typing import Any

from tests.oracle.against import Difference
from tests.oracle.book import day
from tests.oracle.expected import comparable, expected_of
from tests.oracle.rows import Row, own_id
from tests.oracle.scenarios import Batch

_UNSAID = ("file_id", "line_no", "channel", "business_date", "run_date", "updated_at", "fee")


def told(batch: Batch, found: Difference) -> str:
    """The profile, what came by date up to the first difference, and the rows of that date.

    Rows of both are listed once; `oracle` and `match` are the rows that only the one has.
    """
    match, scope = batch.profile.match, batch.profile.scope
    passes = [(each.name, *each.on, each.within_seconds) for each in match.passes]
    said = [
        f"batch {batch.name}, zone {batch.profile.zone}",
        f"passes {passes}, groups {[(each.name, each.on) for each in match.groups]}",
        f"window {match.window.internal}, {match.window.statement}; lookback {match.lookback};"
        f" late {match.late}; scope {scope.model_dump(exclude_defaults=True)}",
    ]
    runs = expected_of(batch, found.scenario)
    for on in range(found.on + 1):
        date_ = batch.calendar[on]
        there = "snapshot" if date_.snapshot else "no snapshot"
        said.append(f"T+{on}: statement {date_.statement}, {there}")
        lines, ours = found.scenario.listed(on, date_)
        said += [f"  in      {_given(record)}" for record in (*lines, *ours)]
        if on < found.on:
            said += [f"  both    {_given(row)}" for row in sorted(runs[on][0], key=own_id)]
    for name, place in (("outcomes", 0), ("open items", 1)):
        said += [f"{name} of T+{found.on}:"]
        said += _compared(found.expected[place], found.got[place])
    return "\n".join(said)


def _compared(expected: list[Row], got: list[Row]) -> list[str]:
    alike = comparable(expected) & comparable(got)
    said: list[tuple[str, str]] = []
    for who, rows in (("oracle", expected), ("match", got)):
        for row in rows:
            both = bool(comparable([row]) & alike)
            if not both:
                said.append((own_id(row), f"  {who:7} {_given(row)}"))
            elif who == "oracle":
                said.append((own_id(row), f"  both    {_given(row)}"))
    return [text for _, text in sorted(said)]


def _given(record: Row) -> str:
    return " ".join(
        f"{name}={_short(name, value)}"
        for name, value in record.items()
        if value is not None and name not in _UNSAID
    )


def _short(name: str, value: Any) -> Any:
    if isinstance(value, int) and name in ("at", "traded_at"):
        value = datetime.fromtimestamp(value / 1_000_000, UTC)
    if isinstance(value, datetime):
        return f"{_short('', value.date())}/{value.time()}"
    if isinstance(value, date):
        return f"T+{(value - day(0)).days}"
    return "+".join(value) if isinstance(value, list) else value
