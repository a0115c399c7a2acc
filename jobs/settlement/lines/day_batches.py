"""`DayBatch` from the rows of `reduce`, and the rows of `settlement_batches` from it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from jobs.settlement.balances import SettlementUnbalanced
from jobs.settlement.bridge.causes import Causes
from jobs.settlement.inputs import DayBatch, FailedPayout, Key, KeyKind, Purse, Sums
from jobs.settlement.lines.reduce import GROUP_COLUMNS

Row = Mapping[str, Any]
_SUMS = ("gross", "refunds", "chargebacks", "other", "fees")


def build_day_batches(
    sums: Iterable[Row],
    settlement_lines: Iterable[Row] = (),
    causes: Mapping[tuple[Any, ...], Causes] | None = None,
) -> dict[date, tuple[DayBatch, ...]]:
    """The batches of each date, from rows of `sum_batches`; where SETTLEMENT lines close batches
    also from those of `select_settlement_lines`. `causes` are by the values of `GROUP_COLUMNS`.

    Raises:
        SettlementUnbalanced: the sums of a batch do not come to what its lines come to.
    """
    at_place: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for line in settlement_lines:
        at_place[_place_of(line)].append(line)
    batches: dict[date, list[DayBatch]] = defaultdict(list)
    for row in sums:
        day = row["business_date"]
        batch = _build(row, at_place[_place_of(row)])
        its = (causes or {}).get(tuple(row[name] for name in GROUP_COLUMNS), ())
        batches[day].append(replace(batch, causes=its))
    return {day: tuple(sorted(of_day, key=_order)) for day, of_day in batches.items()}


def _place_of(row: Row) -> tuple[Any, ...]:
    return row["business_date"], row["per"], row["currency"], row["position"]


def _order(batch: DayBatch) -> tuple[Any, ...]:
    return batch.key or ("", ""), batch.purse, batch.position


def _build(row: Row, settlements: list[Row]) -> DayBatch:
    sums = Sums(**{name: int(row[name]) for name in _SUMS})
    if sums.net != int(row["line_net"]):
        raise SettlementUnbalanced(
            f"{row['business_date']} {row['batch']}: the lines come to {row['line_net']}, their"
            f" sums to {sums.net}"
        )
    key = None if row["key_kind"] is None else Key(KeyKind(row["key_kind"]), row["batch"])
    whole = DayBatch(
        key, Purse(row["per"], row["currency"]), int(row["lines"]), sums,
        int(row["settlement_lines"]), int(row["settlements"]), int(row["position"]),
    )  # fmt: skip
    return _close(whole, settlements) if settlements else whole


def _close(batch: DayBatch, settlements: list[Row]) -> DayBatch:
    """A segment with what its SETTLEMENT lines say: the one that closes it, and failed payouts."""
    failed = tuple(
        FailedPayout(int(line["settlements"]), line["original_ref_norm"])
        for line in sorted(settlements, key=lambda line: str(line["line_id"]))
        if line["settlements"] > 0
    )
    closing = next((line for line in settlements if line["settlements"] < 0), None)
    if closing is None:
        return DayBatch(
            batch.key, batch.purse, batch.lines, batch.sums, position=batch.position, failed=failed
        )
    references = ("batch_ref_norm", "channel_ref_norm", "our_ref_norm")
    names = tuple(closing[name] for name in references if closing[name])
    # A line without any reference is named by its id.
    key = Key(KeyKind.REFERENCE, names[0] if names else closing["line_id"])
    return DayBatch(
        key, batch.purse, batch.lines, batch.sums, 1, int(closing["settlements"]),
        batch.position, names, failed,
    )  # fmt: skip


def batch_row(day: date, channel: str, batch: DayBatch) -> dict[str, Any]:
    """A row of `settlement_batches`."""
    return {
        "business_date": day,
        "channel": channel,
        "batch": batch.key.batch if batch.key else None,
        "key_kind": batch.key.kind.value if batch.key else None,
        "per": batch.purse.per,
        "currency": batch.purse.currency,
        "position": batch.position,
        "lines": batch.lines,
        **{name: getattr(batch.sums, name) for name in (*_SUMS, "net")},
        "settlement_lines": batch.settlement_lines,
        "settlements": batch.settlements,
        "names": list(batch.names),
        "failed": json.dumps([[one.amount, one.original_ref] for one in batch.failed])
        if batch.failed
        else None,
    }
