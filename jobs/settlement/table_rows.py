"""Rows of tables from what a run gives, and the state back from its table."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from jobs.settlement.balances import CAUSES
from jobs.settlement.bridge.causes import BridgeCause
from jobs.settlement.bridge.growth import BridgeRow
from jobs.settlement.inputs import BankLine, Key, KeyKind, Purse, Sums
from jobs.settlement.rows import Balance, SettlementRow
from jobs.settlement.state import Batch, Credit, CreditState, MatchedBy, Share, State
from jobs.settlement.vocabulary import SettlementResult

Row = dict[str, Any]
_BATCH_DATES = ("first_date", "due_from", "last_paid")
_LINE_DATES = ("business_date", "value_date")


def check_row(run_date: date, channel: str, row: SettlementRow) -> Row:
    """A row of `settlement_checks`."""
    values = asdict(row)
    values.update(values.pop("sums"))
    values.update(
        run_date=run_date,
        channel=channel,
        net=row.sums.net,
        result=row.result.value,
        action=row.action.value,
        reasons=list(row.reasons),
        credit_line_ids=list(row.credit_line_ids),
        matched_by=None if row.matched_by is None else str(row.matched_by),
    )
    return values


def balance_row(day: date, channel: str, balance: Balance) -> Row:
    """A row of `channel_balances`."""
    values = asdict(balance)
    causes = values.pop("unresolved")
    by_cause = {cause: causes.get(cause, 0) for cause in CAUSES}
    return {
        "business_date": day, "channel": channel, **values,
        "unresolved": sum(by_cause.values()), **by_cause,
    }  # fmt: skip


def bridge_row(day: date, channel: str, row: BridgeRow) -> Row:
    """A row of `settlement_bridge`."""
    return {
        "business_date": day, "channel": channel, **row.slot._asdict(),
        "cause": row.cause.value, "amount": row.amount,
    }  # fmt: skip


def state_rows(channel: str, state: State) -> Iterator[Row]:
    """Rows of `settlement_open`, all of the state's last run.

    Raises:
        ValueError: the state is of no run.
    """
    if state.last_run is None:
        raise ValueError("a state before the first run has no rows")

    def row(item: str, item_id: str, money: tuple[str, int], content: Any, result: Any) -> Row:
        return {
            "run_date": state.last_run, "channel": channel, "item": item, "item_id": item_id,
            "currency": money[0], "amount": money[1], "result": result and str(result),
            "content": json.dumps(content, default=str, sort_keys=True),
        }  # fmt: skip

    for batch in state.batches:
        item_id = "/".join((batch.key.kind, batch.key.text, batch.purse.per, str(batch.batch_no)))
        money = batch.purse.currency, batch.lack
        yield row("BATCH", item_id, money, asdict(batch), batch.result)
    for credit in state.credits:
        money = credit.line.currency, credit.line.amount
        yield row("CREDIT", credit.line.line_id, money, asdict(credit), credit.result)
    for purse, amount in state.carried:
        yield row("CARRIED", purse.per, (purse.currency, amount), {}, None)
    for currency, amount in state.closing:
        yield row("CLOSING", currency, (currency, amount), {}, None)
    for (currency, cause), amount in state.resolved:
        yield row("RESOLVED", cause, (currency, amount), {}, None)


def read_state(rows: Iterable[Mapping[str, Any]]) -> State:
    """The state that `state_rows` wrote, whatever the order of its rows; an empty one of none."""
    by_item: dict[str, list[Mapping[str, Any]]] = {}
    last_run = None
    for row in rows:
        by_item.setdefault(row["item"], []).append(row)
        last_run = row["run_date"]
    batches = [_read_batch(json.loads(row["content"])) for row in by_item.get("BATCH", ())]
    credits = [_read_credit(json.loads(row["content"])) for row in by_item.get("CREDIT", ())]
    return State(
        batches=tuple(sorted(batches, key=lambda batch: batch.id)),
        credits=tuple(sorted(credits, key=lambda credit: credit.line.line_id)),
        carried=tuple(sorted(
            (Purse(row["item_id"], row["currency"]), row["amount"])
            for row in by_item.get("CARRIED", ())
        )),
        closing=tuple(sorted(
            (row["currency"], row["amount"]) for row in by_item.get("CLOSING", ())
        )),
        resolved=tuple(sorted(
            ((row["currency"], row["item_id"]), row["amount"])
            for row in by_item.get("RESOLVED", ())
        )),
        last_run=last_run,
    )  # fmt: skip


def _read_batch(values: Row) -> Batch:
    kind, text = values.pop("key")
    shares = [
        Share(line_id, amount, MatchedBy(step)) for line_id, amount, step in values.pop("shares")
    ]
    _read_dates(values, _BATCH_DATES)
    return Batch(
        key=Key(KeyKind(kind), text),
        purse=Purse(*values.pop("purse")),
        sums=Sums(**values.pop("sums")),
        names=tuple(values.pop("names")),
        shares=tuple(shares),
        result=_read_result(values.pop("result")),
        causes=tuple((BridgeCause(cause), sum_) for cause, sum_ in values.pop("causes", ())),
        **values,
    )


def _read_credit(values: Row) -> Credit:
    line = values.pop("line")
    _read_dates(line, _LINE_DATES)
    return Credit(
        line=BankLine(**line),
        state=CreditState(values.pop("state")),
        result=_read_result(values.pop("result")),
        **values,
    )


def _read_dates(values: Row, names: Iterable[str]) -> None:
    for name in names:
        if values[name] is not None:
            values[name] = date.fromisoformat(values[name])


def _read_result(text: str | None) -> SettlementResult | None:
    return None if text is None else SettlementResult(text)
