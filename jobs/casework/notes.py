"""What people write about breaks: who looks after one, and notes. Rows are added, never changed."""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.lake.changes.channel_days import ArrowReader, DaysChange, change_arrow_days
from jobs.lake.control_rows import RowReader, RowsChange
from jobs.lake.tables import Lake
from jobs.lake.write_checks import rows_to_arrow
from schemas.tables import BREAK_NOTES, BREAKS
from schemas.vocabulary import BreakNote

Row = dict[str, Any]


def read_owners(lake: Lake, channel: str) -> dict[str, str]:
    """To whom each break of a channel was assigned last, by its id."""
    rows = lake.read_rows(
        BREAK_NOTES, ("break_id", "owner", "created_at"), channel=channel,
        step=BreakNote.ASSIGN.value,
    )  # fmt: skip
    return {row["break_id"]: row["owner"] for row in sorted(rows, key=lambda r: r["created_at"])}


def add_note(lake: Lake, row: Row) -> bool:
    """Adds a row to `break_notes`; False if the last one of the break says just this already."""
    is_added = False

    def decide(read: RowReader) -> RowsChange | None:
        nonlocal is_added
        same_step = read(break_id=row["break_id"], step=row["step"])
        last = max(same_step, key=lambda r: r["created_at"], default=None)
        says = ("owner", "comment", "actor")
        is_added = last is None or any(last[name] != row[name] for name in says)
        return RowsChange([row]) if is_added else None

    lake.change_rows(BREAK_NOTES, decide)
    return is_added


def note_row(found_break: Row, step: BreakNote, owner: str | None, text: str, actor: str) -> Row:
    """A row of `break_notes`, written now."""
    return {
        "break_id": found_break["break_id"],
        "channel": found_break["channel"],
        "step": step.value,
        "owner": owner,
        "comment": text,
        "actor": actor,
        "created_at": datetime.now(UTC),
    }


def write_owner(lake: Lake, found_break: Row) -> None:
    """Sets `owner` in `breaks` to the last assignment."""
    channel, break_id = found_break["channel"], found_break["break_id"]
    is_one = pc.field("break_id") == break_id

    def decide(read: ArrowReader) -> DaysChange | None:
        stored = read(date.min, date.max, is_one).to_pylist()
        owner = read_owners(lake, channel).get(break_id)
        if not stored or stored[0]["owner"] == owner:
            return None
        month = stored[0]["closed_month"]
        others = read(month, month, ~is_one)
        own = rows_to_arrow(BREAKS, [stored[0] | {"owner": owner}])
        return DaysChange({month: pa.concat_tables([others, own])}, frozenset([month]))

    change_arrow_days(lake, BREAKS, channel, decide)
