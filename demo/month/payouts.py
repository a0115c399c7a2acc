"""What the channels pay out, and when: every batch has a fate, and the bank's lines follow from it.

The day on which a batch is paid, its credits, and each of its rows follow from the fate alone.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from demo.month.builder import Builder
from demo.month.business_days import ONE_DAY, add_business_days, is_business_day
from demo.month.model import MonthLine

#: Where a channel pays, how the bank prints its name, and what stands behind a named payout.
ACCOUNT = {"wechat": "icbc", "bankcard": "icbc", "epay": "cmb"}
PAYERS = {"wechat": "财付通支付科技有限公司", "bankcard": "银行卡清算中心", "epay": "EPAY LTD"}
PLAIN_TEXT = {"wechat": "备付金", "bankcard": "CARD SETTLEMENT", "epay": "EPAY PAYOUT"}
PREFIX = {"wechat": "WX", "epay": "EP"}
SHORT_BY, OVER_BY = 100_00, 50_00
#: What becomes of batches that are due alone, in order; each channel begins again at the end.
FATES = {
    "wechat": ("late", "short", "on time", "over", "missing", "returned", "split", "on time",
               "never", "on time"),
    "bankcard": ("split", "late", "on time", "returned", "missing", "on time", "never", "on time"),
}  # fmt: skip


@dataclass
class Batch:
    """A batch as the story has it. `nets`: what its lines of each date add up to.

    `paid_on` holds the credits in order; `returned_on` is the day on which the bank took all of
    them back. `step`: how its credits are recognised.
    """

    channel: str
    key: date
    merchant: str = ""
    nets: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    fate: str = "on time"
    carried_in: int = 0
    is_carried: bool = False
    is_opening: bool = False
    credits: list[tuple[date, int, str]] = field(default_factory=list)
    returned_on: date | None = None
    credit_lines: dict[date, list[MonthLine]] = field(default_factory=lambda: defaultdict(list))

    @property
    def total(self) -> int:
        """What the channel must pay in the end."""
        return sum(self.nets.values()) + self.carried_in

    def total_on(self, run: date) -> int:
        """What it must pay as far as the run knows; money is carried to it on its own date."""
        known = sum(net for day, net in self.nets.items() if day <= run)
        return known + (self.carried_in if run >= self.key or self.is_opening else 0)

    @property
    def first_run(self) -> date:
        """The first run on which it has lines."""
        return min(self.nets, default=self.key)


def due_date(channel: str, start: date) -> date:
    """When a batch is due, counted from its last line or the day it was opened again."""
    return start if channel == "epay" else add_business_days(start, 1)


def grace_end(channel: str, due: date) -> date:
    """The last day on which an unpaid batch is late and not yet missing."""
    return due + 2 * ONE_DAY if channel == "epay" else add_business_days(due, 2)


def draw_batches(builder: Builder) -> list[Batch]:
    """The batches of the three channels with their fates, in order; without credits yet."""
    batches: dict[tuple[str, date, str], Batch] = {}
    for line in builder.lines:
        if line.channel not in ACCOUNT or not (line.status == "SUCCEEDED" or line.taken_back):
            continue
        key = line.settles_on or line.day
        merchant = line.merchant if line.channel == "epay" else ""
        place = (line.channel, key, merchant)
        batch = batches.setdefault(place, Batch(line.channel, key, merchant))
        batch.nets[line.day] += line.net
    ordered = [batches[place] for place in sorted(batches)]
    for channel, fates in FATES.items():
        alone = [batch for batch in ordered if batch.channel == channel and _is_due_alone(batch)]
        for number, batch in enumerate(alone):
            batch.fate = fates[number % len(fates)]
    for number, batch in enumerate(one for one in ordered if one.merchant == "EM01"):
        batch.fate = "late" if number % 7 == 3 else "on time"
    for number, batch in enumerate(one for one in ordered if one.merchant == "EM02"):
        batch.fate = "with the next" if number % 6 == 1 else "on time"
    return ordered


def carry_small_batches(batches: list[Batch], minimum: int) -> None:
    """The wallet pays no batch below its minimum, and nobody one below 0: they go into the next
    batch of the channel and merchant.
    """
    waiting: dict[tuple[str, str], int] = defaultdict(int)
    for batch in batches:
        purse = batch.channel, batch.merchant
        batch.carried_in, waiting[purse] = waiting[purse], 0
        if batch.total < (minimum if batch.channel == "epay" else 0):
            batch.is_carried = True
            waiting[purse] = batch.total


def pay_batches(builder: Builder, batches: list[Batch]) -> None:
    """Adds the bank's lines to the statements; each batch gets its credits."""
    for channel in ("wechat", "bankcard"):
        groups: dict[date, list[Batch]] = defaultdict(list)
        for batch in batches:
            if batch.channel == channel and not batch.is_carried:
                groups[due_date(channel, batch.key)].append(batch)
        for number, (due, group) in enumerate(groups.items()):
            is_merged = len(group) > 1 and (channel == "bankcard" or number % 2 == 0)
            if is_merged:
                _pay_together(builder, group, due)
            else:
                for batch in group:
                    _pay_by_fate(builder, batch, due)
    _pay_wallet(builder, [batch for batch in batches if batch.channel == "epay"])


def open_before(builder: Builder, eve: date, amount: int) -> Batch:
    """The batch of WeChat Pay that was open when the month began; it is paid when it is due."""
    batch = Batch("wechat", eve, is_opening=True, carried_in=amount)
    _credit(builder, batch, due_date("wechat", eve), amount, PLAIN_TEXT["wechat"], "amount")
    return batch


def _is_due_alone(batch: Batch) -> bool:
    eve, due = batch.key - ONE_DAY, batch.key + ONE_DAY
    return all(is_business_day(day) for day in (eve, batch.key, due)) and batch.nets != {}


def _pay_by_fate(builder: Builder, batch: Batch, due: date) -> None:
    channel, total = batch.channel, batch.total
    named = f"{PREFIX[channel]}{batch.key:%Y%m%d}" if channel in PREFIX else PLAIN_TEXT[channel]
    step = "reference" if channel in PREFIX else "amount"
    late, missing = add_business_days(due, 2), add_business_days(due, 4)
    match batch.fate:
        case "never":
            return
        case "late":
            _credit(builder, batch, late, total, named, step)
        case "missing":
            _credit(builder, batch, missing, total, named, step)
        case "short":
            _credit(builder, batch, due, total - SHORT_BY, named, step)
        case "over":
            _credit(builder, batch, due, total + OVER_BY, named, step)
        case "split":
            step = "reference" if channel in PREFIX else "credits"
            _credit(builder, batch, due, total // 3, named, step)
            _credit(builder, batch, due, total - total // 3, named, step)
        case "returned":
            paid = _credit(builder, batch, due, total, named, step)
            back_on = add_business_days(due, 1)
            if paid is not None and return_credit(builder, channel, paid, back_on):
                batch.returned_on = back_on
                _credit(builder, batch, add_business_days(back_on, 1), total, named, step)
        case _:
            _credit(builder, batch, due, total, named, step)


def _pay_together(builder: Builder, group: list[Batch], day: date) -> None:
    """One credit for several batches in a row, which it does not name."""
    channel = group[0].channel
    total = sum(batch.total for batch in group)
    line = add_bank_line(builder, channel, day, total, PLAIN_TEXT[channel])
    for batch in group:
        batch.fate = "merged"
        if line is not None:
            _note(batch, line, batch.total, "batches")


def _pay_wallet(builder: Builder, batches: list[Batch]) -> None:
    paid = [batch for batch in batches if not batch.is_carried]
    together: dict[str, Batch] = {}
    for batch in paid:
        first = together.pop(batch.merchant, None)
        if first is not None and batch.key == first.key + ONE_DAY:
            _pay_together(builder, [first, batch], batch.key)
            continue
        if first is not None:
            first.fate = "never"
        if batch.fate == "with the next":
            together[batch.merchant] = batch
            continue
        is_late = batch.fate == "late"
        others = [one for one in paid if one.key == batch.key and one.merchant != batch.merchant]
        waits = [one for one in others if one.fate in ("with the next", "never")]
        is_named_alone = not (waits if is_late else others)
        step = "reference" if is_named_alone else "amount"
        day = batch.key + ONE_DAY * 2 if is_late else batch.key
        _credit(builder, batch, day, batch.total, f"EP{batch.key:%Y%m%d}", step)
    for batch in together.values():
        batch.fate = "never"


def _credit(
    builder: Builder, batch: Batch, day: date, amount: int, text: str, step: str
) -> MonthLine | None:
    line = add_bank_line(builder, batch.channel, day, amount, text)
    if line is not None:
        _note(batch, line, amount, step)
    return line


def _note(batch: Batch, line: MonthLine, amount: int, step: str) -> None:
    batch.credits.append((line.day, amount, step))
    batch.credit_lines[line.day].append(line)


def add_bank_line(
    builder: Builder, channel: str, day: date, amount: int, text: str
) -> MonthLine | None:
    """A payout on our account; None after the last day."""
    if day > builder.month.last:
        return None
    line = builder.bank_line(ACCOUNT[channel], day, amount, text, PAYERS[channel])
    builder.label(f"payout of {channel}", None, line, "EXCLUDED", "OUT_OF_SCOPE", "NONE", day)
    return line


def return_credit(
    builder: Builder, channel: str, paid: MonthLine, day: date
) -> MonthLine | None:  # fmt: skip
    """The bank takes a credit back, and names it; None after the last day."""
    back = add_bank_line(builder, channel, day, -paid.amount, "退汇")
    if back is not None:
        back.back_ref = paid.channel_ref
    return back
