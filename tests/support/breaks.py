"""The life of breaks in a lake, as tests read it."""

from datetime import date
from typing import Any

from jobs.casework.update import update_breaks
from jobs.lake.tables import Lake
from schemas.tables import BREAK_EVENTS, BREAKS
from tests.support.break_runs import Life, list_lives
from tests.support.followup_ledger import FollowupLedger

Row = dict[str, Any]


def update(ledger: FollowupLedger) -> bool:
    """Brings the breaks of channel bank up to date."""
    return update_breaks(ledger.lake, ledger.profile)


def break_rows(lake: Lake) -> list[Row]:
    """All rows of `breaks`, by id."""
    rows = lake.read_arrow(BREAKS, date.min, date.max).to_pylist()
    return sorted(rows, key=lambda row: str(row["break_id"]))


def event_rows(lake: Lake) -> list[Row]:
    """All rows of `break_events`, by date and id."""
    rows = lake.read_arrow(BREAK_EVENTS, date.min, date.max).to_pylist()
    return sorted(rows, key=lambda row: (row["run_date"], row["break_id"]))


def lives(ledger: FollowupLedger) -> dict[tuple[str, str], Life]:
    """As `list_lives`, of the whole table."""
    return list_lives(break_rows(ledger.lake))
