"""`bank_lines_used`: which channel each line of a bank account pays."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.lake.changes.channel_days import ArrowReader
from jobs.lake.write_checks import rows_to_arrow
from jobs.settlement.replay import Replay, Use
from jobs.treasury.accounts import Account, count_waiting_days
from jobs.treasury.plan import Plan
from schemas.tables import BANK_LINES_USED

_ONE_DAY = timedelta(days=1)


def read_waiting_ids(account: Account, read: ArrowReader, first: date) -> dict[str, date]:
    """Business dates by id of the earlier bank lines that a replay from a date on tries again:
    those that nobody had got by then.
    """
    since = first - timedelta(days=count_waiting_days(account))
    decided = pc.field("run_date")
    is_waiting = decided.is_null() | (decided >= pa.scalar(first))
    rows = read(since, first - _ONE_DAY, is_waiting).to_pylist()
    return {row["line_id"]: row["business_date"] for row in rows}


def use_rows(bank: str, plan: Plan, replay: Replay, read: ArrowReader) -> dict[date, pa.Table]:
    """The new rows of `bank_lines_used` by date: of all dates of the plan, and of earlier ones of
    which a line was tried again.
    """
    uses: dict[date, dict[str, Use]] = defaultdict(dict)
    for line_id, use in replay.uses.items():
        uses[use.line.business_date][line_id] = use
    by_date = {}
    for day, of_day in uses.items():
        rows = [_use_row(bank, use) for use in of_day.values()]
        if day < plan.dates[0]:
            stored = read(day, day).to_pylist()
            rows += [row for row in stored if row["line_id"] not in of_day]
        rows.sort(key=lambda row: str(row["line_id"]))
        by_date[day] = rows_to_arrow(BANK_LINES_USED, rows)
    return by_date


def _use_row(bank: str, use: Use) -> dict[str, Any]:
    return {
        "business_date": use.line.business_date,
        "bank": bank,
        "line_id": use.line.line_id,
        "channel": use.channel,
        "run_date": use.run_date,
        "is_ambiguous": use.is_ambiguous,
    }
