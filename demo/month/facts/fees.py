"""What the tables of fees must say."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from demo.month.builder import Builder
from demo.month.fees import Accrual, name_entry
from demo.month.model import CHANNELS, Fact, MonthLine


def fee_facts(builder: Builder, accruals: Sequence[Accrual]) -> Iterator[Fact]:
    """What `fee_checks`, `fee_totals`, `fee_accruals` and `fee_volumes` must say."""
    yield from _line_facts(builder.lines)
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


def _accrual_facts(accruals: Iterable[Accrual]) -> Iterator[Fact]:
    for row, entry, due in accruals:
        name = name_entry(entry, is_refund=row.kind == "REFUND")
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
        name = name_entry(entry, is_refund=row.kind == "REFUND")
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
        # Only the card of WeChat Pay has a price by volume.
        if line.channel == "wechat" and line.has_volume and line.status == "SUCCEEDED":
            sums[str(line.day), line.channel, line.merchant][line.kind == "REFUND"] += abs(
                line.amount
            )
    for key, values in sums.items():
        yield Fact("volume of a day", "fee_volumes", key, tuple(values))
