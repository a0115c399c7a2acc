"""Alipay's merchant bill, trade detail (业务明细).

Source: Alipay's open platform, bill download; docs/reference/dialects/alipay_bill.md.
"""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.alipay.layout import bound, frame_of, private, realigned, titled, total
from jobs.statements.canonical.lines import (
    Lines,
    given,
    masked_name,
    money,
    needed,
    nulls,
    signed_by,
    times,
    with_references,
)
from jobs.statements.canonical.money import mapped
from jobs.statements.parser import Declared, Dialect, Parsed, Plan, Sample
from jobs.statements.reading.shape import Cells, Shape
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
_FREE = ("goods", "store_name", "operator", "payer", "coupon", "remark")
_MONEY = ("ordered", "settled", "discount", "fee")
#: Every heading whose cells hold a number.
_NUMBERS = (
    "订单金额", "商家实收", "支付宝红包", "集分宝", "集分宝抵扣", "支付宝优惠", "商家优惠",
    "券核销金额", "商家红包消费金额", "卡消费金额", "服务费", "分润",
)  # fmt: skip
_KINDS = {"交易": "PAYMENT", "退款": "REFUND"}
_NUMBER = r"(-?[\d,]*\.?\d+)"
#: Footers of today and of before: which column their sums are of.
_FOOTERS = (
    ("payment", rf"交易合计[:：](\d+)笔[,，]商家实收共{_NUMBER}元[,，]商家优惠共{_NUMBER}元",
     rf"交易合计[:：](\d+)笔[,，]交易金额共{_NUMBER}元[,，]优惠金额共{_NUMBER}元"),
    ("refund", rf"退款合计[:：](\d+)笔[,，]商家实收退款共{_NUMBER}元[,，]商家优惠退款共{_NUMBER}元",
     rf"退款合计[:：](\d+)笔[,，]交易退款金额共{_NUMBER}元[,，]优惠退款金额共{_NUMBER}元"),
)  # fmt: skip


def identify(sample: Sample) -> bool:
    """Whether the file begins with the title of a trade detail."""
    return titled(sample, "业务明细")


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header, reads the footer.

    Raises:
        FileRefused: another bill, account or day; a column or a total missing.
    """
    frame = frame_of(sample, "业务明细", profile)
    places = bound(sample, frame, HEADINGS, _NEEDED)
    declared: list[Declared] = []
    for subject, today, before in _FOOTERS:
        found = total(sample, frame.foot, f"{today}|{before}")
        of_today = found[1] is not None
        count, amount, discount = found.groups()[:3] if of_today else found.groups()[3:]
        basis = "settled" if of_today else "ordered"
        declared += [
            Declared(f"{subject}_count", count, "count"),
            Declared(f"{subject}_{basis}", _unsigned(amount), "major"),
        ]
        if of_today and "discount" in places:
            declared.append(Declared(f"{subject}_discount", _unsigned(discount), "major"))
    wanted = tuple(sorted(set(places.values())))
    realign = realigned(frame, places, _FREE, ("created", "done"), _NUMBERS)
    hidden = private(frame, places, "payer")
    shape = Shape(
        frame.encoding, ",", None, len(frame.names), wanted, realign=realign, private=hidden
    )
    at = (frame.start, frame.first_line, frame.end)
    covered = ("count", "amount")
    return Plan("alipay_bill", shape, places, *at, tuple(declared), "CNY", "on", covered=covered)


def _unsigned(text: str) -> str:
    return text.lstrip("-")


def parse(cells: Cells, plan: Plan, profile: Profile) -> Parsed:
    """Cells of a trade detail to canonical lines; a refund repeats its payment's numbers, and is
    told by its request's.
    """
    count = len(cells.line_no)
    text = {
        name: given(cells.columns[plan.places[name]], ("",), " \t")
        if name in plan.places
        else nulls(count)
        for name in HEADINGS
    }
    lines = Lines({"currency": pa.repeat(pa.scalar("CNY", pa.string()), count)})
    columns = lines.columns
    columns["kind"], faults = mapped(text["type"], _KINDS.get, "UNKNOWN_KIND")
    lines.blame(faults)
    for name in _MONEY:
        money(lines, name, text[name], "major")
    held = {name: columns.pop(name) for name in _MONEY}
    refund = pc.fill_null(pc.equal(columns["kind"], "REFUND"), False)
    payment = pc.fill_null(pc.equal(columns["kind"], "PAYMENT"), False)
    basis = held["ordered" if profile.alipay.amount == "order" else "settled"]
    columns["amount"] = signed_by(basis, refund, payment)
    # The sign of 服务费 is printed both ways: it is given back with a refund, else charged.
    columns["fee"] = signed_by(held["fee"], refund, payment)
    columns["status"] = pa.repeat(pa.scalar("SUCCEEDED", pa.string()), count)
    columns["traded_at"], faults = times(text["done"], "%Y-%m-%d %H:%M:%S", profile.zone)
    lines.blame(faults)
    none = pa.scalar(None, pa.string())
    of_refund = pc.binary_join_element_wise(text["trade_no"], text["request"], "_")
    columns["our_ref"] = pc.if_else(refund, text["request"], text["order_no"])
    columns["channel_ref"] = pc.if_else(refund, of_refund, text["trade_no"])
    columns["order_ref"] = text["order_no"]
    columns["original_ref"] = pc.if_else(refund, text["trade_no"], none)
    columns["batch_ref"] = nulls(count)
    columns["merchant_id"] = text["store"]
    columns["terminal_id"] = text["terminal"]
    columns["payer_name"] = masked_name(text["payer"])
    needed(lines, ("kind", "amount", "traded_at", "channel_ref"))
    with_references(columns, profile)
    return Parsed(lines, _totals(held, payment, refund, plan))


def _totals(
    held: dict[str, pa.Array], payment: pa.Array, refund: pa.Array, plan: Plan
) -> dict[str, pa.Array]:
    out = {}
    zero = pa.repeat(pa.scalar(0, pa.int64()), len(payment))
    for each in plan.declared:
        subject, _, what = each.name.partition("_")
        own = payment if subject == "payment" else refund
        size = pc.add(zero, 1) if what == "count" else pc.fill_null(held[what], 0)
        if subject == "refund":
            size = pc.abs(size)
        out[each.name] = pc.if_else(own, size, zero)
    return out


DIALECT = Dialect("alipay_bill", identify, plan, parse=parse)
