"""Puts the fee on every line, and says what is due by our own data."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date

from demo.month.builder import Builder
from demo.month.model import CHANNELS, Month, MonthLine, OurRow
from demo.month.rates import APP_REFUND, Entry, Refunds, find_entry


def charge_fees(builder: Builder) -> None:
    """Sets entry, due and charged fee of every line, in the order in which refunds count."""
    lines = [line for line in builder.lines if line.channel in CHANNELS]
    refunds: dict[int, Refunds] = {}
    for line in sorted(lines, key=lambda line: (line.day, line.traded_at, line.channel_ref)):
        payment = line.payment or line
        entry = _entry_of_line(builder.month, payment)
        if line.taken_back is not None:
            line.entry, line.due, line.fee = line.taken_back.entry, -line.taken_back.due, 0
            continue
        if line.kind == "REFUND":
            key = id(payment)
            if key not in refunds:
                refunds[key] = Refunds(entry, payment.amount, payment.day)
            line.due = refunds[key].due_on(-line.amount, line.day)
            line.entry = name_entry(entry, is_refund=True)
        else:
            line.due = entry.fee(line.amount) if line.status == "SUCCEEDED" else 0
            line.entry = name_entry(entry, is_refund=False)
        line.fee = _charge(line)


def volume_limit(builder: Builder) -> int:
    """The volume of the tier's first step: passed on the eve of the day that is cheaper."""
    first, eve = builder.month.first, builder.month.cheaper_from
    volumes: dict[date, int] = defaultdict(int)
    for line in builder.lines:
        if line.channel == "wechat" and line.has_volume and line.status == "SUCCEEDED":
            volumes[line.day] += line.amount
    before = [volumes[day] for day in builder.month.days if first <= day < eve]
    return sum(before[:-1]) + before[-1] // 2


Accrual = tuple[OurRow, Entry, int]


def list_accruals(builder: Builder) -> Iterator[Accrual]:
    """The fee due by our own data, on the first date on which a transaction is SUCCEEDED."""
    refunds: dict[str, Refunds] = {}
    accrued: dict[str, Accrual] = {}
    final = ("SUCCEEDED", "REVERSED")
    rows = [row for row in builder.rows if row.channel in CHANNELS and row.status in final]
    for row in sorted(rows, key=lambda row: (row.day, row.occurred_at, row.txn_id)):
        payment = row.payment or row
        entry = _entry_of_row(builder.month, payment)
        if row.status == "REVERSED":
            _, entry, due = accrued[row.txn_id]
            yield row, entry, -due
            continue
        if row.kind != "REFUND":
            accrued[row.txn_id] = row, entry, entry.fee(row.amount)
            yield accrued[row.txn_id]
            continue
        if payment.txn_id not in refunds:
            refunds[payment.txn_id] = Refunds(entry, payment.amount, payment.day)
        yield row, entry, refunds[payment.txn_id].due_on(-row.amount, row.day)


def _charge(line: MonthLine) -> int | None:
    if line.status != "SUCCEEDED":
        return 0
    faults: dict[str, Callable[[int], int | None]] = {
        "": lambda due: due,
        "over": lambda due: due + 1,
        "missing": lambda due: None,
        "kept": lambda due: 0,
    }
    return faults[line.fee_fault](line.due)


def _entry_of_line(month: Month, line: MonthLine) -> Entry:
    is_cheaper = line.day >= month.cheaper_from
    return find_entry(line.product, line.traded_at.date(), month.new_card_from, is_cheaper)


def _entry_of_row(month: Month, row: OurRow) -> Entry:
    is_cheaper = row.day >= month.cheaper_from
    return find_entry(row.price_name, row.occurred_at.date(), month.new_card_from, is_cheaper)


def name_entry(entry: Entry, is_refund: bool) -> str:
    """The name that the table bears: the wallet has an entry of its own for refunds of `app`."""
    return APP_REFUND.name if is_refund and entry.name == "app" else entry.name
