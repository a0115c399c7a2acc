"""The demo's bank account: what the channels pay out, and what must become of each batch.

A batch is what a channel owes for one date, and is due on the next business day. The five days are
Monday to Friday.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from demo.builder import DataBuilder
from demo.model import BANK, CHANNELS, DAYS, LAST, Line, outcome_without_partner

ONE_DAY = timedelta(days=1)
#: How a channel names its payouts, and who pays them.
PAYERS = {"wechat": "财付通支付科技有限公司", "bankcard": "银行卡清算中心", "epay": "EPAY LTD"}
_SHORT_BY = 100_00
_STRANGE = 123_45


@dataclass(frozen=True)
class SettlementLabel:
    """The last row of a batch that must stand in `settlement_checks`; amounts in fen."""

    channel: str
    batch: str
    result: str
    expected: int
    credited: int
    run_date: date


def draw_settlement(builder: DataBuilder) -> list[SettlementLabel]:
    """Adds the lines of the bank account, and their labels; returns those of the batches.

    wechat pays each batch on the next day, but that of the second day 100.00 short, and that of
    the third day not at all. bankcard pays the first two batches together. epay's batch of the
    fourth day comes in two credits. Nobody knows a credit of the second day.
    """
    net = {(name, day): _net_of(builder, name, day) for name in CHANNELS for day in DAYS}
    labels: list[SettlementLabel] = []

    def settled(name: str, day: date, on: date) -> None:
        owed = net[name, day]
        labels.append(SettlementLabel(name, str(day), "SETTLED", owed, owed, on))

    for day in DAYS[:4]:
        if day not in (DAYS[1], DAYS[2]):
            _credit(builder, "wechat", day + ONE_DAY, net["wechat", day], f"WX{day:%Y%m%d}")
            settled("wechat", day, day + ONE_DAY)
    _credit(builder, "wechat", DAYS[2], net["wechat", DAYS[1]] - _SHORT_BY, f"WX{DAYS[1]:%Y%m%d}")
    owed = net["wechat", DAYS[1]]
    # It stays open until it would be missing, and is closed as short on that day.
    labels.append(SettlementLabel("wechat", str(DAYS[1]), "SHORT", owed, owed - _SHORT_BY, LAST))
    labels.append(SettlementLabel("wechat", str(DAYS[2]), "LATE", net["wechat", DAYS[2]], 0, LAST))
    both = net["bankcard", DAYS[0]] + net["bankcard", DAYS[1]]
    _credit(builder, "bankcard", DAYS[2], both, "CARD SETTLEMENT")
    settled("bankcard", DAYS[0], DAYS[2])
    settled("bankcard", DAYS[1], DAYS[2])
    for day in DAYS[2:4]:
        _credit(builder, "bankcard", day + ONE_DAY, net["bankcard", day], "CARD SETTLEMENT")
        settled("bankcard", day, day + ONE_DAY)
    for day in DAYS[:3]:
        _credit(builder, "epay", day + ONE_DAY, net["epay", day], f"EP{day:%Y%m%d}")
        settled("epay", day, day + ONE_DAY)
    first = net["epay", DAYS[3]] // 3
    _credit(builder, "epay", LAST, first, f"EP{DAYS[3]:%Y%m%d}")
    _credit(builder, "epay", LAST, net["epay", DAYS[3]] - first, f"EP{DAYS[3]:%Y%m%d}")
    settled("epay", DAYS[3], LAST)
    labels += [
        SettlementLabel(name, str(LAST), "PENDING", net[name, LAST], 0, LAST) for name in CHANNELS
    ]
    strange = _credit(builder, None, DAYS[1], _STRANGE, "转账")
    is_broken, run = outcome_without_partner(BANK, strange.day, other="internal")
    outcome, action = ("BREAK", "REVIEW") if is_broken else ("SUSPENSE", "WAIT")
    builder.label_item("unknown_credit", None, strange, outcome, "STATEMENT_ONLY", action, run)
    return labels


def _net_of(builder: DataBuilder, name: str, day: date) -> int:
    """Amounts less fees of the lines that succeeded, as their files came."""
    return sum(
        line.amount - (line.fee or 0)
        for line in builder.lines
        if (line.channel, line.day, line.status) == (name, day, "SUCCEEDED") and not line.is_absent
    )


def _credit(builder: DataBuilder, name: str | None, day: date, amount: int, text: str) -> Line:
    number = sum(line.channel == BANK for line in builder.lines) + 1
    line = Line(
        BANK, day, "", "ADJUSTMENT", "SUCCEEDED", amount, None, "", f"{day:%Y%m%d}{number:06d}",
        datetime(day.year, day.month, day.day, 9, number % 60), text,
        payer=PAYERS[name] if name else "张三",
    )  # fmt: skip
    builder.lines.append(line)
    if name is not None:
        builder.label_item("payout", None, line, "EXCLUDED", "OUT_OF_SCOPE", "NONE", day)
    return line
