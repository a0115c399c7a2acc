"""The files of the acquirer, the wallet and our banks; that of WeChat Pay is the demo's."""

from collections.abc import Callable, Sequence
from datetime import date

from demo.layouts import EPAY_STATES as STATES
from demo.layouts import MERCHANT, format_yuan, render_wechat
from demo.month.model import MonthLine

CARD_HEADER = (
    "交易时间|清算日期|交易类型|商户号|检索参考号|原检索参考号|商户订单号|卡号|卡种|借贷标志|交易金额"
    "|手续费"
)
EPAY_HEADER = (
    "trade_no,original_trade_no,merchant_order,finished_at,type,state,merchant,product,amount,fee"
)
ICBC_HEADER = "流水号,交易时间,类型,发生额,对方户名,客户参考号,原流水号,摘要"
CMB_HEADER = "账务日期|交易时间|流水号|借方金额|贷方金额|对手名称|原流水号|附言"
#: A payment that does not stand any more is listed once more, in the state `reversed`.
EPAY_STATES = {**STATES, "REVERSED": "reversed"}
Renderer = Callable[[Sequence[MonthLine]], str]


def render_bankcard(lines: Sequence[MonthLine]) -> str:
    """Bars, fen without a sign but for fees, a sign column, and a trailer of totals."""
    rows = [CARD_HEADER]
    for line in lines:
        assert line.settles_on is not None
        rows.append("|".join((
            f"{line.traded_at:%Y%m%d%H%M%S}", f"{line.settles_on:%Y%m%d}",
            "消费" if line.kind == "PAYMENT" else "退货", line.merchant, line.channel_ref,
            line.payment.channel_ref if line.payment else "",
            line.our_ref and line.our_ref.zfill(20), line.card, line.product,
            "贷" if line.amount > 0 else "借", str(abs(line.amount)), str(line.fee),
        )))  # fmt: skip
    paid = sum(line.amount for line in lines if line.kind == "PAYMENT")
    back = -sum(line.amount for line in lines if line.kind == "REFUND")
    fees = sum(line.fee or 0 for line in lines)
    return "\r\n".join([*rows, f"合计|{len(lines)}|{paid}|{back}|{fees}"]) + "\r\n"


def render_epay(lines: Sequence[MonthLine]) -> str:
    """Quoted cells, yuan, refunds unsigned, no totals."""
    rows = [EPAY_HEADER]
    for line in lines:
        cells = (
            line.channel_ref, line.payment.channel_ref if line.payment else "",
            f"EP-{line.our_ref}", f"{line.traded_at:%Y-%m-%d %H:%M:%S}",
            "pay" if line.kind == "PAYMENT" else "refund", EPAY_STATES[line.status],
            line.merchant, line.product, format_yuan(abs(line.amount)),
            "" if line.fee is None else format_yuan(line.fee),
        )  # fmt: skip
        rows.append(",".join(f'"{cell}"' for cell in cells))
    return "\n".join(rows) + "\n"


def render_icbc(lines: Sequence[MonthLine]) -> str:
    """Yuan with a sign, the payer in clear, a trailer of totals."""
    rows = [ICBC_HEADER]
    for line in lines:
        kind = "代付" if line.kind == "PAYOUT" else "转账"
        rows.append(",".join((
            line.channel_ref, f"{line.traded_at:%Y-%m-%d %H:%M:%S}", kind,
            format_yuan(line.amount), line.payer, line.our_ref, line.back_ref, line.product,
        )))  # fmt: skip
    total = format_yuan(sum(line.amount for line in lines))
    return "\n".join([*rows, f"合计,{len(lines)},{total}"]) + "\n"


def render_cmb(lines: Sequence[MonthLine]) -> str:
    """Bars, and a column each for what comes and what goes."""
    rows = [CMB_HEADER]
    for line in lines:
        size = format_yuan(abs(line.amount))
        out, into = ("", size) if line.amount > 0 else (size, "")
        rows.append("|".join((
            f"{line.day:%Y%m%d}", f"{line.traded_at:%H%M%S}", line.channel_ref, out, into,
            line.payer, line.back_ref, line.product,
        )))  # fmt: skip
    return "\n".join(rows) + "\n"


#: How a channel's file is written, and in which encoding.
WRITERS: dict[str, tuple[Renderer, str]] = {
    "wechat": (render_wechat, "utf-8"),
    "bankcard": (render_bankcard, "gb18030"),
    "epay": (render_epay, "utf-8"),
    "icbc": (render_icbc, "utf-8"),
    "cmb": (render_cmb, "gb18030"),
}


def file_name(channel: str, day: date) -> str:
    """Where a file of the channel lies below the inbox, as demo/month/config says."""
    return {
        "wechat": f"wechat/{day}/{MERCHANT}_all.csv",
        "bankcard": f"bankcard/CARD_{day:%Y%m%d}.txt",
        "epay": f"epay/epay-{day}.csv.gz",
        "icbc": f"icbc/{day}.csv",
        "cmb": f"cmb/CMB{day:%Y%m%d}.txt",
    }[channel]
