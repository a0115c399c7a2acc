"""Days of outcomes and open items as a match leaves them, written row by row, without a match."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from jobs.lake.tables import Lake
from jobs.matching.fast_path.reference_hashes import stored_hashes
from jobs.statements.canonical.references import normalize_reference
from schemas.profile.channel import Profile
from schemas.tables import OPEN_ITEMS, OUTCOMES, RUNS
from tests.support import ledger
from tests.support.ledger import Row, day, frame_of

PAGE = {
    "channel": "bank",
    "dialect": "wechat_bill",
    "zone": "Asia/Shanghai",
    "first_date": ledger.T,
    "files": {"pattern": "bank/{business_date:%Y-%m-%d}.csv"},
}


class FollowupLedger:
    """Channel bank in a lake; each `put` is a match of a day."""

    def __init__(self, lake: Lake, **page: Any) -> None:
        self.lake = lake
        self.profile = Profile.model_validate({**PAGE, **page})
        self._runs = 0

    def put(
        self, on: int, *outcomes: Row, open_items: Iterable[Row] = (), result: str = "DONE"
    ) -> None:
        """Replaces the outcomes and open items of a day."""
        rows = [_with_references(row) | {"run_date": day(on), "channel": "bank"}
                for row in outcomes]  # fmt: skip
        frame = frame_of(self.lake.spark, OUTCOMES, rows).withColumns(stored_hashes(()))
        frame = frame.select(*OUTCOMES.columns)
        written = self.lake.replace_day(OUTCOMES, frame, day(on), "bank")
        items = [{**item, "run_date": day(on), "channel": "bank"} for item in open_items]
        self.lake.replace_day(
            OPEN_ITEMS, frame_of(self.lake.spark, OPEN_ITEMS, items), day(on), "bank"
        )
        self._runs += 1
        ended = datetime(2026, 11, 30, tzinfo=UTC) + timedelta(seconds=self._runs)
        versions = {OUTCOMES.name: written.version}
        run = {"job": "match", "channel": "bank", "business_date": day(on), "result": result}
        self.lake.append_rows(RUNS, [run | {"ended_at": ended, "versions_written": versions}])


def _with_references(row: Row) -> Row:
    """The row with the normalized references of its line."""
    names = ("our_ref", "channel_ref") if row.get("line_id") else ()
    return {**{f"{name}_norm": normalize_reference(row.get(name)) for name in names}, **row}


def waiting(unit_id: str, **other: Any) -> Row:
    """An outcome: a transaction of 10.00 that waits for its line."""
    values = {"outcome": "SUSPENSE", "action": "WAIT", "chances": 1}
    return ledger.internal_only_row(unit_id, 1_000, **{**values, **other})


def waiting_line(unit_id: str, **other: Any) -> Row:
    """An outcome: a line of 10.00 that waits for its transaction."""
    values = {"outcome": "SUSPENSE", "action": "WAIT", "chances": 1}
    return ledger.statement_only_row(unit_id, 1_000, **{**values, **other})


def pair(unit_id: str, internal: int = 1_000, statement: int = 1_000, **other: Any) -> Row:
    """An outcome of a pair: matched if the amounts are equal, else a break."""
    return ledger.pair_row(unit_id, internal, statement, **other)


def reconciled(txn_id: str, amount: int = 1_000, **other: Any) -> Row:
    """An outcome: a closed transaction that is sent again."""
    values = {"outcome": "EXCLUDED", "reasons": ["ALREADY_RECONCILED"], "action": "NONE"}
    return ledger.internal_only_row(txn_id, amount, **{**values, **other})


def changed(txn_id: str, amount: int = 1_000, **other: Any) -> Row:
    """An outcome: a closed transaction that changed."""
    values = {"reasons": ["CHANGED_AFTER_MATCH"], "action": "REVIEW", "duplicate_of": txn_id}
    return ledger.internal_only_row(txn_id, amount, **{**values, **other})


def line_about(line_id: str, other_line: str, reason: str, **other: Any) -> Row:
    """An outcome: a line alone that repeats or replaces another one, under its references."""
    values = {"line_id": line_id, "duplicate_of": other_line, "reasons": [reason]}
    return ledger.statement_only_row(line_id, 1_000, **{**values, "action": "QUERY", **other})


def open_transaction(txn_id: str, **other: Any) -> Row:
    """An open item of our side."""
    return {"side": "INTERNAL", "txn_id": txn_id, **other}


def open_line(line_id: str, **other: Any) -> Row:
    """An open item of the statement's side."""
    return {"side": "STATEMENT", "line_id": line_id, **other}
