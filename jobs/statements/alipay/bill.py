"""Alipay's merchant bill, trade detail (业务明细).

Source: Alipay's open platform, bill download; docs/reference/dialects/alipay_bill.md.
"""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.alipay.layout import (
    bill_format,
    bill_texts,
    bind_columns,
    find_total,
    has_title,
    read_frame,
)
from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    apply_sign,
    mask_names,
    null_column,
    parse_local_times,
    require,
    set_amount_column,
)
from jobs.statements.canonical.money import map_codes
from jobs.statements.parser import DeclaredTotal, Dialect, ParsedBlock, Plan, Sample
from jobs.statements.reading.line_format import Cells
from schemas.profile.channel import Profile

#: Our name of a column, and the headings it has had, without their units.
HEADINGS = {
    "trade_no": ("支付宝交易号",),
    "order_no": ("商户订单号",),
    "type": ("业务类型",),
    "goods": ("商品名称",),
    "created": ("创建时间",),
    "done": ("完成时间",),
    "store": ("门店编号",),
    "store_name": ("门店名称",),
    "operator": ("操作员",),
    "terminal": ("终端号",),
    "payer": ("对方账户",),
    "ordered": ("订单金额",),
    "settled": ("商家实收",),
    "discount": ("商家优惠",),
    "coupon": ("券名称",),
    "request": ("退款批次号/请求号", "退款批次号", "退款请求号"),
    "fee": ("服务费",),
    "remark": ("备注",),
}
_NEEDED = ("trade_no", "order_no", "type", "done", "ordered", "settled", "fee", "request")
_FREE_TEXTS = ("goods", "store_name", "operator", "payer", "coupon", "remark")
_MONEY = ("ordered", "settled", "discount", "fee")
#: Every heading whose cells hold a number.
_NUMBERS = (
    "订单金额", "商家实收", "支付宝红包", "集分宝", "集分宝抵扣", "支付宝优惠", "商家优惠",
    "券核销金额", "商家红包消费金额", "卡消费金额", "服务费", "分润",
)  # fmt: skip
_KINDS = {"交易": "PAYMENT", "退款": "REFUND"}
_NUMBER = r"(-?[\d,]*\.?\d+)"
#: By subject, the pattern of the current footer and that of the older one.
_FOOTERS = (
    ("payment", rf"交易合计[:：](\d+)笔[,，]商家实收共{_NUMBER}元[,，]商家优惠共{_NUMBER}元",
     rf"交易合计[:：](\d+)笔[,，]交易金额共{_NUMBER}元[,，]优惠金额共{_NUMBER}元"),
    ("refund", rf"退款合计[:：](\d+)笔[,，]商家实收退款共{_NUMBER}元[,，]商家优惠退款共{_NUMBER}元",
     rf"退款合计[:：](\d+)笔[,，]交易退款金额共{_NUMBER}元[,，]优惠退款金额共{_NUMBER}元"),
)  # fmt: skip


def identify(sample: Sample) -> bool:
    """Whether the file begins with the title of a trade detail."""
    return has_title(sample, "业务明细")


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header and reads the footer.

    Raises:
        FileRefused: it is another bill, account or day, or lacks a column or a total.
    """
    frame = read_frame(sample, "业务明细", profile)
    places = bind_columns(sample, frame, HEADINGS, _NEEDED)
    declared: list[DeclaredTotal] = []
    for subject, current, older in _FOOTERS:
        total = find_total(sample, frame.foot, f"{current}|{older}")
        is_current = total[1] is not None
        count, amount, discount = total.groups()[:3] if is_current else total.groups()[3:]
        basis = "settled" if is_current else "ordered"
        declared += [
            DeclaredTotal(f"{subject}_count", count, "count"),
            DeclaredTotal(f"{subject}_{basis}", _unsigned(amount), "major"),
        ]
        if is_current and "discount" in places:
            declared.append(DeclaredTotal(f"{subject}_discount", _unsigned(discount), "major"))
    layout = bill_format(
        frame,
        places,
        free_texts=_FREE_TEXTS,
        dates=("created", "done"),
        numbers=_NUMBERS,
        counterparty="payer",
    )
    covered = ("count", "amount")
    return Plan(
        "alipay_bill",
        layout,
        places,
        frame.start,
        frame.first_line,
        frame.end,
        tuple(declared),
        "CNY",
        "on",
        covered_totals=covered,
    )


def _unsigned(text: str) -> str:
    return text.lstrip("-")


def parse(cells: Cells, plan: Plan, profile: Profile) -> ParsedBlock:
    """Cells of a trade detail to canonical lines.

    A refund repeats the numbers of its payment: its own reference is the number of its request.
    """
    count = len(cells.line_no)
    text = bill_texts(cells, plan, HEADINGS)
    lines = Lines({"currency": pa.repeat(pa.scalar("CNY", pa.string()), count)})
    columns = lines.columns
    columns["kind"], faults = map_codes(text["type"], _KINDS.get, "UNKNOWN_KIND")
    lines.reject(faults)
    for name in _MONEY:
        set_amount_column(lines, name, text[name], "major")
    amounts = {name: columns.pop(name) for name in _MONEY}
    refund = pc.fill_null(pc.equal(columns["kind"], "REFUND"), False)
    payment = pc.fill_null(pc.equal(columns["kind"], "PAYMENT"), False)
    basis = amounts["ordered" if profile.alipay.amount == "order" else "settled"]
    columns["amount"] = apply_sign(basis, refund, payment)
    # The sign of 服务费 is printed both ways: it is given back with a refund, else charged.
    columns["fee"] = apply_sign(amounts["fee"], refund, payment)
    columns["status"] = pa.repeat(pa.scalar("SUCCEEDED", pa.string()), count)
    columns["traded_at"], faults = parse_local_times(
        text["done"], "%Y-%m-%d %H:%M:%S", profile.zone
    )
    lines.reject(faults)
    none = pa.scalar(None, pa.string())
    of_refund = pc.binary_join_element_wise(text["trade_no"], text["request"], "_")
    columns["our_ref"] = pc.if_else(refund, text["request"], text["order_no"])
    columns["channel_ref"] = pc.if_else(refund, of_refund, text["trade_no"])
    columns["order_ref"] = text["order_no"]
    columns["original_ref"] = pc.if_else(refund, text["trade_no"], none)
    columns["batch_ref"] = null_column(count)
    columns["merchant_id"] = text["store"]
    columns["terminal_id"] = text["terminal"]
    columns["payer_name"] = mask_names(text["payer"])
    require(lines, ("kind", "amount", "traded_at", "channel_ref"))
    add_normalized_references(columns, profile)
    return ParsedBlock(lines, _totals(amounts, payment, refund, plan))


def _totals(
    amounts: dict[str, pa.Array], payment: pa.Array, refund: pa.Array, plan: Plan
) -> dict[str, pa.Array]:
    totals = {}
    zero = pa.repeat(pa.scalar(0, pa.int64()), len(payment))
    for total in plan.declared:
        subject, _, column = total.name.partition("_")
        is_subject = payment if subject == "payment" else refund
        size = pc.add(zero, 1) if column == "count" else pc.fill_null(amounts[column], 0)
        if subject == "refund":
            size = pc.abs(size)
        totals[total.name] = pc.if_else(is_subject, size, zero)
    return totals


DIALECT = Dialect("alipay_bill", identify, plan, parse=parse)
