"""Four reconciled days for an analyst, built row by row."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from jobs.lake.tables import Lake
from schemas.tables import FEE_CHECKS, FEE_TOTALS, OUTCOMES, RUNS, STATEMENT_FILES, Table
from tests.support.ledger import Row, day, frame_of, internal_only_row, pair_row

DAY = day(6)


def put(
    lake: Lake, table: Table, business_date: date, channel: str, *rows: Mapping[str, Any]
) -> None:
    """Replaces the rows of one date and channel; the rows get that date and channel."""
    place = {table.partitions[0]: business_date, "channel": channel}
    frame = frame_of(lake.spark, table, [{**row, **place} for row in rows])
    lake.replace_day(table, frame, business_date, channel)


def pair(unit_id: str, internal: int, statement: int, **other: Any) -> Row:
    """An outcome of a pair, in minor units of CNY, by the pass our_ref."""
    values = {"on": 6, "line_id": f"file:{unit_id}", "matched_by": "our_ref", "chances": 0}
    return pair_row(unit_id, internal, statement, **{**values, **other})


def unmatched_transaction(unit_id: str, outcome: str, amount: int, **other: Any) -> Row:
    """An outcome of a transaction without a line, in minor units of CNY, after one attempt."""
    action = "QUERY" if outcome == "BREAK" else "WAIT"
    values = {"on": 6, "outcome": outcome, "action": action, "chances": 1}
    return internal_only_row(unit_id, amount, **{**values, **other})


def fill(lake: Lake) -> None:
    """Four days of wechat, the last one with a break of each sort, and one of gulfpay in KWD."""
    for days_ago, waiting in ((3, 4), (2, 3), (1, 2)):
        on = 6 - days_ago
        items = [unmatched_transaction(f"W{n}", "SUSPENSE", 1000, on=on) for n in range(waiting)]
        put(lake, OUTCOMES, day(on), "wechat", pair("A1", 500, 500, on=on), *items)
    put(
        lake, OUTCOMES, DAY, "wechat",
        pair("A1", 500, 500),
        pair("A2", 700, 700),
        pair("A3", 12_500, 12_450),  # 0.50 too little came
        unmatched_transaction("A4", "BREAK", 98_765_43, first_run_date=day(4), chances=3),
        unmatched_transaction("A5", "SUSPENSE", 30_00),
    )  # fmt: skip
    kuwait = {"currency": "KWD", "internal_currency": "KWD"}
    put(
        lake, OUTCOMES, DAY, "gulfpay",
        pair("G1", 1_500, 1_500, **kuwait),
        pair("G2", 4_321, 1_000, **kuwait),  # 3.321 dinars are missing
    )  # fmt: skip
    total = {"schedule": "standard", "currency": "CNY", "lines": 3, "amount": 13_650}
    put(lake, FEE_TOTALS, DAY, "wechat", total | {"charged": 85, "due": 82, "difference": 3})
    check = {"line_id": "file:A3", "currency": "CNY", "amount": 12_450, "result": "OVERCHARGED"}
    put(lake, FEE_CHECKS, DAY, "wechat", check | {"charged": 78, "due": 75, "difference": 3})
    run = {"job": "match", "business_date": DAY, "ended_at": datetime(2026, 11, 23, 3, tzinfo=UTC)}
    lake.append_rows(RUNS, [
        run | {"channel": "wechat", "result": "DONE"},
        run | {"channel": "gulfpay", "result": "STATEMENT_INCOMPLETE"},
    ])  # fmt: skip
    received = {"business_date": DAY, "part": "", "version": 1, "rejected_count": 0, "totals": [],
                "received_at": datetime(2026, 11, 23, 2, tzinfo=UTC), "byte_size": 100}  # fmt: skip
    lake.append_rows(STATEMENT_FILES, [
        received | {"channel": "wechat", "status": "ACCEPTED", "file_id": "aa", "line_count": 3,
                    "file_name": "wechat-2026-11-22.csv"},
        received | {"channel": "gulfpay", "status": "QUARANTINED", "file_id": "bb",
                    "file_name": "gulf-2026-11-22.csv", "line_count": 0,
                    "reason": "TotalsDiffer: declared 12.500, lines add up to 12.400"},
    ])  # fmt: skip
