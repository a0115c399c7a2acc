"""Builds WeChat Pay merchant bills for tests, in the current ALL layout."""

from collections.abc import Iterable

HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
SUMMARY = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)


def build_payment(
    number: int, amount: str = "10.00", fee: str = "0.06000", **cells_by_heading: str
) -> list[str]:
    """Builds a payment line of 2026-11-16; its references hold `number`."""
    cells = [
        f"2026-11-16 10:{number // 60 % 60:02}:{number % 60:02}",
        "wx01",
        "1600000001",
        "0",
        "",
        f"42000{number:010}",
        f"S20261116{number:06}",
        "oOpenid",
        "JSAPI",
        "SUCCESS",
        "CMB_DEBIT",
        "CNY",
        amount,
        "0.00",
        "0",
        "0",
        "0.00",
        "0.00",
        "",
        "",
        "茶,两杯",
        "",
        fee,
        "0.60%",
        amount,
        "0.00",
        "",
    ]
    for place, value in cells_by_heading.items():
        cells[HEADER.split(",").index(place)] = value
    return cells


def build_refund(
    number: int, amount: str = "4.00", fee: str = "-0.02000", **cells_by_heading: str
) -> list[str]:
    """Builds a refund of payment `number`, with references of its own."""
    refund_cells = {
        "交易状态": "REFUND",
        "微信退款单号": f"50300{number:010}",
        "商户退款单号": f"R{number:06}",
        "退款金额": amount,
        "退款类型": "ORIGINAL",
        "退款状态": "SUCCESS",
        "申请退款金额": amount,
    }
    return build_payment(number, "0.00", fee, **{**refund_cells, **cells_by_heading})


def build_bill(
    rows: Iterable[list[str]],
    footer: list[str] | None = None,
    end: str = "\n",
    has_bom: bool = False,
) -> bytes:
    """Builds a bill as WeChat Pay serves it; by default its footer has the right totals."""
    rows = list(rows)
    columns = HEADER.split(",")

    def format_total(name: str, digits: int) -> str:
        place = columns.index(name)
        return f"{sum(float(row[place]) for row in rows):.{digits}f}"

    footer = footer or [
        str(len(rows)),
        format_total("应结订单金额", 2),
        format_total("退款金额", 2),
        "0.00",
        format_total("手续费", 5),
        format_total("订单金额", 2),
        format_total("申请退款金额", 2),
    ]
    lines = [HEADER, *("`" + ",`".join(row) for row in rows), SUMMARY, "`" + ",`".join(footer)]
    text = ("\ufeff" if has_bom else "") + end.join(lines) + end
    return text.encode()
