"""Snapshots of several channels in a lake, date by date, for the check of orders."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from jobs.lake.tables import Lake
from jobs.orders.check_day import OrdersSummary, check_dates
from schemas.tables import INTERNAL_TRANSACTIONS, ORDER_CHECKS, OUTCOMES, SNAPSHOT_FILES
from tests.support.ledger import Row, day, frame_of, txn


def order_txn(txn_id: str, order: str | None, amount: int = 1000, **other: Any) -> Row:
    """A payment of 10.00 CNY of an order, whose amount is 10.00, too."""
    values = {"order_ref": order, "order_amount": 1000, "merchant_id": None}
    return txn(txn_id, amount, **{**values, **other})


def refund_txn(txn_id: str, order: str | None, amount: int, **other: Any) -> Row:
    """A refund of an order, which says nothing of the order's amount; `amount` is negative."""
    return order_txn(txn_id, order, amount, **{"kind": "REFUND", "order_amount": None, **other})


class OrderLedger:
    """Writes snapshots as ingest does, and checks orders."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.snapshots: dict[date, list[Row]] = {}
        self._files = 0

    def put(self, on: int, *transactions: Row) -> None:
        """Replaces the snapshot of a day, all channels of it."""
        dated = [{"business_date": day(on), "occurred_at": None, **row} for row in transactions]
        channels = {row["channel"] for row in dated}
        channels |= {row["channel"] for row in self.snapshots.get(day(on), ())}
        self.snapshots[day(on)] = dated
        for channel in sorted(channels):
            rows = [row for row in dated if row["channel"] == channel]
            frame = frame_of(self.lake.spark, INTERNAL_TRANSACTIONS, rows)
            self.lake.replace_day(INTERNAL_TRANSACTIONS, frame, day(on), channel)
        self._files += 1
        file = {"business_date": day(on), "file_id": f"file-{self._files}", "status": "ACCEPTED"}
        self.lake.append_rows(SNAPSHOT_FILES, [file])

    def put_outcomes(self, on: int, *rows: Row) -> None:
        """Replaces the outcomes of channel bank of a day."""
        frame = frame_of(self.lake.spark, OUTCOMES, [row | {"channel": "bank"} for row in rows])
        self.lake.replace_day(OUTCOMES, frame, day(on), "bank")

    def check(self, *days: int) -> list[OrdersSummary]:
        """Checks days, and those whose inputs changed."""
        return check_dates(self.lake, [day(on) for on in days])

    def rows(self, on: int, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of a day's rows, sorted."""
        return select(self.rows_as_dicts(on), columns)

    def rows_as_dicts(self, on: int) -> list[Row]:
        """The rows of a day."""
        return [row.asDict() for row in self.lake.read_day(ORDER_CHECKS, day(on)).collect()]


def select(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Some columns of rows, sorted."""
    return sorted((tuple(row[name] for name in columns) for row in rows), key=str)
