"""The files of the channels and of our bank account, as they write them. Text in, bytes out."""

from collections.abc import Sequence
from hashlib import sha256

from demo.model import Line

MERCHANT = "1600000001"
WECHAT_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
WECHAT_FOOTER = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
GOODS = ("充电宝,白色", "拿铁咖啡", "演出票,二楼,12排", "月卡续费", "雨伞", "文具套装,蓝")
EPAY_HEADER = (
    "trade_no,original_trade_no,merchant_order,finished_at,type,state,product,goods,currency,"
    "amount,fee"
)
EPAY_STATES = {"SUCCEEDED": "ok", "PENDING": "processing", "FAILED": "failed"}
ICBC_HEADER = "流水号,交易时间,发生额,对方户名,摘要"
BANK_HEADER = (
    "交易时间|清算日期|交易类型|商户号|终端号|系统跟踪号|检索参考号|商户订单号|卡号|卡种|借贷标志"
    "|交易金额|手续费"
)


def format_yuan(fen: int) -> str:
    """Fen as yuan with two decimals."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def render_icbc(lines: Sequence[Line]) -> str:
    """The statement of our account: yuan with a sign, the payer in clear, a trailer of totals."""
    rows = [ICBC_HEADER]
    rows += [
        f"{line.channel_ref},{line.traded_at:%Y-%m-%d %H:%M:%S},{format_yuan(line.amount)},"
        f"{line.payer},{line.product}"
        for line in lines
    ]
    total = format_yuan(sum(line.amount for line in lines))
    return "\n".join([*rows, f"合计,{len(lines)},{total}"]) + "\n"


def render_wechat(lines: Sequence[Line]) -> str:
    """An ALL bill of today: BOM, a backtick before each value, a footer with seven totals."""
    paid = [line for line in lines if line.kind == "PAYMENT"]
    back = [line for line in lines if line.kind == "REFUND"]
    given = format_yuan(-sum(line.amount for line in back))
    totals = (
        str(len(lines)),
        format_yuan(sum(line.amount for line in paid)),
        given,
        "0.00",
        f"{format_yuan(sum(line.fee or 0 for line in lines))}000",
        format_yuan(sum(line.amount + line.coupon for line in paid)),
        given,
    )
    rows = [_with_backticks(_wechat_cells(line)) for line in lines]
    return (
        "\ufeff" + "\n".join([WECHAT_HEADER, *rows, WECHAT_FOOTER, _with_backticks(totals)]) + "\n"
    )


def render_bankcard(lines: Sequence[Line]) -> str:
    """Bars, fen without a sign, a sign column, and a trailer of totals."""
    rows = [BANK_HEADER]
    for line in lines:
        number = int(line.channel_ref[4:])
        rows.append("|".join((
            f"{line.traded_at:%Y%m%d%H%M%S}", f"{line.day:%Y%m%d}",
            "消费" if line.kind == "PAYMENT" else "退货", "898110000000001",
            f"{number % 40:08d}", f"{number % 1000:06d}", line.channel_ref,
            line.our_ref and line.our_ref.zfill(20), line.card, line.product,
            "贷" if line.amount > 0 else "借", str(abs(line.amount)), str(line.fee or 0),
        )))  # fmt: skip
    paid = sum(line.amount for line in lines if line.kind == "PAYMENT")
    back = -sum(line.amount for line in lines if line.kind == "REFUND")
    fees = sum(line.fee or 0 for line in lines)
    return "\r\n".join([*rows, f"合计|{len(lines)}|{paid}|{back}|{fees}"]) + "\r\n"


def render_epay(lines: Sequence[Line]) -> str:
    """Quoted cells, yuan, refunds unsigned, no totals."""
    rows = [EPAY_HEADER]
    for line in lines:
        fee = "" if line.fee is None else format_yuan(line.fee)
        cells = (
            line.channel_ref,
            line.original.channel_ref if line.original else "",
            f"EP-{line.our_ref}",
            f"{line.traded_at:%Y-%m-%d %H:%M:%S}",
            "pay" if line.kind == "PAYMENT" else "refund",
            EPAY_STATES[line.status],
            line.product,
            _goods(line),
            "CNY",
            format_yuan(abs(line.amount)),
            fee,
        )
        rows.append(",".join(f'"{cell}"' for cell in cells))
    return "\n".join(rows) + "\n"


def _wechat_cells(line: Line) -> tuple[str, ...]:
    payment = line.original or line
    person = sha256(payment.channel_ref.encode()).hexdigest()[:27]
    back = line.kind == "REFUND"
    return (
        f"{line.traded_at:%Y-%m-%d %H:%M:%S}", "wx00d3m0c0ffee0001", MERCHANT, "0", "",
        payment.channel_ref, payment.our_ref, f"o{person}", line.product,
        "REFUND" if back else "SUCCESS", "OTHERS", "CNY",
        "0.00" if back else format_yuan(line.amount), format_yuan(line.coupon),
        line.channel_ref if back else "0", line.our_ref if back else "0",
        format_yuan(-line.amount) if back else "0.00", "0.00",
        "ORIGINAL" if back else "", "SUCCESS" if back else "",
        _goods(payment), "", f"{format_yuan(line.fee or 0)}000", "0.60%",
        "0.00" if back else format_yuan(line.amount + line.coupon),
        format_yuan(-line.amount) if back else "0.00", "",
    )  # fmt: skip


def _with_backticks(cells: Sequence[str]) -> str:
    return ",".join(f"`{cell}" for cell in cells)


def _goods(line: Line) -> str:
    return GOODS[int(line.channel_ref[-4:]) % len(GOODS)]
