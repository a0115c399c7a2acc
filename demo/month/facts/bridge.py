"""What `settlement_bridge` must say: from our books to what a channel must pay, cause by cause.

One fact per channel, date and cause: the sum over the batches of the date. Causes of 0 have none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from demo.month.builder import Builder
from demo.month.fees import Accrual
from demo.month.model import CHANNELS, Fact
from demo.month.payouts import Batch

#: By channel, date and cause.
Sums = dict[tuple[str, date, str], int]
#: What the match puts away: the reason, and the cause under which the bridge has it.
PUT_AWAY = {"OUT_OF_SCOPE": "OUT_OF_SCOPE", "DUPLICATE_LINE": "DUPLICATE",
            "DUPLICATE_PAYMENT": "DUPLICATE"}  # fmt: skip


def bridge_facts(
    builder: Builder, batches: Iterable[Batch], accruals: Iterable[Accrual]
) -> Iterator[Fact]:
    """The sums by channel, date and cause; nothing is left unexplained."""
    sums: Sums = defaultdict(int)
    accruals = [*accruals]
    pairs = _add_lines(sums, builder, accruals)
    for row, _, due in accruals:
        # A transaction that is reversed only takes its fee back: it was ours on its first date.
        amount = row.amount if row.status == "SUCCEEDED" else 0
        sums[row.channel, row.day, "OURS"] += amount
        sums[row.channel, row.day, "FEE_DUE"] -= due
        if (row.txn_id, row.day) not in pairs:
            sums[row.channel, row.day, "IN_TRANSIT_OUT"] -= amount - due
    for batch in batches:
        day = builder.month.first if batch.is_opening else batch.key
        if day <= builder.month.last:
            sums[batch.channel, day, "CARRIED"] += batch.carried_in
    for (channel, day, cause), total in sums.items():
        if total:
            case = f"bridge: {cause.lower().replace('_', ' ')}"
            yield Fact(case, "settlement_bridge", (channel, str(day), cause), (total,))


def _add_lines(
    sums: Sums, builder: Builder, accruals: Iterable[Accrual]
) -> set[tuple[str, date]]:  # fmt: skip
    """Adds what the lines say; returns the transactions that stand with a line of their date."""
    ours = {(row.txn_id, row.day): (row, due) for row, _, due in accruals
            if row.status == "SUCCEEDED"}  # fmt: skip
    labels = {id(label.line): label for label in builder.labels if label.line is not None}
    pairs = set()
    for line in builder.lines:
        if line.channel not in CHANNELS or not (line.status == "SUCCEEDED" or line.taken_back):
            continue
        place, label = (line.channel, line.day), labels[id(line)]
        own = label.row and ours.get((label.row.txn_id, line.day))
        if label.reasons in PUT_AWAY:
            sums[*place, PUT_AWAY[label.reasons]] += line.net
        elif own and not line.taken_back:
            row, due = own
            pairs.add((row.txn_id, line.day))
            sums[*place, "AMOUNT_DIFFERENCE"] += line.amount - row.amount
            sums[*place, "FEE_DIFFERENCE"] += due - line.charged
        else:
            sums[*place, "IN_TRANSIT_IN"] += line.net
    return pairs
