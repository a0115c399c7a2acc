"""Puts the fee on every line, and computes what every table of fees must say."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from demo.month.builder import Builder
from demo.month.model import CHANNELS, Fact, Month, MonthLine, OurRow
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
            line.entry = _name(entry, is_refund=True)
        else:
            line.due = entry.fee(line.amount) if line.status == "SUCCEEDED" else 0
            line.entry = _name(entry, is_refund=False)
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


def fee_facts(builder: Builder) -> Iterator[Fact]:
    """What `fee_checks`, `fee_totals`, `fee_accruals` and `fee_volumes` must say."""
    yield from _line_facts(builder.lines)
    accruals = [*_accruals(builder)]
    yield from _accrual_facts(accruals)
    yield from _total_facts(builder.lines, accruals)
    yield from _volume_facts(builder)


def _line_facts(lines: Iterable[MonthLine]) -> Iterator[Fact]:
    for line in lines:
        if line.channel not in CHANNELS:
            continue
        result = {"over": "OVERCHARGED", "missing": "FEE_MISSING", "kept": "OVERCHARGED"}
        difference = line.charged - line.due
        kind = "refund" if line.kind == "REFUND" else "payment"
        case = f"{line.entry}, {kind}{', taken back' if line.taken_back else ''}"
        if line.fee_fault:
            case = {"over": "a cent over", "missing": "no fee printed",
                    "kept": "fee kept at a refund"}[line.fee_fault]  # fmt: skip
        value = (result[line.fee_fault] if line.fee_fault else "OK", difference)
        yield Fact(f"fee: {case}", "fee_checks", (line.line_id,), value)


Accrual = tuple[OurRow, Entry, int]


def _accruals(builder: Builder) -> Iterator[Accrual]:
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


def _accrual_facts(accruals: Iterable[Accrual]) -> Iterator[Fact]:
    for row, entry, due in accruals:
        name = _name(entry, is_refund=row.kind == "REFUND")
        key = (str(row.day), row.channel, row.txn_id)
        yield Fact("fees accrued from our own side", "fee_accruals", key, (name, due))


def _total_facts(lines: Iterable[MonthLine], accruals: Iterable[Accrual]) -> Iterator[Fact]:
    sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * 5)
    for line in lines:
        if line.channel in CHANNELS:
            # Lines that did not succeed owe nothing, and are counted like all others.
            one = sums[str(line.day), line.channel, line.entry]
            for place, value in enumerate((1, line.amount, line.charged, line.due)):
                one[place] += value
    for row, entry, due in accruals:
        name = _name(entry, is_refund=row.kind == "REFUND")
        sums[str(row.day), row.channel, name][4] += due
    for key, values in sums.items():
        yield Fact("fee totals of a day and entry", "fee_totals", key, tuple(values))
    months: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * 4)
    for (day, channel, name), values in sums.items():
        one = months[f"{day[:7]}-01", channel, name]
        for place in range(4):
            one[place] += values[place]
    for key, values in months.items():
        yield Fact("fees of the month and entry", "fee_months", key, tuple(values))


def _volume_facts(builder: Builder) -> Iterator[Fact]:
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in builder.lines:
        if line.taken_back is not None:
            sums[str(line.day), line.channel, line.merchant][0] -= line.amount
        elif line.channel in CHANNELS and line.has_volume and line.status == "SUCCEEDED":
            sums[str(line.day), line.channel, line.merchant][line.kind == "REFUND"] += abs(
                line.amount
            )
    for key, values in sums.items():
        yield Fact("volume of a day", "fee_volumes", key, tuple(values))


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


def _name(entry: Entry, is_refund: bool) -> str:
    """The name that the table bears: the wallet has an entry of its own for refunds of `app`."""
    return APP_REFUND.name if is_refund and entry.name == "app" else entry.name
