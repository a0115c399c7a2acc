"""Alipay's account detail (账务明细): every movement of the balance.

Source: Alipay's open platform, bill download; docs/reference/dialects/alipay_bill.md.
"""

from dataclasses import replace

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
    times,
    with_references,
)
from jobs.statements.canonical.money import mapped
from jobs.statements.parser import Declared, Dialect, Parsed, Plan, Sample, linked
from jobs.statements.reading.cells import read_cells
from jobs.statements.reading.shape import Cells, Rejected, Shape
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind

HEADINGS = {
    "flow_no": ("账务流水号", "支付宝流水号"),
    "business_no": ("业务流水号", "支付宝交易号", "业务基础订单号"),
    "order_no": ("商户订单号", "业务订单号"),
    "goods": ("商品名称",),
    "time": ("发生时间", "入账时间"),
    "other": ("对方账号", "对方账户"),
    "income": ("收入金额", "收入"),
    "expense": ("支出金额", "支出"),
    "balance": ("账户余额", "余额"),
    "type": ("业务类型",),
    "remark": ("备注",),
}
_NEEDED = (
    "flow_no",
    "business_no",
    "order_no",
    "time",
    "other",
    "income",
    "expense",
    "balance",
    "type",
)
_FREE = ("goods", "other", "remark")
_NUMBERS = ("收入金额", "收入", "支出金额", "支出", "账户余额", "余额")
_TRANSFER = "转账"
_KINDS = {
    "交易付款": Kind.PAYMENT,
    "在线支付": Kind.PAYMENT,
    "交易": Kind.PAYMENT,
    "交易退款": Kind.REFUND,
    "退款": Kind.REFUND,
    "收费": Kind.FEE,
    "服务费": Kind.FEE,
    "退费": Kind.FEE,
    "提现": Kind.PAYOUT,
    "充值": Kind.TOP_UP,
    "其它": Kind.ADJUSTMENT,
    "其他": Kind.ADJUSTMENT,
}
_NUMBER = r"(-?[\d,]*\.?\d+)"


def identify(sample: Sample) -> bool:
    """Whether the file begins with the title of an account detail."""
    return titled(sample, "账务明细")


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header, reads the footer, and sees which way the file runs.

    Raises:
        FileRefused: another bill, account or day; a column or a total missing.
    """
    frame = frame_of(sample, "账务明细", profile)
    places = bound(sample, frame, HEADINGS, _NEEDED)
    declared: list[Declared] = []
    for side, word in (("out", "支出"), ("in", "收入")):
        found = total(sample, frame.foot, rf"{word}合计[:：](\d+)笔[,，]共{_NUMBER}元")
        declared += [
            Declared(f"{side}_count", found[1], "count"),
            Declared(f"{side}_amount", found[2].lstrip("-"), "major"),
        ]
    wanted = tuple(sorted(set(places.values())))
    realign = realigned(frame, places, _FREE, ("time",), _NUMBERS)
    hidden = private(frame, places, "other")
    shape = Shape(
        frame.encoding, ",", None, len(frame.names), wanted, realign=realign, private=hidden
    )
    at = (frame.start, frame.first_line, frame.end)
    covered = ("count", "amount")
    made = Plan("alipay_account", shape, places, *at, tuple(declared), "CNY", "on", covered=covered)
    head = sample.head[frame.start : frame.end]
    cells = read_cells(head[: head.rfind(b"\n") + 1], 1, shape, Rejected())
    moments = given(cells.columns[places["time"]], ("",), " \t")
    if len(moments) > 1 and moments[0].as_py() and moments[-1].as_py():
        made = replace(made, newest_first=moments[0].as_py() > moments[-1].as_py())
        if moments[0].as_py() == moments[-1].as_py():
            onward = parse(cells, made, profile).link
            made = replace(made, newest_first=bool(onward and onward.broken))
    return made


def parse(cells: Cells, plan: Plan, profile: Profile) -> Parsed:
    """Cells of an account detail to canonical lines, and its piece of the running balance."""
    count = len(cells.line_no)
    text = {
        name: given(cells.columns[plan.places[name]], ("",), " \t")
        if name in plan.places
        else nulls(count)
        for name in HEADINGS
    }
    lines = Lines({"currency": pa.repeat(pa.scalar("CNY", pa.string()), count)})
    columns = lines.columns
    for name in ("income", "expense", "balance"):
        money(lines, name, text[name], "major")
    income, expense, balance = (columns.pop(each) for each in ("income", "expense", "balance"))
    income, expense = (pc.fill_null(pc.abs(each), 0) for each in (income, expense))
    both = pc.and_(pc.greater(income, 0), pc.greater(expense, 0))
    lines.blame_where(both, "BAD_SIGN: it has an income and an expense")
    columns["amount"] = pc.subtract(income, expense)
    kinds = {word: kind.value for word, kind in {**_KINDS, **profile.alipay.kinds}.items()}
    transfer = pc.fill_null(pc.equal(text["type"], _TRANSFER), False)
    if _TRANSFER not in kinds:
        kinds[_TRANSFER] = Kind.TOP_UP.value
        columns["kind"], faults = mapped(text["type"], kinds.get, "UNKNOWN_KIND")
        leaving = pc.and_(transfer, pc.greater(expense, 0))
        columns["kind"] = pc.if_else(leaving, Kind.PAYOUT.value, columns["kind"])
    else:
        columns["kind"], faults = mapped(text["type"], kinds.get, "UNKNOWN_KIND")
    lines.blame(faults)
    columns["fee"] = nulls(count, pa.int64())
    columns["status"] = pa.repeat(pa.scalar("SUCCEEDED", pa.string()), count)
    columns["traded_at"], faults = times(text["time"], "%Y-%m-%d %H:%M:%S", profile.zone)
    lines.blame(faults)
    columns["our_ref"] = text["order_no"]
    columns["channel_ref"] = text["flow_no"]
    columns["order_ref"] = text["business_no"]
    columns["batch_ref"] = columns["original_ref"] = nulls(count)
    columns["payer_name"] = masked_name(text["other"])
    needed(lines, ("kind", "amount", "traded_at", "channel_ref"))
    lines.blame_where(pc.is_null(balance), "NO_VALUE: 账户余额 is empty")
    with_references(columns, profile)
    one = pa.repeat(pa.scalar(1, pa.int64()), count)
    zero = pa.repeat(pa.scalar(0, pa.int64()), count)
    totals = {
        "in_count": pc.if_else(pc.greater(income, 0), one, zero),
        "in_amount": income,
        "out_count": pc.if_else(pc.greater(expense, 0), one, zero),
        "out_amount": expense,
    }
    there = pc.and_(pc.is_valid(columns["amount"]), pc.is_valid(balance))
    link = None
    if profile.alipay.balance == "checked" and pc.any(there).as_py():
        chain = (columns["amount"].filter(there), balance.filter(there))
        link = linked(*chain, cells.line_no.filter(there), plan.newest_first)
    return Parsed(lines, totals, link)


DIALECT = Dialect("alipay_account", identify, plan, parse=parse)
