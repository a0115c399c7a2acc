"""Our side beside the statements of a channel: snapshots, outcomes and accruals, row by row."""

from collections.abc import Mapping
from typing import Any

from jobs.fees.accruals.check_day import JOB as ACCRUE
from jobs.lake.run_log import Run, record_runs
from schemas.tables import (
    FEE_ACCRUALS,
    INTERNAL_TRANSACTIONS,
    OUTCOMES,
    SETTLEMENT_BRIDGE,
    SETTLEMENT_CHECKS,
    Table,
)
from tests.support.account_ledger import AccountLedger
from tests.support.ledger import Row, day, frame_of, line, outcome_row

CHANNEL = "wechat"


class BridgeLedger(AccountLedger):
    """Puts our side beside the statements: snapshots, outcomes and accruals of a day."""

    def put_ours(self, on: int, *rows: Row) -> None:
        self._put(INTERNAL_TRANSACTIONS, on, rows)

    def put_match(self, on: int, *rows: Row, fingerprint: str) -> None:
        """The outcomes of a day; `fingerprint` stands for all that the match read."""
        self._put(OUTCOMES, on, rows)
        record_runs(self.lake, Run("match", CHANNEL, day(on), fingerprint=fingerprint))

    def put_accruals(self, on: int, fingerprint: str = "a", **due: int | None) -> None:
        """What is accrued by transaction; a negative due takes back what was accrued before."""
        rows = [
            {"txn_id": txn_id, "currency": "CNY", "due": amount,
             "taken_date": day(on - 1) if (amount or 0) < 0 else None}
            for txn_id, amount in due.items()
        ]  # fmt: skip
        self._put(FEE_ACCRUALS, on, rows)
        record_runs(self.lake, Run(ACCRUE, CHANNEL, day(on), fingerprint=fingerprint))

    def _put(self, table: Table, on: int, rows: Any) -> None:
        place = {table.partitions[0]: day(on), "channel": CHANNEL}
        frame = frame_of(self.lake.spark, table, [{**row, **place} for row in rows])
        self.lake.replace_day(table, frame, day(on), CHANNEL)

    def bridge(self, on: int) -> dict[str, dict[str, int]]:
        """The causes by batch and currency; money without a batch is "-"."""
        rows = self.lake.read_arrow(SETTLEMENT_BRIDGE, day(on), day(on), CHANNEL).to_pylist()
        bridge: dict[str, dict[str, int]] = {}
        for row in rows:
            name = f"{row['batch'] or '-'} {row['currency']}"
            assert row["cause"] not in bridge.setdefault(name, {})
            bridge[name][row["cause"]] = row["amount"]
        return bridge

    def ours(self, on: int) -> dict[str, Any]:
        """What each batch of a day is by our own books."""
        rows = self.lake.read_arrow(SETTLEMENT_CHECKS, day(on), day(on), CHANNEL).to_pylist()
        return {f"{row['batch']} {row['currency']}": row["ours"] for row in rows}


def batch_line(line_id: str, amount: int, batch: str | None = "B1", **other: Any) -> Row:
    """A line with a fee of 0.06 in a batch."""
    values: dict[str, Any] = {"fee": 6, "batch_ref": batch, "batch_ref_norm": batch, **other}
    return line(line_id, None, amount, **values)


def pair(txn_id: str, line_id: str, **other: Any) -> Row:
    """The outcome of a line and a transaction of day 0."""
    return outcome_row(txn_id, line_id=f"{CHANNEL}:{line_id}", **other)


def only_line(line_id: str, *reasons: str, **other: Any) -> Row:
    """The outcome of a line without a transaction."""
    its = f"{CHANNEL}:{line_id}"
    values: Mapping[str, Any] = {"txn_id": None, "internal_date": None, "outcome": "BREAK"}
    return outcome_row(its, line_id=its) | {**values, "reasons": list(reasons), **other}


def only_ours(txn_id: str, **other: Any) -> Row:
    """The outcome of a transaction without a line."""
    values: dict[str, Any] = {"line_id": None, "statement_date": None, **other}
    return outcome_row(txn_id, internal_status="SUCCEEDED") | values
