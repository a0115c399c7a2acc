"""What the batches of a channel grew by on a date, by cause: the rows of `settlement_bridge`."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from jobs.settlement.balances import SettlementUnbalanced
from jobs.settlement.books import Books
from jobs.settlement.bridge.causes import BridgeCause, add_causes, to_causes, total_of
from jobs.settlement.inputs import DayBatch, InTransit, KeyKind
from jobs.settlement.state import Batch, State
from jobs.settlement.vocabulary import SettlementResult


class Slot(NamedTuple):
    """What a row of the bridge is about: a batch as `settlement_checks` names it, or money that has
    none.
    """

    batch: str | None
    batch_no: int | None
    per: str
    currency: str


@dataclass(frozen=True)
class BridgeRow:
    """A row of `settlement_bridge`, partitions apart; minor units."""

    slot: Slot
    cause: BridgeCause
    amount: int


_Amounts = dict[Slot, Counter[BridgeCause]]


def bridge_run(
    before: State, books: Books, day_batches: Iterable[DayBatch], in_transit: Iterable[InTransit]
) -> list[BridgeRow]:
    """The rows of a run: per batch they add up to what its `expected` grew by.

    Lines of batches that a SETTLEMENT line has yet to close stand without a batch; when it has,
    their causes move to it. Lines that belong to no batch are carried out at once, and what of ours
    is in transit adds up to 0.

    Raises:
        SettlementUnbalanced: the causes do not add up.
    """
    grown: _Amounts = defaultdict(Counter)
    expected: Counter[Slot] = Counter()
    for batch in books.batches.values():
        _add_batch(grown, batch, 1)
        expected[_slot_of(batch)] += _expected_of(batch)
    # The batches of the first run were open before it, so that it grows by them, too.
    for batch in before.batches if before.last_run is not None else ():
        if batch.id in books.batches or batch.key.kind == KeyKind.UNCLOSED:
            _add_batch(grown, batch, -1)
            expected[_slot_of(batch)] -= _expected_of(batch)
    for lines in day_batches:
        if lines.key is None:
            slot = Slot(None, None, *lines.purse)
            _add(grown, slot, lines.explained)
            grown[slot][BridgeCause.CARRIED] -= lines.sums.net
    for one in in_transit:
        _add(grown, Slot(None, None, *one.purse), one.causes)
    for slot, causes in grown.items():
        if causes.total() != expected[slot]:
            raise SettlementUnbalanced(
                f"{books.day} {slot}: the bridge comes to {causes.total()}, expected grew by"
                f" {expected[slot]}: {dict(causes)}"
            )
    return [
        BridgeRow(slot, cause, amount)
        for slot in sorted(grown, key=str)
        for cause, amount in to_causes(grown[slot])
    ]


def _add(grown: _Amounts, slot: Slot, causes: Iterable[tuple[BridgeCause, int]]) -> None:
    for cause, amount in causes:
        grown[slot][cause] += amount


def _slot_of(batch: Batch) -> Slot:
    number = None if batch.key.kind == KeyKind.UNCLOSED else batch.batch_no
    return Slot(batch.key.batch, number, *batch.purse)


def _expected_of(batch: Batch) -> int:
    """`expected` of the batch's row: what is carried out by carrying the whole batch is in it."""
    return batch.claim + (batch.carried_out if _is_carried(batch) else 0)


def _is_carried(batch: Batch) -> bool:
    return batch.result == SettlementResult.CARRIED


def _add_batch(grown: _Amounts, batch: Batch, sign: int) -> None:
    """Adds what a batch expects, by cause, or takes it off.

    Raises:
        SettlementUnbalanced: the causes of its lines do not come to their net.
    """
    if total_of(batch.causes) != batch.sums.net:
        raise SettlementUnbalanced(
            f"batch {batch.key.text}: the causes of its lines come to {total_of(batch.causes)},"
            f" their net is {batch.sums.net}"
        )
    carried = batch.carried_in - (0 if _is_carried(batch) else batch.carried_out)
    declared = 0 if batch.declared is None else batch.declared - batch.total
    every = add_causes(
        batch.causes,
        ((BridgeCause.CARRIED, carried), (BridgeCause.DECLARED_DIFFERENCE, declared)),
    )
    for cause, amount in every:
        grown[_slot_of(batch)][cause] += sign * amount
