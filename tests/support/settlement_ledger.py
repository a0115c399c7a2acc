"""A channel's settlement run by run, without an engine. Amounts in minor units, days from T."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from jobs.settlement.inputs import (
    BankLine,
    DayBatch,
    FailedPayout,
    InTransit,
    Key,
    KeyKind,
    Purse,
    Sums,
)
from jobs.settlement.rows import Balance, SettlementRow
from jobs.settlement.settle import DaySettlement, settle
from jobs.settlement.terms import Terms, start_state
from schemas.business_calendar import Calendar
from schemas.profile.settlement import Settlement
from tests.support.ledger import day

_RULES: dict[str, Any] = {
    "batch_by": "batch_ref",
    "due": {"after": 1, "days": "calendar"},
    "grace": 2,
    "bank": "bank",
    "find": [{"reference": "WX{batch}"}, {"payer": "Tenpay"}],
}


def terms_of(first: int = -100, calendar: Calendar | None = None, **rules: Any) -> Terms:
    """T+1 in calendar days, two days of grace, credits named WX and the batch."""
    settlement = Settlement.model_validate(_RULES | rules)
    return Terms(settlement, day(first), calendar or Calendar())


def key_of(batch: str | int | None) -> Key | None:
    """The key of a reference, or of a day from T."""
    if isinstance(batch, int):
        return Key(KeyKind.DATE, str(day(batch)))
    return None if batch is None else Key(KeyKind.REFERENCE, batch)


def lines(
    batch: str | int | None,
    gross: int = 0,
    *,
    settlement: int | None = None,
    per: str = "",
    currency: str = "CNY",
    **sums: int,
) -> DayBatch:
    """A date's lines of one batch: `gross` of payments, other sums by name; `settlement` is the
    amount of its SETTLEMENT line, as signed.
    """
    count = int(bool(gross or sums))
    return DayBatch(
        key_of(batch), Purse(per, currency), count, Sums(gross=gross, **sums),
        settlement_lines=int(settlement is not None), settlements=settlement or 0,
    )  # fmt: skip


def segment(
    batch: str | None, gross: int = 0, settlement: int | None = None, *, position: int = 0,
    failed: Iterable[tuple[int, str | None]] = (), names: Iterable[str] = (),
) -> DayBatch:  # fmt: skip
    """Lines up to the SETTLEMENT line that names them, or up to the end of the date."""
    key = Key(KeyKind.UNCLOSED, "") if batch is None else key_of(batch)
    one = replace(lines("x", gross, settlement=settlement), key=key, position=position)
    back = tuple(FailedPayout(amount, ref) for amount, ref in failed)
    return replace(one, failed=back, names=tuple(names))


def credit(line_id: str, amount: int, names: str | None = None, **other: Any) -> BankLine:
    """A bank line with its own channel_ref; `names` stands in its text. `World.run` dates it."""
    values = {"channel_ref": f"F-{line_id}", "text": names, "currency": "CNY", **other}
    return BankLine(line_id=line_id, amount=amount, business_date=date.min, **values)


class World:
    """A channel: `run` settles a day from T and keeps the state for the next one."""

    def __init__(self, terms: Terms | None = None, **rules: Any) -> None:
        self.terms = terms or terms_of(**rules)
        self.state = start_state(self.terms)

    def run(
        self,
        offset: int,
        batches: Iterable[DayBatch] = (),
        credits: Iterable[BankLine] = (),
        bank: bool = True,
        in_transit: Iterable[InTransit] = (),
    ) -> DaySettlement:
        dated = [
            replace(one, business_date=day(offset)) if one.business_date == date.min else one
            for one in credits
        ]
        settled = settle(day(offset), batches, dated, bank, self.state, self.terms, in_transit)
        self.state = settled.state
        return settled

    def rest(self, first: int, last: int, **other: Any) -> DaySettlement:
        """Runs without lines and credits."""
        for offset in range(first, last + 1):
            settled = self.run(offset, **other)
        return settled


def show(settled: DaySettlement) -> list[str]:
    """The rows as `batch RESULT expected/credited`, with number, `per`, reasons and credits where
    there are such.
    """
    return [_show_row(row) for row in settled.rows]


def _show_row(row: SettlementRow) -> str:
    name = row.batch or "-"
    if row.batch_no is not None and row.batch_no > 1:
        name += f"#{row.batch_no}"
    name += f"/{row.per}" if row.per else ""
    text = f"{name} {row.result} {row.expected}/{row.credited}"
    if row.carried_out:
        text += f" out {row.carried_out}"
    if row.reasons:
        text += f" [{', '.join(row.reasons)}]"
    if row.credit_line_ids:
        text += f" {'+'.join(row.credit_line_ids)}"
    return text


def balance_of(settled: DaySettlement, currency: str = "CNY") -> Balance:
    return next(one for one in settled.balances if one.currency == currency)


def owed_of(settled: DaySettlement) -> dict[str, int]:
    """What is owed in CNY: `open`, and what is unresolved by cause, zeros left out."""
    balance = balance_of(settled)
    parts = {"open": balance.open, **balance.unresolved}
    return {cause: amount for cause, amount in parts.items() if amount}
